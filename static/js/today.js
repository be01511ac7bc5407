// The list of the day: its two buttons save on this phone first, and the door leaves at once.

import { measured } from "./burden.js";
import { askMore } from "./knocking.js";
import { canSave, discard, items, NO_ID, save, states } from "./outbox.js";
import { newId } from "./seal.js";
import { drain } from "./sending.js";
import { isCapable, meta } from "./store.js";

const list = document.getElementById("doors");
const words = list ? list.dataset : {};

const STATES = { saved: "saved", sending: "saved", uploaded: "uploaded", held: "held" };
// The doors taken off the list, by what was saved of them.
const doors = new Map();

function doorOf(household) {
  return document.getElementById("door-" + household);
}

function count(name, change) {
  const shown = document.querySelector("[data-count=" + name + "]");
  if (shown) shown.textContent = String(Math.max(0, Number(shown.textContent) + change));
}

// Take a door off the list; say what was saved and where it is, in its place.
function takeAway(door, outcome, id, state) {
  const note = document.createElement("li");
  note.className = "notice notice--success saved";
  note.id = "saved-" + id;
  note.setAttribute("role", "status");
  const line = document.createElement("p");
  const strong = document.createElement("strong");
  strong.dataset.state = id;
  line.append(strong, " " + door.dataset.address + " · " + outcome);
  note.append(line);
  door.replaceWith(note);
  doors.set(id, door);
  showState(note, id, state);
  count("listed", -1);
  count("done", 1);
}

// Say where it is, and offer what can be done there: on the phone to change or to take back,
// on the server to correct.
function showState(note, id, state) {
  note.querySelector("[data-state]").textContent = words[STATES[state]] || "";
  for (const old of note.querySelectorAll(".saved__link, .saved__undo")) old.remove();
  if (state === "saved") {
    const undo = document.createElement("button");
    Object.assign(undo, { type: "button", className: "button button--plain saved__undo", textContent: words.undo });
    undo.addEventListener("click", () => bringBack(note, id));
    note.append(link(doors.get(id).dataset.form + "&edit=" + id, words.edit), undo);
  } else if (state === "uploaded") {
    note.append(link(words.wrong.replace(NO_ID, id), words.correct));
  } else if (state === "held") {
    note.append(link(words.queue, words.why));
  }
}

function link(address, text) {
  const anchor = document.createElement("a");
  Object.assign(anchor, { href: address, className: "saved__link", textContent: text });
  return anchor;
}

async function bringBack(note, id) {
  // It may have gone up in this moment; then the note says so and nothing is taken back.
  if (!(await discard(id))) return;
  const door = doors.get(id);
  const form = door.querySelector("form");
  delete form.dataset.busy;
  form.elements.visit_id.value = newId();
  note.replaceWith(door);
  door.querySelector("button").focus();
  count("listed", 1);
  count("done", -1);
}

async function tap(event) {
  const form = event.target;
  const door = form.closest(".door");
  if (!door || !form.classList.contains("door__buttons")) return;
  const button = event.submitter || document.activeElement;
  const outcome = button && button.name === "outcome" ? button.value : "";
  if (!outcome || form.dataset.busy) {
    event.preventDefault();
    return;
  }
  event.preventDefault();
  form.dataset.busy = "yes";
  if (!(await canSave())) {
    // This phone has not met the server yet: the form goes there as ever.
    const hidden = document.createElement("input");
    Object.assign(hidden, { type: "hidden", name: "outcome", value: outcome });
    form.append(hidden);
    form.submit();
    return;
  }
  if (askMore(door.dataset, door.closest(".doors").dataset, outcome, Date.now())) {
    // Whoever comes back by the browser's button taps again.
    delete form.dataset.busy;
    location.href = door.dataset.form + "&outcome=" + outcome;
    return;
  }
  const id = form.elements.visit_id.value;
  const household = Number(door.dataset.household);
  const said = { outcome, way: "door", done_at: Date.now(), companions: "", note: "", next_on: null, reason: "" };
  try {
    await save({
      id,
      household,
      visit: said,
      effort: measured(form),
      kind: "visit",
      label: door.dataset.address + " · " + button.textContent.trim(),
      fields: { outcome, way: "door" },
    });
  } catch (error) {
    delete form.dataset.busy;
    // Another page has saved this very visit already.
    if (error.message === "sent") overlay();
    else window.alert(words.full);
    return;
  }
  takeAway(door, button.textContent.trim(), id, "saved");
  drain({ now: true, turn: true });
}

// What this phone has logged and the list does not know of: what waits, and on a copy also what
// went up since the copy was made.
async function overlay() {
  const since = words.made ? Number(words.made) - 1000 * ((await meta("offset")) || 0) : Infinity;
  for (const item of await items({ since })) {
    const door = item.household && doorOf(item.household);
    const names = door && door.querySelector("[name=outcome][value=" + item.outcome + "]");
    if (door && item.kind === "visit") {
      takeAway(door, names ? names.textContent.trim() : item.label.split(" · ")[1] || "", item.id, item.state);
    }
  }
}

async function refreshStates() {
  const known = await states();
  for (const id of doors.keys()) {
    const note = document.getElementById("saved-" + id);
    if (note && known[id]) showState(note, id, known[id]);
  }
}

if (isCapable && list) {
  // The keys in a copy were given out once already.
  if (words.made) {
    for (const input of list.querySelectorAll("[name=visit_id]")) input.value = newId();
  }
  document.addEventListener("submit", tap);
  window.addEventListener("outbox", refreshStates);
  overlay();
}
