// The rules against knocking twice and at night, for a phone without signal. The server's own
// are in visits/knocking.py; going against them is allowed and asks why.

const DAY = 24 * 3600 * 1000;

function minutes(clock) {
  const [hour, minute] = clock.split(":").map(Number);
  return hour * 60 + minute;
}

// Whether this moment lies in quiet hours such as "21:00-08:00"; equal ends mean none.
export function isQuiet(hours, moment) {
  if (!hours || !hours.includes("-")) return false;
  const [from, until] = hours.split("-").map(minutes);
  const now = new Date(moment);
  const at = now.getHours() * 60 + now.getMinutes();
  return from < until ? from <= at && at < until : from > until && (at >= from || at < until);
}

// The day of a moment as "2026-11-26", by the phone's own calendar.
function dayOf(moment) {
  const date = new Date(moment);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60000).toISOString().slice(0, 10);
}

// Whether this door answered less than so many days ago.
export function isTooSoon(lastAnswer, gap, moment) {
  if (!lastAnswer || !Number(gap)) return false;
  return (new Date(dayOf(moment)) - new Date(lastAnswer)) / DAY < Number(gap);
}

// Whether the household asked for this day, or for an earlier one it still waits for.
function wasAskedFor(asked, lastAnswer, day) {
  return Boolean(asked) && asked <= day && (asked === day || !lastAnswer || lastAnswer < asked);
}

// Whether a knock with this outcome asks for more than a tap: who came along, whether they
// were told what became of a matter, or a reason.
export function askMore(door, rules, outcome, moment) {
  return Boolean(door.pairs) || Boolean(door.tell && outcome === "met") || askWhy(door, rules, outcome, moment);
}

// Whether a knock with this outcome goes against a rule, so that a reason is asked for.
export function askWhy(door, rules, outcome, moment) {
  if (wasAskedFor(door.asked, door.lastAnswer, dayOf(moment))) return false;
  const isAnswered = outcome === "met" || outcome === "declined";
  return isQuiet(rules.quiet, moment)
    || (isAnswered && isTooSoon(door.lastAnswer, rules.gap, moment));
}
