// On every page: the two counts in the header, the times to upload, and forgetting at logout.

import { count, isCapable, meta, setMeta } from "./store.js";
import { forget, hello } from "./hello.js";
import { counts } from "./outbox.js";
import { drain } from "./sending.js";

const EVERY = 5 * 60 * 1000;
const DAY = 24 * 3600 * 1000;
const SPREAD = 20 * 1000;
const badge = document.getElementById("outbox");
const words = badge ? badge.dataset : {};
const user = Number(words.user) || null;

export async function showCounts() {
  if (!badge) return;
  const { saved, photos, uploaded, held, oldest } = await counts();
  const parts = [];
  if (saved || photos) parts.push(words.saved + " " + (saved || words.photos + " " + photos));
  if (Date.now() - oldest > DAY) parts.push(words.old);
  if (held) parts.push(words.held + " " + held);
  if (uploaded || !parts.length) parts.push(words.uploaded + " " + uploaded);
  badge.firstElementChild.textContent = parts.join(" · ");
  badge.classList.toggle("outbox--waiting", Boolean(saved || photos));
  // What a colleague has sent from here is nothing to look at for who writes nothing here herself.
  const mayLook = !user || Boolean(words.copies);
  badge.hidden = !(saved || photos || held || words.copies || (uploaded && mayLook));
}

async function hasCopies() {
  return Boolean(window.caches) && caches.has("pages-" + user);
}

// Leave no copies of pages on the phone but those of that name.
async function dropCopies(name = "") {
  for (const other of window.caches ? await caches.keys() : []) {
    if (other.startsWith("pages") && other !== name) await caches.delete(other);
  }
}

// Copies of the pages that open without signal, read anew whenever there is some.
async function keepCopies() {
  const pages = words.copies.split(" ").filter(Boolean);
  if (!window.caches) return;
  const name = "pages-" + user;
  await dropCopies(name);
  const cache = await caches.open(name);
  for (const page of pages) {
    const answer = await fetch(page, { cache: "no-store", credentials: "same-origin", redirect: "manual" });
    // A logout meanwhile has taken the folder away, or takes it away next.
    if ((await meta("user")) !== user) break;
    if (answer.status === 200) await cache.put(page, answer);
  }
  if ((await meta("user")) !== user) await caches.delete(name);
}

async function logOut(event) {
  const form = event.target;
  // A button of the form that is called action hides the property of that name.
  if (!(form.getAttribute("action") || "").endsWith(words.logout) || form.dataset.forgotten) return;
  event.preventDefault();
  form.dataset.forgotten = "yes";
  // However slow the phone is, nobody waits longer than this to be logged out.
  await Promise.race([forget().catch(() => null), new Promise((done) => setTimeout(done, 3000))]);
  form.submit();
}

async function begin() {
  document.addEventListener("submit", logOut);
  const known = await meta("user");
  if (user && known && known !== user) await forget();
  await showCounts();
  window.addEventListener("outbox", showCounts);
  // A whole quarter regains its signal at once; its phones come back one after another.
  window.addEventListener("online", () => setTimeout(() => drain({ now: true }), Math.random() * SPREAD));
  setInterval(() => drain(), EVERY);
  // Offices and departments keep no copies and need no worker.
  if (user && words.copies) {
    navigator.serviceWorker.register("/sw.js").catch(() => null);
    // Where the day begins, and where nothing is known yet; a drain says hello by itself.
    const isDay = Boolean(document.getElementById("doors"));
    if (isDay || !(await meta("author"))) await hello().catch(() => null);
    if (isDay || !(await hasCopies())) await keepCopies().catch(() => null);
  } else if (user) {
    // Of before she changed her role: none of them would be hers.
    await dropCopies();
    if (!(await meta("author")) && document.querySelector("form[data-offline]")) await hello().catch(() => null);
  }
  await drain();
  if (navigator.storage && navigator.storage.persist && !(await meta("persist")) && (await count("sent"))) {
    await setMeta({ persist: true });
    navigator.storage.persist().catch(() => null);
  }
}

if (isCapable) begin();
