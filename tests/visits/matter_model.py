"""A second, slow telling of the loop of a matter, from the words of docs/matters.md.

It shares no code with the program: who may do what stands in the table of test_workflow, the
clocks run on a list of every minute, and each deadline is worked out anew from the whole story
of a matter instead of from the last state.
"""

import datetime
from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import accumulate

from tests.visits.test_workflow import EXPECTED, LEADS_TO, WORDS

MINUTE = datetime.timedelta(minutes=1)
DAY = datetime.timedelta(days=1)
OPEN = {"received", "accepted", "assigned", "in_progress", "waiting", "ongoing", "resolved"}
ENDS = {"closed", "unsolved", "declined", "merged"}
NEEDS_WORDS = {
    *("rework", "resolve", "refuse_extension", "entry", "wait", "ask_extension", "return"),
    *("whistle", "answer", "separate", "keep", "yellow", "red", "escalate", "hand_back"),
    *("decline", "give_up", "reopen", "comment"),
}
FURTHEST = 366 * DAY


class Minutes:
    """Every minute of some months, and for each clock how many it has run by then."""

    def __init__(self, first: datetime.datetime, days: int, special: dict) -> None:
        self.first = first
        office = []
        for number in range(days):
            day = (first + number * DAY).date()
            open_today = special.get(day, day.isoweekday() <= 5)
            for minute in range(24 * 60):
                in_office = 540 <= minute < 720 or 810 <= minute < 1050
                office.append(int(open_today and in_office))
        self.office = [0, *accumulate(office)]
        self.open_days = [
            bool(self.office[n * 1440 + 1440] - self.office[n * 1440]) for n in range(days)
        ]

    def number(self, at: datetime.datetime) -> int:
        return int((at - self.first) / MINUTE)

    def ran(self, start: datetime.datetime, end: datetime.datetime, unit: str) -> int:
        """Return the minutes that a clock of this unit runs from start to end."""
        one, two = self.number(start), self.number(end)
        if two <= one:
            return 0
        return self.office[two] - self.office[one] if "working" in unit else two - one

    def end(self, start: datetime.datetime, minutes: int, unit: str) -> datetime.datetime:
        """Return when it has run for so many."""
        if minutes <= 0:
            return start
        number = self.number(start)
        if "working" not in unit:
            return start + minutes * MINUTE
        return self.first + bisect_left(self.office, self.office[number] + minutes) * MINUTE

    def limit(self, start: datetime.datetime, amount: int, unit: str) -> datetime.datetime:
        """Return the end of a time limit that begins at start."""
        if unit.endswith("hours"):
            return self.end(start, amount * 60, unit)
        day = self.number(start) // 1440
        if unit == "days":
            return self.first + (day + amount) * DAY + 1439 * MINUTE
        while amount:
            day += 1
            amount -= self.open_days[day]
        return self.first + day * DAY + 1050 * MINUTE


@dataclass
class Handling:
    """The clock of the handling: when it began, when it stood still, what it was given."""

    began: datetime.datetime
    unit: str
    minutes: int
    stretches: list = field(default_factory=list)
    runs_since: datetime.datetime | None = None
    due: datetime.datetime | None = None
    # Whether there was time left when the clock last stopped.
    in_time: bool = True

    def used(self, minutes: Minutes, at: datetime.datetime) -> int:
        running = [*self.stretches, *([(self.runs_since, at)] if self.runs_since else [])]
        return sum(minutes.ran(start, end, self.unit) for start, end in running)

    def stop(self, at: datetime.datetime) -> None:
        if self.runs_since:
            self.in_time = at < self.due
            self.stretches.append((self.runs_since, at))
            self.runs_since = None

    def go_on(self, minutes: Minutes, at: datetime.datetime) -> None:
        if self.runs_since is None:
            left = self.minutes - self.used(minutes, at)
            self.due = minutes.end(at, left, self.unit)
            self.runs_since = at

    def give_until(self, minutes: Minutes, at: datetime.datetime, until: datetime.datetime) -> None:
        self.minutes = self.used(minutes, at) + minutes.ran(at, until, self.unit)
        self.due = until


