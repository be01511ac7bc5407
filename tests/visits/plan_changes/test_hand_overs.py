"""The hand-overs that a plan of grids makes, and those by hand beside them."""

from django.urls import reverse
from django.utils import timezone

from communities.models import Membership
from households.actions import plan_effects
from households.models import Household
from tests.cut import DAY, noon
from tests.factories import (
    GridFactory,
    MatterFactory,
    MembershipFactory,
    UserFactory,
)
from visits.actions.grid_filling import give_doors
from visits.actions.hand_over_moves import carry_out_due as carry_out_hand_overs
from visits.actions.hand_overs import give_again, hand_over
from visits.actions.plan_changes import carry_out_due, take_back
from visits.actions.waiting_doors import receive_waiting_doors
from visits.models import HandOver


def test_a_hand_over_is_made_at_once_for_each_pair_of_workers(cut, monday):
    cut.accept(cut.plan("aaabb"), monday)

    row = HandOver.objects.get()
    assert (row.giver, row.receiver, row.grid) == (cut.ann, cut.bea, cut.a)
    assert row.effective_on == monday
    assert row.carried_out_at is None
    assert {door.household_id for door in row.door_rows.all()} == {d.pk for d in cut.doors[2]}


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
