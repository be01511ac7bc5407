"""A place as files tell of it: what they call it, and where it is."""

import re
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from communities.division.coordinates import Datum
from households.models.geography import Position, in_wgs84, is_position, is_swapped
from households.register.values import Cell, text_of

# What a heading of a table or a property of a feature says, by how it is written.
HEADINGS = {
    "name": re.compile(
        r"^(楼栋|楼号|楼栋号|楼栋名称|楼名|幢号|栋号|建筑|建筑物|名称|地址|building|name|address)$"
    ),
    "estate": re.compile(r"^(小区|小区名称|院落|estate|compound)$"),
    "longitude": re.compile(r"^(经度|lon|lng|long|longitude|x)(\(.*\))?$"),
    "latitude": re.compile(r"^(纬度|lat|latitude|y)(\(.*\))?$"),
    "code": re.compile(r"^(网格编码|网格编号|编码|编号|code|id)$"),
    "kind": re.compile(r"^(类型|kind|type)$"),
}


class Place(NamedTuple):
    """One thing of a file, in WGS 84: what it is called, and its point, rings or line."""

    estate: str
    name: str
    code: str
    kind: str
    point: Position | None
    rings: list[list[Position]]
    line: list[Position]

    @property
    def label(self) -> str:
        return f"{self.estate}{self.name}" or self.code


def converted(position: Any, datum: Datum) -> Position:
    """Return a position in WGS 84; raises ValidationError for what is none."""
    pair = position[:2] if isinstance(position, list | tuple) else position
    if isinstance(pair, list) and is_position(pair[::-1]) and is_swapped(*pair):
        raise ValidationError(_("Longitude and latitude are swapped: the longitude comes first."))
    if not is_position(pair):
        raise ValidationError(
            _("A position is a longitude and a latitude in degrees, such as 116.41, 39.92.")
        )
    return in_wgs84(float(pair[0]), float(pair[1]), datum)


def meanings_of(heading: Cell) -> list[str]:
    """Return what is told under a heading or property; nothing where it is not understood."""
    text = text_of(heading).replace(" ", "").lower()
    return [meaning for meaning, pattern in HEADINGS.items() if pattern.match(text)]
