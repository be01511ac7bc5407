// Sending what waits: in batches, by one tab at a time, with patience where the server is away.

import { all, announce, change, count, isCapable, meta, remove, setMeta, wrap } from "./store.js";
import { believed, forgetOld, hello, request, TIMEOUT } from "./hello.js";
import { newId } from "./seal.js";
import { sendPhotos } from "./uploads.js";

const BATCH = 20;
const BACKOFF = [5, 15, 60, 300];

let failures = 0;
let notBefore = 0;

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

// Rows of the queue as the address /sync/visits/ takes them.
export async function parcel(rows, epoch) {
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
