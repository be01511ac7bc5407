// The questions of departments in the form of a visit: which are due, and what was answered.

function valueOf(form, name) {
  const found = form.elements[name];
  if (!found) return "";
  return found.type === "checkbox" ? found.checked : (found.value || "").trim();
}

// What was answered: given anew, or shown and said to be unchanged, at once for everything or
// for one topic. An answer that only stands there was not asked about. `hasSensitive` says
// whether one of them is for the server alone.
export function answersOf(form) {
  const answers = [];
  for (const block of form.querySelectorAll("[data-question]")) {
    const name = "fact-q" + block.dataset.question;
    const { topic } = block.closest("[data-topic]").dataset;
    const value = valueOf(form, name);
    const isSame = valueOf(form, "fact-same") || valueOf(form, "fact-same" + topic);
    if (value && (isSame || value !== valueOf(form, "initial-" + name))) {
      answers.push({ question: Number(block.dataset.question), value });
      if (block.dataset.sensitive) answers.hasSensitive = true;
    }
  }
  return answers;
}

// Whether no phone may keep what is typed there, not even locked.
export function isSensitive(element) {
  return Boolean(element.closest("[data-sensitive]"));
}

// On the page kept on the phone: leave the questions that the list beside it names for this
// door, with what is known. `due` holds [key] or [key, answer, "Known: …"] of each.
export function offerQuestions(form, due) {
  const section = document.getElementById("topics");
  if (!section) return;
  const byKey = new Map(due.map((one) => [String(one[0]), one]));
  const known = new Set();
  for (const block of section.querySelectorAll("[data-question]")) {
    const one = byKey.get(block.dataset.question);
    if (!one) block.remove();
    else if (one[1]) {
      show(form, block, one);
      known.add("all").add(block.closest("[data-topic]").dataset.topic);
    }
  }
  for (const same of section.querySelectorAll("[data-same]")) {
    if (!known.has(same.dataset.same)) same.remove();
  }
  for (const group of section.querySelectorAll("[data-topic]")) {
    if (!group.querySelector("[data-question]")) group.remove();
  }
  if (!section.querySelector("[data-question]")) section.remove();
}

function show(form, block, [key, answer, words]) {
  const field = form.elements["fact-q" + key];
  field.value = answer;
  // One that is no longer offered can be confirmed all the same.
  if (field.value !== answer && field.options) {
    field.add(new Option(answer, answer));
    field.value = answer;
  }
  form.elements["initial-fact-q" + key].value = answer;
  const help = block.querySelector(".field__help");
  if (help) help.textContent = words;
}
