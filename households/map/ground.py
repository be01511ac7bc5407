"""What lies on the ground of a community: its buildings, whose grid each is in, its barriers."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import dist
from typing import NamedTuple

from django.db.models import Count

from communities.division.cells import areas
from communities.division.coordinates import laying_out
from communities.models import Community, Grid
from households.map.drawing import Line
from households.map.rings import Point, Ring, distance_to, encloses
from households.models import Barrier, Building, GridArea, Household

# Metres beyond the outermost buildings, at least; of wide grounds a share of their extent.
LEAST_MARGIN, MARGIN_SHARE = 25, 0.03
# In a schematic map: from building to building, and the most that stand in one row.
STEP, LONGEST_ROW = 60, 12
# Areas are worked out again only where a position or a grid has changed; in each process.
KEPT_AREAS = 16
# Metres that a building may stand outside an outline drawn by hand, or its position be off.
SLACK = 10

Lay = Callable[[Sequence[Point]], list[Point]]


class Spot(NamedTuple):
    """A building on the ground: where it stands, and its grids, the one of most doors first."""

    pk: int
    name: str
    point: Point
    grids: tuple[int, ...]
    footprint: Sequence[Ring] = ()


@dataclass
class Ground:
    """The ground of a whole community in metres; what of it somebody may see is for the page.

    `areas` holds the rings of each grid by its key. A schematic ground has no true places:
    its buildings stand in rows, estate by estate, in the order of their addresses.
    """

    spots: list[Spot] = field(default_factory=list)
    areas: dict[int, list[Ring]] = field(default_factory=dict)
    barriers: list[Line] = field(default_factory=list)
    is_schematic: bool = False
    # Whether the areas were drawn by hand and taken in from a file.
    is_imported: bool = False
    # Why outlines from a file are not drawn: buildings outside the outlines of all their grids,
    # as after a change of grids, and grids with doors that have none.
    misfits: int = 0
    without_outline: int = 0
    # Buildings without a position, while others have one.
    missing: int = 0
    # Lays longitudes and latitudes onto this ground.
    lay: Lay = list
    box: tuple[float, float, float, float] | None = None

    def inside(self, grid: int) -> list[Spot]:
        """Return the buildings that have doors in the grid."""
        return [spot for spot in self.spots if grid in spot.grids]


def ground_of(community: Community) -> Ground:
    """Read the ground of a community, in four queries whatever it holds."""
    rows = list(
        Building.objects.filter(community=community)
        .order_by("walk_order", "pk")
        .values_list("pk", "estate", "name", "longitude", "latitude", "footprint")
    )
    grids = grids_by_building(community)
    barriers = list(Barrier.objects.filter(community=community))
    outlines, without = imported_areas(community, set(grids.values()))
    placed = [row for row in rows if row[3] is not None and row[4] is not None]
    if not placed:
        return schematic_ground([(pk, estate, name) for pk, estate, name, *_rest in rows], grids)
    positions = [(x, y) for *_rest, x, y, _footprint in rows if x is not None and y is not None]
    lay = laying_out(positions)
    spots = [
        Spot(
            pk, f"{estate}{name}", point, grids.get(pk, ()), [lay(ring) for ring in footprint or ()]
        )
        for (pk, estate, name, _x, _y, footprint), point in zip(placed, lay(positions), strict=True)
    ]
    drawn: dict[int, list[Ring]] = {
        grid: [lay(ring) for ring in rings] for grid, rings in outlines.items()
    }
    misfits = sum(is_misfit(spot, drawn) for spot in spots)
    holds = bool(drawn) and not misfits and not without
    longitudes, latitudes = zip(*positions, strict=True)
    return Ground(
        spots=spots,
        areas=drawn if holds else areas_of(spots),
        barriers=[Line(lay(row.line), row.name, row.kind) for row in barriers],
        is_imported=holds,
        misfits=misfits,
        without_outline=without,
        missing=len(rows) - len(placed),
        lay=lay,
        box=(min(longitudes), min(latitudes), max(longitudes), max(latitudes)),
    )


def grids_by_building(community: Community) -> dict[int, tuple[int, ...]]:
    """Return the grids that each building has open doors in, the one of most doors first."""
    doors = Household.objects.open().filter(grid__community=community).order_by()
    counts: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for building, grid, number in doors.values_list("building", "grid").annotate(Count("pk")):
        counts[building].append((-number, grid))
    return {
        building: tuple(grid for _number, grid in sorted(pairs))
        for building, pairs in counts.items()
    }


def imported_areas(
    community: Community, used: set[tuple[int, ...]]
) -> tuple[dict[int, list[Sequence[Point]]], int]:
    """Return the areas taken in from a file, and how many numbered grids with doors have none.

    Some drawn by hand among others that are derived would overlap.
    """
    rows = GridArea.objects.filter(grid__community=community, grid__closed_on=None)
    areas_by_grid = {row.grid_id: row.rings for row in rows}
    if not areas_by_grid:
        return {}, 0
    numbered = Grid.objects.filter(community=community).open().numbered()
    wanted = set(numbered.values_list("pk", flat=True)) & {key for keys in used for key in keys}
    return areas_by_grid, len(wanted - set(areas_by_grid))


def is_misfit(spot: Spot, outlines: Mapping[int, Sequence[Ring]]) -> bool:
    """Say whether a building lies outside the outlines of all its grids that have one."""
    own = [outlines[grid] for grid in spot.grids if grid in outlines]
    return bool(own) and not any(
        encloses(rings, spot.point) or distance_to(rings, spot.point) <= SLACK for rings in own
    )


def areas_of(spots: Iterable[Spot]) -> dict[int, list[Ring]]:
    """Derive the areas of the grids from their buildings; each building counts for one grid."""
    held = [(spot.point, spot.grids[0]) for spot in spots if spot.grids]
    points = tuple(point for point, _grid in held)
    return derived_areas(points, tuple(grid for _point, grid in held))


@lru_cache(maxsize=KEPT_AREAS)
def derived_areas(points: tuple[Point, ...], labels: tuple[int, ...]) -> dict[int, list[Ring]]:
    derived = areas(points, labels, margin=margin_of(points))
    return {grid: list(rings) for grid, rings in derived.items()}


def margin_of(points: Sequence[Point]) -> float:
    if not points:
        return LEAST_MARGIN
    xs, ys = zip(*points, strict=True)
    extent = dist((min(xs), min(ys)), (max(xs), max(ys)))
    return max(LEAST_MARGIN, extent * MARGIN_SHARE)


def schematic_ground(
    rows: Sequence[tuple[int, str, str]], grids: dict[int, tuple[int, ...]]
) -> Ground:
    """Set the buildings in rows in the order of their addresses, a new row for each estate."""
    spots = []
    column, row, last = 0, 0, rows[0][1] if rows else ""
    for pk, estate, name in rows:
        if estate != last or column == LONGEST_ROW:
            column, row, last = 0, row + 1, estate
        point = (column * float(STEP), -row * float(STEP))
        spots.append(Spot(pk, f"{estate}{name}", point, grids.get(pk, ())))
        column += 1
    return Ground(spots=spots, areas=areas_of(spots), is_schematic=True)
