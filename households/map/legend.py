"""What stands below a map: a sample of each mark with its words."""

from collections.abc import Iterable
from typing import NamedTuple

from django.utils.translation import gettext

from households.map.ground import Ground
from households.map.scale import Class
from households.models import Barrier


class Key(NamedTuple):
    """One line of a legend: a sample (area, dot, line or border) in a style, and its words."""

    shape: str
    style: str
    words: str


def class_keys(legend: Iterable[Class], *, shape: str) -> list[Key]:
    prefix = "level" if shape == "dot" else ""
    return [Key(shape, f"{prefix}{entry.level}", entry.words) for entry in legend]


def other_grids() -> Key:
    return Key("area", "other", gettext("Other grids"))


def split_buildings() -> Key:
    return Key("dot", "split", gettext("Building with doors in several grids"))


def barrier_keys(ground: Ground) -> list[Key]:
    kinds = dict(Barrier.Kind.choices)
    return [
        Key(
            "line",
            line.style,
            gettext("%(name)s (%(kind)s)") % {"name": line.title, "kind": kinds[line.style]},
        )
        for line in ground.barriers
    ]
