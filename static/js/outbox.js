// The queue of what was written down here: saved whole, sent until the server names it.
//
// Two states are shown and nothing else is promised: saved on this phone, and uploaded. Only
// an answer that names the UUID moves a row from the first to the second.

import { all, change, count, get, meta, photosByItem, remove, setMeta, wrap } from "./store.js";
import { lock, newId, sealJson, seal, toBase64, unlock } from "./seal.js";
import { sendPhotos } from "./uploads.js";

// Stands in the addresses of a page where the key of an item is to be put.
export const NO_ID = "00000000-0000-0000-0000-000000000000";
export const SERVICE = "gridmgmt-sync";
const BATCH = 20;
// What an envelope adds fits between this and the 1,500,000 that the server takes.
const MOST_PHOTO_BYTES = 1490000;
const DAY = 24 * 3600 * 1000;
const KEPT_DAYS = 14;
const TIMEOUT = 90 * 1000;
const BACKOFF = [5, 15, 60, 300];

export const isCapable = Boolean(
  window.isSecureContext && window.crypto && crypto.subtle && window.indexedDB && navigator.serviceWorker,
);

let failures = 0;
let logouts = 0;
let notBefore = 0;

function announce() {
  window.dispatchEvent(new Event("outbox"));
}

// Whether this phone has met the server under the login of this page, and so can seal for it.
export async function canSave() {
  const user = Number(document.getElementById("outbox").dataset.user);
  return isCapable && Boolean((await meta("key")) && (await meta("author"))) && (await meta("user")) === user;
}

// Save one item; resolves once it is on the disk, rejects with nothing kept. `photos` are pairs
// of the matter they show and the picture, `facts` what was answered, `rollCall` what was said in an emergency, `label` is what its user
// sees of it, `fields` what she typed, to edit it again.
export async function save({ id, household, visit, matters = [], facts = [], photos = [], effort = null, rollCall, label, fields, kind }) {
  const [key, author, offset] = [await meta("key"), await meta("author"), await meta("offset")];
  const content = { author, household, saved_at: Date.now(), clock_offset: offset, visit, issue: matters[0] || null, effort };
  // Only where there are any: an everyday visit is written as ever.
  if (matters.length > 1) content.issues = matters.slice(1);
  if (facts.length) content.facts = facts;
  if (rollCall) content.roll_call = rollCall;
  const row = {
    id,
    sealed: toBase64(await sealJson(key, id, content)),
    saved_at: content.saved_at,
    attempts: 0,
    box: await lock({ label, fields, kind, household, outcome: visit && visit.outcome, saved_at: content.saved_at }),
  };
  const pictures = [];
  let lost = 0;
  for (const [matter, picture] of photos) {
    // One that could not be made smaller and that the server would not take.
    if (picture.size > MOST_PHOTO_BYTES) lost += 1;
    else pictures.push(await sealedPhoto(key, author, id, matter, picture));
  }
  await change(["meta", "queue", "sent", "drafts"], async (tx) => {
    const earlier = await wrap(tx.objectStore("queue").get(id));
    // The server may have it: other words under the same key would be held back there.
    if ((earlier && earlier.attempts) || (await wrap(tx.objectStore("sent").get(id)))) throw new Error("sent");
    row.seq = earlier ? earlier.seq : await nextNumber(tx.objectStore("meta"));
    tx.objectStore("queue").put(row);
    tx.objectStore("drafts").delete(kind + ":" + (household || ""));
  });
  // After the words: where there is no room for a picture, the visit is kept all the same.
  for (const picture of pictures) {
    try {
      await change(["photos"], (tx) => { tx.objectStore("photos").put(picture); });
    } catch (error) {
      lost += 1;
    }
  }
  announce();
  return { lost };
}

// The numbers show the server whether a phone lost something, so that one taken back is given
// to the next item.
async function nextNumber(rows) {
  const free = await wrap(rows.get("free"));
  if (free && free.value.length) {
    const [number, ...rest] = free.value;
    rows.put({ name: "free", value: rest });
    return number;
  }
  const last = await wrap(rows.get("seq"));
  const number = (last ? last.value : 0) + 1;
  rows.put({ name: "seq", value: number });
  return number;
}

