// The phone's own storage: IndexedDB as promises. Rows of personal content are ciphertext.

const NAME = "gridmgmt";
const VERSION = 2;
// queue: what waits to go up. sent: what went up in the last 14 days, and what was held back.
// photos: pictures on their way. drafts: forms being filled. meta: keys, clock, numbers.
const STORES = { meta: "name", queue: "id", sent: "id", photos: "id", drafts: "name" };

// Whether this browser can keep, seal and send without signal.
export const isCapable = Boolean(
  window.isSecureContext && window.crypto && crypto.subtle && window.indexedDB && navigator.serviceWorker,
);

let opened = null;

export function openStore() {
  opened = opened || new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      // Stores are only ever added: a queue survives every version.
      for (const [store, keyPath] of Object.entries(STORES)) {
        if (!request.result.objectStoreNames.contains(store)) {
          request.result.createObjectStore(store, { keyPath });
        }
      }
      // Whose photos wait is asked often, and without reading the pictures.
      const photos = request.transaction.objectStore("photos");
      if (!photos.indexNames.contains("item")) photos.createIndex("item", "item");
    };
    request.onsuccess = () => {
      // Another tab with a newer version must not wait for this one.
      request.result.onversionchange = () => {
        request.result.close();
        opened = null;
      };
      // A browser that clears or runs out of memory closes it; the next use opens it again.
      request.result.onclose = () => { opened = null; };
      resolve(request.result);
    };
    request.onerror = () => {
      opened = null;
      reject(request.error);
    };
  });
  return opened;
}

export function wrap(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

// Run work(tx) in one transaction: all of it is on the disk when this resolves, or none.
export async function change(stores, work) {
  const database = await openStore();
  return new Promise((resolve, reject) => {
    const tx = database.transaction(stores, "readwrite", { durability: "strict" });
    let result;
    tx.oncomplete = () => resolve(result);
    tx.onabort = () => reject(tx.error || new Error("aborted"));
    Promise.resolve(work(tx)).then(
      (value) => { result = value; },
      (error) => {
        reject(error);
        try {
          tx.abort();
        } catch (ended) {
          // It had aborted by itself.
        }
      },
    );
  });
}

export async function all(store) {
  const database = await openStore();
  return wrap(database.transaction(store).objectStore(store).getAll());
}

export async function count(store) {
  const database = await openStore();
  return wrap(database.transaction(store).objectStore(store).count());
}

// Return how many photos of each item are on their way: {item: number}.
export async function photosByItem() {
  const database = await openStore();
  const found = {};
  const request = database.transaction("photos").objectStore("photos").index("item").openKeyCursor();
  return new Promise((resolve, reject) => {
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const cursor = request.result;
      if (!cursor) {
        resolve(found);
        return;
      }
      found[cursor.key] = (found[cursor.key] || 0) + 1;
      cursor.continue();
    };
  });
}

export async function get(store, key) {
  const database = await openStore();
  return wrap(database.transaction(store).objectStore(store).get(key));
}

export function put(store, row) {
  return change([store], (tx) => { tx.objectStore(store).put(row); });
}

export function remove(store, key) {
  return change([store], (tx) => { tx.objectStore(store).delete(key); });
}

export async function meta(name) {
  const row = await get("meta", name);
  return row ? row.value : null;
}

export function setMeta(values) {
  return change(["meta"], (tx) => {
    for (const [name, value] of Object.entries(values)) {
      tx.objectStore("meta").put({ name, value });
    }
  });
}

// Tell the page that what is kept here has changed.
export function announce() {
  window.dispatchEvent(new Event("outbox"));
}
