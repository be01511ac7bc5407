"""What logging costs: added up by community and week, shown to everybody, of nobody."""

import datetime
import uuid

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from communities.models import User
from tests.at_once import at_once
from tests.factories import BurdenWeekFactory, CommunityFactory
from visits.actions.burden import add_burden
from visits.models import BurdenWeek, Visit
from visits.models.burden import monday_of

WEDNESDAY = datetime.date(2026, 3, 11)
MEASURED = {"taps": "2", "seconds": "6", "prefilled": "2", "typed": "1"}
SUMS = ("visits", "taps", "seconds", "prefilled", "typed")


def sums() -> dict[tuple[int, datetime.date], tuple[int, ...]]:
    return {
        (row.community_id, row.week): tuple(getattr(row, name) for name in SUMS)
        for row in BurdenWeek.objects.all()
    }


def test_visits_of_a_week_are_one_row(world):
    key = world.community.pk
    for days in (0, 4, 5):
        add_burden(
            community_id=key,
            day=WEDNESDAY + datetime.timedelta(days=days),
            taps=2,
            seconds=5,
            prefilled=3,
            typed=1,
        )
    assert sums() == {
        (key, datetime.date(2026, 3, 9)): (2, 4, 10, 6, 2),
        (key, datetime.date(2026, 3, 16)): (1, 2, 5, 3, 1),
    }


def test_absurd_values_are_capped_for_each_visit(world):
    key = world.community.pk
    huge = {"taps": 10**12, "seconds": 10**12, "prefilled": 10**12, "typed": -5}
    add_burden(community_id=key, day=WEDNESDAY, **huge)
    add_burden(community_id=key, day=WEDNESDAY, visits=2, **huge)
    add_burden(community_id=key, day=WEDNESDAY, visits=0, **huge)
    assert list(sums().values()) == [(3, 600, 10800, 300, 0)]


def test_row_holds_no_person_and_no_moment():
    """Nothing in the table could be traced to somebody: these columns are all there is."""
    columns = {field.column: field.get_internal_type() for field in BurdenWeek._meta.fields}
    whole = "PositiveIntegerField"
    assert columns == {
        "id": "BigAutoField",
        "community_id": "ForeignKey",
        "week": "DateField",
        **dict.fromkeys(SUMS, whole),
    }
    assert not any(field.related_model is User for field in BurdenWeek._meta.get_fields())


@pytest.mark.usefixtures("django_db_serialized_rollback")
def test_visits_added_at_once_are_all_counted(database_of_many):
    community = CommunityFactory()
    effort = {"taps": 2, "seconds": 3, "prefilled": 2, "typed": 1}
    at_once(lambda _n: add_burden(community_id=community.pk, day=WEDNESDAY, **effort), 16)
    assert list(sums().values()) == [(16, 32, 48, 32, 16)]


def quick(client, door, **more):
    sent = {"visit_id": str(uuid.uuid4()), "outcome": "met", **more}
    return client.post(reverse("visits:visit_quick", args=[door.pk]), sent)


def test_quick_visit_adds_what_was_measured(world, as_user):
    quick(as_user(world.worker), world.household, **MEASURED)
    week = (world.community.pk, monday_of(timezone.localdate()))
    assert sums() == {week: (1, 2, 6, 2, 1)}


def test_full_form_adds_what_was_measured(world, as_user):
    client = as_user(world.worker)
    sent = {
        "visit_id": str(uuid.uuid4()),
        "outcome": "met",
        "way": "door",
        "done_at": f"{timezone.localtime():%Y-%m-%dT%H:%M}",
        "matter-id": str(uuid.uuid4()),
        "matter-urgency": "normal",
    }
    answer = client.post(
        reverse("visits:visit_add", args=[world.household.pk]), {**sent, **MEASURED}
    )
    assert answer.status_code == 302
    assert list(sums().values()) == [(1, 2, 6, 2, 1)]


@pytest.mark.parametrize(
    "sent", [{}, {**MEASURED, "taps": "many"}, {**MEASURED, "typed": ""}, {"taps": "9" * 5000}]
)
def test_visit_without_a_measure_is_saved_and_not_counted(sent, world, as_user):
    answer = quick(as_user(world.worker), world.household, **sent)
    assert answer.status_code == 302
    assert Visit.objects.count() == 1
    assert sums() == {}


def page_of(client) -> BeautifulSoup:
    return BeautifulSoup(client.get(reverse("burden")).content, "html.parser")


def rows_of(page: BeautifulSoup) -> list[list[str]]:
    return [
        [cell.text.strip() for cell in row.find_all(["th", "td"])]
        for row in page.select("tbody tr")
    ]


def test_page_shows_twelve_weeks_and_no_small_one(world, as_user):
    monday = monday_of(timezone.localdate())
    values = {"taps": 15, "seconds": 40, "prefilled": 30, "typed": 10}
    BurdenWeekFactory(community=world.community, week=monday, visits=10, **values)
    BurdenWeekFactory(community=world.next_community, week=monday, visits=4, taps=99)
    ago = datetime.timedelta(weeks=1)
    BurdenWeekFactory(community=world.community, week=monday - 11 * ago, visits=5)
    BurdenWeekFactory(community=world.community, week=monday - 12 * ago, visits=5)
    page = page_of(as_user(world.street_officer))
    assert rows_of(page) == [
        [f"{monday}", "幸福社区", "10", "1.5", "4", "75%"],
        [f"{monday - 11 * ago}", "幸福社区", "5", "0.0", "0", "—"],
    ]
    # The small week is not in the sums either, or it could be told from them.
    figures = [figure.text for figure in page.select(".figures__number")]
    assert figures == ["15", "1.0", "3", "75%"]


def test_everybody_sees_her_own_community_and_no_other(world, as_user):
    for community in (world.community, world.next_community):
        BurdenWeekFactory(community=community)
    seen = {
        name: [row[1] for row in rows_of(page_of(as_user(getattr(world, name))))]
        for name in ("worker", "captain", "officer", "department", "auditor", "outsider")
    }
    both = ["幸福社区", "光明社区"]
    assert seen == {
        "worker": both[:1],
        "captain": both[:1],
        "officer": both[:1],
        "department": both,
        "auditor": both,
        "outsider": both[1:],
    }
