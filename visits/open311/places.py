"""Where a filed matter belongs: the grid, and the words that say the place."""

import re
from math import isfinite
from typing import Any, NamedTuple

from django.db.models import F, Value
from django.db.models.fields import CharField
from django.http import QueryDict
from django.utils.translation import gettext as _

from communities.models import Community, Grid
from communities.models.place import COMMUNITY_DIGITS, LONGEST_CODE, inside
from visits.models import Matter
from visits.open311.documents import RefusedError

LONGEST_ADDRESS = 300
LONGEST_PLACE = Matter._meta.get_field("place").max_length or 0
# A code of a grid or community standing alone in an address.
CODE = re.compile(rf"(?<!\d)(?:\d{{{LONGEST_CODE}}}|\d{{{COMMUNITY_DIGITS}}})(?!\d)")
HIGHEST_LATITUDE, HIGHEST_LONGITUDE = 90, 180


class Location(NamedTuple):
    """A grid, the words for the people who go there, and what the client gave."""

    grid: Grid
    place: str
    address: str
    lat: float | None
    long: float | None


def locate(code: str, sent: QueryDict) -> Location:
    """Read the location of a request within the place with this code.

    `address_id` is the code of a grid or of a community; so is one that stands inside
    `address_string`. Without a code the grid is the one whose name the address holds, else
    the holding grid of the community. Coordinates are passed on in words: no map knows yet
    which grid they lie in.
    """
    address_id = sent.get("address_id", "").strip()
    address = " ".join(sent.get("address_string", "").split())
    if len(address) > LONGEST_ADDRESS:
        raise RefusedError(
            400,
            _("%(name)s is longer than %(count)s characters.")
            % {"name": "address_string", "count": LONGEST_ADDRESS},
        )
    lat = coordinate(sent, "lat", HIGHEST_LATITUDE)
    long = coordinate(sent, "long", HIGHEST_LONGITUDE)
    if (lat is None) != (long is None):
        raise RefusedError(400, _("lat and long are only taken together."))
    if not address_id and not address and lat is None:
        raise RefusedError(400, _("Give address_id, address_string, or lat and long."))
    grid = grid_of(code, address_id, address)
    return Location(grid, place_in_words(address, lat, long), address, lat, long)


def grid_of(code: str, address_id: str, address: str) -> Grid:
    if address_id:
        return grid_with_code(code, address_id)
    # Any other long number is not one of ours.
    named = next((found for found in CODE.findall(address) if found.startswith(code)), None)
    if named:
        return grid_with_code(code, named)
    community = community_named(code, address)
    grids = community.grids.numbered().open()
    return only(named_in(grids, address)) or community.holding_grid()


def grid_with_code(code: str, wanted: str) -> Grid:
    """Return the open grid, or the holding grid of the community, that this code names."""
    grid: Grid | None = None
    if len(wanted) == COMMUNITY_DIGITS:
        community = Community.objects.filter(inside([code]), code=wanted).first()
        grid = community.holding_grid() if community else None
    else:
        grid = Grid.objects.filter(inside([code]), code=wanted).open().first()
    if grid is None:
        raise RefusedError(
            400, _("%(code)s is no grid or community of this jurisdiction.") % {"code": wanted}
        )
    return grid


def community_named(code: str, address: str) -> Community:
    """Return the one community of the place, or the one the address names."""
    communities = Community.objects.filter(inside([code]))
    found = only(communities) or only(named_in(communities, address))
    if found is None:
        raise RefusedError(
            400,
            _(
                "It is not clear which community this is. Send the code of the grid or the "
                "community as address_id."
            ),
        )
    return found


def named_in(rows: Any, address: str) -> Any:
    """Return the rows whose name stands in the address."""
    written = Value(address, output_field=CharField())
    return rows.annotate(written=written).filter(written__contains=F("name"))


def only(rows: Any) -> Any:
    """Return the row if there is exactly one."""
    found = list(rows[:2])
    return found[0] if len(found) == 1 else None


def place_in_words(address: str, lat: float | None, long: float | None) -> str:
    """Return what fits into the place of a matter: the address, then the coordinates."""
    point = "" if lat is None or long is None else f"({lat:.6f}, {long:.6f})"
    room = LONGEST_PLACE - len(point) - 1
    shown = address if len(address) <= room else address[: room - 1] + "…"
    return f"{shown} {point}".strip()


def coordinate(sent: QueryDict, name: str, limit: int) -> float | None:
    """Read a coordinate in degrees."""
    written = sent.get(name, "").strip()
    if not written:
        return None
    try:
        degrees = float(written)
    except ValueError:
        degrees = float("nan")
    if not isfinite(degrees) or abs(degrees) > limit:
        raise RefusedError(400, _("%(name)s is not a coordinate.") % {"name": name})
    return degrees
