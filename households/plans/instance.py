"""The planner's problem of a community: parts of buildings, who is beside whom, how many grids."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from communities.division import Instance, Node
from communities.division.coordinates import local_metres
from communities.division.graph import chain_edges, gabriel_edges
from communities.division.instance import neighbour_lists, reference_inertia
from communities.models import Community, Grid
from households.models import Barrier, Building, BuildingPair, GridPlan, PlannedPart
from households.plans.parts import Part, make_parts, read_dwellings

Measure = GridPlan.Measure
Edge = tuple[int, int]
Point = tuple[float, float]
# Buildings without positions are laid out along a street, one behind the other.
METRES_BETWEEN = 30.0
# How far the buildings of an estate are drawn towards its middle for the planner, so that
# keeping them in one grid pays; balance still comes first.
DRAWN_TOGETHER = 0.5
# A grid number has three digits.
MOST_GRIDS = 999


@dataclass(frozen=True)
class Wish:
    """What is asked of the planner; one of `grids`, `size` and `per_worker`, or none of them.

    `size` is households or workload per grid, whichever is balanced; `per_worker` the actual
    households of each grid's main worker at most. With none, the community's own size counts,
    and a re-cut keeps today's number of grids.
    """

    measure: str = Measure.WORKLOAD
    grids: int | None = None
    size: int | None = None
    per_worker: int | None = None
    tolerance_percent: int = 10
    is_recut: bool = False


class Problem(NamedTuple):
    """An instance with what its nodes and labels stand for.

    `grids` are today's open grids in the order of their labels; labels beyond them are new.
    `has_positions` says whether metres mean anything, `placed` how many buildings without a
    position were put beside their neighbour in address order.
    """

    instance: Instance
    parts: list[Part]
    grids: list[Grid]
    has_positions: bool
    placed: int


def read_problem(community: Community, wish: Wish) -> Problem:
    """Return what the planner has to solve; the number of queries is fixed.

    Raises ValidationError in words for the officer where there is nothing to divide.
    """
    dwellings = read_dwellings(community)
    if not any(door.households for door in dwellings):
        raise ValidationError(
            _(
                "No actual households are registered in this community. "
                "Import the register or add doors first, then cut grids."
            )
        )
    by_workload = wish.measure == Measure.WORKLOAD
    todays = list(
        community.grids.open().numbered().exclude(kind=Grid.Kind.DEDICATED).order_by("code")
    )
    if wish.is_recut and not todays:
        raise ValidationError(_("This community has no grids yet. Ask for a new division instead."))
    households = sum(door.households for door in dwellings)
    total = sum(door.workload for door in dwellings) if by_workload else households
    k = count_grids(community, wish, total=total, households=households, today=len(todays))
    target = total / k if total else 1.0
    with_doors = {door.building for door in dwellings}
    buildings = [
        building
        for building in community.buildings.order_by("walk_order", "pk")
        if building.pk in with_doors
    ]
    parts = make_parts(
        buildings,
        dwellings,
        by_workload=by_workload,
        largest=target,
        keeps_today=wish.is_recut,
    )
    kept = kept_grids(todays, parts, k)
    places = lay_out(community, buildings)
    points = [places.points[part.building.pk] for part in parts]
    nodes = nodes_of(parts, places, by_workload=by_workload)
    labels = {grid.pk: label for label, grid in enumerate(kept)}
    instance = Instance(
        k=k,
        target=target,
        tolerance=wish.tolerance_percent / 100,
        j_ref=usual_inertia(nodes, k, places),
        nodes=nodes,
        neighbours=neighbour_lists(len(nodes), part_edges(community, parts, points, places)),
        current=tuple(labels.get(part.today or 0, -1) for part in parts) if wish.is_recut else None,
    )
    return Problem(instance, parts, kept, places.are_known, places.placed)


def count_grids(
    community: Community, wish: Wish, *, total: float, households: int, today: int
) -> int:
    """Return how many grids the wish comes to, at least one and no more than numbers allow."""
    if wish.grids:
        k = wish.grids
    elif wish.per_worker:
        k = math.ceil(households / wish.per_worker)
    elif wish.size:
        k = round(total / wish.size)
    elif wish.is_recut and today:
        k = today
    else:
        k = round(total / community.grid_size)
    return min(max(k, 1), MOST_GRIDS)


def kept_grids(todays: Sequence[Grid], parts: Iterable[Part], k: int) -> list[Grid]:
    """Return which of today's grids go on, in order: the largest where there are too many."""
    if len(todays) <= k:
        return list(todays)
    sizes: defaultdict[int, int] = defaultdict(int)
    for part in parts:
        for grid, households in part.by_grid.items():
            sizes[grid] += households
    largest = sorted(todays, key=lambda grid: (-sizes[grid.pk], grid.code))[:k]
    return sorted(largest, key=lambda grid: grid.code)


class Layout(NamedTuple):
    """Where the buildings of a community stand in a plane, by key, and its barriers."""

    points: dict[int, Point]
    barriers: list[list[Point]]
    are_known: bool
    placed: int


