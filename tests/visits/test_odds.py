"""When a door is most likely to open: the estimate, what it rests on, and what it is worth."""

import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from communities.models import Community
from households.models import Household
from tests.bench.odds_replay import by_estimate, grid_of, in_any_order, replay, share
from tests.factories import BuildingFactory, HouseholdFactory, VisitFactory
from visits.models import GridOpenings
from visits.odds import Count, Evidence, Part, best_chance, chance, parts_left
from visits.openings import count_openings, evidence_at, knocks_at

SHANGHAI = ZoneInfo("Asia/Shanghai")
# A Wednesday.
NOW = datetime.datetime(2026, 3, 11, 10, 5, tzinfo=SHANGHAI)
TODAY = NOW.date()

counts = st.integers(0, 500).flatmap(
    lambda tried: st.builds(Count, st.integers(0, tried), st.just(tried))
)
by_part = st.dictionaries(st.sampled_from(list(Part)), counts)


@given(st.builds(Evidence, by_part, by_part, by_part), st.sampled_from(list(Part)))
def test_a_chance_is_one_and_names_a_tenth(evidence, part):
    found = chance(part, evidence)
    assert 0 < found.mean < 1
    assert 1 <= found.tenths <= 9
    assert 0 < found.width < 1.3


@given(st.builds(Evidence, by_part, by_part, by_part), st.sampled_from(list(Part)))
def test_one_more_door_that_opened_never_lowers_its_chance(evidence, part):
    door = evidence.door.get(part, Count())
    more = {**evidence.door, part: door.plus(opened=True)}
    # The building has not seen today's knock yet.
    assert chance(part, evidence._replace(door=more)).mean >= chance(part, evidence).mean - 0.03


def test_a_door_untried_is_told_by_its_building_and_that_by_its_grid():
    grid = {Part.EVENING: Count(600, 1000)}
    untried = chance(Part.EVENING, Evidence({}, {}, grid))
    assert untried.mean == pytest.approx(0.6, abs=0.001)
    in_building = chance(Part.EVENING, Evidence({}, {Part.EVENING: Count(18, 20)}, grid))
    # Half of the building's own twenty knocks, half of the twenty imagined ones.
    assert in_building.mean == pytest.approx((18 + 20 * 0.594) / 40, abs=0.002)
    own = chance(Part.EVENING, Evidence({Part.EVENING: Count(0, 8)}, {}, grid))
    assert own.mean == pytest.approx(0.3, abs=0.01)


def test_a_house_of_one_door_is_not_counted_twice():
    own = {Part.EVENING: Count(5, 5)}
    assert chance(Part.EVENING, Evidence(own, own, own)) == chance(
        Part.EVENING, Evidence(own, {}, {})
    )


@pytest.mark.parametrize(
    ("door", "words"),
    [
        (Count(0, 0), "not sure"),
        (Count(1, 1), "not sure"),
        (Count(3, 6), "somewhat sure"),
        (Count(15, 16), "fairly sure"),
    ],
)
def test_how_sure_grows_with_the_knocks_at_the_door_itself(door, words):
    around = {Part.EVENING: Count(600, 1000)}
    with override("en"):
        found = chance(Part.EVENING, Evidence({Part.EVENING: door}, around, around))
        assert found.sureness == words


@pytest.mark.parametrize(
    ("day", "hour", "left"),
    [
        (11, 9, [Part.MORNING, Part.AFTERNOON, Part.EVENING]),
        (11, 12, [Part.AFTERNOON, Part.EVENING]),
        (11, 18, [Part.EVENING]),
        (14, 9, [Part.WEEKEND]),
    ],
)
def test_parts_left_of_a_day(day, hour, left):
    assert parts_left(datetime.datetime(2026, 3, day, hour, tzinfo=SHANGHAI)) == left


def test_of_equal_chances_the_earlier_is_named():
    found = best_chance([Part.MORNING, Part.AFTERNOON], Evidence({}, {}, {}))
    assert found.part == Part.MORNING


def knock(household, days_ago, hour, outcome, **values):
    at = NOW.replace(hour=hour) - datetime.timedelta(days=days_ago)
    return VisitFactory(household=household, outcome=outcome, done_at=at, **values)


