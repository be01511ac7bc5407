"""Reading files of places: GeoJSON, and tables of positions as CSV or Excel."""

import itertools
import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from communities.division.coordinates import Datum
from households.models.geography import (
    DECIMALS,
    MOST_POINTS,
    Position,
    in_wgs84,
    is_position,
    is_swapped,
)
from households.register.problems import file_text
from households.register.reader import BROWSER, FileRefused, check_upload, read_sheets
from households.register.values import Cell, text_of

GEOJSON_SUFFIXES = {".geojson", ".json"}
LARGEST_GEOJSON = 20 * 1024 * 1024
MOST_PLACES = 20_000
HEADING_ROWS = 20
# Names of things; what a file says beyond that is no name.
LONGEST_NAME = 120
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


def read_places(file: UploadedFile, datum: Datum) -> list[Place]:
    """Read all places of a file; raises ValidationError with what is wrong and what to do."""
    suffix = PurePath(file.name or "").suffix.lower()
    places = list(
        itertools.islice(
            read_geojson(file, datum)
            if suffix in GEOJSON_SUFFIXES
            else read_table(file, suffix, datum),
            MOST_PLACES + 1,
        )
    )
    if not places:
        raise ValidationError(_("The file holds no place. Compare it with what the file needs."))
    if len(places) > MOST_PLACES:
        raise ValidationError(
            _("The file holds more than %(number)s places. Split it."),
            params={"number": MOST_PLACES},
        )
    return places


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


# GeoJSON.


def read_geojson(file: UploadedFile, datum: Datum) -> Iterator[Place]:
    if (file.size or 0) > LARGEST_GEOJSON:
        raise ValidationError(_("The file is larger than 20 MB. Split it."))
    try:
        content = json.loads(file.read().decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise ValidationError(
            _(
                "This is not a GeoJSON file: it cannot be read as JSON. Export it again as GeoJSON in UTF-8."
            )
        ) from None
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list):
        raise ValidationError(
            _(
                "This is not a GeoJSON file: it has no list of features. Export it as a FeatureCollection."
            )
        )
    for number, feature in enumerate(features, start=1):
        try:
            yield place_of(feature, datum)
        except ValidationError as error:
            raise ValidationError(
                _("Feature %(number)s: %(problem)s")
                % {"number": number, "problem": " ".join(error.messages)}
            ) from None


def place_of(feature: Any, datum: Datum) -> Place:
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(geometry, dict):
        raise ValidationError(_("It has no geometry."))
    point, rings, line = shapes_of(geometry, datum)
    named = named_values(properties if isinstance(properties, dict) else {})
    return Place(
        named.get("estate", ""),
        named.get("name", ""),
        named.get("code", ""),
        named.get("kind", ""),
        point,
        rings,
        line,
    )


def named_values(properties: dict[str, Any]) -> dict[str, str]:
    """Return the properties that are understood, by what they mean."""
    found: dict[str, str] = {}
    for key, value in properties.items():
        for field, pattern in HEADINGS.items():
            if pattern.match(heading_text(key)) and isinstance(value, str | int | float):
                found.setdefault(field, storable(text_of(value))[:LONGEST_NAME])
    return found


def storable(text: str) -> str:
    """Leave out what JSON can say and no database takes: NUL, and halves of surrogate pairs."""
    return text.replace("\0", "").encode(errors="ignore").decode()


def heading_text(value: Cell) -> str:
    return text_of(value).replace(" ", "").lower()


