"""Grids change while processes are killed, and while several want to change them at once."""

import os

import pytest
from django.db import connection
from django.utils import timezone

from communities.models import Community, Grid, Membership
from households.models import FormerGrid, GridPlan, Household, PlannedMove
from tests.cut import DAY, Cut, noon
from tests.factories import MatterFactory, UserFactory
from tests.faults import killing
from visits.actions.plan_changes import accept_plan, carry_out_due, take_back
from visits.models import HandOver, Matter, MatterEvent

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
MOST_STEPS = 400
# Every fifth statement and commit: a process for each of some hundred would take minutes.
STRIDE = 5
FAILED = 99


@pytest.fixture
def cut(world):
    """All of B goes to A, a new grid takes a part of A: everything a plan can do."""
    cut = Cut(world)
    held = {"status": "in_progress", "assignee": cut.ann}
    MatterFactory(grid=cut.a, household=cut.doors[1][0], **held)
    MatterFactory(grid=cut.b, household=None, place="院子")
    return cut


def in_process(do, *, dies_at: int | None = None) -> int:
    """Run it in a process of its own, killed at that step; return its key."""
    connection.close()
    key = os.fork()
    if key:
        return key
    # Where a browser was driven before, another connection of the parent is found here, which
    # must be neither used nor closed.
    _inherited, connection.connection = connection.connection, None
    try:
        killing.left.steps = dies_at
        with connection.execute_wrapper(killing.before_statement):
            done = do()
        os._exit(int(done))
    except BaseException:  # noqa: BLE001 - whatever it was, the parent has to know
        os._exit(FAILED)


def outcome(key: int) -> int | None:
    """Return the number a process ended with, None where it was killed."""
    _key, status = os.waitpid(key, 0)
    return None if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)


def state() -> list[object]:
    """Everything that a change of grids may touch."""
    return [
        list(model.objects.order_by("pk").values_list(*names))
        for model, names in (
            (Household, ("pk", "grid", "grid_since")),
            (FormerGrid, ("household", "grid", "since", "until")),
            (Grid, ("pk", "opened_on", "closed_on")),
            (Membership, ("pk", "grid", "until")),
            (Matter, ("pk", "grid", "assignee", "moves")),
            (MatterEvent, ("matter", "step")),
            (HandOver, ("giver", "receiver", "state")),
            (PlannedMove, ("household", "left_since")),
            (GridPlan, ("pk", "accepted_by", "taken_back_by", "carried")),
            (Community, ("pk", "grids_change_on")),
        )
    ]


def acceptance(cut, plan, today):
    at, by = timezone.now(), cut.world.officer
    return lambda: bool(accept_plan(plan=plan, by=by, effective_on=today, at=at))


def the_day(cut, plan, today):
    cut.accept(plan, today, at=noon(today - DAY))
    return lambda: carry_out_due(at=timezone.now())


def the_way_back(cut, plan, today):
    cut.accept(plan, today, at=noon(today - 3 * DAY))
    carry_out_due(at=noon(today))
    return lambda: bool(take_back(plan=plan, by=cut.world.officer, at=noon(today + DAY)))


@pytest.mark.parametrize("prepare", [acceptance, the_day, the_way_back])
def test_killed_on_the_way_nothing_is_half_moved(cut, prepare):
    plan = cut.plan("aanna", n={"worker": UserFactory(name="凯")})
    do = prepare(cut, plan, timezone.localdate())
    before = state()
    killed = 0
    for step in range(1, MOST_STEPS, STRIDE):
        result = outcome(in_process(do, dies_at=step))
        if result is not None:
            break
        killed += 1
        if state() != before:
            break
    # Only a kill at the commit or after it leaves it done, and then all of it is. One that was
    # on its way to the server may arrive after the look, and the next process finds it done.
    assert result in (None, 1, FAILED)
    after = state()
    assert after != before
    assert killed > 6
    plan.refresh_from_db()
    assert plan.state == (
        GridPlan.State.TAKEN_BACK if prepare is the_way_back else GridPlan.State.IN_EFFECT
    )
    assert cut.lie() == ("aaaab" if prepare is the_way_back else "aanna")
    assert outcome(in_process(lambda: carry_out_due(at=timezone.now()))) == 0
    assert state() == after


def test_of_many_at_once_exactly_one_carries_it_out(cut):
    today = timezone.localdate()
    plan = cut.plan("aanna", n={"worker": UserFactory(name="凯")})
    do = the_day(cut, plan, today)
    keys = [in_process(do) for _ in range(4)]

    assert sorted(outcome(key) for key in keys) == [0, 0, 0, 1]

    assert cut.lie() == "aanna"
    assert cut.community.grids.filter(opened_on=today).count() == 1
    assert FormerGrid.objects.count() == 6


def test_of_two_acceptances_at_once_one_is_refused(cut):
    today = timezone.localdate()
    plans = [cut.plan("aabbb"), cut.plan("aaabb")]
    keys = [in_process(acceptance(cut, plan, today + DAY)) for plan in plans]

    assert sorted(outcome(key) for key in keys) == [1, FAILED]

    assert GridPlan.objects.waiting().count() == 1
