"""Tiles of a map service below the drawing, where a setting names one; by default there are none."""

from math import asinh, atan, degrees, floor, log2, pi, radians, sinh, tan

from django.conf import settings

from communities.division.coordinates import Datum, from_wgs84, to_wgs84
from households.map.drawing import Picture
from households.map.ground import Ground

# As many as a screen holds; each is a request to the map service.
MOST_TILES = 12
DEEPEST = 18
# Degrees around the outermost buildings.
AROUND = 0.001


def tiles_below(ground: Ground) -> list[Picture]:
    """Return the tiles under a ground, at the one zoom at which few of them cover it."""
    if not settings.MAP_TILES or ground.box is None:
        return []
    datum = Datum(settings.MAP_TILES_DATUM)
    west, south, east, north = ground.box
    left, low = from_wgs84(west - AROUND, south - AROUND, datum)
    right, high = from_wgs84(east + AROUND, north + AROUND, datum)
    zoom = zoom_for(right - left)
    while True:
        first = tile_at(left, high, zoom)
        last = tile_at(right, low, zoom)
        wide, deep = last[0] - first[0] + 1, last[1] - first[1] + 1
        if wide * deep <= MOST_TILES or zoom == 0:
            break
        zoom -= 1
    return [
        Picture(address(zoom, x, y), corner(ground, x, y, zoom), corner(ground, x + 1, y + 1, zoom))
        for y in range(first[1], last[1] + 1)
        for x in range(first[0], last[0] + 1)
    ]


def zoom_for(degrees_wide: float) -> int:
    return max(0, min(DEEPEST, floor(log2(360 * MOST_TILES / max(degrees_wide, 1e-6)))))


def tile_at(longitude: float, latitude: float, zoom: int) -> tuple[int, int]:
    """Return the tile of the usual Mercator scheme that holds a position."""
    count = 2**zoom
    y = (1 - asinh(tan(radians(latitude))) / pi) / 2
    return floor((longitude + 180) / 360 * count), floor(y * count)


def corner(ground: Ground, x: int, y: int, zoom: int) -> tuple[float, float]:
    """Return where the top left corner of a tile lies on the ground, in metres."""
    count = 2**zoom
    longitude = x / count * 360 - 180
    latitude = degrees(atan(sinh(pi * (1 - 2 * y / count))))
    position = to_wgs84(longitude, latitude, Datum(settings.MAP_TILES_DATUM))
    return ground.lay([position])[0]


def address(zoom: int, x: int, y: int) -> str:
    return str(settings.MAP_TILES).format(z=zoom, x=x, y=y)