@dataclass
class Told:
    """A matter as the reference knows it."""

    key: object
    grid: object
    reporter: object
    category: object
    urgency: str
    status: str = "received"
    level: str = "community"
    assignee: object = None
    department: object = None
    called: set = field(default_factory=set)
    into: object = None
    due: datetime.datetime | None = None
    handling: Handling | None = None
    next_on: datetime.date | None = None
    asked_until: datetime.datetime | None = None
    supervision: str = ""
    resolved_at: datetime.datetime | None = None
    closed_at: datetime.datetime | None = None
    counts: dict = field(default_factory=lambda: dict.fromkeys(COUNTS.values(), 0))
    moves: int = 0
    history: list = field(default_factory=list)

    def row(self) -> dict:
        """Return what the program's row has to hold."""
        return {
            "status": self.status,
            "level": self.level,
            "assignee": self.assignee,
            "department": self.department,
            "merged_into_id": self.into,
            "due_at": self.due,
            "next_on": self.next_on,
            "extension_until": self.asked_until,
            "supervision": self.supervision,
            "resolved_at": self.resolved_at,
            "closed_at": self.closed_at,
            "dispatched_at": self.handling and self.handling.began,
            "moves": self.moves,
            **self.counts,
        }


COUNTS = {
    "return": "returned",
    "rework": "reworked",
    "grant_extension": "extended",
    "reopen": "reopened",
}


