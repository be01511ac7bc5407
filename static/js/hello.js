// Meeting the server: whether it is this program's, under whose login, and what is forgotten by it.

import { change, meta, wrap } from "./store.js";
import { newId } from "./seal.js";

const SERVICE = "gridmgmt-sync";
const DAY = 24 * 3600 * 1000;
const KEPT_DAYS = 14;
export const TIMEOUT = 90 * 1000;

let logouts = 0;

export async function request(address, options = {}) {
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
export async function believed(response) {
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

// What went up is kept as long as a restored server may ask for it again.
export function forgetOld(now) {
  const since = now - KEPT_DAYS * DAY;
  return change(["sent"], async (tx) => {
    const sent = tx.objectStore("sent");
    for (const row of await wrap(sent.getAll())) {
      if (row.at < since) sent.delete(row.id);
    }
  });
}
