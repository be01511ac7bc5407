"""Which building, grid or barrier a place of a file is."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from communities.models import Community, Grid
from households.addresses import building_key, place_prefixes, split_building, strip_place
from households.map.overlap import do_overlap
from households.models import Barrier, Building, PlaceFile
from households.places.distance import FURTHEST_KILOMETRES, kilometres_off, middle_of
from households.places.place import Place

KINDS = {
    "road": Barrier.Kind.ROAD,
    "river": Barrier.Kind.RIVER,
    "railway": Barrier.Kind.RAILWAY,
    "wall": Barrier.Kind.WALL,
    "道路": Barrier.Kind.ROAD,
    "路": Barrier.Kind.ROAD,
    "河": Barrier.Kind.RIVER,
    "河流": Barrier.Kind.RIVER,
    "铁路": Barrier.Kind.RAILWAY,
    "墙": Barrier.Kind.WALL,
    "围墙": Barrier.Kind.WALL,
}
NAME_LENGTH = 60
# More names in one sentence help nobody.
MOST_NAMED = 10
Found = list[list[Any]]


def match_places(kind: str, community: Community, places: list[Place]) -> tuple[Found, list[str]]:
    """Return what would be written, and the names that the register does not know.

    Raises ValidationError where the places cannot stand together.
    """
    if kind == PlaceFile.Kind.BUILDINGS:
        return match_buildings(community, places)
    if kind == PlaceFile.Kind.GRIDS:
        return match_grids(community, places)
    return match_barriers(places)


class KnownBuildings:
    """The buildings of a community, by the key that all spellings of one share; one query."""

    def __init__(self, community: Community) -> None:
        self.by_key: dict[str, tuple[int, str]] = {}
        self.by_name: dict[str, list[tuple[int, str]]] = defaultdict(list)
        rows = Building.objects.filter(community=community).order_by()
        for pk, estate, name in rows.values_list("pk", "estate", "name"):
            self.by_key[building_key(estate, name)] = (pk, f"{estate}{name}")
            self.by_name[building_key("", name)].append((pk, f"{estate}{name}"))
        self.prefixes = place_prefixes([community.area.name, community.name])

    def find(self, estate: str, name: str) -> tuple[int, str] | None:
        """Return the key and the name of a building; None where none or several fit."""
        name = strip_place(name, self.prefixes)
        spellings = [(estate, name)] if estate else [("", name), split_building(name)]
        keys = [building_key(*spelling) for spelling in spellings]
        match = next((self.by_key[key] for key in keys if key in self.by_key), None)
        if match is None and not estate and len(self.by_name[keys[0]]) == 1:
            [match] = self.by_name[keys[0]]
        return match


def match_buildings(community: Community, places: list[Place]) -> tuple[Found, list[str]]:
    """Match by the key that all spellings of a building share; the last of two wins."""
    known = KnownBuildings(community)
    found: dict[int, list[Any]] = {}
    unknown = []
    for place in places:
        match = known.find(place.estate, place.name)
        if match is None or place.point is None:
            unknown.append(place.label)
        else:
            found[match[0]] = [*match, *place.point, place.rings]
    refuse_scattered(found.values())
    return list(found.values()), unknown


def refuse_scattered(rows: Iterable[list[Any]]) -> None:
    """Refuse a file in which some buildings lie far from the others, by their names."""
    positions = {name: (east, north) for _pk, name, east, north, _rings in rows}
    middle = middle_of(positions.values())
    far = [name for name, position in positions.items() if kilometres_off(position, middle)]
    if far:
        raise ValidationError(
            _(
                "More than %(kilometres)s km away from the other buildings of this file: "
                "%(buildings)s. Mend these positions and upload it again."
            ),
            params={
                "kilometres": FURTHEST_KILOMETRES,
                "buildings": "、".join(far[:MOST_NAMED]),
            },
        )


def match_grids(community: Community, places: list[Place]) -> tuple[Found, list[str]]:
    """Match by number or name; areas that overlap are refused by the names of their grids."""
    grids = list(Grid.objects.filter(community=community).open().numbered())
    keys: dict[str, Grid] = {grid.name: grid for grid in grids}
    keys |= {grid.code: grid for grid in grids}
    found: dict[int, list[Any]] = {}
    unknown = []
    for place in places:
        grid = keys.get(place.code) or keys.get(place.name)
        if grid is None or not place.rings:
            unknown.append(place.label)
        elif grid.pk in found:
            found[grid.pk][2] += place.rings
        else:
            found[grid.pk] = [grid.pk, str(grid), list(place.rings)]
    for (_pk, one, rings), (_other_pk, other, other_rings) in combinations(found.values(), 2):
        if do_overlap(rings, other_rings):
            raise ValidationError(
                _(
                    "%(one)s and %(other)s overlap. Draw the border between them once, with the same points for both."
                ),
                params={"one": one, "other": other},
            )
    return list(found.values()), unknown


def match_barriers(places: list[Place]) -> tuple[Found, list[str]]:
    """Take every line; one without a name gets that of its kind."""
    found, unknown = [], []
    for place in places:
        if not place.line:
            unknown.append(place.label)
            continue
        kind = KINDS.get(place.kind.lower(), Barrier.Kind.ROAD)
        found.append([(place.name or str(kind.label))[:NAME_LENGTH], kind.value, place.line])
    return found, unknown
