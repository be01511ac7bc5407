"""A plan of grids is taken back, before its day and after."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from communities.models import Membership
from communities.roles import Role
from households.models import FormerGrid, GridPlan, Household
from tests.cut import DAY, noon
from tests.factories import (
    GridFactory,
    HouseholdFactory,
    MatterFactory,
    MembershipFactory,
    UserFactory,
)
from visits.actions.hand_over_moves import carry_out_due as carry_out_hand_overs
from visits.actions.hand_overs import accept
from visits.actions.plan_changes import carry_out_due, take_back
from visits.models import HandOver


def test_before_its_day_a_plan_is_simply_taken_back(cut, monday):
    plan = cut.accept(cut.plan("aaabb"), monday)

    plan = take_back(plan=plan, by=cut.world.officer, at=timezone.now())

    assert plan.state == GridPlan.State.TAKEN_BACK
    assert not HandOver.objects.exists()
    assert carry_out_due(at=noon(monday)) == 0
    assert cut.lie() == "aaaab"
    cut.community.refresh_from_db()
    assert cut.community.grids_change_on is None
    with pytest.raises(ValidationError):
        take_back(plan=plan, by=cut.world.officer, at=timezone.now())


def test_what_was_accepted_beforehand_is_taken_back_with_its_plan(cut, monday):
    matter = MatterFactory(
        grid=cut.a, household=cut.doors[2][0], assignee=cut.ann, status="assigned"
    )
    plan = cut.accept(cut.plan("aaabb"), monday)
    accept(row=HandOver.objects.get(), by=cut.bea, at=timezone.now())

    take_back(plan=plan, by=cut.world.officer, at=timezone.now())

    assert not HandOver.objects.exists()
    carry_out_hand_overs(HandOver.objects.all(), at=noon(monday))
    matter.refresh_from_db()
    assert (matter.grid, matter.assignee) == (cut.a, cut.ann)


@pytest.mark.parametrize("places", ["aaabb", "aannb", "aaaaa"])
def test_later_everything_goes_back_as_of_today(cut, monday, places):
    matter = MatterFactory(
        grid=cut.a, household=cut.doors[2][0], status="in_progress", assignee=cut.ann
    )
    yard = MatterFactory(grid=cut.b, household=None, place="院子")
    captain = MembershipFactory(role=Role.STAIR_CAPTAIN, grid=cut.b)
    cay = UserFactory(name="凯")
    plan = cut.accept(cut.plan(places, n={"worker": cay}), monday)
    carry_out_due(at=noon(monday))
    plan.refresh_from_db()

    take_back(plan=plan, by=cut.world.officer, at=noon(monday + 3 * DAY))

    assert cut.lie() == "aaaab"
    matter.refresh_from_db()
    assert (matter.grid, matter.assignee) == (cut.a, cut.ann)
    yard.refresh_from_db()
    assert yard.grid == cut.b
    captain.refresh_from_db()
    assert captain.grid == cut.b
    cut.b.refresh_from_db()
    assert cut.b.closed_on is None
    assert Membership.objects.get(user=cut.bea).until is None
    for new in cut.community.grids.filter(name="新网格"):
        assert new.closed_on == monday + 2 * DAY
        assert Membership.objects.get(grid=new).until == monday + 2 * DAY
    moved = plan.moves.first().household
    former = list(FormerGrid.objects.filter(household=moved).order_by("since"))
    assert [row.until for row in former] == [monday - DAY, monday + 2 * DAY]
    assert former[1].since == monday


def test_a_door_registered_in_a_new_grid_keeps_its_days_there_when_taken_back(cut, monday):
    plan = cut.accept(cut.plan("aannb", n={"worker": UserFactory(name="凯")}), monday)
    carry_out_due(at=noon(monday))
    plan.refresh_from_db()
    [new] = cut.community.grids.filter(name="新网格")
    door = HouseholdFactory(
        grid=new, building=cut.buildings[2], room="901", grid_since=monday + DAY
    )

    take_back(plan=plan, by=cut.world.officer, at=noon(monday + 3 * DAY))

    door.refresh_from_db()
    assert (door.grid, door.grid_since) == (cut.a, monday + 3 * DAY)
    former = FormerGrid.objects.get(household=door)
    assert (former.grid, former.since, former.until) == (new, monday + DAY, monday + 2 * DAY)


def test_on_the_same_day_it_leaves_no_trace(cut, today):
    since = cut.doors[2][0].grid_since
    plan = cut.accept(cut.plan("aaabb"), today)
    take_back(plan=plan, by=cut.world.officer, at=timezone.now())

    door = Household.objects.get(pk=cut.doors[2][0].pk)
    assert (door.grid, door.grid_since) == (cut.a, since)
    assert not FormerGrid.objects.exists()


def test_not_taken_back_after_a_later_change(cut, today):
    plan = cut.accept(cut.plan("aaabb"), today)
    later = cut.accept(cut.plan("aabbb"), today)
    with pytest.raises(ValidationError):
        take_back(plan=plan, by=cut.world.officer, at=timezone.now())
    take_back(plan=later, by=cut.world.officer, at=timezone.now())
    third = GridFactory(community=cut.community)
    Household.objects.filter(pk=cut.doors[2][0].pk).update(grid=third)
    with pytest.raises(ValidationError):
        take_back(plan=plan, by=cut.world.officer, at=timezone.now())
    assert cut.lie() == "aaanb"


@pytest.mark.parametrize(
    ("places", "grids"), [("aaaaa", {}), ("aaabb", {"b": "凯"})], ids=["closed", "other worker"]
)
def test_who_was_yet_to_begin_comes_back_with_the_grid(cut, monday, places, grids):
    cay, dee = UserFactory(name="凯"), UserFactory(name="黛")
    Membership.objects.filter(user=cut.bea).update(until=monday + 5 * DAY)
    coming = MembershipFactory(
        user=dee, grid=cut.b, rank=Membership.Rank.MAIN, since=monday + 6 * DAY
    )
    before = Membership.objects.filter(pk=coming.pk).values().get()
    plan = cut.accept(cut.plan(places, **{key: {"worker": cay} for key in grids}), monday)
    carry_out_due(at=noon(monday))
    assert not Membership.objects.filter(pk=coming.pk).exists()
    plan.refresh_from_db()

    take_back(plan=plan, by=cut.world.officer, at=noon(monday + 3 * DAY))

    assert Membership.objects.filter(pk=coming.pk).values().get() == before
    assert Membership.objects.get(user=cut.bea).until == monday + 5 * DAY


def test_who_was_to_begin_while_the_grid_was_closed_begins_when_it_is_open_again(cut, monday):
    coming = MembershipFactory(user=UserFactory(name="黛"), grid=cut.b, since=monday + 2 * DAY)
    plan = cut.accept(cut.plan("aaaaa"), monday)
    carry_out_due(at=noon(monday))
    plan.refresh_from_db()

    take_back(plan=plan, by=cut.world.officer, at=noon(monday + 3 * DAY))

    coming.refresh_from_db()
    assert coming.since == monday + 3 * DAY


def test_whoever_took_over_from_the_worker_of_the_plan_stays_when_it_is_taken_back(cut, monday):
    cay, dee = UserFactory(name="凯"), UserFactory(name="黛")
    plan = cut.accept(cut.plan("aaabb", a={"worker": cay}), monday)
    carry_out_due(at=noon(monday))
    Membership.objects.filter(user=cay).update(until=monday)
    MembershipFactory(user=dee, grid=cut.a, rank=Membership.Rank.MAIN, since=monday + DAY)
    plan.refresh_from_db()

    take_back(plan=plan, by=cut.world.officer, at=noon(monday + 3 * DAY))

    main = Membership.objects.filter(grid=cut.a, rank=Membership.Rank.MAIN).order_by("since")
    assert [(row.user, row.until) for row in main] == [
        (cut.ann, monday - DAY),
        (cay, monday),
        (dee, None),
    ]
    back = HandOver.objects.get(giver=cut.bea, effective_on=monday + 3 * DAY)
    assert back.receiver == dee
