"""What each step does to the clocks of a matter.

Three stages have a clock: a new matter is to be accepted and handed on within the working
days of its category; handling takes as long as category and urgency allow, counted from the
first dispatch; a resolved matter is to be verified within the category's working days. The
clock of the handling stops while others are waited for and while the matter is being verified.
It ends when the matter is kept as long-running; brought back, it gets a new one.
"""

import datetime
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from visits.clock import OFFICE_UNITS, Unit, WorkCalendar
from visits.models import CalendarDay, Matter, MatterCategory, Step

# A long-running matter asks for a new entry after so many days.
ENTRY_DAYS = 30
# So many years after the present one the calendar is asked for: limits end at ten years.
YEARS_AHEAD = 11

Values = dict[str, Any]
NO_CLOCK: Values = {"due_at": None, "yellow_at": None, "red_at": None}
NO_HANDLING: Values = {
    "dispatched_at": None,
    "handle_by": None,
    "clock_unit": "",
    "clock_seconds": 0,
    "seconds_left": None,
}


def calendar_from(at: datetime.datetime) -> WorkCalendar:
    """Return the working calendar that any deadline counted from that moment can need."""
    year = timezone.localtime(at).year
    return CalendarDay.objects.calendar([year, year + YEARS_AHEAD])


def uncounted_years(matter: Matter) -> list[int]:
    """Return the year its deadline falls in, if that was counted Monday to Friday for want of more."""
    if matter.due_at is None:
        return []
    is_handling = matter.handle_by is not None and matter.status != Matter.Status.RESOLVED
    if is_handling and matter.clock_unit not in OFFICE_UNITS:
        return []
    return CalendarDay.objects.unknown([timezone.localtime(matter.due_at).year])


class Deadlines:
    """Works out the clock columns of one matter after a step at one moment."""

    def __init__(self, matter: Matter, at: datetime.datetime, calendar: WorkCalendar) -> None:
        self.matter = matter
        self.category: MatterCategory = matter.category
        self.at = at
        self.calendar = calendar

    def after(self, step: Step, *, day: datetime.date | None = None) -> Values:
        """Return the columns that the step changes; `day` is the one it chose."""
        plain: dict[Step, Callable[[], Values]] = {
            Step.TAKE: self.handling,
            Step.ASSIGN: self.handling,
            Step.WHISTLE: self.handling,
            Step.RESUME: self.handling,
            Step.REWORK: self.handling,
            Step.RETURN: self.handed_back,
            Step.ESCALATE: self.handed_back,
            Step.HAND_BACK: self.handed_back,
            Step.RESOLVE: self.verification,
            Step.ENTRY: self.sleep_a_month,
            Step.KEEP: lambda: NO_CLOCK | NO_HANDLING | self.sleep_a_month(),
            Step.REOPEN: lambda: NO_HANDLING | self.acceptance(),
            Step.SEPARATE: lambda: NO_HANDLING | self.acceptance(),
        }
        if step in plain:
            return plain[step]()
        if step == Step.WAIT:
            return self.stopped() | NO_CLOCK | {"next_on": day}
        if step == Step.GRANT_EXTENSION:
            return self.extended(self.matter.extension_until or self.at)
        if step in (Step.SOLVE, Step.CLOSE, Step.GIVE_UP, Step.DECLINE, Step.MERGE):
            return NO_CLOCK | {"next_on": None}
        return {}

    def acceptance(self) -> Values:
        """Start the clock of a new matter."""
        days = self.category.accept_working_days
        due_at = self.calendar.after(self.at, days, Unit.WORKING_DAYS)
        seconds = self.calendar.between(self.at, due_at, Unit.WORKING_DAYS)
        return self.clock(due_at, Unit.WORKING_DAYS, seconds)

    def verification(self) -> Values:
        """Start the clock of the verification; the handling's stands still meanwhile."""
        days = self.category.verify_working_days
        due_at = self.calendar.after(self.at, days, Unit.WORKING_DAYS)
        seconds = self.calendar.between(self.at, due_at, Unit.WORKING_DAYS)
        clock = self.clock(due_at, Unit.WORKING_DAYS, seconds)
        return self.stopped() | clock | {"next_on": None}

    def handling(self) -> Values:
        """Let the clock of the handling run: begun now, on from where it stood, or as it is."""
        awake: Values = {"next_on": None}
        matter = self.matter
        if matter.handle_by is None:
            return self.begun() | awake
        if matter.seconds_left is None:
            return awake
        due_at = self.calendar.forward(self.at, matter.seconds_left, matter.clock_unit)
        clock = self.clock(due_at, matter.clock_unit, matter.clock_seconds)
        return {"handle_by": due_at, "seconds_left": None} | clock | awake

    def begun(self) -> Values:
        amount, unit = self.category.limit(self.matter.urgency)
        due_at = self.calendar.after(self.at, amount, unit)
        seconds = self.calendar.between(self.at, due_at, unit)
        return {
            "dispatched_at": self.at,
            "handle_by": due_at,
            "clock_unit": unit,
            "clock_seconds": seconds,
            "seconds_left": None,
        } | self.clock(due_at, unit, seconds)

    def handed_back(self) -> Values:
        """Let a handling that has begun run on: handing a matter round gains no time."""
        if self.matter.handle_by is None:
            return self.acceptance()
        return self.handling()

    def stopped(self) -> Values:
        """Keep what is left of the handling."""
        matter = self.matter
        if matter.handle_by is None:
            return {}
        if matter.seconds_left:
            # Stopped before: whoever goes by `handle_by` sees where it would end now.
            end = self.calendar.forward(self.at, matter.seconds_left, matter.clock_unit)
            return {"handle_by": end}
        if matter.seconds_left is not None:
            return {}
        left = self.calendar.between(self.at, matter.handle_by, matter.clock_unit)
        return {"seconds_left": left}

    def extended(self, until: datetime.datetime) -> Values:
        matter = self.matter
        given = matter.clock_seconds
        if matter.handle_by:
            start = max(matter.handle_by, self.at)
            given += self.calendar.between(start, until, matter.clock_unit)
        return {"handle_by": until, "clock_seconds": given} | self.clock(
            until, matter.clock_unit, given
        )

    def clock(self, due_at: datetime.datetime, unit: str, seconds: int) -> Values:
        """Return the end of a stage and its lights; `seconds` is all the time it was given."""
        left = self.calendar.between(self.at, due_at, unit)

        def after_percent(percent: int) -> datetime.datetime:
            rest = seconds * (100 - percent) // 100
            return min(self.calendar.forward(self.at, max(left - rest, 0), unit), due_at)

        return {
            "due_at": due_at,
            "yellow_at": after_percent(self.category.yellow_percent),
            "red_at": after_percent(self.category.red_percent),
        }

    def sleep_a_month(self) -> Values:
        day = timezone.localtime(self.at).date() + datetime.timedelta(days=ENTRY_DAYS)
        return {"next_on": day}
