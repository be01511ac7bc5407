"""The working calendar as it is kept: a year typed at once, years that lack theirs."""

import datetime
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone, translation

from communities.roles import Role
from tests.factories import MatterCategoryFactory, MatterFactory, MembershipFactory
from visits.deadlines import uncounted_years
from visits.forms.calendar import CalendarForm
from visits.models import CalendarDay, Matter

CALENDARS = "visits.migrations.0025_calendars_2024_to_2026"
MANY = "admin:visits_calendarday_many"
LINES = "2027-02-05..2027-02-07 holiday 春节\n\n2027-02-14 班 春节 调休\n2027-10-01 休"


def kept(year: int) -> list[tuple[str, str, str]]:
    days = CalendarDay.objects.filter(day__year=year)
    return [(f"{row.day:%m-%d}", row.kind, row.name) for row in days]


def test_calendar_comes_with_three_years(db):
    assert [len(kept(year)) for year in (2024, 2025, 2026)] == [36, 33, 39]
    assert CalendarDay.objects.unknown(range(2023, 2029)) == [2023, 2027, 2028]


def test_calendar_days_that_came_go_and_those_entered_stay(db):
    migration = import_module(CALENDARS)
    CalendarDay.objects.filter(day="2026-10-01").update(name="国庆")
    CalendarDay.objects.create(day="2027-10-01", kind="holiday")
    migration.remove_days(apps, None)
    assert kept(2026) + kept(2027) == [("10-01", "holiday", "国庆"), ("10-01", "holiday", "")]
    migration.add_days(apps, None)
    assert CalendarDay.objects.count() == 109
    assert CalendarDay.objects.get(day="2026-10-01").name == "国庆"


def test_a_year_is_typed_at_once(world, as_user):
    CalendarDay.objects.create(day="2027-02-06", kind="workday", name="错")
    client = as_user(world.admin)
    answer = client.post(reverse(MANY), {"lines": LINES})
    assert answer.url == reverse("admin:visits_calendarday_changelist")
    assert kept(2027) == [
        ("02-05", "holiday", "春节"),
        ("02-06", "holiday", "春节"),
        ("02-07", "holiday", "春节"),
        ("02-14", "workday", "春节 调休"),
        ("10-01", "holiday", ""),
    ]
    assert LogEntry.objects.count() == 5
    assert client.post(reverse(MANY), {"lines": LINES}).status_code == 302
    assert len(kept(2027)) == 5


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("2027-02-30 休", "2027-02-30"),
        ("2027/02/05 休", "2027/02/05"),
        ("2027-02-05", "holiday (休)"),
        ("2027-02-05 feast 春节", "holiday (休)"),
        ("2027-02-05..2027-02-04 休", "before the first"),
        ("2027-02-05..2028-02-11 休", "more than a month"),
        ("2027-02-05.. 休", "“” is no day"),
        ("2027-02-05 休 " + "长" * 41, "too long"),
        ("2027-02-05 休\n2027-02-05 班", "twice"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_nothing_is_saved(db, line, problem):
    with translation.override("en"):
        form = CalendarForm({"lines": f"2027-01-01 休 元旦\n{line}"})
        (error,) = form.errors["lines"]
    assert error.startswith(f"Line {1 + len(line.splitlines())}:")
    assert problem in error
    assert kept(2027) == []


def test_only_who_keeps_the_rules_enters_days(world, as_user):
    local = MembershipFactory(role=Role.ADMINISTRATOR, grid=None, community=world.community).user
    client = as_user(local)
    for answer in (client.get(reverse(MANY)), client.post(reverse(MANY), {"lines": LINES})):
        assert answer.status_code == 403
    changelist = client.get(reverse("admin:visits_calendarday_changelist"))
    assert reverse(MANY) not in changelist.content.decode()
    assert client.get(reverse("admin:visits_calendarday_add")).status_code == 403


def test_days_are_listed_by_year_and_name(world, as_user):
    client = as_user(world.admin)
    address = reverse("admin:visits_calendarday_changelist")
    for query, expected in (
        ("day__year=2025", 33),
        ("day__year=2025&day__month=10", 9),
        ("q=春节", 25 + 6),
        ("kind__exact=workday", 19),
    ):
        answer = client.get(f"{address}?{query}")
        assert answer.status_code == 200, query
        assert answer.context["cl"].result_count == expected, query


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (datetime.date(2026, 9, 30), []),
        (datetime.date(2026, 10, 1), [2027]),
        (datetime.date(2027, 1, 1), [2027]),
        (datetime.date(2027, 10, 1), [2027, 2028]),
    ],
)
def test_missing_years_are_this_one_and_the_next_from_october(db, on, expected):
    assert CalendarDay.objects.missing(on) == expected


def test_a_year_is_known_by_its_national_day(db):
    CalendarDay.objects.create(day="2027-01-01", kind="holiday")
    assert CalendarDay.objects.unknown([2027]) == [2027]
    CalendarDay.objects.create(day="2027-10-01", kind="holiday")
    assert CalendarDay.objects.unknown([2027]) == []


@pytest.fixture
def this_year_unknown(db) -> int:
    """Forget the calendar and return this year, whenever the tests run."""
    CalendarDay.objects.all().delete()
    return timezone.localdate().year


def test_a_missing_year_is_told_to_who_manages(world, as_user, this_year_unknown):
    words = f"{this_year_unknown} has no calendar yet"
    many = reverse(MANY)
    pages = {
        ("admin", world.street.get_absolute_url()): (True, True),
        ("admin", reverse("admin:index")): (True, True),
        ("street_officer", world.street.get_absolute_url()): (True, False),
        ("officer", world.community.get_absolute_url()): (True, False),
        ("auditor", world.community.get_absolute_url()): (False, False),
    }
    found = {}
    for person, address in pages:
        page = as_user(getattr(world, person)).get(address).content.decode()
        found[person, address] = (words in page, many in page)
    assert found == pages


def test_a_deadline_counted_without_a_calendar_says_so(world, as_user, this_year_unknown):
    category = MatterCategoryFactory()
    matter = MatterFactory(grid=world.grid, category=category)
    year = timezone.localtime(matter.due_at).year
    words = f"{year} has no calendar yet: counted Monday to Friday."
    client = as_user(world.officer)
    assert words in client.get(matter.get_absolute_url()).content.decode()
    CalendarDay.objects.create(day=f"{year}-10-01", kind="holiday")
    assert "has no calendar yet" not in client.get(matter.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, [2027]),
        ({"handle_by": True, "clock_unit": "days"}, []),
        ({"handle_by": True, "clock_unit": "working_hours"}, [2027]),
        ({"handle_by": True, "clock_unit": "days", "status": "resolved"}, [2027]),
        ({"due_at": None, "status": "waiting"}, []),
    ],
)
def test_only_deadlines_of_the_office_depend_on_the_calendar(db, values, expected):
    due_at = datetime.datetime(2027, 1, 4, tzinfo=datetime.UTC)
    # Reported in a year of long ago that has no calendar either.
    matter = Matter(reported_at=due_at - datetime.timedelta(days=2000), due_at=due_at)
    for name, value in values.items():
        setattr(matter, name, due_at if value is True else value)
    assert uncounted_years(matter) == expected
