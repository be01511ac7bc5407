"""A grid is closed by hand: its doors wait, and whoever minded them hands them to somebody."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from communities.models import Membership
from communities.roles import Role
from households.models import Household
from tests.cut import DAY, Cut
from tests.factories import GridFactory, MatterFactory, UserFactory
from visits.actions.assignments import assign
from visits.actions.grid_closing import close_and_hand_over
from visits.actions.grid_filling import give_doors
from visits.actions.plan_changes import take_back
from visits.models import HandOver


@pytest.fixture
def cut(world) -> Cut:
    return Cut(world)


@pytest.fixture
def today():
    return timezone.localdate()


def close(cut, grid) -> int:
    return close_and_hand_over(grid=grid, by=cut.world.officer, at=timezone.now())


def give(cut, doors, grid) -> None:
    chosen = Household.objects.filter(pk__in=[door.pk for door in doors])
    give_doors(households=chosen, grid=grid, by=cut.world.officer, at=timezone.now())


def worker_of(cut, grid, name) -> Membership:
    return assign(
        membership=Membership(
            user=UserFactory(name=name),
            role=Role.GRID_WORKER,
            grid=grid,
            employment="full_time",
            rank="main",
            since=timezone.localdate(),
        ),
        by=cut.world.officer,
        at=timezone.now(),
    )


def said() -> set[tuple]:
    """Every hand-over: who gives, who receives, and the doors it names."""
    return {
        (row.giver, row.receiver, frozenset(row.door_rows.values_list("household", flat=True)))
        for row in HandOver.objects.all()
    }


def test_closing_hands_the_doors_to_nobody_yet_and_the_matters_to_the_officer(cut, as_user, today):
    at_door = MatterFactory(
        grid=cut.b, household=cut.doors[3][0], assignee=cut.bea, status="in_progress"
    )
    outside = MatterFactory(grid=cut.b, household=None, place="院子", assignee=None)
    client = as_user(cut.world.officer)

    client.post(reverse("visits:grid_close", args=[cut.b.code]))

    keys = frozenset(door.pk for door in cut.doors[3])
    assert said() == {(cut.bea, None, keys)}
    row = HandOver.objects.get()
    assert (row.grid, row.effective_on, row.made_by) == (cut.b, today, cut.world.officer)
    at_door.refresh_from_db()
    outside.refresh_from_db()
    holding = cut.community.holding_grid()
    assert (at_door.grid, at_door.assignee) == (holding, cut.world.officer)
    assert outside.grid == holding


def test_a_grid_without_a_main_worker_closes_without_a_hand_over(cut):
    Membership.objects.filter(user=cut.bea).update(rank="backup")

    assert close(cut, cut.b) == 2

    assert not HandOver.objects.exists()


def test_doors_that_waited_go_to_whoever_has_their_next_grid(cut):
    first, second = cut.doors[3]
    matter = MatterFactory(grid=cut.b, household=first, assignee=cut.bea, status="in_progress")
    close(cut, cut.b)

    give(cut, [first], cut.a)

    assert said() == {
        (cut.bea, None, frozenset([second.pk])),
        (cut.bea, cut.ann, frozenset([first.pk])),
    }
    matter.refresh_from_db()
    assert (matter.grid, matter.assignee) == (cut.a, cut.ann)
    cut.ann.refresh_from_db()
    assert cut.ann.hand_over_on

    give(cut, [second], cut.a)

    assert said() == {(cut.bea, cut.ann, frozenset([first.pk, second.pk]))}
    cut.world.officer.refresh_from_db()
    assert cut.world.officer.hand_over_on is None


def test_doors_wait_on_in_a_grid_without_a_worker_until_it_has_one(cut):
    first, second = cut.doors[3]
    matter = MatterFactory(grid=cut.b, household=first, assignee=cut.bea, status="in_progress")
    close(cut, cut.b)
    new = GridFactory(community=cut.community, name="新网格")
    give(cut, [first], new)
    assert said() == {(cut.bea, None, frozenset([first.pk, second.pk]))}

    cay = worker_of(cut, new, "凯").user

    assert said() == {
        (cut.bea, None, frozenset([second.pk])),
        (cut.bea, cay, frozenset([first.pk])),
    }
    matter.refresh_from_db()
    assert matter.assignee == cay


def test_a_new_worker_does_not_receive_doors_that_have_left_her_grid(cut, today):
    door = cut.doors[2][0]
    new = GridFactory(community=cut.community, name="新网格")
    give(cut, [door], new)
    assert said() == {(cut.ann, None, frozenset([door.pk]))}

    Membership.objects.filter(user=cut.ann).update(until=today - DAY)
    worker_of(cut, cut.a, "丹")

    assert said() == {(cut.ann, None, frozenset([door.pk]))}


def test_who_gave_doors_and_gets_them_back_hands_over_nothing(cut):
    door = cut.doors[2][0]
    matter = MatterFactory(grid=cut.a, household=door, assignee=cut.ann, status="in_progress")
    give(cut, [door], GridFactory(community=cut.community, name="新网格"))
    matter.refresh_from_db()
    assert matter.assignee == cut.world.officer

    give(cut, [door], cut.a)

    assert said() == set()
    matter.refresh_from_db()
    assert (matter.grid, matter.assignee) == (cut.a, cut.ann)


def test_no_door_goes_back_into_a_grid_closed_since(cut, today):
    plan = cut.accept(cut.plan("aaabb"), today)
    close(cut, cut.a)

    with pytest.raises(ValidationError, match="第一网格"):
        take_back(plan=plan, by=cut.world.officer, at=timezone.now())

    assert cut.lie() == "nnnbb"


def test_no_grid_is_closed_while_a_plan_counts_on_it(cut, today):
    cut.accept(cut.plan("aaabb"), today + DAY)

    with pytest.raises(ValidationError, match="等待生效"):
        close(cut, cut.b)

    cut.b.refresh_from_db()
    assert cut.b.closed_on is None
