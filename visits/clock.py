"""Deadlines on a working calendar: hours, working hours, days and working days.

Moments are aware; days and office hours are those of the time zone of the settings. The
calendar is handed in, so nothing here asks the database.

- Hours run day and night.
- Days end at 23:59; the day the clock starts on is not counted.
- Working hours run in the office hours of working days.
- Working days end when the office closes; the day the clock starts on is not counted.
"""

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

OFFICE_HOURS = (
    (datetime.time(9), datetime.time(12)),
    (datetime.time(13, 30), datetime.time(17, 30)),
)
SECONDS_OF_HOUR = 3600
SATURDAY = 5


class Unit(models.TextChoices):
    """What a time limit is counted in."""

    HOURS = "hours", _("hours")
    WORKING_HOURS = "working_hours", _("working hours")
    DAYS = "days", _("days")
    WORKING_DAYS = "working_days", _("working days")


# Their clock stands still while the office is closed.
OFFICE_UNITS = frozenset({Unit.WORKING_HOURS, Unit.WORKING_DAYS})


def local(day: datetime.date, time: datetime.time) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, time))


@dataclass(frozen=True)
class WorkCalendar:
    """Which days are worked on: Monday to Friday, but for the days that say otherwise."""

    # Holidays (False) and make-up workdays (True).
    special: Mapping[datetime.date, bool] = field(default_factory=dict)

    def is_workday(self, day: datetime.date) -> bool:
        return self.special.get(day, day.weekday() < SATURDAY)

    def after(self, start: datetime.datetime, amount: int, unit: str) -> datetime.datetime:
        """Return the moment at which `amount` units that began at `start` have passed."""
        day = timezone.localtime(start).date()
        if unit == Unit.DAYS:
            return local(day + datetime.timedelta(days=amount), datetime.time(23, 59))
        if unit == Unit.WORKING_DAYS:
            return local(self.nth_workday(day, amount), OFFICE_HOURS[-1][1])
        return self.forward(start, amount * SECONDS_OF_HOUR, unit)

    def nth_workday(self, day: datetime.date, number: int) -> datetime.date:
        """Return the working day that is so many after `day`, itself not counted."""
        while number > 0:
            day += datetime.timedelta(days=1)
            number -= self.is_workday(day)
        return day

    def forward(self, start: datetime.datetime, seconds: int, unit: str) -> datetime.datetime:
        """Return when a clock of this unit, begun at `start`, has run for so many seconds."""
        if unit not in OFFICE_UNITS:
            return start + datetime.timedelta(seconds=seconds)
        if seconds <= 0:
            return start
        left = datetime.timedelta(seconds=seconds)
        for opens, closes in self.sessions(start):
            if closes - opens >= left:
                return opens + left
            left -= closes - opens
        raise AssertionError("the calendar has an end")

    def between(self, start: datetime.datetime, end: datetime.datetime, unit: str) -> int:
        """Return for how many whole seconds a clock of this unit runs; 0 when `end` is past."""
        if end <= start:
            return 0
        if unit not in OFFICE_UNITS:
            return int((end - start).total_seconds())
        ran = datetime.timedelta()
        for opens, closes in self.sessions(start):
            if opens >= end:
                break
            ran += min(closes, end) - opens
        return int(ran.total_seconds())

    def sessions(
        self, start: datetime.datetime
    ) -> Iterator[tuple[datetime.datetime, datetime.datetime]]:
        """Yield the office hours from `start` on, the first cut where it has begun already."""
        day = timezone.localtime(start).date()
        while True:
            if self.is_workday(day):
                for first, last in OFFICE_HOURS:
                    opens, closes = local(day, first), local(day, last)
                    if closes > start:
                        yield max(opens, start), closes
            day += datetime.timedelta(days=1)
