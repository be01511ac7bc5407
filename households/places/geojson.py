"""Reading places from GeoJSON: points, lines and polygons."""

import json
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from communities.division.coordinates import Datum
from households.models.geography import DECIMALS, MOST_POINTS, Position
from households.places.place import Place, converted, meanings_of
from households.register.values import text_of

LARGEST_GEOJSON = 20 * 1024 * 1024
# Names of things; what a file says beyond that is no name.
LONGEST_NAME = 120


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
        for meaning in meanings_of(key):
            if isinstance(value, str | int | float):
                found.setdefault(meaning, storable(text_of(value))[:LONGEST_NAME])
    return found


def storable(text: str) -> str:
    """Leave out what JSON can say and no database takes: NUL, and halves of surrogate pairs."""
    return text.replace("\0", "").encode(errors="ignore").decode()


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