async function sealedPhoto(key, author, item, matter, picture) {
  const id = newId();
  const header = new TextEncoder().encode(JSON.stringify({ author, issue: matter }));
  const bytes = new Uint8Array(await picture.arrayBuffer());
  const plain = new Uint8Array(4 + header.length + bytes.length);
  new DataView(plain.buffer).setUint32(0, header.length);
  plain.set(header, 4);
  plain.set(bytes, 4 + header.length);
  return { id, item, sealed: await seal(key, id, plain) };
}

async function rowsWithState() {
  return [
    ...(await all("queue")).map((row) => ({ ...row, state: row.attempts ? "sending" : "saved" })),
    ...(await all("sent")),
  ];
}

// The state of every item: {id: state}.
export async function states() {
  return Object.fromEntries((await rowsWithState()).map(({ id, state }) => [id, state]));
}

// What the phone holds, newest first: {id, state, saved_at, at, label, …}; what another login
// locked has no label. `since` leaves out what went up before that moment.
export async function items({ since = 0 } = {}) {
  const photos = await photosByItem();
  const rows = (await rowsWithState()).filter((row) => !row.at || row.at >= since);
  const shown = [];
  for (const row of rows) {
    const known = await unlock(row.box);
    shown.push({
      ...known,
      id: row.id,
      state: row.state,
      reason: row.reason || "",
      saved_at: row.saved_at,
      at: row.at,
      photos: photos[row.id] || 0,
    });
  }
  return shown.sort((one, other) => other.saved_at - one.saved_at);
}

export async function counts() {
  const today = new Date(Date.now() + ((await meta("offset")) || 0) * 1000).setHours(0, 0, 0, 0);
  const queue = await all("queue");
  const sent = await all("sent");
  return {
    saved: queue.length,
    photos: await count("photos"),
    oldest: queue.reduce((oldest, row) => Math.min(oldest, row.saved_at), Infinity),
    uploaded: sent.filter((row) => row.state === "uploaded" && row.at >= today).length,
    held: sent.filter((row) => row.state === "held" || row.state === "refused").length,
  };
}

// Return what was typed of an item that no send has touched yet, else null.
export async function editable(id) {
  const row = await get("queue", id);
  return row && !row.attempts ? unlock(row.box) : null;
}

// Take back an item that no send has touched yet; return whether it could be.
export async function discard(id) {
  const isGone = await change(["meta", "queue", "photos"], async (tx) => {
    const row = await wrap(tx.objectStore("queue").get(id));
    if (!row || row.attempts) return false;
    tx.objectStore("queue").delete(id);
    const free = await wrap(tx.objectStore("meta").get("free"));
    tx.objectStore("meta").put({ name: "free", value: [...(free ? free.value : []), row.seq].sort((a, b) => a - b) });
    const photos = tx.objectStore("photos");
    for (const photo of await wrap(photos.index("item").getAllKeys(id))) photos.delete(photo);
    return true;
  });
  announce();
  return isGone;
}

// The queue as the address /sync/visits/ takes it, to carry it elsewhere by hand.
export async function exported() {
  return parcel(await all("queue"), await meta("epoch"));
}

async function parcel(rows, epoch) {
  return {
    schema: 1,
    epoch,
    device: await device(),
    sent_at: Date.now(),
    ticket: await meta("ticket"),
    // What stays here meanwhile: an officer who hands over her doors is told of it.
    waiting: Math.max((await count("queue")) - rows.length, 0),
    items: rows.map(({ id, seq, sealed }) => ({ id, seq, sealed })),
  };
}

async function device() {
  const known = await meta("device");
  if (known) return known;
  const made = newId();
  await setMeta({ device: made });
  return made;
}

// Forget everything this login could read; what is sealed stays and still goes up.
export async function forget() {
  logouts += 1;
  // First, so that nothing can be read again even if the rest is interrupted.
  await change(["meta"], (tx) => {
    for (const name of ["lock", "author", "user"]) tx.objectStore("meta").delete(name);
    tx.objectStore("meta").put({ name: "login", value: newId() });
  });
  if (window.caches) {
    for (const name of await caches.keys()) {
      if (name.startsWith("pages")) await caches.delete(name);
    }
  }
  await change(["drafts", "queue", "sent"], async (tx) => {
    tx.objectStore("drafts").clear();
    for (const name of ["queue", "sent"]) {
      const rows = tx.objectStore(name);
      for (const row of await wrap(rows.getAll())) {
        delete row.box;
        delete row.reason;
        rows.put(row);
      }
    }
  });
}