class Loop:
    """The rules: who may do what, what it leads to, and what it does to the clocks."""

    def __init__(self, minutes: Minutes, people: dict, departments: dict, home, next_door) -> None:
        self.minutes = minutes
        self.people = people
        self.departments = departments
        # Who works in which grids, and who decides about them.
        self.teams = {"worker": [home], "leader": [home], "outsider": [next_door]}
        self.decides = {
            "officer": [home],
            "second_officer": [home],
            "street_officer": [home, next_door],
            "outsider": [next_door],
        }

    def relations(self, told: Told, name: str) -> set[str]:
        """Return what the matter is to this person, by her name in the story."""
        if name == "resident":
            return {"resident"}
        if name == "auditor":
            return set()
        person = self.people[name]
        found = set()
        if told.reporter == person:
            found.add("reporter")
        if told.assignee == person:
            found.add("assignee")
        department = self.departments.get(name)
        if department is not None and told.department == department:
            found.add("department")
        if department is not None and department in told.called:
            found.add("called")
        found |= {"team"} if told.grid in self.teams.get(name, ()) else set()
        if told.grid in self.decides.get(name, ()):
            decides = name == "street_officer" or told.level == "community"
            found.add("manager" if decides else "local")
        return found

    def allowed(self, told: Told, name: str) -> set[str]:
        """Return the steps that this person may take now."""
        mine = self.relations(told, name)
        street = told.level == "street"
        return {
            step
            for step, who in self.steps(told).items()
            if mine & (who - {"team"} if street and step in ("take", "assign", "accept") else who)
        }

    def steps(self, told: Told) -> dict[str, set[str]]:
        """Return the steps open from here, with the relations that may take each."""
        steps = dict(EXPECTED[told.status])
        if told.level == "street" and "escalate" in steps:
            steps["hand_back"] = steps.pop("escalate")
        if told.asked_until and told.status in ("assigned", "in_progress"):
            del steps["ask_extension"]
            steps |= {"grant_extension": {"manager"}, "refuse_extension": {"manager"}}
        return steps

    def refusal(self, told: Told, name: str, step: str, at, note, choice, into) -> str:  # noqa: PLR0917
        """Return the code of the refusal, or "" where the step is taken."""
        if step not in self.allowed(told, name):
            return "not_allowed"
        if step in NEEDS_WORDS and not note.strip():
            return "note_missing"
        today = at.date()
        return {
            "assign": lambda: "" if len(choice) == 1 else "nobody_chosen",
            "whistle": lambda: (
                "" if choice.get("lead") in choice.get("departments", ()) else "no_lead"
            ),
            "merge": lambda: self.cannot_merge(told, into),
            "ask_extension": lambda: self.bad_moment(told, at, choice.get("until")),
            "wait": lambda: (
                "" if choice.get("day") and today <= choice["day"] <= today + FURTHEST else "no_day"
            ),
        }.get(step, str)()

    def bad_moment(self, told: Told, at, until) -> str:
        if until is None or until <= max(told.handling.due, at):
            return "until_too_early"
        return "until_too_late" if until > at + FURTHEST else ""

    @staticmethod
    def cannot_merge(told: Told, into: "Told | None") -> str:
        if into is None or into is told:
            return "no_matter"
        if into.status not in OPEN:
            return "matter_ended"
        return "" if into.grid.community_id == told.grid.community_id else "elsewhere"

    def reported(self, told: Told, at) -> None:
        self.wait_to_be_accepted(told, at)
        told.history.append(("reported", "received", 0))

    def take(self, told: Told, name: str, step: str, at, choice, into) -> None:  # noqa: PLR0917
        """Bring the reference to where the matter is after an allowed step."""
        if step in WORDS:
            told.history.append((step, told.status, None))
            return
        told.status = LEADS_TO.get(step, told.status)
        told.moves += 1
        told.history.append((step, told.status, told.moves))
        if step in COUNTS:
            told.counts[COUNTS[step]] += 1
        self.hold(told, name, step, choice)
        self.level(told, step)
        self.supervise(told, step, choice)
        self.clocks(told, step, at, choice)
        told.into = into.key if step == "merge" else None if step == "separate" else told.into
        self.moments(told, step, at)

    def hold(self, told: Told, name: str, step: str, choice: dict) -> None:
        if step in ("take", "solve"):
            told.assignee, told.department = self.people.get(name), None
        elif step == "assign":
            told.assignee, told.department = choice.get("assignee"), choice.get("department")
        elif step == "whistle":
            told.assignee, told.department = None, choice["lead"]
            told.called |= set(choice["departments"])
        elif step in ("return", "escalate", "hand_back", "merge", "reopen"):
            told.assignee = told.department = None
        else:
            return
        told.supervision = ""

    @staticmethod
    def level(told: Told, step: str) -> None:
        told.level = {"escalate": "street", "hand_back": "community"}.get(step, told.level)

    @staticmethod
    def supervise(told: Told, step: str, choice: dict) -> None:
        cards = {"remind": "reminded", "yellow": "yellow", "red": "red"}
        told.supervision = cards.get(step, told.supervision)
        if step == "ask_extension":
            told.asked_until = choice["until"]
        elif step not in cards and step != "start":
            # Whatever decides about it or takes it elsewhere ends the question.
            told.asked_until = told.asked_until if step == "grant_extension" else None

    def clocks(self, told: Told, step: str, at, choice: dict) -> None:
        handling = told.handling
        if step == "grant_extension":
            handling.give_until(self.minutes, at, told.asked_until)
            told.asked_until = None
        elif step in ("reopen", "separate", "keep"):
            told.handling = None
        if step in ("wait", "keep", "entry"):
            told.next_on = choice["day"] if step == "wait" else at.date() + 30 * DAY
        elif told.status not in ("waiting", "ongoing"):
            told.next_on = None
        if step in ("assign", "whistle", "take", "resume", "rework") and told.handling is None:
            amount, unit = told.category.limit(told.urgency)
            due = self.minutes.limit(at, amount, unit)
            given = self.minutes.ran(at, due, unit)
            told.handling = Handling(at, unit, given, runs_since=at, due=due)
        elif told.handling and told.status in ("accepted", "assigned", "in_progress"):
            told.handling.go_on(self.minutes, at)
        elif told.handling:
            told.handling.stop(at)
        self.set_due(told, step, at)

    def set_due(self, told: Told, step: str, at) -> None:
        """The deadline of the stage it is in now."""
        if told.status in ("waiting", "ongoing") or told.status in ENDS:
            told.due = None
        elif step == "resolve":
            told.due = self.minutes.limit(at, told.category.verify_working_days, "working_days")
        elif told.status == "resolved":
            pass
        elif told.handling:
            told.due = told.handling.due
        elif step in ("reopen", "separate", "escalate", "hand_back"):
            self.wait_to_be_accepted(told, at)

    def wait_to_be_accepted(self, told: Told, at) -> None:
        told.due = self.minutes.limit(at, told.category.accept_working_days, "working_days")

    @staticmethod
    def moments(told: Told, step: str, at) -> None:
        if step in ("resolve", "solve"):
            told.resolved_at = at
        elif step in ("rework", "reopen", "separate", "give_up"):
            told.resolved_at = None
        told.closed_at = (told.closed_at or at) if told.status in ENDS else None
