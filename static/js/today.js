// The list of the day: its two buttons save on this phone first, and the door leaves at once.

import { measured } from "./burden.js";
import { askMore } from "./knocking.js";
import { canSave, drain, isCapable, items, save } from "./outbox.js";

const list = document.getElementById("doors");
const words = list ? list.dataset : {};

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
  strong.textContent = state === "uploaded" ? words.uploaded : words.saved;
  line.append(strong, " " + door.dataset.address + " · " + outcome);
  note.append(line);
  if (state === "saved") {
    const edit = document.createElement("a");
    edit.className = "saved__link";
    edit.href = door.dataset.form + "&edit=" + id;
    edit.textContent = words.edit;
    note.append(edit);
  }
  door.replaceWith(note);
  count("listed", -1);
  count("done", 1);
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
      issue: null,
      effort: measured(form),
      kind: "visit",
      label: door.dataset.address + " · " + button.textContent.trim(),
      fields: { outcome, way: "door" },
    });
  } catch (error) {
    delete form.dataset.busy;
    window.alert(words.full);
    return;
  }
  takeAway(door, button.textContent.trim(), id, "saved");
  drain({ now: true, turn: true });
}

// What this phone has logged today and the list, perhaps an old copy, still shows.
async function overlay() {
  const today = new Date().setHours(0, 0, 0, 0);
  for (const item of await items()) {
    const door = item.household && doorOf(item.household);
    const names = door && door.querySelector("[name=outcome][value=" + item.outcome + "]");
    if (door && item.kind === "visit" && item.saved_at >= today) {
      takeAway(door, names ? names.textContent.trim() : item.label.split(" · ")[1] || "", item.id, item.state);
    }
  }
}

async function refreshStates() {
  for (const item of await items()) {
    const shown = document.querySelector("[data-state='" + item.id + "']");
    if (!shown) continue;
    shown.textContent = item.state === "uploaded" ? words.uploaded : item.state === "held" ? words.held : words.saved;
    const edit = shown.closest("li").querySelector(".saved__link");
    if (edit && item.state !== "saved") edit.remove();
  }
}

if (isCapable && list) {
  document.addEventListener("submit", tap);
  window.addEventListener("outbox", refreshStates);
  overlay();
}