async function request(address, options = {}) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), TIMEOUT);
  try {
    return await fetch(address, {
      cache: "no-store",
      credentials: "same-origin",
      redirect: "manual",
      signal: patience.signal,
      ...options,
    });
  } finally {
    clearTimeout(timer);
  }
}

// Return the answer of this program's server, or null: a captive portal, a login page and a
// body cut short say nothing.
async function believed(response) {
  try {
    const answer = await response.json();
    return answer && answer.service === SERVICE ? answer : null;
  } catch (error) {
    return null;
  }
}

// Ask the server who it is and what time it is; null when it was not this server that spoke.
export async function hello() {
  const login = await meta("login");
  const [before, earlier] = [Date.now(), logouts];
  const response = await request("/sync/hello/");
  const after = Date.now();
  const answer = response.status === 200 ? await believed(response) : null;
  // What was asked for before a logout is not kept after it.
  if (!answer || earlier !== logouts) return null;
  // Her last day has passed: nothing can be read here any more, and what is sealed goes up.
  if (answer.left) {
    await forget();
    return answer;
  }
  const user = answer.user;
  const known = await meta("user");
  if (user && known && known !== user.id) {
    await forget();
    return hello();
  }
  const values = { key: answer.key, offset: Math.round((answer.now - (before + after) / 2) / 1000) };
  if (user) Object.assign(values, { user: user.id, author: user.author, ticket: user.ticket });
  const epoch = await meta("epoch");
  if (epoch && epoch !== answer.epoch) await offerAgain(answer.now);
  await change(["meta"], async (tx) => {
    const rows = tx.objectStore("meta");
    const now = await wrap(rows.get("login"));
    // An answer that was under way when somebody logged out brings nobody back.
    if ((now ? now.value : null) !== login) for (const name of ["user", "author"]) delete values[name];
    for (const [name, value] of Object.entries({ ...values, epoch: answer.epoch })) rows.put({ name, value });
  });
  return answer;
}

// The server was restored from a backup: what it may have forgotten goes up once more.
// Its clock counts the days: that of the phone may have been anywhere meanwhile.
function offerAgain(now) {
  const since = now - KEPT_DAYS * DAY;
  return change(["queue", "sent"], async (tx) => {
    const sent = tx.objectStore("sent");
    for (const row of await wrap(sent.getAll())) {
      if (row.at < since || !row.sealed) continue;
      const { id, seq, sealed, saved_at: saved, box } = row;
      tx.objectStore("queue").put({ id, seq, sealed, saved_at: saved, box, attempts: 1 });
      sent.delete(id);
    }
  });
}

// Send what waits; does nothing while another tab sends or the server asked for patience.
// `now` overrides that patience: something was saved, the signal is back, or somebody asks.
// `turn` waits for the other sender to end.
export async function drain({ now = false, turn = false } = {}) {
  if (!isCapable || (!now && Date.now() < notBefore)) return "later";
  const waiting = (await count("queue")) + (await count("photos"));
  if (!waiting) return "empty";
  const outcome = await alone(send, turn);
  announce();
  return outcome;
}

// One sender at a time: by a lock where the browser has them, else by a lease that runs out.
async function alone(work, turn) {
  if (navigator.locks) {
    return navigator.locks.request("gridmgmt-outbox", { ifAvailable: !turn }, (held) => (held ? work() : "busy"));
  }
  const until = Date.now() + 2 * TIMEOUT;
  const mine = await change(["meta"], async (tx) => {
    const rows = tx.objectStore("meta");
    const row = await wrap(rows.get("lease"));
    if (row && row.value > Date.now()) return false;
    rows.put({ name: "lease", value: until });
    return true;
  });
  if (!mine) return "busy";
  try {
    return await work();
  } finally {
    await remove("meta", "lease");
  }
}

