// What logging a visit takes: taps, seconds, fields filled in beforehand and by hand.
// It measures the program. Nothing here says who, and the server keeps sums of a week.

// A longer pause is a conversation at the door, not work on the form.
const LONGEST_PAUSE_MS = 30000;
const SENT = ["taps", "seconds", "prefilled", "typed"];

let taps;
let worked;
let lastAt;
let typingIn;
let form;

function startMeasuring() {
  taps = 0;
  worked = 0;
  lastAt = 0;
  typingIn = null;
  form = null;
}

// Returns what has been measured since the start or the last call, and starts anew.
export function measured(of = form) {
  const result = { taps, seconds: Math.round(worked / 1000), ...fieldsOf(of) };
  startMeasuring();
  return result;
}

function isVisit(element) {
  return Boolean(element && element.elements && element.elements.visit_id);
}

function note(event) {
  const touched = event.target.closest ? event.target.closest("form") : null;
  if (isVisit(touched)) form = touched;
  if (!form) return;
  const now = performance.now();
  if (lastAt) worked += Math.min(now - lastAt, LONGEST_PAUSE_MS);
  lastAt = now;
}

function isFilled(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked;
  return field.value !== "";
}

function wasFilled(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.defaultChecked;
  if (field.options) return [...field.options].some((o) => o.defaultSelected && o.value !== "");
  return field.defaultValue !== "";
}

function isUntouched(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked === field.defaultChecked;
  if (field.options) return [...field.options].every((o) => o.selected === o.defaultSelected);
  return field.value === field.defaultValue;
}

function fieldsOf(of) {
  const counted = { prefilled: 0, typed: 0 };
  if (!isVisit(of)) return counted;
  const shown = [...of.elements].filter(
    (field) => field.name && !["hidden", "submit", "button", "file"].includes(field.type),
  );
  // At a button of the list the outcome is chosen; way and time are there already.
  if (!shown.length) return { prefilled: 2, typed: 1 };
  for (const field of shown) {
    if (!isFilled(field)) continue;
    if (isUntouched(field) && wasFilled(field)) counted.prefilled += 1;
    else counted.typed += 1;
  }
  return counted;
}

startMeasuring();
addEventListener("pointerup", (event) => {
  taps += 1;
  typingIn = null;
  note(event);
}, true);
addEventListener("keydown", (event) => {
  if (event.repeat || event.key === "Tab") return;
  // A run of keys in one field is one start.
  if (event.target !== typingIn) taps += 1;
  typingIn = event.target;
  note(event);
}, true);
// Last of all, so that whoever takes the sending over has said so.
addEventListener("submit", (event) => {
  if (event.defaultPrevented || !isVisit(event.target)) return;
  const result = measured(event.target);
  for (const name of SENT) {
    const input = event.target.elements[name] || document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = result[name];
    if (!input.isConnected) event.target.append(input);
  }
});
