// The page of what this phone holds: each item with its state, and what can be done about it.

import { counts, discard, exported, items } from "./outbox.js";
import { drain } from "./sending.js";
import { isCapable, meta } from "./store.js";

const list = document.getElementById("queue");
const words = list ? list.dataset : {};
const TAGS = { uploaded: "tag--good", held: "tag--bad", refused: "tag--bad" };

function line(item) {
  const row = document.createElement("li");
  row.className = "queue__item";
  const state = document.createElement("strong");
  state.className = "tag " + (TAGS[item.state] || "tag--warn");
  state.textContent = words[item.state];
  const label = document.createElement("p");
  const saved = new Date(item.saved_at);
  const clock = saved.toTimeString().slice(0, 5);
  label.append(state, " " + (saved.getMonth() + 1) + "-" + saved.getDate() + " " + clock + " " + (item.state === "refused" ? words.photo : item.label || words.sealed));
  row.append(label);
  if (item.photos) {
    const photos = document.createElement("p");
    photos.textContent = words.photos + " " + item.photos;
    row.append(photos);
  }
  if (item.reason) {
    const reason = document.createElement("p");
    reason.textContent = item.reason;
    row.append(reason);
  }
  if (item.state === "saved" && item.label) row.append(tools(item));
  if (item.state === "held") row.append(link(words.heldPage, words.open));
  return row;
}

function link(address, text) {
  const anchor = document.createElement("a");
  Object.assign(anchor, { href: address, textContent: text, className: "button button--plain" });
  return anchor;
}

function tools(item) {
  const box = document.createElement("div");
  box.className = "button-row";
  // At its door another tap says it anew.
  const address = item.kind === "roll_call" ? words.rollCall : item.kind === "visit"
    ? words.visitForm.replace("/0/", "/" + item.household + "/") + "?list=1&edit=" + item.id
    : words.matterForm + "?" + (item.household ? "household=" + item.household + "&" : "") + "edit=" + item.id;
  const away = document.createElement("button");
  Object.assign(away, { type: "button", textContent: words.discard, className: "button button--plain" });
  away.addEventListener("click", () => {
    if (window.confirm(words.sure)) discard(item.id);
  });
  box.append(link(address, words.edit), away);
  return box;
}

// The pages of the day are offered to whom the phone keeps them for. This page is the same for
// everybody, so the copies, which go with their login, are what tells.
async function offerPages() {
  const login = await meta("user");
  const isKept = Boolean(login && window.caches) && (await caches.has("pages-" + login));
  document.getElementById("queue-pages").hidden = !isKept;
}

async function show() {
  const rows = await items();
  list.replaceChildren(...rows.map(line));
  document.getElementById("queue-empty").hidden = rows.length > 0;
  const { saved, photos } = await counts();
  document.getElementById("queue-save").hidden = !saved;
  document.getElementById("queue-send").disabled = !(saved || photos);
  // Sending asks the server who is logged in, and forgets what was another's.
  await offerPages();
}

async function send() {
  const said = document.getElementById("queue-said");
  said.textContent = words.sendingNow;
  const outcome = await drain({ now: true, turn: true });
  said.textContent = { done: words.done, empty: words.done, login: words.login, busy: words.busy }[outcome] || words.later;
}

async function saveToFile() {
  const blob = new Blob([JSON.stringify(await exported())], { type: "application/json" });
  const anchor = document.createElement("a");
  anchor.href = URL.createObjectURL(blob);
  anchor.download = "gridmgmt-queue.json";
  anchor.click();
  URL.revokeObjectURL(anchor.href);
}

if (isCapable && list) {
  // The worker shows this page in place of one that needs signal.
  document.getElementById("queue-no-signal").hidden = location.pathname === words.page;
  document.getElementById("queue-off").hidden = true;
  document.getElementById("queue-tools").hidden = false;
  document.getElementById("queue-send").addEventListener("click", send);
  document.getElementById("queue-save").addEventListener("click", saveToFile);
  window.addEventListener("outbox", show);
  show();
}