async function send() {
  try {
    const answer = await hello();
    if (!answer) return patience();
    const outcome = await sendItems(answer);
    if (outcome !== "done") return outcome === "login" ? "login" : patience(outcome.after);
    await sendPhotos(request, answer, await meta("ticket"));
    await forgetOld(answer.now);
    failures = 0;
    notBefore = 0;
    return "done";
  } catch (error) {
    // No network, or it broke off: everything stays pending.
    return patience();
  }
}

function patience(seconds = 0) {
  const wait = seconds || BACKOFF[Math.min(failures, BACKOFF.length - 1)];
  failures += 1;
  // Phones that lost the server together must not all come back together.
  notBefore = Date.now() + wait * 1000 * (0.75 + Math.random() / 2);
  return "later";
}

async function sendItems(answer) {
  let csrf = answer.csrf;
  let size = BATCH;
  const done = new Set();
  let after = 0;
  let asked = false;
  for (;;) {
    const rows = (await all("queue")).filter((row) => !done.has(row.id)).sort((one, other) => one.seq - other.seq);
    if (!rows.length) return after ? { after } : "done";
    const batch = rows.slice(0, size);
    await attempt(batch);
    const response = await post(batch, answer.epoch, csrf);
    const said = await believed(response);
    if (response.status === 403 && said && said.code === "csrf") {
      const again = asked ? null : await hello();
      // A fresh token refused as well is not made better by asking on.
      if (!again) return { after: 0 };
      asked = true;
      csrf = again.csrf;
      continue;
    }
    if (response.status === 401) return "login";
    const isRefused = response.status >= 400 && response.status !== 503 && response.status !== 429;
    if (isRefused && batch.length > 1) {
      // One of them may be what the server cannot take: each goes alone from here on.
      size = 1;
      continue;
    }
    if (response.status === 503 || response.status === 429) {
      return { after: Number(response.headers.get("Retry-After")) || 0 };
    }
    for (const row of batch) done.add(row.id);
    if (response.status !== 207 || !said || !Array.isArray(said.items)) {
      // Nobody who knows this program spoke; or one item alone is refused, and the rest go on.
      if (!isRefused) return { after: 0 };
      after = BACKOFF[BACKOFF.length - 1];
      continue;
    }
    const later = await settle(batch, said);
    after = Math.max(after, later);
  }
}

// From now on what was saved may be on the server: it is corrected there, not edited here.
function attempt(batch) {
  return change(["queue"], async (tx) => {
    const rows = tx.objectStore("queue");
    for (const row of batch) {
      const kept = await wrap(rows.get(row.id));
      if (kept) {
        kept.attempts += 1;
        rows.put(kept);
      }
    }
  });
}

async function post(batch, epoch, csrf) {
  return request("/sync/visits/", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
    body: JSON.stringify(await parcel(batch, epoch)),
  });
}

// Move what the server named out of the queue; return the longest wait it asked for.
function settle(batch, { items: answers, now }) {
  const sentIds = new Set(batch.map((row) => row.id));
  return change(["queue", "sent"], async (tx) => {
    const queue = tx.objectStore("queue");
    let later = 0;
    for (const entry of answers) {
      if (!entry || !sentIds.has(entry.id)) continue;
      const row = await wrap(queue.get(entry.id));
      if (!row) continue;
      const part = [entry.issue, entry.facts, ...(entry.issues || [])].find((one) => one && one.reason) || {};
      if (entry.status === 201 || entry.status === 202 || entry.status === 422) {
        const state = entry.status === 201 && !part.reason ? "uploaded" : "held";
        const reason = entry.reason || part.reason || "";
        tx.objectStore("sent").put({ ...row, at: now, state, reason });
        queue.delete(entry.id);
      } else {
        later = Math.max(later, entry.retry_after || BACKOFF[0]);
      }
    }
    return later;
  });
}

function forgetOld(now) {
  const since = now - KEPT_DAYS * DAY;
  return change(["sent"], async (tx) => {
    const sent = tx.objectStore("sent");
    for (const row of await wrap(sent.getAll())) {
      if (row.at < since) sent.delete(row.id);
    }
  });
}
