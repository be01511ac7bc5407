"""The board of matters: every number is that of the rows behind it."""

import datetime
import re

import pytest
from django.utils import timezone

from communities.roles import Role
from tests.factories import GridFactory, HouseholdFactory, MatterFactory, MembershipFactory
from visits.matter_measures import Age, is_aged
from visits.models import Matter, MatterEvent, RoutingProposal
from visits.periods import Days, Period, period_days

BOARD, LIST = "/work/matters/board/", "/work/matters/"
DAY = datetime.timedelta(days=1)


@pytest.fixture
def matters(world):
    """Some of everything, in two communities, in two grids of one of them."""
    now = timezone.now()
    second = GridFactory(community=world.community)
    common = {"reported_by": world.worker}
    lights = {
        "late": {"due_at": now - DAY},
        "red": {"due_at": now + DAY, "red_at": now - DAY, "yellow_at": now - DAY},
        "yellow": {"due_at": now + DAY, "red_at": now + DAY, "yellow_at": now - DAY},
        "green": {"due_at": now + DAY, "red_at": now + DAY, "yellow_at": now + DAY},
    }
    office = world.department_office
    for place in (world.grid, second, world.next_grid):
        for days, light in zip((0, 3, 5, 20), lights.values(), strict=True):
            at = now - days * DAY
            for state in (
                {"status": "received"},
                {"status": "accepted", "returned": 1},
                {"status": "assigned", "department": office},
                {"status": "in_progress", "extension_until": now + 9 * DAY},
                {"status": "resolved"},
            ):
                MatterFactory(grid=place, reported_at=at, **common, **light, **state)
        MatterFactory(grid=place, status="waiting", next_on=now.date(), **common)
        MatterFactory(grid=place, status="ongoing", next_on=now.date() + 9 * DAY, **common)
        for status, values in (
            ("closed", {"handle_by": now - DAY, "resolved_at": now - 2 * DAY, "rating": 3}),
            ("closed", {"handle_by": now - DAY, "resolved_at": now, "rating": 1, "reworked": 2}),
            ("unsolved", {"handle_by": now - DAY, "extended": 1, "returned": 1}),
            ("closed", {"reopened": 1, "resolved_at": now}),
            ("declined", {"handle_by": now - DAY}),
            ("merged", {}),
        ):
            MatterFactory(grid=place, status=status, closed_at=now - DAY / 48, **common, **values)


def links(page: str) -> set[tuple[int, str]]:
    """Return every number that opens a list, with the address of the list."""
    found = re.findall(rf'href="({LIST}\?[^"]+)">(?:the other )?(\d+)</a>', page)
    return {(int(number), address.replace("&amp;", "&")) for address, number in found}


@pytest.mark.parametrize("user", ["worker", "officer", "street_officer", "department"])
def test_every_number_opens_exactly_its_rows(world, matters, as_user, user):
    client = as_user(getattr(world, user))
    numbers = links(client.get(f"{BOARD}?period=year").content.decode())
    assert len(numbers) > 10
    for number, address in numbers:
        shown = client.get(address).content.decode().count('<th scope="row">')
        assert min(number, 50) == shown, address


def test_board_says_what_waits_for_an_officer(world, matters, as_user):
    page = as_user(world.officer).get(BOARD)
    assert [(cell.href.partition("=")[2], cell.number) for cell in page.context["to_do"]] == [
        ("hand_on", 10),
        ("returned", 8),
        ("extension", 8),
        ("verify", 8),
        ("back", 2),
    ]
    assert "Begin with “To accept and hand on”: 10" in page.content.decode()


def test_what_came_up_to_the_street_waits_for_the_street_alone(world, as_user):
    MatterFactory(grid=world.grid, level="street", status="accepted")
    waiting = {
        name: sum(cell.number for cell in as_user(user).get(BOARD).context["to_do"])
        for name, user in (("officer", world.officer), ("street", world.street_officer))
    }
    assert waiting == {"officer": 0, "street": 1}


def test_who_only_reads_has_nothing_to_do(world, matters, as_user):
    page = as_user(world.auditor).get(BOARD)
    assert page.context["to_do"] == []
    assert page.context["headline"][0].number > 0


