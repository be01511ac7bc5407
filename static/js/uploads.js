// Photos on their way: tus 1.0, resumed where it stopped. A visit never waits for one.

import { all, get, remove } from "./store.js";
import { toBase64 } from "./seal.js";

const PART = 256 * 1024;
const VERSION = { "Tus-Resumable": "1.0.0" };

export async function sendPhotos(request, answer, ticket) {
  const headers = { ...VERSION, "X-CSRFToken": answer.csrf };
  if (ticket) headers["X-Upload-Ticket"] = ticket;
  for (const { id } of await all("photos")) {
    const photo = await get("photos", id);
    // One that fails is tried again next time; the others need not wait for it.
    if (photo && (await sendPhoto(request, headers, photo))) await remove("photos", id);
  }
}

async function sendPhoto(request, headers, photo) {
  const created = await request("/sync/photos/", {
    method: "POST",
    headers: {
      ...headers,
      "Upload-Length": String(photo.sealed.length),
      "Upload-Metadata": "id " + toBase64(new TextEncoder().encode(photo.id)),
    },
  });
  if (created.status !== 201) return created.status === 413;
  let offset = Number(created.headers.get("Upload-Offset"));
  let refusals = 0;
  while (offset < photo.sealed.length && refusals < 3) {
    const answer = await request("/sync/photos/" + photo.id + "/", {
      method: "PATCH",
      headers: { ...headers, "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" },
      body: photo.sealed.slice(offset, offset + PART),
    });
    // No picture for the server: sending it again would change nothing.
    if (answer.status === 422) return true;
    if (answer.status !== 204 && answer.status !== 409) return false;
    refusals += answer.status === 409 ? 1 : 0;
    const next = Number(answer.headers.get("Upload-Offset"));
    if (!Number.isInteger(next) || next > photo.sealed.length) return false;
    offset = next;
  }
  return offset === photo.sealed.length;
}
