"""Doors named in a form: whole estates, buildings and units, or one by one."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, Q

from communities.models import Community, Grid, User
from households.addresses import unit_label
from households.models import Household

# The digits that always fit a database key of eight bytes.
LONGEST_KEY = 18


def picked(picks: Iterable[str]) -> Q:
    """Match the doors that these picks name; unreadable ones name none.

    "estate:幸福家园", "building:12", "unit:12:2" and "door:345": the first three as
    `estates_of` gives them, the last as the page of a building's single doors does.
    """
    estates: list[str] = []
    buildings: list[str] = []
    doors: list[str] = []
    units: dict[str, list[str]] = {}
    for pick in picks:
        kind, _colon, name = pick.partition(":")
        if kind == "estate":
            estates.append(name)
        elif kind == "building" and is_key(name):
            buildings.append(name)
        elif kind == "door" and is_key(name):
            doors.append(name)
        elif kind == "unit":
            building, _colon, unit = name.partition(":")
            if is_key(building):
                units.setdefault(unit, []).append(building)
    condition = Q(building__estate__in=estates) | Q(building__in=buildings) | Q(pk__in=doors)
    # By unit label, of which there are few: one term per building would be too deep for SQLite.
    for unit, of_buildings in units.items():
        condition |= Q(unit=unit, building__in=of_buildings)
    return condition


def is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_KEY


@dataclass
class Stairwell:
    """One unit of a building, with its households in each grid."""

    pick: str
    label: str
    households: int = 0
    by_grid: dict[str, int] = field(default_factory=dict)

    def add(self, grid: str, households: int) -> None:
        self.households += households
        self.by_grid[grid] = self.by_grid.get(grid, 0) + households


@dataclass
class BuildingDoors(Stairwell):
    """A building with its units; a single unit is not told apart from the building."""

    pk: int = 0
    units: list[Stairwell] = field(default_factory=list)

    @property
    def separate_units(self) -> list[Stairwell]:
        return self.units if len(self.units) > 1 else []


@dataclass
class EstateDoors(Stairwell):
    """An estate with its buildings; the one without a name holds those standing alone."""

    buildings: list[BuildingDoors] = field(default_factory=list)


def estates_of(community: Community, user: User) -> list[EstateDoors]:
    """Return the community's open doors by estate, building and unit, in walking order."""
    grid_names = {grid.pk: str(grid) for grid in Grid.objects.filter(community=community)}
    rows = (
        Household.objects.managed_by(user)
        .open()
        .filter(building__community=community)
        .order_by("building__walk_order", "building", "unit", "grid")
        .values_list("building", "building__estate", "building__name", "unit", "grid")
        .annotate(doors=Count("pk"))
    )
    estates: dict[str, EstateDoors] = {}
    buildings: dict[int, BuildingDoors] = {}
    for pk, estate_name, name, unit, grid, doors in rows:
        if estate_name not in estates:
            estates[estate_name] = EstateDoors(f"estate:{estate_name}", estate_name)
        estate = estates[estate_name]
        if pk not in buildings:
            buildings[pk] = BuildingDoors(f"building:{pk}", name, pk=pk)
            estate.buildings.append(buildings[pk])
        building = buildings[pk]
        pick = f"unit:{pk}:{unit}"
        if not building.units or building.units[-1].pick != pick:
            building.units.append(Stairwell(pick, unit_label(unit)))
        for place in (estate, building, building.units[-1]):
            place.add(grid_names[grid], doors)
    return list(estates.values())
