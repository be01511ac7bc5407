"""A plan of grids takes effect: what moves with the doors, what stays, and the way back."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from communities.models import Community, Grid, Membership
from communities.roles import Role
from households.actions import plan_effects
from households.models import FormerGrid, GridPlan, Household
from tests.cut import DAY, Cut, noon
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
from visits.actions.grid_filling import give_doors
from visits.actions.hand_over_moves import carry_out_due as carry_out_hand_overs
from visits.actions.hand_overs import accept, give_again, hand_over
from visits.actions.plan_changes import carry_out, carry_out_due, take_back
from visits.actions.recompute import recompute
from visits.actions.waiting_doors import receive_waiting_doors
from visits.models import HandOver, MatterEvent, Pairing, Step, Visit, VisitTally


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def monday(today):
    return today + DAY * (7 - today.weekday())


@pytest.fixture
def cut(world) -> Cut:
    return Cut(world)


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


def test_a_hand_over_is_made_at_once_for_each_pair_of_workers(cut, monday):
    cut.accept(cut.plan("aaabb"), monday)

    row = HandOver.objects.get()
    assert (row.giver, row.receiver, row.grid) == (cut.ann, cut.bea, cut.a)
    assert row.effective_on == monday
    assert row.carried_out_at is None
    assert {door.household_id for door in row.door_rows.all()} == {d.pk for d in cut.doors[2]}


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


def test_a_hand_over_by_hand_of_the_same_day_stays(cut, as_user, today):
    own = HandOver.objects.create(
        giver=cut.ann,
        receiver=cut.bea,
        grid=cut.a,
        is_partial=True,
        reason=HandOver.Reason.RECUT,
        effective_on=today + DAY,
        made_at=timezone.now(),
    )
    own.door_rows.create(household=cut.doors[0][0])
    plan = cut.accept(cut.plan("aannb", n={"worker": UserFactory(name="凯")}), today + DAY)
    page = as_user(cut.world.officer).get(reverse("visits:plan_change", args=[plan.pk]))
    assert list(page.context["hand_overs"]) == list(HandOver.objects.exclude(pk=own.pk))
    assert HandOver.objects.count() == 2

    take_back(plan=plan, by=cut.world.officer, at=timezone.now())

    assert list(HandOver.objects.all()) == [own]


def test_doors_given_by_hand_between_the_same_two_stay_given_when_the_plan_is_taken_back(
    cut, today
):
    plan = cut.accept(cut.plan("aaabb"), today + DAY)
    by_hand = hand_over(
        giver=cut.ann,
        receiver=cut.bea,
        grid=cut.a,
        doors=[cut.doors[0][0].pk],
        reason=HandOver.Reason.RECUT,
        on=today + DAY,
        by=cut.world.officer,
        at=timezone.now(),
    )
    assert [row.plan for row in HandOver.objects.order_by("pk")] == [plan, None]

    take_back(plan=plan, by=cut.world.officer, at=timezone.now())

    assert list(HandOver.objects.all()) == [by_hand]


def test_hand_overs_name_the_plan_they_come_from_there_and_back(cut, monday):
    plan = cut.accept(cut.plan("aannb", n={"worker": UserFactory(name="凯")}), monday)
    carry_out_due(at=noon(monday))
    give_doors(
        households=Household.objects.filter(pk=cut.doors[0][0].pk),
        grid=cut.b,
        by=cut.world.officer,
        at=noon(monday),
    )

    def found() -> dict:
        return {(row.giver.name, row.receiver.name): row.plan for row in HandOver.objects.all()}

    assert found() == {("安", "凯"): plan, ("安", "贝"): None}
    plan.refresh_from_db()

    take_back(plan=plan, by=cut.world.officer, at=noon(monday + DAY))

    # Nobody had accepted the way there.
    assert found() == {("安", "贝"): None, ("凯", "安"): plan}


def test_who_comes_to_the_grid_later_receives_its_doors_as_of_the_plan(cut, monday):
    plan = cut.accept(cut.plan("aannb"), monday)
    carry_out_due(at=noon(monday))
    [new] = cut.community.grids.filter(name="新网格")
    cay = MembershipFactory(user=UserFactory(name="凯"), grid=new).user

    receive_waiting_doors(grid=new, receiver=cay, by=cut.world.officer, at=noon(monday + DAY))

    row = HandOver.objects.get()
    assert (row.receiver, row.plan) == (cay, plan)


def test_matters_stay_where_they_are_until_the_grids_have_changed(cut, monday, monkeypatch):
    matter = MatterFactory(
        grid=cut.a, household=cut.doors[2][0], assignee=cut.ann, status="assigned"
    )
    cut.accept(cut.plan("aannb", n={"worker": UserFactory(name="凯")}), monday)
    monkeypatch.setattr(plan_effects, "MOST_GRIDS", 2)
    assert carry_out_due(at=noon(monday)) == 0

    carry_out_hand_overs(HandOver.objects.all(), at=noon(monday))
    give_again(HandOver.objects.get(), cut.bea, by=cut.world.officer, at=noon(monday), word="")

    matter.refresh_from_db()
    assert matter.assignee == cut.ann
    monkeypatch.undo()
    assert carry_out_due(at=noon(monday + DAY)) == 1
    matter.refresh_from_db()
    assert matter.assignee.name == "凯"


def test_a_door_given_to_another_of_her_grids_meanwhile_keeps_its_matters(cut, today, monday):
    third = GridFactory(community=cut.community)
    MembershipFactory(user=cut.ann, grid=third, rank=Membership.Rank.MAIN)
    door = cut.doors[2][0]
    matter = MatterFactory(grid=cut.a, household=door, assignee=cut.ann, status="assigned")
    cut.accept(cut.plan("aaabb"), monday)
    give_doors(
        households=Household.objects.filter(pk=door.pk),
        grid=third,
        by=cut.world.officer,
        at=timezone.now(),
    )

    carry_out_due(at=noon(monday))

    matter.refresh_from_db()
    assert (matter.grid, matter.assignee) == (third, cut.ann)
    assert not HandOver.objects.filter(door_rows__household=door).exists()


def test_open_matters_follow_doors_given_by_hand_too(cut, today):
    door = cut.doors[2][0]
    matter = MatterFactory(grid=cut.a, household=door, status="in_progress", assignee=cut.ann)

    give_doors(
        households=Household.objects.filter(pk=door.pk),
        grid=cut.b,
        by=cut.world.officer,
        at=timezone.now(),
    )

    matter.refresh_from_db()
    assert (matter.grid, matter.assignee) == (cut.b, cut.bea)
