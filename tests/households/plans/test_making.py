"""A draft as the planner makes it: what is stored, what is refused, and the command."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import translation

from communities.models import Grid, Membership
from communities.roles import Role
from households.models import GridPlan, Household
from households.plans import answers, making
from households.plans.figures import moves_of, plan_figures
from households.plans.stored import parts_of
from tests.factories import BuildingFactory, GridFactory, HouseholdFactory, MembershipFactory
from tests.households.plans.drafts import build, draft

pytestmark = pytest.mark.django_db


def test_estates_are_kept_whole_where_they_fit(community, grid):
    """Two estates side by side: cut across, the halves would be rounder, but split both."""
    for row in range(6):
        for column, estate in enumerate(["东苑", "西苑"]):
            build(community, grid, f"{row}号楼", 5, at=(column * 80, row * 50), estate=estate)
    plan = draft(community, grids=2)
    estates = {(part.building.estate, part.planned_grid_id) for part in plan.parts.all()}
    assert len(estates) == 2


def test_without_positions_the_address_order_is_divided(community, grid):
    for n in range(1, 7):
        build(community, grid, f"{n}号楼", n, estate="")
    plan = draft(community, grids=3)
    found = [(str(part), part.planned_grid_id) for part in parts_of(plan)]
    labels = [label for _name, label in found]
    assert [name for name, _label in found] == [f"{n}号楼" for n in range(1, 7)]
    # 1+2+3, 4+5 and 6: no other cut comes closer to 7 each.
    assert [labels.count(label) for label in dict.fromkeys(labels)] == [3, 2, 1]
    assert {"code": "address_order"} in plan.remarks


def test_building_without_a_position_stands_beside_its_neighbour(community, grid, lattice):
    build(community, grid, "13号楼", 5)
    plan = draft(community, grids=2)
    assert {"code": "no_position", "buildings": 1} in plan.remarks
    assert not plan_figures(plan).broken


def test_building_larger_than_several_grids_is_divided(community, grid):
    tower = build(community, grid, "1号楼", 60, at=(0, 0), unit="1", floors=20)
    for door in range(10):
        HouseholdFactory(building=tower, grid=grid, unit="2", room=f"{door + 1}01")
    plan = draft(community, grids=4)
    parts = parts_of(plan)
    assert {part.unit for part in parts} == {"1", "2"}
    assert sum(part.households for part in parts) == 70
    figures = plan_figures(plan)
    assert figures.outside == 0
    assert not figures.broken
    for household in Household.objects.filter(building=tower):
        assert sum(part.holds(household) for part in parts) == 1


def test_community_without_households_is_refused_in_words(community, grid):
    with pytest.raises(ValidationError, match="No actual households"):
        draft(community, grids=2)
    build(community, grid, "1号楼", 2, occupancy=Household.Occupancy.VACANT)
    with pytest.raises(ValidationError, match="No actual households"):
        draft(community, grids=2)


def test_recut_without_grids_is_refused_in_words(community):
    build(community, community.holding_grid(), "1号楼", 2)
    with pytest.raises(ValidationError, match="no grids yet"):
        draft(community, is_recut=True)


def test_empty_building_goes_along(community, grid, lattice):
    empty = build(community, grid, "14号楼", 2, at=(75, 25), occupancy=Household.Occupancy.VACANT)
    BuildingFactory(community=community, name="无门楼")
    plan = draft(community, grids=2)
    part = plan.parts.get(building=empty)
    assert part.households == 0
    assert plan.parts.count() == 13


def test_more_grids_than_buildings_is_said(community, grid):
    build(community, grid, "1号楼", 1, at=(0, 0))
    build(community, grid, "2号楼", 1, at=(50, 0))
    plan = draft(community, grids=4)
    assert "empty_grids" in {remark["code"] for remark in plan.remarks}
    assert plan.grids.count() == 2


def test_dedicated_grid_is_left_alone(community, grid, lattice):
    market = GridFactory(community=community, kind=Grid.Kind.DEDICATED)
    build(community, market, "市场", 30, at=(500, 500))
    plan = draft(community, grids=2)
    assert plan_figures(plan).households == 60
    assert not plan.grids.filter(grid=market).exists()


def test_grid_that_keeps_most_keeps_its_name_and_worker(community, grid, lattice):
    worker = MembershipFactory(grid=grid, role=Role.GRID_WORKER, rank=Membership.Rank.MAIN).user
    plan = draft(community, grids=2)
    kept, new = plan.grids.order_by("number")
    assert (kept.grid, kept.name, kept.worker) == (grid, grid.name, worker)
    assert (new.grid, new.worker) == (None, None)
    figures = plan_figures(plan)
    assert figures.moved == 30
    assert {part.planned_grid for part, _grid, _count in moves_of(parts_of(plan))} == {new}


def test_a_building_removed_during_the_search_is_told(community, lattice, monkeypatch):
    def ask(*args, **kwargs):
        answer = answers.ask(*args, **kwargs)
        lattice[0].households.all().delete()
        lattice[0].delete()
        return answer

    monkeypatch.setattr(making, "ask", ask)
    with pytest.raises(ValidationError, match="changed meanwhile"):
        draft(community, grids=2)
    assert not GridPlan.objects.exists()


def test_command_stores_a_draft_and_prints_its_figures(community, lattice, capsys):
    call_command("plan_grids", community.code, "--grids", "2", "--time", "0.2")
    out = capsys.readouterr().out
    assert "2 grids, 60 households" in out
    assert "largest deviation 0%" in out
    assert "from the best possible: 0 points (proven: 0% is the best possible)" in out
    assert GridPlan.objects.get().community == community


def test_command_speaks_the_language_of_the_site(community, lattice, capsys):
    with translation.override("zh-hans"):
        call_command("plan_grids", community.code, "--grids", "2", "--time", "0.2")
    out = capsys.readouterr().out
    assert "2个网格，60户" in out
    assert re.findall("[A-Za-z]+", out) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["000000000000"], "there is no community"),
        (["{code}", "--grids", "0"], "at least 1"),
        (["{code}", "--grids", "2000"], "at most 999"),
        (["{code}", "--max-moves", "5"], "needs --recut"),
        (["{code}", "--time", "nan"], "--time must be above 0"),
        (["{code}", "--time", "inf"], "--time must be above 0"),
        (["{code}", "--seed", "-1"], "--seed must be"),
        (["{code}", "--seed", "3000000000"], "--seed must be"),
        (["{code}"], "No actual households"),
    ],
)
def test_command_refuses_in_words(community, arguments, words):
    with pytest.raises(CommandError, match=words):
        call_command("plan_grids", *(part.format(code=community.code) for part in arguments))
