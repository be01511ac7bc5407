"""What is said of a draft, and how far it is from the best possible."""

import pytest

from households.map.plan import plan_map
from households.models import GridPlan
from households.plans import changing
from households.plans.figures import moves_of, plan_figures
from tests.households.plans.drafts import break_apart, build, draft

pytestmark = pytest.mark.django_db


def test_doors_in_no_grid_are_named_among_those_that_come(community, grid, lattice):
    build(community, community.holding_grid(), "新楼", 5, at=(200, 0))
    plan = draft(community, is_recut=True)
    assert plan_figures(plan).moved == 0
    [(part, left, households)] = moves_of(plan.parts.all())
    assert (part.building.name, left, households) == ("新楼", None, 5)


def test_figures_are_those_of_the_rows(community, grid, lattice):
    plan = draft(community, grids=2)
    figures = plan_figures(plan)
    assert (figures.households, figures.target, figures.largest_deviation) == (60, 30, 0)
    assert [row.households for row in figures.grids] == [30, 30]
    assert (figures.estates, figures.estates_split) == (1, 1)
    # Six buildings 50 metres apart are joined by five ways.
    assert [row.walk for row in figures.grids] == [250, 250]
    assert figures.from_least == 0


def test_figures_know_the_tighter_of_the_proven_bounds(community, pairs):
    """No building outweighs a grid and the whole divides by two, yet a third off is the best."""
    figures = plan_figures(draft(community, grids=2, measure="households"))
    assert figures.largest_deviation == 33.3
    assert (figures.from_least, figures.is_proven) == (0, True)
    assert figures.least_words == "proven: 33.3% is the best possible"


def test_a_draft_made_worse_by_hand_is_compared_with_the_best_known(community, pairs):
    plan = draft(community, grids=2, measure="households")
    first, second = plan.grids.order_by("number")
    changing.move_parts(plan=plan, parts=list(first.parts.values_list("pk", flat=True)), to=second)
    figures = plan_figures(plan)
    assert (figures.largest_deviation, figures.from_least) == (100, 66.7)
    assert figures.least_words == "proven: 33.3% is the best possible"


def test_what_is_only_found_is_called_estimated(community, pairs):
    plan = draft(community, grids=2, measure="households")
    GridPlan.objects.filter(pk=plan.pk).update(least_proven=12.39, least_found=33.33)
    figures = plan_figures(GridPlan.objects.get())
    # Rounded down: what is said to be impossible is.
    assert figures.least_words == "proven: not below 12.3%; estimated: 33.3% is the best"
    assert (figures.from_least, figures.is_proven) == (20.9, False)
    GridPlan.objects.update(least_proven=0)
    figures = plan_figures(GridPlan.objects.get())
    assert figures.least_words == "nothing above 0% is proven; estimated: 33.3% is the best"


def test_bound_of_another_number_of_grids_is_not_shown(community, pairs):
    plan = draft(community, grids=2, measure="households")
    part = plan.parts.order_by("pk").first()
    changing.move_parts(plan=plan, parts=[part.pk], to=None)
    plan = GridPlan.objects.get()
    assert (plan.least_proven, plan.least_found) == (None, None)
    # Three buildings of two doors make three grids of two.
    assert plan_figures(plan).least_words == "proven: 0% is the best possible"
    changing.finish(plan=plan, seconds=0.2)
    plan = GridPlan.objects.get()
    assert plan.least_found == plan.least_proven == 0


def test_disconnected_draft_is_no_estimate(community, pairs):
    """What grids in pieces reach says nothing of connected ones."""
    plan = draft(community, grids=2, measure="households")
    break_apart(plan, pairs[1])
    GridPlan.objects.update(least_proven=None, least_found=None)
    figures = plan_figures(GridPlan.objects.get())
    assert figures.broken
    assert figures.least_words == "nothing above 0% is proven"


def test_page_and_map_of_a_plan_tell_the_same_deviation(community, grid, lattice):
    plan = draft(community, grids=2)
    plan.parts.update(workload=5.0417)
    on_page = [f"{row.deviation:+g} %" for row in plan_figures(plan).grids]
    assert on_page == [row.deviation for row in plan_map(plan).rows] == ["+0.8 %", "+0.8 %"]
