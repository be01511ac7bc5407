"""Positions too far from the buildings of a community to be meant."""

import math
from collections.abc import Iterable
from statistics import median

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from communities.division.coordinates import local_metres
from communities.models import Community
from households.models import Building
from households.models.geography import Position

# No community reaches so far; a slip in a whole degree does.
FURTHEST_KILOMETRES = 50


def middle_of(positions: Iterable[Position]) -> Position | None:
    """Return a position that a few wrong ones do not shift; None of none."""
    found = list(positions)
    if not found:
        return None
    return median(east for east, _north in found), median(north for _east, north in found)


def kilometres_off(position: Position, middle: Position | None) -> int:
    """Return how far a position is from the middle of the others, 0 where that may well be."""
    if middle is None:
        return 0
    kilometres = round(math.dist(*local_metres([position, middle])) / 1000)
    return kilometres if kilometres > FURTHEST_KILOMETRES else 0


def refuse_far(points: Iterable[Position], community: Community | int, *, but: int = 0) -> None:
    """Refuse points of which every one is far from the buildings of a community, one left out."""
    others = Building.objects.filter(community=community).exclude(pk=but).order_by()
    rows = others.values_list("longitude", "latitude")
    middle = middle_of(
        (east, north) for east, north in rows if east is not None and north is not None
    )
    if kilometres := min((kilometres_off(point, middle) for point in points), default=0):
        raise ValidationError(
            _(
                "This is %(kilometres)s km away from the buildings of the community. "
                "Compare longitude and latitude with the map."
            ),
            params={"kilometres": kilometres},
        )
