"""Open matters that may be the same as another: of one kind, place and time, in like words."""

import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _

from communities.models import User
from visits.likeness import likeness, pairs
from visits.models import Matter

DAYS_APART = datetime.timedelta(days=14)
# Of the open matters of a category in one community within these days, so many are compared.
MOST_COMPARED = 200
MOST_SHOWN = 3
ALIKE_PLACE = 0.5
# How alike the words have to be, the nearer the place the less.
AT_THE_DOOR, IN_THE_BUILDING, AT_THE_PLACE, IN_THE_GRID = 0.1, 0.2, 0.2, 0.5


class Duplicate(NamedTuple):
    """A matter that may be the same, and why."""

    matter: Matter
    reason: str


def likely_duplicates(matter: Matter, user: User) -> list[Duplicate]:
    """Return open matters the user may see that may be the same, the likeliest first.

    One query, whatever is found; `matter` has its grid and household loaded.
    """
    around = (
        Matter.objects.visible_to(user)
        .open()
        .filter(
            category=matter.category_id,
            grid__community=matter.grid.community_id,
            reported_at__range=(
                matter.reported_at - DAYS_APART,
                matter.reported_at + DAYS_APART,
            ),
        )
        .exclude(pk=matter.pk)
        .select_related("category", "grid", "household__building", "reported_by")
        .order_by("-reported_at", "-pk")[:MOST_COMPARED]
    )
    words, place = pairs(matter.description), pairs(matter.place)
    found = []
    for other in around:
        alike = likeness(words, pairs(other.description))
        reason = nearness(matter, other, alike, likeness(place, pairs(other.place)))
        if reason:
            found.append((alike, Duplicate(other, reason)))
    found.sort(key=lambda entry: -entry[0])
    return [duplicate for _alike, duplicate in found[:MOST_SHOWN]]


def nearness(matter: Matter, other: Matter, alike: float, alike_place: float) -> str:
    """Say in words what the two share, "" when that is not enough for words so alike."""
    door, beside = matter.household, other.household
    if door and beside:
        if door.pk == beside.pk and alike >= AT_THE_DOOR:
            return _("at the same door")
        if door.building_id == beside.building_id and alike >= IN_THE_BUILDING:
            return _("in the same building, in like words")
    if alike_place >= ALIKE_PLACE and alike >= AT_THE_PLACE:
        return _("at the same place, in like words")
    # Two places that are said and differ are two places.
    is_vague = not (door and beside) and not (matter.place and other.place)
    if is_vague and matter.grid_id == other.grid_id and alike >= IN_THE_GRID:
        return _("in the same grid, in the same words")
    return ""
