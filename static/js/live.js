// A page of numbers that stays fresh: the part that changes is read anew while it is looked at.

const part = document.getElementById("live");

async function renew() {
  // Nobody looks, or somebody is about to press something in it.
  if (document.hidden || part.contains(document.activeElement)) return;
  const answer = await fetch(location.href, { cache: "no-store", credentials: "same-origin", redirect: "manual" });
  if (answer.status !== 200) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("live");
  if (fresh && !part.contains(document.activeElement)) part.replaceChildren(...fresh.childNodes);
}

if (part && part.dataset.every) setInterval(() => renew().catch(() => null), 1000 * part.dataset.every);