def lay_out(community: Community, buildings: Sequence[Building]) -> Layout:
    """Put the buildings into a plane, in metres.

    One without a position stands with the nearest of its estate in address order, or else
    with the nearest of all; without any position all stand along one street.
    """
    known = [building for building in buildings if building.longitude is not None]
    if not known:
        street = {row.pk: (METRES_BETWEEN * step, 0.0) for step, row in enumerate(buildings)}
        return Layout(street, [], are_known=False, placed=0)
    lines = list(Barrier.objects.filter(community=community).values_list("line", flat=True))
    positions = [(building.longitude, building.latitude) for building in known]
    for line in lines:
        positions += [(longitude, latitude) for longitude, latitude in line]
    metres = iter(local_metres(positions))  # type: ignore[arg-type] # a position is whole or not there
    points = {building.pk: next(metres) for building in known}
    barriers = [[next(metres) for _point in line] for line in lines]
    order = {building.pk: step for step, building in enumerate(buildings)}
    for building in buildings:
        if building.pk not in points:
            beside = min(
                known,
                key=lambda other: (
                    other.estate != building.estate,
                    abs(order[other.pk] - order[building.pk]),
                ),
            )
            points[building.pk] = points[beside.pk]
    return Layout(points, barriers, are_known=True, placed=len(buildings) - len(known))


def nodes_of(
    parts: Sequence[Part | PlannedPart], places: Layout, *, by_workload: bool
) -> tuple[Node, ...]:
    """Return the parts as the planner sees them: by position in this row, estates drawn together."""
    points = draw_together(
        [places.points[part.building.pk] for part in parts], [part.building for part in parts]
    )
    return tuple(
        Node(
            id=row,
            x=x,
            y=y,
            households=part.households,
            weight=part.workload if by_workload else float(part.households),
            compound=part.building.estate or None,
        )
        for row, (part, (x, y)) in enumerate(zip(parts, points, strict=True))
    )


def draw_together(points: Sequence[Point], buildings: Sequence[Building]) -> list[Point]:
    """Return where the planner sees each part: nearer to the middle of its estate than it is.

    Distances inside an estate shrink by a share, so a compact grid is one that leaves
    estates whole. Outside any estate, and where there is only one, nothing changes.
    """
    estates: defaultdict[str, list[Point]] = defaultdict(list)
    for point, building in zip(points, buildings, strict=True):
        estates[building.estate].append(point)
    if len(estates) == 1:
        return list(points)
    middles = {
        estate: (
            sum(x for x, _y in inside) / len(inside),
            sum(y for _x, y in inside) / len(inside),
        )
        for estate, inside in estates.items()
        if estate
    }
    return [
        (
            point[0] + DRAWN_TOGETHER * (middle[0] - point[0]),
            point[1] + DRAWN_TOGETHER * (middle[1] - point[1]),
        )
        for point, building in zip(points, buildings, strict=True)
        for middle in [middles.get(building.estate, point)]
    ]


def part_edges(
    community: Community, parts: Sequence[Part], points: Sequence[Point], places: Layout
) -> list[Edge]:
    """Return the pairs of parts that may stand in one grid.

    From positions and barriers, and without positions from the pairs that somebody entered;
    where there are none either, from the address order. Pairs said to be neighbours are
    added and those said to be apart taken out whatever else speaks for them; parts of one
    building always follow each other.
    """
    rows = defaultdict(list)
    for row, part in enumerate(parts):
        rows[part.building.pk].append(row)
    beside: list[Edge] = []
    apart: set[Edge] = set()
    pairs = BuildingPair.objects.filter(first__community=community)
    for first, second, relation in pairs.values_list("first", "second", "relation"):
        if first not in rows or second not in rows:
            continue
        if relation == BuildingPair.Relation.APART:
            apart |= {(one, other) for one in rows[first] for other in rows[second]}
            apart |= {(other, one) for one in rows[first] for other in rows[second]}
        else:
            # The lowest parts: both stand on the ground.
            beside.append((rows[first][0], rows[second][0]))
    inside = [edge for of_building in rows.values() for edge in pairwise(of_building)]
    if places.are_known:
        around = gabriel_edges(points, barriers=places.barriers, apart=apart)
    elif beside:
        around = hang_on_chain(len(parts), beside + inside)
    else:
        around = chain_edges(len(parts))
    return [edge for edge in {*around, *beside, *inside} if edge not in apart]


def hang_on_chain(count: int, edges: Sequence[Edge]) -> list[Edge]:
    """Return the address-order steps to parts that no given pair names."""
    named = {row for edge in edges for row in edge}
    return [step for step in chain_edges(count) if not (step[0] in named and step[1] in named)]


def usual_inertia(nodes: Sequence[Node], k: int, places: Layout) -> float:
    """Return the scale for compactness: of round grids, or of stretches of the one street."""
    return reference_inertia(nodes, k) if places.are_known else street_inertia(nodes, k)


def street_inertia(nodes: Sequence[Node], k: int) -> float:
    """Return the scale for compactness along one street: the inertia of `k` even stretches."""
    length = max((node.x for node in nodes), default=0.0) + METRES_BETWEEN
    total = sum(node.weight for node in nodes)
    return max(total / k * (length / k) ** 2 / 12, 1e-9)
