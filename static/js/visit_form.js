// The long forms, of a visit and of a matter: saved on this phone first, drafts kept meanwhile.

import { measured } from "./burden.js";
import { askWhy } from "./knocking.js";
import { answersOf, isSensitive, offerQuestions } from "./questions.js";
import { canSave, editable, NO_ID, save, states } from "./outbox.js";
import { lock, newId, unlock } from "./seal.js";
import { drain } from "./sending.js";
import { shrink } from "./shrink.js";
import { get, isCapable, put, remove } from "./store.js";

const form = document.querySelector("form[data-offline]");
const words = form ? { ...document.getElementById("form-words").dataset, ...form.dataset } : {};
const path = location.pathname.match(/\/households\/(\d+)\//);
const query = new URLSearchParams(location.search);
const household = Number(path ? path[1] : query.get("household")) || null;
const isVisit = words.offline === "visit";
// The blocks of the matters that a visit may carry, and what the names in each begin with.
const blocks = isVisit ? Array.from(form.querySelectorAll("details[data-matter]")) : [];
const prefixes = isVisit ? blocks.map((block) => block.dataset.matter + "-") : [""];
const DAY = 24 * 3600 * 1000;
// The same limits as in visits/forms/visits.py and visits/photos.py; the server has the last word.
const LATEST_APPOINTMENT = 91 * DAY;
const LATEST_ENTRY = 7 * DAY;
const CLOCK_SLACK = 5 * 60 * 1000;
const MOST_PHOTOS = 4;
const PATIENCE = 2500;
// What is known of the door and its rules: said by the form, or on a copy by the list beside it.
let known = words.gap ? { door: words, rules: words } : null;
const draftName = words.offline + ":" + (household || "");

function field(name) {
  return form.elements[name];
}

function value(name) {
  const found = field(name);
  if (!found) return "";
  if (found.type === "checkbox") return found.checked;
  return (found.value || "").trim();
}

function fields() {
  const typed = {};
  for (const element of form.elements) {
    if (!element.name || element.type === "file" || element.name === "csrfmiddlewaretoken") continue;
    if (isSensitive(element)) continue;
    if (element.type === "radio") {
      if (element.checked) typed[element.name] = element.value;
    } else if (element.type === "checkbox") {
      typed[element.name] = element.checked;
    } else {
      typed[element.name] = element.value;
    }
  }
  return typed;
}

// How often something was put into the form that nobody typed there just now.
let fills = 0;

function fill(typed) {
  fills += 1;
  for (const [name, kept] of Object.entries(typed)) {
    const found = field(name);
    if (!found) continue;
    if (found.type === "checkbox") found.checked = Boolean(kept);
    else found.value = kept;
  }
  blocks.forEach((block, number) => {
    if (isNoticed(prefixes[number])) Object.assign(block, { open: true, hidden: false });
  });
  offerAnother();
}

function say(text, kind) {
  const line = document.createElement("p");
  line.className = "notice notice--" + kind;
  line.setAttribute("role", kind === "error" ? "alert" : "status");
  line.textContent = text;
  form.before(line);
  return line;
}

// Show every fault at once, as the server does, and go there.
function refuse(faults) {
  const old = document.getElementById("error-summary");
  if (old) old.remove();
  const box = document.createElement("div");
  Object.assign(box, { className: "notice notice--error", id: "error-summary", tabIndex: -1 });
  box.setAttribute("role", "alert");
  const head = document.createElement("p");
  const strong = document.createElement("strong");
  strong.textContent = words.correct;
  head.append(strong);
  const list = document.createElement("ul");
  for (const [name, text] of faults) {
    const item = document.createElement("li");
    const found = field(name);
    const first = found && (found.length && !found.tagName ? found[0] : found);
    if (first && first.id) {
      const link = document.createElement("a");
      link.href = "#" + first.id;
      link.textContent = text;
      item.append(link);
    } else {
      item.textContent = text;
    }
    list.append(item);
  }
  box.append(head, list);
  form.prepend(box);
  box.focus();
}

// Whether a rule of knocking was not kept at the time that is typed.
function isReasonAsked() {
  if (!known || !field("reason") || value("way") !== "door") return false;
  return askWhy(known.door, known.rules, value("outcome") || "met", new Date(value("done_at") || Date.now()).getTime());
}

function showReason() {
  if (known && field("reason")) field("reason").closest(".field").hidden = !isReasonAsked();
}

function photosOf(prefix) {
  const input = field(prefix + "photos");
  return input && input.files ? Array.from(input.files) : [];
}

// Whether something was written of a matter; a form of a matter alone is always one.
function isNoticed(prefix) {
  return !isVisit || Boolean(value(prefix + "category") || value(prefix + "description") || photosOf(prefix).length);
}

// Show the matters one by one: the next stays away until it is asked for.
function offerAnother() {
  const button = document.getElementById("another-matter");
  if (button) button.hidden = !blocks.some((block) => block.hidden);
}

function showAnother() {
  const next = blocks.find((block) => block.hidden);
  Object.assign(next, { hidden: false, open: true });
  next.querySelector("select").focus();
  offerAnother();
}

function faultsOf(noticed) {
  const faults = [];
  if (isVisit) {
    if (!value("outcome")) faults.push(["outcome", words.needOutcome]);
    if (field("went_alone") && value("way") === "door" && !value("companions") && !value("went_alone")) {
      faults.push(["went_alone", words.needPair]);
    }
    if (isReasonAsked() && !value("reason")) faults.push(["reason", words.needReason]);
    const next = value("next_on");
    const until = new Date(next + "T23:59") - Date.now();
    if (next && !(until > 0 && until < LATEST_APPOINTMENT)) faults.push(["next_on", words.needDay]);
    const ago = Date.now() - new Date(value("done_at") || Date.now());
    if (ago < -CLOCK_SLACK) faults.push(["done_at", words.needPast]);
    if (ago > LATEST_ENTRY) faults.push(["done_at", words.needRecent]);
  }
  for (const prefix of noticed) {
    if (photosOf(prefix).length > MOST_PHOTOS) faults.push([prefix + "photos", words.needFour]);
    if (!value(prefix + "category")) faults.push([prefix + "category", words.needCategory]);
    if (!value(prefix + "description")) faults.push([prefix + "description", words.needDescription]);
    if (!household && field("grid") && !value("grid")) faults.push(["grid", words.needGrid]);
    if (!household && field("place") && !value("place")) faults.push(["place", words.needPlace]);
  }
  return faults;
}

function doneAt(untouched) {
  const typed = value("done_at");
  // The time she left as it stood is the time of saving.
  if (!typed || typed === untouched) return Date.now();
  const moment = new Date(typed).getTime();
  return Number.isNaN(moment) ? Date.now() : moment;
}

function visitOf(untouched) {
  return {
    outcome: value("outcome"),
    way: value("way"),
    done_at: doneAt(untouched),
    companions: value("companions"),
    note: value("note"),
    next_on: value("next_on") || null,
    reason: value("reason") || "",
  };
}

function matterOf(prefix, id) {
  return {
    id,
    category: Number(value(prefix + "category")),
    grid: household ? null : value("grid"),
    place: value(prefix + "place"),
    description: value(prefix + "description"),
    urgency: value(prefix + "urgency") || "normal",
    is_solved: Boolean(value(prefix + "is_solved")),
  };
}

function labelOf() {
  const outcome = isVisit && form.querySelector("[name=outcome]:checked");
  const word = outcome ? outcome.closest("label").textContent.trim() : words.matter;
  const place = document.querySelector("[data-address]");
  return ((place && place.textContent.trim()) || value("place")) + " · " + word;
}

// Whether the form is for the server alone: the stairwells of a captain, matters to tell of and
// sensitive answers are.
function isForServer() {
  return Boolean(field("door") || document.getElementById("matters") || (isVisit && answersOf(form).hasSensitive));
}

// Save what is in the form as soon as it is `ready`, which resolves to the time that stood in it.
// Until then the tap waits: sent by the browser itself it would be lost where there is no signal.
async function submit(event, ready) {
  if (isForServer()) {
    remove("drafts", draftName);
    return;
  }
  event.preventDefault();
  if (form.dataset.busy) return;
  form.dataset.busy = "yes";
  const button = form.querySelector("button:not([type])");
  button.disabled = true;
  const seen = fills;
  let untouched;
  let isAble;
  try {
    untouched = await ready;
    isAble = await canSave();
  } catch (error) {
    // A phone whose store does not open: the server says what is wrong, if there is one.
    form.submit();
    return;
  }
  const noticed = prefixes.filter(isNoticed);
  const faults = faultsOf(noticed);
  // What came back into the form after the tap is looked at before it is saved.
  if (fills !== seen || faults.length) {
    delete form.dataset.busy;
    button.disabled = false;
    if (fills === seen) refuse(faults);
    return;
  }
  if (!isAble) {
    form.submit();
    return;
  }
  const id = query.get("edit") || value(isVisit ? "visit_id" : "id") || newId();
  const matters = noticed.map((prefix) => matterOf(prefix, isVisit ? value(prefix + "id") || newId() : id));
  const photos = [];
  for (let number = 0; number < noticed.length; number += 1) {
    for (const file of photosOf(noticed[number])) photos.push([matters[number].id, await shrink(file)]);
  }
  try {
    const { lost } = await save({
      id,
      household,
      visit: isVisit ? visitOf(untouched) : null,
      matters,
      facts: isVisit ? answersOf(form) : [],
      photos,
      effort: isVisit ? measured(form) : null,
      kind: words.offline,
      label: labelOf(),
      fields: fields(),
    });
    if (lost) window.alert(words.noRoom);
  } catch (error) {
    delete form.dataset.busy;
    button.disabled = false;
    say(error.message === "sent" ? words.sent : words.full, "error").scrollIntoView();
    return;
  }
  say(words.saved, "success").scrollIntoView();
  const sending = drain({ now: true, turn: true }).catch(() => null);
  // With signal it is there in a moment, and the next page already knows of it.
  if (navigator.onLine) await Promise.race([sending, new Promise((done) => setTimeout(done, PATIENCE))]);
  const state = (await states())[id];
  if (state === "uploaded" && words.uploadedAt) location.href = words.uploadedAt.replace(NO_ID, id);
  else location.href = state === "held" ? words.queue : words.back;
}

let isTouched = false;

// From the first letter on, even while the rest of the page still gets ready.
function keepDraft() {
  let timer = 0;
  form.addEventListener("input", () => {
    isTouched = true;
    clearTimeout(timer);
    timer = setTimeout(async () => {
      // After a logout nothing is kept any more.
      if (!form.dataset.busy && (await canSave())) await put("drafts", { name: draftName, box: await lock(fields()) }).catch(() => null);
    }, 400);
  });
}

// Get the form ready; resolves to the time that stands in it.
async function begin() {
  keepDraft();
  for (const block of blocks.slice(1)) block.hidden = !block.open;
  offerAnother();
  const another = document.getElementById("another-matter");
  if (another) another.addEventListener("click", showAnother);
  const when = field("done_at");
  // On a page kept on the phone the time is that of filling it in.
  if (when && (words.copy || !when.value)) {
    const now = new Date();
    when.value = new Date(now.getTime() - now.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
  }
  const untouched = when ? when.value : "";
  if (words.copy) {
    // The keys in a copy were given out once already.
    for (const name of ["visit_id", ...prefixes.map((prefix) => prefix + "id")]) if (field(name)) field(name).value = newId();
    await introduce();
  }
  const edited = query.get("edit") && (await editable(query.get("edit")));
  if (query.get("edit") && !edited) say(words.sent, "warning");
  if (edited) fill(edited.fields);
  else if (!isTouched && query.get("outcome") && field("outcome")) field("outcome").value = query.get("outcome");
  const draft = !edited && (await get("drafts", draftName));
  const kept = draft && (await unlock(draft.box));
  // What she has begun to type meanwhile is newer.
  if (kept && !isTouched) {
    fill(kept);
    say(words.restored, "success");
  }
  showReason();
  form.addEventListener("change", showReason);
  const cancel = form.querySelector("[data-cancel]");
  if (cancel) cancel.addEventListener("click", () => { remove("drafts", draftName); });
  return untouched;
}

// On the page kept on the phone: take what to know of the door from the list kept beside it.
async function introduce() {
  const kept = await caches.match(words.list);
  const list = kept && new DOMParser().parseFromString(await kept.text(), "text/html");
  const door = list && list.getElementById("door-" + household);
  offerQuestions(form, door ? JSON.parse(door.dataset.questions || "[]") : []);
  const place = document.querySelector("[data-address]");
  if (!door || !place) return;
  place.textContent = door.dataset.address;
  const facts = door.querySelector(".door__facts");
  if (facts) place.after(document.importNode(facts, true));
  known = { door: door.dataset, rules: door.closest(".doors").dataset };
  const alone = field("went_alone");
  if (alone && !door.dataset.pairs) alone.closest(".field").remove();
}

if (isCapable && form) {
  const ready = begin();
  // Faults are said in the words of the server, all at once.
  form.noValidate = true;
  form.addEventListener("submit", (event) => submit(event, ready));
}
