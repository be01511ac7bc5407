"""What the planner could not do, and why, in words for the officer."""

from collections.abc import Iterable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REMARKS: dict[str, Promise] = {
    "more_parts_than_grids": _(
        "Barriers divide the community into %(parts)s parts that do not touch, more than the "
        "%(grids)s grids asked for. Each part has become a grid of its own."
    ),
    "empty_grids": _(
        "There are fewer buildings than grids: %(empty)s of %(grids)s grids stay empty. "
        "Ask for fewer grids."
    ),
    "heavy_building": _(
        "%(heaviest)s alone is %(percent)s%% larger than a grid is to be. "
        "It cannot be divided further, so its grid stays too large. Places like this: %(buildings)s."
    ),
    "barriers": _(
        "Because of barriers the limits cannot all be met: with this number of grids one is off "
        "by at least %(percent)s%%."
    ),
    "broken_by_fixed": _(
        "Locked buildings of one grid lie apart, so it is not connected. Unlock some of them, or "
        "lock those between them as well."
    ),
    "outside_tolerance": _(
        "%(grids)s grids are outside the limit; the largest deviation is %(largest)s%%, and less "
        "than %(least_possible)s%% is impossible. Other numbers of grids may fit better."
    ),
    "none_found": _(
        "%(grids)s grids are outside the limit; the largest deviation is %(largest)s%%. The "
        "buildings are too large or stand in the wrong places for anything better to be found. "
        "Other numbers of grids may fit better."
    ),
    "no_position": _(
        "%(buildings)s buildings have no position on the map. They were placed beside their "
        "neighbour in address order."
    ),
    "address_order": _(
        "No building has a position on the map, so the address order was divided. With positions "
        "the grids follow the streets."
    ),
}

# Of where the grids ended up: untrue after a change by hand.
OF_DIVISION = {"empty_grids", "broken_by_fixed", "outside_tolerance"}
# Of the buildings alone: true however many grids there are.
OF_POSITIONS = {"no_position", "address_order"}


def remarks_in_words(remarks: Iterable[dict[str, Any]]) -> list[str]:
    """Word the remarks of a plan; codes that a newer program wrote are left out."""
    found = []
    for remark in remarks:
        code = remark["code"]
        if code == "outside_tolerance" and not remark["least_possible"]:
            # Nothing is proven but that no deviation is below none.
            code = "none_found"
        if code in REMARKS:
            found.append(str(REMARKS[code]) % remark)
    return found