def test_shares_count_what_their_sentences_say(world, matters, as_user):
    shares = as_user(world.officer).get(f"{BOARD}?period=year").context["shares"]
    found = {
        row.of.href.partition("figure=")[2].partition("_of")[0]: (
            row.fits.number,
            row.of.number,
            row.percent,
        )
        for row in shares
    }
    assert found == {
        "on_time": (2, 10, 20),
        "satisfied": (2, 4, 50),
        "unsolved": (2, 8, 25),
        "reworked": (2, 8, 25),
        "extended": (2, 8, 25),
        "returned": (2, 8, 25),
        "reopened": (2, 8, 25),
        # Nothing was proposed for any of them, so that nothing is there to open.
        "": (0, 0, None),
    }


def test_a_proposal_not_taken_once_was_not_taken_every_time(world, as_user):
    now = timezone.now()
    for taken in ([True], [True, True], [True, False], []):
        matter = MatterFactory(grid=world.grid, status="closed", closed_at=now - DAY / 48)
        for move, is_accepted in enumerate(taken, start=1):
            event = MatterEvent.objects.create(
                matter=matter, by=world.officer, at=now, step="assign", status="assigned", move=move
            )
            RoutingProposal.objects.create(
                event=event, department=world.department_office, is_accepted=is_accepted
            )
    client = as_user(world.officer)
    page = client.get(f"{BOARD}?period=year")
    row = page.context["shares"][-1]
    assert (row.fits.number, row.of.number, row.percent) == (2, 3, 66)
    for cell in (row.fits, row.of, row.others):
        rows = client.get(cell.href).content.decode().count('<th scope="row">')
        assert rows == cell.number


def test_a_matter_still_open_after_its_deadline_is_not_on_time(world, as_user):
    past = timezone.now() - DAY / 24
    for status in ("in_progress", "accepted", "waiting"):
        MatterFactory(grid=world.grid, status=status, handle_by=past)
    rows = as_user(world.officer).get(f"{BOARD}?period=year").context["shares"]
    assert (rows[0].fits.number, rows[0].of.number) == (0, 2)


@pytest.mark.django_db
def test_every_age_has_its_days_and_none_is_left_out():
    now = timezone.now()
    found = {}
    grid = GridFactory()
    for days in (-1, 0, 1, 2, 3, 4, 7, 8, 30, 31, 400):
        matter = MatterFactory(grid=grid, reported_at=now - days * DAY)
        rows = [age.value for age in Age if Matter.objects.filter(is_aged(age, now), pk=matter.pk)]
        found[days] = rows
    assert found == {
        -1: ["0-1"], 0: ["0-1"], 1: ["0-1"], 2: ["2-3"], 3: ["2-3"], 4: ["4-7"], 7: ["4-7"],
        8: ["8-30"], 30: ["8-30"], 31: ["31-"], 400: ["31-"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        (Period.MONTH, (2026, 2, 1), (2026, 2, 10)),
        (Period.LAST_MONTH, (2026, 1, 1), (2026, 1, 31)),
        (Period.QUARTER, (2026, 1, 1), (2026, 2, 10)),
        (Period.LAST_QUARTER, (2025, 10, 1), (2025, 12, 31)),
        (Period.YEAR, (2026, 1, 1), (2026, 2, 10)),
        (Period.LAST_YEAR, (2025, 1, 1), (2025, 12, 31)),
    ],
)
def test_period_begins_and_ends_with_the_calendar(period, first, last):
    days = period_days(period, datetime.date(2026, 2, 10))
    assert days == Days(datetime.date(*first), datetime.date(*last))


def test_parts_of_a_street_are_its_communities(world, matters, as_user):
    table = as_user(world.street_officer).get(BOARD).context["tables"][0]
    assert [(row.name, row.cells[0].number) for row in table.rows] == [
        ("幸福社区", 46),
        ("光明社区", 23),
    ]


def test_holder_of_two_roles_is_not_counted_twice(world, matters, as_user):
    MembershipFactory(user=world.officer, grid=world.grid, role=Role.GRID_WORKER)
    assert as_user(world.officer).get(BOARD).context["headline"][0].number == 46


def test_door_of_a_matter_that_moved_to_another_grid_stays_with_its_own(world, as_user):
    door = HouseholdFactory(grid=world.next_grid)
    MatterFactory(grid=world.grid, household=door)
    assert as_user(world.outsider).get(BOARD).context["headline"][0].number == 0
    assert as_user(world.officer).get(BOARD).context["headline"][0].number == 1
