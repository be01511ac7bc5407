"""Before a campaign starts: what is known is not asked again, and the load is told first."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone, translation

from communities.models import Membership
from households.facts import Fact
from households.models import Household, Residency
from tests.factories import (
    CampaignFactory,
    CareFactory,
    CareTagFactory,
    GridFactory,
    HouseholdFactory,
    MembershipFactory,
    PhoneFactory,
    ResidencyFactory,
    UserFactory,
    VisitFactory,
)
from visits.actions.campaigns import end_campaign, extend_campaign, start_campaign
from visits.campaign_plan import DoorChoice, DoorPlan, grid_loads, working_days
from visits.models import Campaign, CampaignDoor

pytestmark = pytest.mark.django_db

DAY = datetime.date(2026, 3, 2)
FRESH = DAY - datetime.timedelta(days=365)
STALE = FRESH - datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def homes(world) -> dict[str, Household]:
    """Doors of the grid by what the register knows of them."""
    world.household.closed_on = STALE
    world.household.save()

    def door(**fields) -> Household:
        return HouseholdFactory(grid=world.grid, **fields)

    def lived_in(*confirmed: datetime.date, kind: str = Residency.Kind.BOTH) -> Household:
        home = door()
        for day in confirmed:
            ResidencyFactory(household=home, confirmed_on=day, kind=kind)
        return home

    def reachable(confirmed: datetime.date | None, *, kind: str = Residency.Kind.BOTH) -> Household:
        home = lived_in(STALE, kind=kind)
        PhoneFactory(resident=home.residencies.get().resident, confirmed_on=confirmed)
        return home

    unknown = Household.Occupancy.UNKNOWN
    return {
        "occupancy fresh": door(occupancy_confirmed_on=FRESH),
        "occupancy stale": door(occupancy_confirmed_on=STALE),
        "occupancy undated": door(),
        "occupancy unknown": door(occupancy=unknown, occupancy_confirmed_on=FRESH),
        "people fresh": lived_in(FRESH, FRESH),
        "people partly stale": lived_in(FRESH, STALE),
        "only registered": lived_in(FRESH, kind=Residency.Kind.REGISTERED),
        "phone fresh": reachable(FRESH),
        "phone stale": reachable(STALE),
        "phone undated": reachable(None),
        "phone elsewhere": reachable(FRESH, kind=Residency.Kind.REGISTERED),
    }


def unsaved(world, **fields) -> Campaign:
    values = {
        "name": "x",
        "purpose": "x",
        "first_on": DAY,
        "last_on": DAY + datetime.timedelta(days=6),
        **fields,
    }
    return Campaign(community=world.community, **values)


def start(world, **fields) -> Campaign:
    at = timezone.make_aware(datetime.datetime.combine(DAY, datetime.time(8)))
    return start_campaign(
        campaign=unsaved(world, **fields), choice=DoorChoice(), by=world.officer, at=at
    )


@pytest.mark.parametrize(
    ("fact", "known"),
    [
        (Fact.OCCUPANCY, {"occupancy fresh"}),
        (Fact.PEOPLE, {"people fresh"}),
        (Fact.PHONE, {"phone fresh"}),
    ],
)
def test_a_fact_that_is_known_and_fresh_is_not_asked_again(fact, known, world, homes):
    plan = DoorPlan(unsaved(world, fact=fact), DoorChoice())
    assert {name for name, home in homes.items() if home in plan.known} == known
    campaign = start(world, fact=fact)
    asked = {door.household for door in campaign.doors.all()}
    assert {name for name, home in homes.items() if home not in asked} == known
    assert plan.known_count == 1


def test_freshness_is_set_by_the_officer(world, homes):
    plan = DoorPlan(unsaved(world, fact=Fact.PHONE, fresh_days=366), DoorChoice())
    assert {name for name, home in homes.items() if home in plan.known} == {
        "phone fresh",
        "phone stale",
    }


def test_nothing_to_ask_is_refused_and_says_how_many_know_it(world):
    world.household.occupancy_confirmed_on = DAY
    world.household.save()
    HouseholdFactory(grid=world.grid, occupancy_confirmed_on=DAY)
    with pytest.raises(ValidationError, match="already has this of all 2 doors"):
        start(world, fact=Fact.OCCUPANCY)
    assert not Campaign.objects.exists()


def test_the_same_fact_is_not_asked_twice_at_the_same_doors(world):
    first = start(world, name="a", fact=Fact.PHONE)
    week = datetime.timedelta(days=7)
    with pytest.raises(ValidationError, match="“a” asks 1 of these doors for the same until"):
        start(world, name="b", fact=Fact.PHONE, first_on=first.last_on)
    start(world, name="other fact", fact=Fact.OCCUPANCY)
    start(world, name="no fact")
    start(world, name="later", fact=Fact.PHONE, first_on=DAY + week, last_on=DAY + week)
    assert CampaignDoor.objects.count() == 4
    with pytest.raises(ValidationError, match="“later” asks some of these doors"):
        extend_campaign(campaign=first, last_on=DAY + week, reason="雨天", on=DAY)
    end_campaign(campaign=first, by=world.officer, on=DAY)
    start(world, name="b", fact=Fact.PHONE)


def test_load_is_what_a_plain_recount_finds(world):
    main = MembershipFactory(grid=world.grid, rank=Membership.Rank.MAIN).user
    second = GridFactory(community=world.community)
    MembershipFactory(user=main, grid=second, rank=Membership.Rank.MAIN)
    third = GridFactory(community=world.community)
    last = DAY + datetime.timedelta(days=6)
    later = last + datetime.timedelta(days=1)
    for grid, visited, due, count in (
        (world.grid, None, DAY, 19),
        (world.grid, DAY, last, 3),
        (world.grid, DAY, later, 2),
        (second, None, later, 5),
        (third, None, DAY, 1),
        (world.next_grid, None, DAY, 4),
    ):
        for _ in range(count):
            HouseholdFactory(grid=grid, last_visited_on=visited, due_from=due, due_by=later)
    for days in (0, 1, 28, 29):
        at = datetime.datetime.combine(DAY - datetime.timedelta(days=days), datetime.time(9))
        for _ in range(5):
            VisitFactory(household=world.household, by=main, done_at=timezone.make_aware(at))
    plan = DoorPlan(unsaved(world), DoorChoice(not_visited_since=DAY))
    loads = {load.grid: load for load in grid_loads(plan, world.officer, DAY)}
    doors = list(plan.doors)

    def recount(grid) -> tuple[int, int]:
        due = Household.objects.filter(grid=grid, closed_on=None, due_from__lte=last)
        return (
            sum(door.grid_id == grid.pk for door in doors),
            sum(door not in doors for door in due),
        )

    assert set(loads) == {world.grid, second, third}
    assert {grid: (load.doors, load.due) for grid, load in loads.items()} == {
        grid: recount(grid) for grid in loads
    }
    here = loads[world.grid]
    assert (here.doors, here.due, here.days, here.worker) == (20, 3, 5, main)
    # 20 doors and 3 due ones with two tries each on five working days; five more doors next door.
    assert (here.doors_a_day, here.tries_a_day, here.tries_of_worker) == (4.0, 9.2, 11.2)
    # Ten tries on the twenty working days from 28 days ago to yesterday.
    assert (here.usual_tries, here.is_too_much) == (0.5, False)
    assert (loads[third].worker, loads[third].usual_tries) == (None, 0)


def test_more_than_one_person_can_do_is_warned_of(world):
    for number in range(33):
        HouseholdFactory(grid=world.grid, room=f"{number}", building=world.household.building)
    plan = DoorPlan(unsaved(world), DoorChoice())
    [load] = grid_loads(plan, world.officer, DAY)
    assert (load.doors, load.tries_a_day, load.is_too_much) == (34, 13.6, True)


def test_load_is_counted_in_as_many_queries_for_one_grid_as_for_three(
    world, django_assert_num_queries
):
    plan = DoorPlan(unsaved(world), DoorChoice())
    for _ in range(2):
        with django_assert_num_queries(6):
            grid_loads(plan, world.officer, DAY)
        for grid in (
            GridFactory(community=world.community),
            GridFactory(community=world.community),
        ):
            HouseholdFactory(grid=grid)
            MembershipFactory(grid=grid, rank=Membership.Rank.MAIN)


def test_working_days_of_a_weekend_are_its_days():
    saturday = datetime.date(2026, 3, 7)
    assert working_days(saturday, saturday + datetime.timedelta(days=1)) == 2
    assert working_days(DAY, DAY + datetime.timedelta(days=13)) == 10


def values(world, **fields) -> dict[str, object]:
    today = timezone.localdate()
    return {
        "name": "燃气安全",
        "purpose": "x",
        "first_on": today,
        "last_on": today,
        "from_time": "09:00",
        "until_time": "20:00",
        "target_percent": 90,
        "last_visit": "any",
        "fact": "",
        "fresh_days": 365,
        **fields,
    }


ADD = "/work/campaigns/add/"


def test_an_officer_sees_the_load_and_then_starts(world, as_user):
    client = as_user(world.officer)
    page = client.post(ADD, values(world))
    assert "1 doors" in page.content.decode()
    assert not Campaign.objects.exists()
    agreed = client.post(ADD, values(world, agreed=1, step="start"))
    campaign = Campaign.objects.get()
    assert agreed.headers["Location"] == campaign.get_absolute_url()
    again = client.post(ADD, values(world, agreed=1, step="start"))
    assert again.headers["Location"] == campaign.get_absolute_url()
    assert (campaign.started_by, campaign.doors.count()) == (world.officer, 1)


def test_a_register_that_changed_meanwhile_is_shown_first(world, as_user):
    client = as_user(world.officer)
    HouseholdFactory(grid=world.grid)
    page = client.post(ADD, values(world, agreed=1, step="start"))
    assert "The register has changed meanwhile" in page.content.decode()
    assert not Campaign.objects.exists()
    back = client.post(ADD, values(world, step="change"))
    assert back.context["form"]["name"].value() == "燃气安全"


def test_preview_says_how_many_doors_are_left_out(world, as_user):
    HouseholdFactory(grid=world.grid, occupancy_confirmed_on=timezone.localdate())
    page = as_user(world.officer).post(ADD, values(world, fact="occupancy"))
    assert "Left out: 1 doors where the register has this already" in page.content.decode()


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"first_on": "2020-01-01"}, "The first day has passed"),
        ({"last_on": "2999-01-01"}, "31 days at most"),
        ({"last_visit": "before"}, "Give the day"),
        ({"until_time": "08:00"}, "The hours end after they begin"),
        ({"grids": ["990101001002001"]}, "990101001002001"),
    ],
)
def test_form_says_what_is_wrong(fields, refusal, world, as_user):
    page = as_user(world.officer).post(ADD, values(world, **fields))
    assert refusal in page.content.decode()
    assert page.context["form"].errors
    assert not Campaign.objects.exists()


def test_a_street_officer_chooses_one_of_her_communities(world, as_user):
    client = as_user(world.street_officer)
    assert "campaign_community" in client.get(ADD).template_name
    chosen = client.get(f"{ADD}?community={world.next_community.code}")
    assert list(chosen.context["form"].fields["grids"].queryset) == [world.next_grid]
    assert "form" in client.get(f"{ADD}?community=110101001001").context


def test_an_officer_cannot_name_a_community_of_others(world, as_user):
    page = as_user(world.officer).get(f"{ADD}?community={world.next_community.code}")
    assert page.template_name == "visits/campaign_community.html"
    assert page.context["form"].errors


def test_sensitive_tags_are_no_reason_anybody_may_see(world, as_user):
    secret, plain = CareTagFactory(is_sensitive=True), CareTagFactory()
    CareFactory(resident=world.resident, tag=secret)
    client = as_user(world.officer)
    offered = client.get(ADD).context["form"].fields["tags"].queryset
    assert (secret in offered, plain in offered) == (False, True)
    page = client.post(ADD, values(world, tags=[secret.pk]))
    assert set(page.context["form"].errors) == {"tags"}


def test_a_tag_that_becomes_sensitive_is_no_longer_shown(world, as_user):
    tag = CareTagFactory(name="重点户")
    campaign = CampaignFactory(community=world.community, started_by=UserFactory())
    campaign.tags.add(tag)
    CampaignDoor.objects.create(campaign=campaign, household=world.household)
    client = as_user(world.worker)
    assert "重点户" in client.get(campaign.get_absolute_url()).content.decode()
    tag.is_sensitive = True
    tag.save()
    for user in (world.worker, world.officer, world.admin):
        page = as_user(user).get(campaign.get_absolute_url())
        assert "重点户" not in page.content.decode()
