// The long forms, of a visit and of an issue: saved on this phone first, drafts kept meanwhile.

import { measured, startMeasuring } from "./burden.js";
import { askWhy } from "./knocking.js";
import { canSave, drain, editable, isCapable, save } from "./outbox.js";
import { lock, newId, unlock } from "./seal.js";
import { shrink } from "./shrink.js";
import { get, put, remove } from "./store.js";

const form = document.querySelector("form[data-offline]");
const words = form ? { ...document.getElementById("form-words").dataset, ...form.dataset } : {};
const path = location.pathname.match(/\/households\/(\d+)\//);
const query = new URLSearchParams(location.search);
const household = Number(path ? path[1] : query.get("household")) || null;
const isVisit = words.offline === "visit";
const prefix = isVisit ? "issue-" : "";
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

function fill(typed) {
  for (const [name, kept] of Object.entries(typed)) {
    const found = field(name);
    if (!found) continue;
    if (found.type === "checkbox") found.checked = Boolean(kept);
    else found.value = kept;
  }
  const more = form.querySelector("details");
  if (more && (typed["issue-description"] || typed["issue-category"])) more.open = true;
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

function faultsOf(hasIssue) {
  const faults = [];
  if (isVisit) {
    if (!value("outcome")) faults.push(["outcome", words.needOutcome]);
    if (field("went_alone") && value("way") === "door" && !value("companions") && !value("went_alone")) {
      faults.push(["went_alone", words.needPair]);
    }
    const isAnswered = value("outcome") === "met" || value("outcome") === "declined";
    if (field("reason") && isAnswered && value("way") === "door" && !value("reason")) faults.push(["reason", words.needReason]);
    const next = value("next_on");
    if (next && new Date(next + "T23:59") < new Date()) faults.push(["next_on", words.needDay]);
  }
  if (hasIssue) {
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

function issueOf(id) {
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
  const word = outcome ? outcome.closest("label").textContent.trim() : words.issue;
  const place = document.querySelector("[data-address]");
  return ((place && place.textContent.trim()) || value("place")) + " · " + word;
}

async function submit(event, untouched) {
  // The stairwells of a captain, and matters to tell of, are known to the server alone.
  if (field("door") || document.getElementById("matters")) return;
  event.preventDefault();
  if (form.dataset.busy) return;
  const input = field(prefix + "photos");
  const chosen = input && input.files ? Array.from(input.files) : [];
  const hasIssue = !isVisit || Boolean(value(prefix + "category") || value(prefix + "description") || chosen.length);
  const faults = faultsOf(hasIssue);
  if (faults.length) {
    refuse(faults);
    return;
  }
  form.dataset.busy = "yes";
  if (!(await canSave())) {
    form.submit();
    return;
  }
  const issueId = value(prefix + "id") || newId();
  const id = query.get("edit") || (isVisit ? value("visit_id") || newId() : issueId);
  const photos = [];
  for (const file of chosen.slice(0, 4)) photos.push(await shrink(file));
  try {
    const { lost } = await save({
      id,
      household,
      visit: isVisit ? visitOf(untouched) : null,
      issue: hasIssue ? issueOf(isVisit ? issueId : id) : null,
      photos,
      effort: isVisit ? measured(form) : null,
      kind: words.offline,
      label: labelOf(),
      fields: fields(),
    });
    if (lost) window.alert(words.noRoom);
  } catch (error) {
    delete form.dataset.busy;
    say(error.message === "sent" ? words.sent : words.full, "error").scrollIntoView();
    return;
  }
  drain({ now: true, turn: true });
  location.href = words.back;
}

async function begin() {
  const when = field("done_at");
  // On a page kept on the phone the time is that of filling it in.
  if (when && (words.copy || !when.value)) {
    const now = new Date();
    when.value = new Date(now.getTime() - now.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
  }
  const untouched = when ? when.value : "";
  if (words.copy) await introduce();
  const edited = query.get("edit") && (await editable(query.get("edit")));
  if (query.get("edit") && !edited) say(words.sent, "warning");
  if (edited) fill(edited.fields);
  else if (query.get("outcome") && field("outcome")) field("outcome").value = query.get("outcome");
  const draft = !edited && (await get("drafts", draftName));
  const kept = draft && (await unlock(draft.box));
  if (kept) {
    fill(kept);
    say(words.restored, "success");
  }
  startMeasuring();
  let timer = 0;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      if (!form.dataset.busy) await put("drafts", { name: draftName, box: await lock(fields()) }).catch(() => null);
    }, 400);
  });
  form.addEventListener("submit", (event) => submit(event, untouched));
  const cancel = form.querySelector("[data-cancel]");
  if (cancel) cancel.addEventListener("click", () => { remove("drafts", draftName); });
}

// On the page kept on the phone: take what to know of the door from the list kept beside it.
async function introduce() {
  const kept = await caches.match(words.list);
  if (!kept || !household) return;
  const list = new DOMParser().parseFromString(await kept.text(), "text/html");
  const door = list.getElementById("door-" + household);
  const place = document.querySelector("[data-address]");
  if (!door || !place) return;
  place.textContent = door.dataset.address;
  const facts = door.querySelector(".door__facts");
  if (facts) place.after(document.importNode(facts, true));
  const reason = field("reason");
  const rules = door.closest(".doors").dataset;
  if (reason && !askWhy(door.dataset, rules, "met", Date.now())) reason.closest(".field").remove();
  const alone = field("went_alone");
  if (alone && !door.dataset.pairs) alone.closest(".field").remove();
}

if (isCapable && form) begin();
