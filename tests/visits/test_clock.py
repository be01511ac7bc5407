"""The working calendar against a slow reference that walks minute by minute."""

import datetime
from importlib import import_module

from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from visits.clock import OFFICE_UNITS, Unit, WorkCalendar

MINUTE = datetime.timedelta(minutes=1)
DAY = datetime.timedelta(days=1)
# Around the turn of a year, so that weekends, year's end, holidays and make-up days meet.
FIRST, LAST = datetime.date(2025, 12, 20), datetime.date(2026, 1, 15)
SLOW = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def at(day: datetime.date, hour: int, minute: int = 0, second: int = 0) -> datetime.datetime:
    zone = timezone.get_current_timezone()
    return datetime.datetime(*day.timetuple()[:3], hour, minute, second, tzinfo=zone)


@st.composite
def moments(draw) -> datetime.datetime:
    """Any minute of those days, the edges of the office hours more often than others."""
    day = draw(st.dates(FIRST, LAST))
    edges = st.sampled_from([(0, 0), (9, 0), (12, 0), (13, 30), (17, 30), (23, 59), (8, 59)])
    hour, minute = draw(edges | st.tuples(st.integers(0, 23), st.integers(0, 59)))
    return at(day, hour, minute)


calendars = st.dictionaries(st.dates(FIRST, LAST), st.booleans(), max_size=20).map(WorkCalendar)
units = st.sampled_from(Unit.values)


# The reference, from the words of the rules and not from the program.


def works(calendar: WorkCalendar, minute: datetime.datetime, unit: str) -> bool:
    """Say whether a clock of this unit runs in the minute that begins here."""
    if unit in ("hours", "days"):
        return True
    local = timezone.localtime(minute)
    special = calendar.special.get(local.date())
    if special is False or (special is None and local.isoweekday() >= 6):
        return False
    clock = local.hour * 60 + local.minute
    return 540 <= clock < 720 or 810 <= clock < 1050


def walked(calendar: WorkCalendar, start: datetime.datetime, minutes: int, unit: str):
    """Return the moment at which the clock has run for so many minutes."""
    while minutes:
        minutes -= works(calendar, start, unit)
        start += MINUTE
    return start


def counted(
    calendar: WorkCalendar, start: datetime.datetime, end: datetime.datetime, unit: str
) -> int:
    """Return the seconds the clock runs between two whole minutes."""
    ran = 0
    while start < end:
        ran += works(calendar, start, unit)
        start += MINUTE
    return ran * 60


@SLOW
@given(calendars, moments(), st.integers(0, 4000), units)
def test_clock_runs_forward_as_if_walked_by_the_minute(calendar, start, minutes, unit):
    assert calendar.forward(start, minutes * 60, unit) == walked(calendar, start, minutes, unit)


@SLOW
@given(calendars, moments(), moments(), units)
def test_clock_counts_between_as_if_walked_by_the_minute(calendar, start, end, unit):
    assert calendar.between(start, end, unit) == counted(calendar, start, end, unit)


@SLOW
@given(calendars, moments(), st.integers(1, 12))
def test_clock_ends_working_days_when_the_office_of_the_last_closes(calendar, start, amount):
    day, left = timezone.localtime(start).date(), amount
    while left:
        day += DAY
        left -= works(calendar, at(day, 9), "working_days")
    assert calendar.after(start, amount, Unit.WORKING_DAYS) == at(day, 17, 30)


@given(moments(), st.integers(1, 400))
def test_clock_ends_days_at_the_end_of_the_last(start, amount):
    day = timezone.localtime(start).date() + amount * DAY
    assert WorkCalendar().after(start, amount, Unit.DAYS) == at(day, 23, 59)


# Second by second, wherever the pauses fall.


@given(calendars, moments(), st.integers(0, 59), st.integers(0, 10**6), units)
def test_clock_forward_and_between_are_inverse(calendar, start, second, seconds, unit):
    start += datetime.timedelta(seconds=second)
    end = calendar.forward(start, seconds, unit)
    assert calendar.between(start, end, unit) == seconds
    # Never later than it has to be: a second before, a second is left.
    if seconds:
        assert calendar.between(start, end - datetime.timedelta(seconds=1), unit) == seconds - 1


@given(calendars, moments(), st.lists(st.integers(0, 200_000), max_size=6), units)
def test_clock_paused_and_resumed_neither_loses_nor_gains(calendar, start, gaps, unit):
    """Work and wait in turn; what ran in the working stretches and what is left is the whole."""
    given_time = 400_000
    now, left = start, given_time
    due = calendar.forward(now, left, unit)
    ran = 0
    for number, gap in enumerate(gaps):
        later = now + datetime.timedelta(seconds=gap)
        if number % 2:
            due = calendar.forward(later, left, unit)
        else:
            ran += calendar.between(now, min(later, due), unit)
            left = calendar.between(later, due, unit)
        now = later
    assert ran + left == given_time


@given(calendars, moments(), moments(), st.integers(0, 10**6), units)
def test_clock_started_later_never_ends_earlier(calendar, one, other, seconds, unit):
    early, late = sorted([one, other])
    assert calendar.forward(early, seconds, unit) <= calendar.forward(late, seconds, unit)
    assert calendar.forward(early, seconds, unit) <= calendar.forward(early, seconds + 60, unit)


@given(calendars, moments(), moments(), moments(), units)
def test_clock_counts_a_stretch_as_the_sum_of_its_parts(calendar, one, two, three, unit):
    first, middle, last = sorted([one, two, three])
    parts = calendar.between(first, middle, unit) + calendar.between(middle, last, unit)
    assert calendar.between(first, last, unit) == parts


@given(moments(), st.integers(1, 40), st.sampled_from(sorted(OFFICE_UNITS)))
def test_clock_of_the_office_ends_in_the_office(start, amount, unit):
    """However long, a year without calendar is Monday to Friday."""
    start += datetime.timedelta(days=3650)
    local = timezone.localtime(WorkCalendar().after(start, amount, unit))
    assert local.isoweekday() <= 5
    assert (9, 0) < (local.hour, local.minute) <= (17, 30)


# The mainland's own days.


def state_council() -> dict[datetime.date, bool]:
    facts = import_module("visits.migrations.0025_calendars_2024_to_2026").facts()
    return {day: kind == "workday" for day, kind, _name in facts}


def test_calendar_has_the_working_days_of_the_three_years():
    calendar = WorkCalendar(state_council())
    for year, expected in ((2024, 251), (2025, 248), (2026, 248)):
        days = (datetime.date(year, 1, 1) + number * DAY for number in range(366))
        assert sum(calendar.is_workday(day) for day in days if day.year == year) == expected


def test_calendar_over_the_spring_festival_of_2026():
    calendar = WorkCalendar(state_council())
    friday = at(datetime.date(2026, 2, 13), 16, 30)
    # Saturday the 14th is worked, the office opens again on Tuesday the 24th.
    assert calendar.forward(friday, 9 * 3600, "working_hours") == at(
        datetime.date(2026, 2, 24), 10, 0
    )
    assert calendar.after(friday, 2, "working_days") == at(datetime.date(2026, 2, 24), 17, 30)


def test_calendar_of_make_up_days_works_on_weekends_and_rests_on_weekdays():
    for day, works_on in state_council().items():
        assert works_on is False or day.isoweekday() >= 6
