"""What of a community moves as one: buildings, and units and floors of the largest."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from django.db.models import Case, Value, When

from communities.fields import natural_key
from communities.models import Community, Grid
from households.addresses import floor_of
from households.models import Building, Household
from households.models.place import is_actual
from households.workload import weights

# Floors of a large unit are bundled to some quarter of a grid: fine enough to balance with,
# coarse enough that neighbours on a stair mostly have one worker.
BUNDLES_PER_GRID = 4


class Dwelling(NamedTuple):
    """An open door as the planner sees it; `grid` is None while it waits for one."""

    building: int
    unit: str
    floor: int | None
    grid: int | None
    households: int
    workload: float


@dataclass
class Part:
    """A building, a unit of it or some of its floors, with the doors in it."""

    building: Building
    unit: str = ""
    floors: tuple[int, int] | None = None
    doors: list[Dwelling] = field(default_factory=list)

    @property
    def households(self) -> int:
        return sum(door.households for door in self.doors)

    @property
    def workload(self) -> float:
        return sum(door.workload for door in self.doors)

    @property
    def by_grid(self) -> dict[int, int]:
        """Actual households by the grid they are in today; those that wait for one left out."""
        counts: Counter[int] = Counter()
        for door in self.doors:
            if door.grid is not None:
                counts[door.grid] += door.households
        return dict(counts)

    @property
    def today(self) -> int | None:
        """The grid of most households, or of most doors where nobody lives."""
        counts: Counter[int] = Counter()
        for door in self.doors:
            if door.grid is not None:
                # A thousandth of a door decides only between equal numbers of households.
                counts[door.grid] += 1000 * door.households + 1
        return min(counts, key=lambda grid: (-counts[grid], grid)) if counts else None


def read_dwellings(community: Community) -> list[Dwelling]:
    """Return the open doors of a community's buildings, without those of dedicated grids.

    A dedicated grid is cut for an institution or a market; no planner moves its border.
    """
    doors = (
        Household.objects.open()
        .filter(building__community=community)
        .exclude(grid__kind=Grid.Kind.DEDICATED)
    )
    workload = weights(doors)
    rows = (
        doors.annotate(actual=Case(When(is_actual(), then=Value(1)), default=Value(0)))
        .order_by("walk_order", "pk")
        .values_list("pk", "building", "unit", "room", "grid", "grid__kind", "actual")
    )
    return [
        Dwelling(
            building,
            unit,
            floor_of(room),
            None if kind == Grid.Kind.HOLDING else grid,
            actual,
            workload.get(key, 0.0),
        )
        for key, building, unit, room, grid, kind, actual in rows
    ]


def make_parts(
    buildings: Iterable[Building],
    dwellings: Iterable[Dwelling],
    *,
    by_workload: bool,
    largest: float,
    keeps_today: bool,
) -> list[Part]:
    """Return the parts in address order: whole buildings, divided where one is too large.

    Too large is what weighs more than `largest`. With `keeps_today` a building that lies in
    several grids is divided as well, so that today's border can stay where it is.
    """
    doors = defaultdict(list)
    for door in dwellings:
        doors[door.building].append(door)

    def is_too_large(found: Sequence[Dwelling]) -> bool:
        load = load_of(found, by_workload=by_workload)
        is_shared = keeps_today and len({door.grid for door in found if door.grid}) > 1
        return load > largest or is_shared

    parts = []
    for building in buildings:
        here = doors[building.pk]
        if not is_too_large(here):
            parts.append(Part(building, doors=here))
            continue
        # Doors without a unit last: their part holds whatever no other part of the building does.
        units = sorted(
            {door.unit for door in here}, key=lambda unit: (unit == "", natural_key(unit))
        )
        for unit in units:
            inside = [door for door in here if door.unit == unit]
            whole = Part(building, unit, doors=inside)
            if is_too_large(inside):
                parts += floors_of(whole, largest=largest, by_workload=by_workload)
            else:
                parts.append(whole)
    return parts


def load_of(doors: Iterable[Dwelling], *, by_workload: bool) -> float:
    return sum(door.workload if by_workload else door.households for door in doors)


def floors_of(unit: Part, *, largest: float, by_workload: bool) -> list[Part]:
    """Cut a unit into bundles of floors; it stays whole where its rooms tell no floors."""
    told = [door.floor for door in unit.doors if door.floor is not None]
    if not told or min(told) == max(told):
        return [unit]
    lowest = min(told)
    rising = sorted(unit.doors, key=lambda door: door.floor or lowest)
    bundles: list[Part] = []
    load = 0.0
    for floor, doors in floor_groups(rising, lowest):
        part = bundles[-1] if bundles else None
        if part is None or load >= largest / BUNDLES_PER_GRID or leaves_grid(part, doors):
            bundles.append(Part(unit.building, unit.unit, (floor, floor)))
            part, load = bundles[-1], 0.0
        part.doors += doors
        part.floors = (part.floors[0] if part.floors else floor, floor)
        load += load_of(doors, by_workload=by_workload)
    return bundles


def floor_groups(rising: Iterable[Dwelling], lowest: int) -> Iterator[tuple[int, list[Dwelling]]]:
    for floor, doors in groupby(rising, key=lambda door: door.floor or lowest):
        yield floor, list(doors)


def leaves_grid(part: Part, doors: Iterable[Dwelling]) -> bool:
    """Say whether today's border runs between a bundle and the next floor."""
    return part.today is not None and any(
        door.grid is not None and door.grid != part.today for door in doors
    )
