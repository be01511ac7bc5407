"""What the planner is given: households, metres, and who is beside whom."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from households.models import Barrier, BuildingPair, Household
from households.plans.instance import Wish, read_problem
from tests.factories import GridFactory, HouseholdFactory
from tests.households.plans.drafts import build, degrees

pytestmark = pytest.mark.django_db


def test_instance_has_actual_households_and_metres(community, lattice, grid):
    HouseholdFactory(
        building=lattice[0], grid=grid, room="1199", occupancy=Household.Occupancy.VACANT
    )
    instance, parts, *_rest = read_problem(community, Wish(grids=3))
    assert instance.k == 3
    assert instance.target == 20
    assert [node.households for node in instance.nodes] == [5] * 12
    assert [part.building for part in parts] == sorted(lattice, key=lambda row: row.walk_order)
    first, second = instance.nodes[0], instance.nodes[1]
    assert abs(second.x - first.x) == pytest.approx(50, rel=0.01)
    # A lattice has no diagonals.
    assert {len(near) for near in instance.neighbours} == {2, 3, 4}


@pytest.mark.parametrize(
    ("wish", "grids"),
    [
        ({"grids": 5}, 5),
        ({"size": 20}, 3),
        ({"per_worker": 11}, 6),
        ({}, 1),
    ],
)
def test_wish_says_how_many_grids(community, lattice, wish, grids):
    assert read_problem(community, Wish(**wish)).instance.k == grids


def test_instance_asks_as_often_for_many_buildings(community, grid):
    counts = []
    for name in ("1号楼", "2号楼"):
        build(community, grid, name, 2, at=(len(counts), 0))
        with CaptureQueriesContext(connection) as queries:
            read_problem(community, Wish())
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 10


def test_barrier_and_pairs_decide_who_is_beside_whom(community, grid):
    buildings = [
        build(community, grid, f"{n}号楼", 2, at=(n * 50, 0), estate="") for n in range(1, 5)
    ]
    Barrier.objects.create(
        community=community,
        name="河",
        line=[[degrees(75), -1], [degrees(75), 1]],
    )
    BuildingPair.objects.create(
        first=buildings[2], second=buildings[3], relation=BuildingPair.Relation.APART
    )
    BuildingPair.objects.create(
        first=buildings[0], second=buildings[3], relation=BuildingPair.Relation.NEIGHBOURS
    )
    instance = read_problem(community, Wish(grids=2)).instance
    assert instance.neighbours == ((3,), (2,), (1,), (0,))


def test_recut_divides_a_building_at_todays_border(community, grid):
    other = GridFactory(community=community)
    shared = build(community, grid, "1号楼", 4, at=(0, 0), unit="1")
    for door in range(4):
        HouseholdFactory(building=shared, grid=other, unit="2", room=f"{door + 1}01")
    problem = read_problem(community, Wish(is_recut=True))
    assert [(part.unit, part.today) for part in problem.parts] == [("1", grid.pk), ("2", other.pk)]
    assert problem.instance.current == (0, 1)
