// Sealing to the server (docs/sync.md, section 2), and locking what only this login may read.

import { change, meta, wrap } from "./store.js";

const POINT_BYTES = 65;
const CURVE = { name: "ECDH", namedCurve: "P-256" };
const text = new TextEncoder();

export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

export function toBase64(bytes) {
  let binary = "";
  // In pieces: a photo has more bytes than a call takes arguments.
  for (let at = 0; at < bytes.length; at += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(binary);
}

export function fromBase64(encoded) {
  return Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
}

// Return the envelope of these bytes for the item with this id; the server alone opens it.
export async function seal(key, id, bytes) {
  const server = await crypto.subtle.importKey("raw", fromBase64(key.public), CURVE, false, []);
  const own = await crypto.subtle.generateKey(CURVE, true, ["deriveBits"]);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", own.publicKey));
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: server }, own.privateKey, 256);
  const secret = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveBits"]);
  const expand = { name: "HKDF", hash: "SHA-256", salt: point, info: text.encode("gridmgmt-sync-1") };
  const material = new Uint8Array(await crypto.subtle.deriveBits(expand, secret, 44 * 8));
  const cipher = await crypto.subtle.importKey("raw", material.slice(0, 32), "AES-GCM", false, ["encrypt"]);
  const options = { name: "AES-GCM", iv: material.slice(32), additionalData: text.encode(id) };
  const sealed = new Uint8Array(await crypto.subtle.encrypt(options, cipher, bytes));
  const keyId = text.encode(key.id);
  const envelope = new Uint8Array(2 + keyId.length + POINT_BYTES + sealed.length);
  envelope.set([1, keyId.length]);
  envelope.set(keyId, 2);
  envelope.set(point, 2 + keyId.length);
  envelope.set(sealed, 2 + keyId.length + POINT_BYTES);
  return envelope;
}

export function sealJson(key, id, value) {
  return seal(key, id, text.encode(JSON.stringify(value)));
}

// The key of this login cannot be read out, only used, and is deleted at logout.
async function localKey() {
  const kept = await meta("lock");
  if (kept) return kept;
  const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  return change(["meta"], async (tx) => {
    const rows = tx.objectStore("meta");
    // Another tab may have been quicker.
    const row = await wrap(rows.get("lock"));
    if (row) return row.value;
    if (!(await wrap(rows.get("user")))) throw new Error("logged out");
    rows.put({ name: "lock", value: made });
    return made;
  });
}

export async function lock(value) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await localKey(), text.encode(JSON.stringify(value)));
  return { iv, data };
}

// Return what was locked, or null when another login locked it.
export async function unlock(box) {
  const key = await meta("lock");
  if (!box || !key) return null;
  try {
    const data = await crypto.subtle.decrypt({ name: "AES-GCM", iv: box.iv }, key, box.data);
    return JSON.parse(new TextDecoder().decode(data));
  } catch (error) {
    return null;
  }
}