def shapes_of(
    geometry: dict[str, Any], datum: Datum
) -> tuple[Position | None, list[list[Position]], list[Position]]:
    """Return the point, the rings or the line of a geometry."""
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind == "Point":
        return converted(coordinates, datum), [], []
    if kind == "LineString":
        return None, [], positions(coordinates, datum, least=2)
    if kind == "MultiLineString" and isinstance(coordinates, list) and len(coordinates) == 1:
        return None, [], positions(coordinates[0], datum, least=2)
    if kind == "Polygon":
        coordinates = [coordinates]
    if kind in ("Polygon", "MultiPolygon") and isinstance(coordinates, list):
        rings = [
            ring_of(ring, datum)
            for polygon in coordinates
            if isinstance(polygon, list)
            for ring in polygon
        ]
        if rings:
            return middle_of(rings[0]), rings, []
    raise ValidationError(_("Only points, lines and polygons are understood."))


def ring_of(coordinates: Any, datum: Datum) -> list[Position]:
    """Return the corners of a ring, each once."""
    *corners, last = positions(coordinates, datum, least=4)
    if corners[0] != last:
        raise ValidationError(unfinished())
    return corners


def unfinished() -> str:
    return _("A line has two points at least, a polygon four, the last equal to the first.")


def positions(coordinates: Any, datum: Datum, *, least: int) -> list[Position]:
    if not isinstance(coordinates, list) or len(coordinates) < least:
        raise ValidationError(unfinished())
    if len(coordinates) > MOST_POINTS:
        raise ValidationError(
            _("A line or polygon has more than %(number)s points. Simplify it."),
            params={"number": MOST_POINTS},
        )
    return [converted(position, datum) for position in coordinates]


def middle_of(ring: list[Position]) -> Position:
    """Return the middle of the box around a ring: good enough to stand for a building."""
    xs, ys = zip(*ring, strict=True)
    return (
        round((min(xs) + max(xs)) / 2, DECIMALS),
        round((min(ys) + max(ys)) / 2, DECIMALS),
    )


# Tables.


def read_table(file: UploadedFile, suffix: str, datum: Datum) -> Iterator[Place]:
    with tempfile.NamedTemporaryFile(suffix=suffix) as copy:
        for chunk in file.chunks():
            copy.write(chunk)
        copy.flush()
        try:
            check_upload(copy.file, suffix=suffix, size=file.size or 0, limits=BROWSER)  # type: ignore[arg-type] # reads and seeks like one
            for sheet in read_sheets(Path(copy.name), suffix=suffix, limits=BROWSER):
                yield from places_of_rows(sheet.rows, datum)
        except FileRefused as refusal:
            raise ValidationError(file_text(refusal.code, refusal.values)) from None


def places_of_rows(rows: Iterator[list[Cell]], datum: Datum) -> Iterator[Place]:
    """Yield a place for each row below the headings that has a name and a position."""
    numbered = enumerate(rows, start=1)
    columns: dict[str, int] = {}
    for _number, row in itertools.islice(numbered, HEADING_ROWS):
        columns = columns_of(row)
        if {"name", "longitude", "latitude"} <= columns.keys():
            break
    else:
        raise ValidationError(
            _(
                "No row of headings was found. The table needs the columns building, longitude and latitude (楼栋, 经度, 纬度); estate (小区) too where there are several."
            )
        )
    for number, row in numbered:
        cells = {name: text_of(row[at]) if at < len(row) else "" for name, at in columns.items()}
        if not cells["name"] or not (cells["longitude"] or cells["latitude"]):
            continue
        try:
            point = converted([float(cells["longitude"]), float(cells["latitude"])], datum)
        except ValueError:
            raise ValidationError(
                _(
                    "Row %(number)s: longitude and latitude are not numbers. Write degrees such as 116.41."
                )
                % {"number": number}
            ) from None
        except ValidationError as error:
            raise ValidationError(
                _("Row %(number)s: %(problem)s")
                % {"number": number, "problem": " ".join(error.messages)}
            ) from None
        yield Place(cells.get("estate", ""), cells["name"], "", "", point, [], [])


def columns_of(row: list[Cell]) -> dict[str, int]:
    found: dict[str, int] = {}
    for index, cell in enumerate(row):
        for field, pattern in HEADINGS.items():
            if pattern.match(heading_text(cell)):
                found.setdefault(field, index)
    return found
