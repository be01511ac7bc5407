// Keeps the shell and the worker's copies of her pages. What waits to go up is in IndexedDB,
// which nothing here touches. An update waits until every page is closed: no form is lost.
// The server writes the names in front of this script: gridmgmt/service_worker.py.
const { SHELL, ASSETS, STATIC, QUEUE } = self.NAMES;
const COPIES = self.NAMES.COPIES.map(([pattern, copy]) => [new RegExp(pattern), copy]);
const PATIENCE = 3000;
self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll([...ASSETS, QUEUE])));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(caches.keys().then((names) => Promise.all(
    names.filter((name) => name.startsWith("shell-") && name !== SHELL).map((name) => caches.delete(name)),
  )));
});

function copyOf(path) {
  const found = COPIES.find(([pattern]) => pattern.test(path));
  return found ? caches.match(found[1], { ignoreVary: true }) : Promise.resolve(undefined);
}

// The page from the network, or after three seconds without one the copy, if there is one.
async function page(request, path) {
  const network = fetch(request);
  const copy = await copyOf(path);
  // Without a copy the page of what this phone holds says what does open without signal.
  if (!copy) return network.catch(() => caches.match(QUEUE));
  network.catch(() => null);
  const patience = new Promise((resolve) => { setTimeout(resolve, PATIENCE, copy); });
  try {
    const answer = await Promise.race([network, patience]);
    // A server that is down answers for itself; the copy says more.
    return answer.status >= 502 && answer.status <= 504 ? copy : answer;
  } catch (error) {
    return copy;
  }
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (event.request.mode === "navigate") {
    event.respondWith(page(event.request, url.pathname));
  } else if (url.pathname.startsWith(STATIC)) {
    // Also what a newer worker that still waits has kept for newer copies of the pages.
    event.respondWith(caches.match(url.pathname).then((kept) => kept || fetch(event.request)));
  }
});
