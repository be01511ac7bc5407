// The roll call of an emergency: one tap at a door saves on this phone first, and the door says so.

import { canSave, items, save, states } from "./outbox.js";
import { newId } from "./seal.js";
import { drain } from "./sending.js";
import { isCapable, meta } from "./store.js";

const list = document.getElementById("doors");
const words = list ? list.dataset : {};
const TAGS = { safe: "tag--good", needs_help: "tag--bad", not_reached: "tag--warn" };
const WHERE = { saved: "saved", sending: "saved", uploaded: "uploaded", held: "held" };
// The item of this phone that each door shows.
const shown = new Map();

// Show at the door what was said of it, and where that is.
function show(door, id, { state, people, note }, at, where) {
  const line = door.querySelector(".call__now");
  const tag = document.createElement("strong");
  tag.className = "tag " + TAGS[state];
  const buttons = Array.from(door.querySelectorAll("[name=state]"));
  for (const button of buttons) button.setAttribute("aria-pressed", String(button.value === state));
  tag.textContent = buttons.find((button) => button.value === state).textContent;
  const said = [new Date(at).toTimeString().slice(0, 5)];
  if (people !== null) said.push(words.people + " " + people);
  if (note) said.push(note);
  const place = document.createElement("strong");
  place.className = "call__where";
  line.replaceChildren(tag, " " + said.join(" · ") + " · ", place);
  shown.set(door, id);
  showWhere(door, where);
  const count = document.querySelector("[data-called='" + door.dataset.emergency + "']");
  if (count && door.dataset.state === "pending") count.textContent = String(Number(count.textContent) + 1);
  door.dataset.state = state;
}

function showWhere(door, where) {
  const place = door.querySelector(".call__where");
  place.textContent = words[WHERE[where]] || "";
  if (where !== "held") return;
  const link = document.createElement("a");
  Object.assign(link, { href: words.queue, textContent: words.why });
  place.append(" ", link);
}

function numberOf(text) {
  return text === "" ? null : Number(text);
}

async function tap(event) {
  const form = event.target;
  const door = form.closest(".door");
  const button = event.submitter || document.activeElement;
  if (!door || !button || button.name !== "state") return;
  event.preventDefault();
  if (form.dataset.busy) return;
  form.dataset.busy = "yes";
  if (!(await canSave())) {
    // This phone has not met the server yet: the form goes there as ever.
    const hidden = document.createElement("input");
    Object.assign(hidden, { type: "hidden", name: "state", value: button.value });
    form.append(hidden);
    form.submit();
    return;
  }
  const { people, note } = form.elements;
  const said = { state: button.value, people: numberOf(people.value), note: note.value.trim() };
  const [id, at] = [newId(), Date.now()];
  const label = door.dataset.address + " · " + button.textContent.trim();
  const household = Number(door.dataset.household);
  const rollCall = { emergency: Number(door.dataset.emergency), ...said, at };
  try {
    await save({ id, household, visit: null, rollCall, kind: "roll_call", label, fields: said });
  } catch (error) {
    window.alert(words.full);
    return;
  } finally {
    delete form.dataset.busy;
  }
  form.reset();
  form.querySelector("details").open = false;
  show(door, id, said, at, "saved");
  drain({ now: true, turn: true });
}

// What this phone holds and the list does not know of: what waits, and on a copy also what went
// up since the copy was made. Newest first, so that each door takes the first.
async function overlay() {
  const since = words.made ? Number(words.made) - 1000 * ((await meta("offset")) || 0) : Infinity;
  for (const item of await items({ since })) {
    const door = item.kind === "roll_call" && document.getElementById("door-" + item.household);
    if (door && !shown.has(door)) show(door, item.id, item.fields, item.saved_at, item.state);
  }
}

async function refresh() {
  const known = await states();
  for (const [door, id] of shown) if (known[id]) showWhere(door, known[id]);
}

if (isCapable && list) {
  document.addEventListener("submit", tap);
  window.addEventListener("outbox", refresh);
  overlay();
}
