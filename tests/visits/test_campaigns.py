"""Campaigns: which doors, when they run, what came of them."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone, translation

from households.models import Household
from tests.factories import (
    CampaignDoorFactory,
    CampaignFactory,
    CareFactory,
    CareTagFactory,
    HouseholdFactory,
    ResidencyFactory,
    VisitFactory,
)
from visits.actions.campaigns import end_campaign, extend_campaign, start_campaign
from visits.campaign_plan import DoorChoice
from visits.models import Campaign, CampaignDoor, campaigns_at

pytestmark = pytest.mark.django_db

DAY = datetime.date(2026, 3, 2)


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def unsaved(world, **fields) -> Campaign:
    values = {"name": "燃气安全", "purpose": "x", "first_on": DAY, "last_on": DAY, **fields}
    return Campaign(community=world.community, **values)


def start(world, choice: DoorChoice | None = None, **fields) -> Campaign:
    at = timezone.make_aware(datetime.datetime.combine(DAY, datetime.time(8)))
    return start_campaign(
        campaign=unsaved(world, **fields),
        choice=choice or DoorChoice(),
        by=world.officer,
        at=at,
    )


def doors_of(campaign: Campaign) -> set[Household]:
    return {door.household for door in campaign.doors.all()}


def test_doors_are_those_of_the_choice_and_stay_fixed(world):
    lived_in = world.household
    closed = HouseholdFactory(grid=world.grid, closed_on=DAY)
    empty = [HouseholdFactory(grid=world.grid, occupancy=kind) for kind in Household.EMPTY]
    HouseholdFactory(grid=world.community.holding_grid())
    HouseholdFactory(grid=world.next_grid)
    campaign = start(world)
    HouseholdFactory(grid=world.grid)
    for household in (closed, *empty):
        household.occupancy, household.closed_on = Household.Occupancy.OWNER, None
        household.save()
    assert doors_of(campaign) == {lived_in}


def test_doors_by_tag_and_last_visit(world):
    tag = CareTagFactory()
    CareFactory(resident=world.resident, tag=tag)
    past = CareFactory(tag=tag, until=DAY)
    ResidencyFactory(resident=past.resident, household=HouseholdFactory(grid=world.grid))
    visited = HouseholdFactory(grid=world.grid, last_visited_on=DAY - datetime.timedelta(days=9))
    recent = HouseholdFactory(grid=world.grid, last_visited_on=DAY - datetime.timedelta(days=8))
    assert doors_of(start(world, DoorChoice(tags=[tag]))) == {world.household}
    before = DoorChoice(not_visited_since=DAY - datetime.timedelta(days=8))
    assert {visited, recent} & doors_of(start(world, before, name="b")) == {visited}
    never = doors_of(start(world, DoorChoice(never_visited=True), name="c"))
    assert {visited, recent, world.household} & never == {world.household}


def test_started_twice_is_one_and_another_of_that_name_is_refused(world):
    first = start(world)
    assert start(world) == first
    with pytest.raises(ValidationError, match="already has a campaign of this name"):
        start(world, purpose="other")
    assert CampaignDoor.objects.count() == 1


def test_what_was_taken_back_can_be_set_anew(world):
    later = DAY + datetime.timedelta(days=1)
    first = start(world, first_on=later, last_on=later)
    end_campaign(campaign=first, by=world.officer, on=DAY)
    again = start(world, first_on=later, last_on=later)
    assert [one.state(DAY) for one in (Campaign.objects.get(pk=first.pk), again)] == [
        "taken_back",
        "planned",
    ]


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"last_on": DAY + datetime.timedelta(days=31)}, "31 days at most"),
        ({"last_on": DAY - datetime.timedelta(days=1)}, "cannot be before the first"),
        ({"first_on": DAY - datetime.timedelta(days=1)}, "The first day has passed"),
        ({"until_time": datetime.time(9)}, "hours end after they begin"),
        ({"target_percent": 101}, "100"),
    ],
)
def test_what_no_campaign_may_be(fields, refusal, world):
    with pytest.raises(ValidationError, match=refusal):
        start(world, **fields)
    assert not Campaign.objects.exists()


def test_without_doors_it_does_not_start(world):
    with pytest.raises(ValidationError, match="No door fits"):
        start(world, DoorChoice(tags=[CareTagFactory()]))
    assert not Campaign.objects.exists()


def test_it_runs_from_its_first_day_to_its_last(world):
    campaign = CampaignFactory(
        community=world.community, first_on=DAY, last_on=DAY + datetime.timedelta(days=1)
    )
    days = [DAY + datetime.timedelta(days=offset) for offset in range(-1, 3)]
    states = [campaign.state(day) for day in days]
    assert states == ["planned", "running", "running", "ended"]
    assert [Campaign.objects.running(day).exists() for day in days] == [
        state == "running" for state in states
    ]


def test_it_is_ended_early_or_taken_back(world):
    last = DAY + datetime.timedelta(days=9)
    early, back, over = (
        CampaignFactory(community=world.community, first_on=DAY, last_on=last) for _ in range(3)
    )
    day = DAY + datetime.timedelta(days=3)
    early = end_campaign(campaign=early, by=world.officer, on=day)
    back = end_campaign(campaign=back, by=world.officer, on=DAY - datetime.timedelta(days=1))
    over = end_campaign(campaign=over, by=world.officer, on=last + datetime.timedelta(days=1))
    assert [one.state(day) for one in (early, back, over)] == ["ended", "taken_back", "running"]
    assert set(Campaign.objects.running(DAY)) == {early, over}
    assert set(Campaign.objects.running(day)) == {over}


def test_it_is_extended_once_by_two_weeks_at_most(world):
    last = DAY + datetime.timedelta(days=9)
    campaign = CampaignFactory(community=world.community, first_on=DAY, last_on=last)

    def extend(days: int, on: datetime.date = DAY):
        return extend_campaign(
            campaign=campaign, last_on=last + datetime.timedelta(days=days), reason="雨天", on=on
        )

    for days in (0, 15):
        with pytest.raises(ValidationError, match="Choose a day after"):
            extend(days)
    with pytest.raises(ValidationError, match="Only a running campaign"):
        extend(3, on=last + datetime.timedelta(days=1))
    extended = extend(14)
    assert (extended.last_on, extended.extended_from) == (last + datetime.timedelta(days=14), last)
    with pytest.raises(ValidationError, match="extended once already"):
        extend(14)


def test_open_doors_wait_for_a_visit_that_counts_since_the_first_day(world):
    before, inside = DAY - datetime.timedelta(days=1), DAY
    doors = {
        name: CampaignDoorFactory(
            campaign__first_on=DAY,
            household=HouseholdFactory(grid=world.grid, last_visited_on=visited, closed_on=closed),
        )
        for name, visited, closed in (
            ("never", None, None),
            ("before", before, None),
            ("inside", inside, None),
            ("closed", None, DAY),
        )
    }
    found = CampaignDoor.objects.open_on(DAY)
    assert {name for name, door in doors.items() if door in found} == {"never", "before"}
    assert not CampaignDoor.objects.open_on(before).exists()
    assert campaigns_at([door.household for door in doors.values()], DAY) == {
        doors[name].household_id: [doors[name].campaign] for name in ("never", "before")
    }
    listed = Household.objects.filter(pk__in=CampaignDoor.objects.open_on(DAY).values("household"))
    assert listed.count() == 2


def test_campaigns_at_asks_once(world, django_assert_num_queries):
    for _ in range(3):
        CampaignDoorFactory(household=world.household)
    with django_assert_num_queries(1):
        found = campaigns_at([world.household], timezone.localdate())
    assert len(found[world.household.pk]) == 3


def test_a_door_has_the_best_result_of_the_days(world):
    first, last = DAY, DAY + datetime.timedelta(days=1)
    campaign = CampaignFactory(community=world.community, first_on=first, last_on=last)

    def moment(day: datetime.date, hour: int) -> datetime.datetime:
        return timezone.make_aware(datetime.datetime.combine(day, datetime.time(hour)))

    histories = {
        "reached": [("nobody_home", False, first, 9), ("met", True, last, 23)],
        "declined": [("declined", False, first, 0), ("nobody_home", False, first, 9)],
        "tried": [("nobody_home", False, first, 9)],
        "untried": [
            ("met", True, first - datetime.timedelta(days=1), 23),
            ("met", True, last + datetime.timedelta(days=1), 0),
        ],
    }
    expected = {}
    for result, history in histories.items():
        door = CampaignDoorFactory(campaign=campaign, household=HouseholdFactory(grid=world.grid))
        for outcome, counts, day, hour in history:
            VisitFactory(
                household=door.household,
                outcome=outcome,
                counts=counts,
                done_at=moment(day, hour),
            )
        expected[door] = result
    doors = CampaignDoor.objects.with_result(campaign)
    assert {door: door.result for door in doors} == expected
    assert doors.count_results() == {world.grid.pk: dict.fromkeys(histories, 1)}
