"""What an officer changes in a draft by hand, and what the planner finishes after her."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from households.models import GridPlan, Household, PlannedPart
from households.plans import changing
from households.plans.figures import plan_figures
from tests.factories import GridFactory, UserFactory
from tests.households.plans.drafts import break_apart, build, draft

pytestmark = pytest.mark.django_db


def test_load_aimed_at_follows_the_number_of_grids(community, grid, lattice):
    plan = draft(community, grids=2)
    part = plan.parts.order_by("-planned_grid__number").first()
    before = part.planned_grid
    changing.move_parts(plan=plan, parts=[part.pk], to=None)
    figures = plan_figures(GridPlan.objects.get())
    assert (len(figures.grids), figures.target) == (3, 20)
    # Nobody has searched for the best of three grids yet.
    assert "estimated" not in figures.least_words
    changing.finish(plan=figures.plan, seconds=0.3)
    figures = plan_figures(GridPlan.objects.get())
    assert [row.households for row in figures.grids] == [20, 20, 20]
    opened = figures.grids[2].planned
    changing.move_parts(plan=plan, parts=list(opened.parts.values_list("pk", flat=True)), to=before)
    figures = plan_figures(GridPlan.objects.get())
    assert (len(figures.grids), figures.target) == (2, 30)


def codes_of(plan):
    return {remark["code"] for remark in GridPlan.objects.get(pk=plan.pk).remarks}


def test_remarks_on_the_division_go_when_it_is_changed_by_hand(community, grid, pairs):
    build(community, grid, "3号楼", 1, estate="")
    plan = draft(community, grids=2, measure="households", tolerance_percent=1)
    assert codes_of(plan) == {"no_position", "outside_tolerance"}
    part = plan.parts.first()
    other = plan.grids.exclude(pk=part.planned_grid_id).first()
    changing.move_parts(plan=plan, parts=[part.pk], to=other)
    assert codes_of(plan) == {"no_position"}


def test_finish_says_that_locked_buildings_lie_apart(community, pairs):
    plan = draft(community, grids=2, measure="households")
    break_apart(plan, pairs[1])
    changing.set_locks(plan=plan, parts=list(plan.parts.values_list("pk", flat=True)), locked=True)
    changing.finish(plan=GridPlan.objects.get(), seconds=0.2)
    assert "broken_by_fixed" in codes_of(plan)


def test_move_changes_figures_and_says_when_a_grid_breaks(community, grid, lattice):
    plan = draft(community, grids=2)
    first, second = plan.grids.order_by("number")
    here = set(second.parts.values_list("pk", flat=True))
    far = next(
        part
        for part in first.parts.all()
        if not any({part.pk, key} in [set(edge) for edge in plan.edges] for key in here)
    )
    changing.move_parts(plan=plan, parts=[far.pk], to=second)
    figures = plan_figures(plan)
    assert [row.households for row in figures.grids] == [25, 35]
    assert [row.planned for row in figures.broken] == [second]


def test_move_to_a_new_grid_opens_one(community, lattice):
    plan = draft(community, grids=2)
    part = plan.parts.first()
    opened, count = changing.move_parts(plan=plan, parts=[part.pk], to=None)
    assert (opened.number, opened.grid, count) == (2, None, 1)


def test_locked_part_is_not_moved_by_hand(community, lattice):
    plan = draft(community, grids=2)
    part = plan.parts.first()
    changing.set_locks(plan=plan, parts=[part.pk], locked=True)
    other = plan.grids.exclude(pk=part.planned_grid_id).get()
    with pytest.raises(ValidationError, match="Unlock"):
        changing.move_parts(plan=plan, parts=[part.pk], to=other)


@pytest.mark.parametrize("is_recut", [False, True])
def test_finish_leaves_locked_parts_and_restores_balance(community, grid, lattice, is_recut):
    other = GridFactory(community=community)
    Household.objects.filter(building__in=lattice[:4]).update(grid=other)
    plan = draft(community, grids=None if is_recut else 2, is_recut=is_recut)
    part = plan.parts.order_by("pk").first()
    target = plan.grids.exclude(pk=part.planned_grid_id).get()
    changing.move_parts(plan=plan, parts=[part.pk], to=target)
    changing.set_locks(plan=plan, parts=[part.pk], locked=True)
    plan.refresh_from_db()
    changing.finish(plan=plan, seconds=0.3)
    part.refresh_from_db()
    assert part.planned_grid == target
    assert plan_figures(plan).largest_deviation <= 20


def test_finish_of_a_recut_moves_more_where_few_moves_leave_grids_outside(community, grid, lattice):
    other = GridFactory(community=community)
    Household.objects.filter(building__in=lattice[:2]).update(grid=other)
    plan = draft(community, is_recut=True)
    for part in plan.parts.all():
        changing.move_parts(plan=plan, parts=[part.pk], to=plan.grids.get(grid=part.today))
    assert plan_figures(plan).outside == 2
    plan.refresh_from_db()
    changing.finish(plan=plan, seconds=0.3)
    assert plan_figures(plan).outside == 0


def test_accepted_plan_is_changed_no_more(community, lattice):
    plan = draft(community, grids=2)
    GridPlan.objects.filter(pk=plan.pk).update(
        accepted_at=timezone.now(), effective_on=timezone.localdate()
    )
    part = plan.parts.first()
    for change in (
        lambda: changing.move_parts(plan=plan, parts=[part.pk], to=plan.grids.first()),
        lambda: changing.set_locks(plan=plan, parts=[part.pk], locked=True),
        lambda: changing.finish(plan=plan, seconds=0.1),
        lambda: changing.change_grid(planned=plan.grids.first(), name="x", worker=None),
        lambda: changing.delete_draft(plan=plan),
    ):
        with pytest.raises(ValidationError, match="accepted"):
            change()
    assert changing.copy_draft(plan=plan, by=UserFactory()).state == GridPlan.State.DRAFT


def test_finishing_does_not_undo_what_somebody_changed_meanwhile(community, lattice):
    plan = draft(community, grids=2)
    part = plan.parts.first()
    changing.set_locks(plan=plan, parts=[part.pk], locked=True)
    with pytest.raises(ValidationError, match="Somebody changed"):
        changing.finish(plan=plan, seconds=0.1)


def test_copy_has_the_same_figures_and_a_life_of_its_own(community, lattice):
    plan = draft(community, grids=3)
    copy = changing.copy_draft(plan=plan, by=UserFactory())
    before, after = plan_figures(plan), plan_figures(copy)
    assert after.least_words == before.least_words
    assert [row.load for row in after.grids] == [row.load for row in before.grids]
    assert [row.pieces for row in after.grids] == [1, 1, 1]
    changing.delete_draft(plan=plan)
    assert PlannedPart.objects.filter(plan=copy).count() == 12