@pytest.mark.django_db
def test_counts_are_those_of_the_knocks_that_tell(world):
    neighbour = HouseholdFactory(grid=world.grid, building=world.household.building, room="7")
    other = HouseholdFactory(
        grid=world.grid, building=BuildingFactory(community=world.community), room="8"
    )
    knock(world.household, 1, 9, "met")
    knock(world.household, 2, 19, "nobody_home")
    knock(neighbour, 2, 9, "declined")
    knock(other, 5, 15, "nobody_home")
    # Not a knock, not telling, too old, today, in another grid, corrected.
    knock(world.household, 3, 9, "met", way="phone")
    knock(world.household, 3, 9, "not_safe")
    knock(world.household, 400, 9, "met")
    knock(neighbour, 0, 9, "met")
    knock(HouseholdFactory(grid=world.next_grid), 1, 9, "met")
    wrong = knock(neighbour, 6, 9, "met")
    knock(neighbour, 6, 9, "nobody_home", corrects=wrong)
    assert count_openings([world.grid.pk], TODAY) == {
        world.grid.pk: {
            world.household.building_id: {"morning": Count(2, 3), "evening": Count(0, 1)},
            other.building_id: {"afternoon": Count(0, 1)},
        }
    }


@pytest.mark.django_db
def test_counts_of_a_grid_are_kept_for_the_day(world, django_assert_num_queries):
    knock(world.household, 1, 9, "met")
    doors = [world.household]
    first = evidence_at(doors, knocks_at(doors, TODAY), TODAY)
    knock(
        HouseholdFactory(grid=world.grid, building=world.household.building, room="9"), 1, 9, "met"
    )
    with django_assert_num_queries(2):
        again = evidence_at(doors, knocks_at(doors, TODAY), TODAY)
    assert again == first
    tomorrow = TODAY + datetime.timedelta(days=1)
    later = evidence_at(doors, knocks_at(doors, tomorrow), tomorrow)[world.household.pk]
    assert later.building["morning"] == Count(2, 2)
    assert GridOpenings.objects.get().on == tomorrow


def tags(client) -> list[str]:
    soup = BeautifulSoup(client.get("/work/today/").content, "html.parser")
    return [tag.get_text() for tag in soup.select(".door__facts .tag")]


@pytest.mark.django_db
def test_the_list_names_the_best_part_the_day_still_offers(world, as_user):
    Household.objects.update(due_from=TODAY, due_by=TODAY + datetime.timedelta(days=9))
    client = as_user(world.worker)
    with time_machine.travel(NOW, tick=False):
        assert tags(client) == []
        GridOpenings.objects.all().delete()
        for weeks_ago in range(1, 9):
            knock(world.household, weeks_ago * 7, 9, "met")
            knock(world.household, weeks_ago * 7, 19, "nobody_home")
        assert tags(client) == ["Morning about 7 in 10, fairly sure"]
    with time_machine.travel(NOW.replace(hour=19), tick=False):
        assert tags(client) == ["Evening about 3 in 10, fairly sure"]
    with time_machine.travel(NOW.replace(hour=22), tick=False):
        Community.objects.update(quiet_from=datetime.time(21), quiet_until=datetime.time(8))
        assert tags(client) == []
    Household.objects.update(retry_part="evening")
    with time_machine.travel(NOW, tick=False):
        assert tags(client) == ["Evening about 3 in 10, fairly sure"]
    Household.objects.update(retry_part="weekend")
    with time_machine.travel(NOW, tick=False):
        assert tags(client) == ["Try at the weekend"]


@pytest.mark.django_db
def test_the_page_of_a_door_says_what_the_estimate_rests_on(world, as_user):
    with time_machine.travel(NOW, tick=False):
        knock(world.household, 1, 19, "met")
        neighbour = HouseholdFactory(grid=world.grid, building=world.household.building, room="7")
        for days_ago in (1, 2, 5):
            knock(neighbour, days_ago, 19, "nobody_home")
        client = as_user(world.worker)
        url = reverse("visits:door_odds", args=[world.household.pk])
        assert url in client.get(world.household.get_absolute_url()).content.decode()
        page = BeautifulSoup(client.get(url).content, "html.parser")
    assert " ".join(page.select(".rows li")[2].get_text(" ").split()) == (
        "Evening about 6 in 10, not sure Here opened 1 of 1 times, elsewhere in the building 0 of 3"
    )


@pytest.mark.django_db
def test_the_estimate_opens_more_doors_than_any_order():
    """Two grid-years; the bench replays more and says by how much."""
    any_order, estimate = [], []
    for seed in (1, 2):
        grid = grid_of(seed, 300)
        any_order += replay(grid, seed, in_any_order).weeks.values()
        estimate += replay(grid, seed, by_estimate).weeks.values()
    assert share(estimate) > share(any_order) * 1.03
