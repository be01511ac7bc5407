// The queue of what was written down here: saved whole, sent (sending.js) until the server names it.
//
// Two states are shown and nothing else is promised: saved on this phone, and uploaded. Only
// an answer that names the UUID moves a row from the first to the second.

import { all, announce, change, count, get, isCapable, meta, photosByItem, wrap } from "./store.js";
import { lock, newId, sealJson, seal, toBase64, unlock } from "./seal.js";
import { parcel } from "./sending.js";

// Stands in the addresses of a page where the key of an item is to be put.
export const NO_ID = "00000000-0000-0000-0000-000000000000";
// What an envelope adds fits between this and the 1,500,000 that the server takes.
const MOST_PHOTO_BYTES = 1490000;

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
