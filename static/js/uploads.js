// Photos on their way: tus 1.0, resumed where it stopped. A visit never waits for one.

import { change, get, openStore, remove, wrap } from "./store.js";
import { toBase64 } from "./seal.js";

const PART = 256 * 1024;
const MOST_CONFLICTS = 3;
const VERSION = { "Tus-Resumable": "1.0.0" };

export async function sendPhotos(request, answer, ticket) {
  const headers = { ...VERSION, "X-CSRFToken": answer.csrf };
  if (ticket) headers["X-Upload-Ticket"] = ticket;
  const database = await openStore();
  for (const id of await wrap(database.transaction("photos").objectStore("photos").getAllKeys())) {
    const photo = await get("photos", id);
    const said = photo ? await sendPhoto(request, headers, photo) : "";
    // One that fails is tried again next time; the others need not wait for it.
    if (said === "done") await remove("photos", id);
    else if (said.startsWith("refused")) await putAside(photo, said.slice("refused ".length));
  }
}

// No picture for the server: sending it again would change nothing, and its owner is told.
function putAside(photo, reason) {
  const { id, item } = photo;
  return change(["photos", "sent"], (tx) => {
    tx.objectStore("photos").delete(id);
    tx.objectStore("sent").put({ id, item, reason, state: "refused", at: Date.now(), saved_at: Date.now() });
  });
}

// Return "done", "refused" with the server's reason, or "" for another time. Only an answer in
// the words of tus says anything: a captive portal has none.
async function sendPhoto(request, headers, photo) {
  const address = "/sync/photos/" + photo.id + "/";
  const length = photo.sealed.length;
  const ask = async (to, options) => {
    const answer = await request(to, { ...options, headers: { ...headers, ...options.headers } });
    return answer.headers.get("Tus-Resumable") ? answer : null;
  };
  let answer = await ask("/sync/photos/", {
    method: "POST",
    headers: {
      "Upload-Length": String(length),
      "Upload-Metadata": "id " + toBase64(new TextEncoder().encode(photo.id)),
    },
  });
  if (answer && answer.status === 413) return "refused";
  let conflicts = 0;
  while (answer && [200, 201, 204].includes(answer.status)) {
    if (answer.headers.get("Upload-Complete") === "yes") return "done";
    const offset = Number(answer.headers.get("Upload-Offset"));
    // With every byte there, an empty part asks the server to finish.
    answer = await ask(address, {
      method: "PATCH",
      headers: { "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" },
      body: photo.sealed.slice(offset, offset + PART),
    });
    if (answer && answer.status === 422) return "refused " + ((await answer.json()).reason || "");
    const isStuck = answer && answer.status === 204 && Number(answer.headers.get("Upload-Offset")) <= offset;
    if ((answer && answer.status === 409) || (isStuck && answer.headers.get("Upload-Complete") !== "yes")) {
      conflicts += 1;
      answer = conflicts < MOST_CONFLICTS ? await ask(address, { method: "HEAD" }) : null;
    }
  }
  return "";
}
