"""A plan of grids takes effect: what moves with the doors, and what stays."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from communities.models import Community, Grid, Membership
from communities.roles import Role
from households.models import FormerGrid, GridPlan, Household
from tests.cut import DAY, noon
from tests.factories import (
    CampaignDoorFactory,
    GridFactory,
    HouseholdFactory,
    MatterFactory,
    MembershipFactory,
    PairingFactory,
    UserFactory,
    VisitFactory,
)
from visits.actions.plan_changes import carry_out, carry_out_due, take_back
from visits.actions.recompute import recompute
from visits.models import HandOver, MatterEvent, Pairing, Step, Visit, VisitTally


def test_nothing_moves_before_the_day_and_all_on_it(cut, today, monday):
    plan = cut.accept(cut.plan("aaabb"), monday)

    assert plan.state == GridPlan.State.WAITING
    assert cut.lie() == "aaaab"
    cut.community.refresh_from_db()
    assert cut.community.grids_change_on == monday
    assert carry_out_due(at=noon(monday - DAY)) == 0

    assert carry_out_due(at=noon(monday)) == 1

    assert cut.lie() == "aaabb"
    door = Household.objects.get(pk=cut.doors[2][0].pk)
    assert door.grid_since == monday
    former = FormerGrid.objects.get(household=door)
    assert (former.grid, former.until) == (cut.a, monday - DAY)
    cut.community.refresh_from_db()
    assert cut.community.grids_change_on is None
    plan.refresh_from_db()
    assert plan.state == GridPlan.State.IN_EFFECT
    assert carry_out(plan=plan, at=noon(monday)) is False
    assert carry_out_due(at=noon(monday)) == 0


def test_carried_out_late_it_holds_from_its_day(cut, monday):
    cut.accept(cut.plan("aaabb"), monday)

    carry_out_due(at=noon(monday + 2 * DAY))

    door = Household.objects.get(pk=cut.doors[2][0].pk)
    assert door.grid_since == monday
    assert FormerGrid.objects.get(household=door).until == monday - DAY


def test_for_today_it_is_carried_out_at_once(cut, today):
    plan = cut.accept(cut.plan("aaabb"), today)

    assert plan.state == GridPlan.State.IN_EFFECT
    assert cut.lie() == "aaabb"
    assert HandOver.objects.get().carried_out_at


def test_what_belongs_to_the_doors_moves_and_the_past_stays(cut, today, monday):
    moving, staying = cut.doors[2][0], cut.doors[0][0]
    VisitFactory(household=moving, grid=cut.a, by=cut.ann, done_at=noon(today - 40 * DAY))
    recompute(save=True)
    matter = MatterFactory(grid=cut.a, household=moving, status="in_progress", assignee=cut.ann)
    ended = MatterFactory(
        grid=cut.a, household=moving, status="closed", closed_at=timezone.now(), due_at=None
    )
    other = MatterFactory(grid=cut.a, household=staying)
    campaign = CampaignDoorFactory(household=moving)
    pairing = PairingFactory(household=moving, user=cut.world.officer, unit_name="")
    whole = PairingFactory(household=None, grid=cut.a)
    before = list(VisitTally.objects.order_by("pk").values())
    due = Household.objects.filter(pk=moving.pk).values("due_from", "due_by", "last_visited_on")[0]

    cut.accept(cut.plan("aaabb"), monday)
    carry_out_due(at=noon(monday))

    matter.refresh_from_db()
    assert (matter.grid, matter.assignee) == (cut.b, cut.bea)
    steps = list(matter.events.values_list("step", flat=True))
    assert steps[-2:] == [Step.CHANGE_GRID, Step.HAND_OVER]
    event = MatterEvent.objects.get(matter=matter, step=Step.CHANGE_GRID)
    assert "第二网格" in event.note
    for unmoved in (ended, other):
        unmoved.refresh_from_db()
        assert unmoved.grid == cut.a
    assert campaign.household.campaign_doors.count() == 1
    assert list(Pairing.objects.of_grid(cut.b)) == [pairing]
    assert list(Pairing.objects.of_grid(cut.a)) == [whole]
    assert list(VisitTally.objects.order_by("pk").values()) == before
    assert Visit.objects.get().grid == cut.a
    assert recompute(save=False).differences == []
    after = Household.objects.filter(pk=moving.pk).values(*due)[0]
    assert after == due


@pytest.mark.parametrize("places", ["aaabb", "bbbbb"])
def test_the_worker_gives_her_pairings_at_the_doors_that_move_and_gets_them_back(
    cut, monday, places
):
    def partners(day) -> list:
        current = Pairing.objects.current(day).order_by("household", "pk")
        return [(one.household or one.grid, one.user) for one in current]

    door = cut.doors[2][0]
    since = monday - 30 * DAY
    PairingFactory(household=door, user=cut.ann, unit_name="", since=since)
    PairingFactory(household=None, grid=cut.a, user=cut.ann, unit_name="", since=since)
    plan = cut.accept(cut.plan(places), monday)
    before = partners(monday - DAY)

    carry_out_due(at=noon(monday))

    # A pairing of a whole grid stays with the grid, even where the grid ends.
    assert set(partners(monday)) == {(door, cut.bea), (cut.a, cut.ann)}
    plan.refresh_from_db()
    take_back(plan=plan, by=cut.world.officer, at=noon(monday + 2 * DAY))
    assert set(partners(monday + 2 * DAY)) == set(before)


def test_a_new_grid_opens_with_its_worker_on_the_day(cut, monday):
    cay = UserFactory(name="凯")
    cut.accept(cut.plan("aannb", n={"worker": cay}), monday)
    assert cut.community.grids.count() == 2
    assert HandOver.objects.get().receiver == cay

    carry_out_due(at=noon(monday))

    new = cut.community.grids.get(name="新网格")
    assert new.opened_on == monday
    member = Membership.objects.get(grid=new)
    assert (member.user, member.since, member.rank) == (cay, monday, Membership.Rank.MAIN)
    assert Household.objects.filter(grid=new).count() == 4


def test_a_grid_that_all_leave_is_closed_the_day_before(cut, monday):
    matter = MatterFactory(grid=cut.b, household=None, place="院子")
    captain = MembershipFactory(role=Role.STAIR_CAPTAIN, grid=cut.b)
    cut.accept(cut.plan("aaaaa"), monday)

    carry_out_due(at=noon(monday))

    cut.b.refresh_from_db()
    assert cut.b.closed_on == monday - DAY
    assert Membership.objects.get(user=cut.bea).until == monday - DAY
    matter.refresh_from_db()
    assert matter.grid == cut.a
    captain.refresh_from_db()
    assert (captain.grid, captain.until) == (cut.a, None)


def test_doors_registered_meanwhile_go_with_their_part(cut, today, monday):
    cut.accept(cut.plan("aaabb"), monday)
    new = HouseholdFactory(grid=cut.a, building=cut.buildings[2], room="901", grid_since=today)

    carry_out_due(at=noon(monday))

    new.refresh_from_db()
    assert new.grid == cut.b


def test_a_door_moved_by_hand_meanwhile_stays_where_it_was_put(cut, today, monday):
    third = GridFactory(community=cut.community)
    cut.accept(cut.plan("aaabb"), monday)
    Household.objects.filter(pk=cut.doors[2][0].pk).update(grid=third, grid_since=today)

    carry_out_due(at=noon(monday))

    assert Household.objects.get(pk=cut.doors[2][0].pk).grid == third
    assert Household.objects.get(pk=cut.doors[2][1].pk).grid == cut.b


def test_what_is_not_accepted(cut, today, monday):
    plan = cut.plan("aaabb")
    for day in (today - DAY, today + 400 * DAY):
        with pytest.raises(ValidationError):
            cut.accept(plan, day)
    with pytest.raises(ValidationError):
        cut.accept(cut.plan("aaaab"), monday)
    # A building that the draft does not know, in a grid it does away with.
    with pytest.raises(ValidationError):
        cut.accept(cut.plan("bb-bb"), monday)
    parts = list(plan.parts.order_by("pk").values_list("pk", flat=True))
    plan.edges = [parts[:2], parts[2:4], parts[3:5]]
    plan.save()
    with pytest.raises(ValidationError):
        cut.accept(plan, monday)
    plan.edges = [parts[:2], parts[1:3], parts[3:5]]
    plan.save()
    cut.accept(plan, monday)
    with pytest.raises(ValidationError):
        cut.accept(plan, monday)
    with pytest.raises(ValidationError):
        cut.accept(cut.plan("aabbb"), monday)
    assert Community.objects.get(pk=cut.community.pk).grids_change_on == monday
    assert Grid.objects.filter(community=cut.community).count() == 2


def test_a_grid_that_goes_on_gets_the_worker_and_the_name_of_the_plan(cut, monday):
    cay = UserFactory(name="凯")
    mine = MatterFactory(
        grid=cut.a, household=cut.doors[0][0], status="in_progress", assignee=cut.ann
    )
    names = {"a": {"worker": cay, "name": "新一网格"}, "b": {"name": "新二网格"}}
    plan = cut.accept(cut.plan("aaabb", **names), monday)
    given = {row.receiver: row.door_rows.count() for row in HandOver.objects.filter(giver=cut.ann)}
    assert given == {cay: 5, cut.bea: 2}

    carry_out_due(at=noon(monday))

    main = Membership.objects.filter(grid=cut.a, rank=Membership.Rank.MAIN).order_by("since")
    assert [(row.user, row.until) for row in main] == [(cut.ann, monday - DAY), (cay, None)]
    cut.a.refresh_from_db()
    assert cut.a.name == "新一网格"
    mine.refresh_from_db()
    assert mine.assignee == cay
    assert HandOver.objects.count() == 2

    plan.refresh_from_db()
    Grid.objects.filter(pk=cut.b.pk).update(name="后来的名字")
    take_back(plan=plan, by=cut.world.officer, at=noon(monday + DAY))
    assert Grid.objects.get(pk=cut.b.pk).name == "后来的名字"
    assert [(row.user, row.until) for row in main.all()] == [(cut.ann, None), (cay, monday)]
    cut.a.refresh_from_db()
    assert cut.a.name == "第一网格"
    mine.refresh_from_db()
    assert mine.assignee == cut.ann


def test_an_older_draft_keeps_to_who_has_a_grid_by_now(cut, today, monday):
    dee = UserFactory(name="黛")
    plan = cut.plan("aaabb", a={"worker": cut.ann}, b={"worker": cut.bea})
    GridPlan.objects.filter(pk=plan.pk).update(made_at=noon(today - 5 * DAY))
    Membership.objects.filter(user=cut.ann).update(until=today - 2 * DAY)
    MembershipFactory(user=dee, grid=cut.a, rank=Membership.Rank.MAIN, since=today - DAY)

    cut.accept(plan, monday)
    carry_out_due(at=noon(monday))

    main = Membership.objects.filter(grid=cut.a, rank=Membership.Rank.MAIN, until=None)
    assert [row.user for row in main] == [dee]
    assert {(row.giver, row.receiver) for row in HandOver.objects.all()} == {(dee, cut.bea)}


@pytest.mark.parametrize("grid", ["n", "a"])
@pytest.mark.parametrize("is_active", [True, False], ids=["left", "closed"])
def test_who_no_longer_works_here_is_named_in_vain(cut, today, monday, grid, is_active):
    gone = MembershipFactory(
        user__is_active=is_active, grid=GridFactory(), until=today - DAY if is_active else None
    ).user
    places = {"n": "aannb", "a": "aaabb"}[grid]

    cut.accept(cut.plan(places, **{grid: {"worker": gone}}), monday)

    assert not HandOver.objects.filter(receiver=gone).exists()
    carry_out_due(at=noon(monday))
    assert not HandOver.objects.filter(receiver=gone).exists()
    assert not Membership.objects.filter(user=gone, grid__community=cut.community).exists()


def test_whoever_is_assigned_after_the_acceptance_stays(cut, today, monday):
    cay, dee = UserFactory(name="凯"), UserFactory(name="黛")
    cut.accept(cut.plan("aaabb", a={"worker": cay}), monday, at=noon(today - DAY))
    Membership.objects.filter(user=cut.ann).update(until=today - DAY)
    MembershipFactory(user=dee, grid=cut.a, rank=Membership.Rank.MAIN, since=today)

    carry_out_due(at=noon(monday))

    assert Membership.objects.current(monday).get(grid=cut.a, rank="main").user == dee
    # Who had them at the acceptance hands nothing over any more.
    assert {row.giver for row in HandOver.objects.all()} == {dee}
