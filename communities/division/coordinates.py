"""Positions as maps in China publish them, turned to WGS 84, and to metres on the ground.

GCJ-02 is the shifted datum of Chinese maps (Amap, Tencent), BD-09 is Baidu's further shift of
it. Both follow the formulas in general use; the official ones are not published.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from math import atan2, cos, hypot, pi, radians, sin, sqrt

Position = tuple[float, float]
Point = tuple[float, float]


class Datum(StrEnum):
    """What longitude and latitude count from."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


# The Krasovsky ellipsoid, on which the shift of GCJ-02 is defined.
AXIS, ECCENTRICITY_SQUARED = 6378245.0, 0.00669342162296594323
BAIDU_PI = pi * 3000 / 180
# In degrees: a hundred-millionth is a millimetre. Each round leaves a hundredth of the error.
CLOSE_ENOUGH, MOST_ROUNDS = 1e-8, 20
EARTH_RADIUS = 6371008.8


def to_wgs84(longitude: float, latitude: float, datum: Datum) -> Position:
    """Turn a position of this datum into WGS 84.

    Undoes `from_wgs84` to within a millimetre. A position outside China stays as it is,
    for maps shift nothing there; so does one in its neighbours' lands within the rectangle
    the formula knows, which it takes for China.
    """
    if datum is Datum.WGS84 or not in_china(longitude, latitude):
        return longitude, latitude
    guess = longitude, latitude
    for _ in range(MOST_ROUNDS):
        shifted = _shifted(*guess, datum)
        off = longitude - shifted[0], latitude - shifted[1]
        guess = guess[0] + off[0], guess[1] + off[1]
        if max(abs(off[0]), abs(off[1])) < CLOSE_ENOUGH:
            break
    return guess


def from_wgs84(longitude: float, latitude: float, datum: Datum) -> Position:
    """Turn a position of WGS 84 into this datum; outside China it stays as it is."""
    if datum is Datum.WGS84 or not in_china(longitude, latitude):
        return longitude, latitude
    return _shifted(longitude, latitude, datum)


def in_china(longitude: float, latitude: float) -> bool:
    """Say whether a position lies in the rectangle within which positions are shifted."""
    return 72.004 <= longitude <= 137.8347 and 0.8293 <= latitude <= 55.8271  # noqa: PLR2004


def local_metres(positions: Sequence[Position]) -> list[Point]:
    """Lay longitudes and latitudes out flat, in metres east and north of their mean."""
    return laying_out(positions)(positions) if positions else []


def laying_out(about: Sequence[Position]) -> Callable[[Sequence[Position]], list[Point]]:
    """Return what lays longitudes and latitudes out flat, in metres from the mean of some.

    Lengths are true along the mean latitude and everywhere north to south; ten kilometres to
    the north or south of it, a length from west to east is off by one part in 750 at 40° and
    one in 370 at 60°. Communities, and districts of them, are smaller. The 180th meridian
    must not run through them.
    """
    longitude = sum(east for east, _ in about) / len(about)
    latitude = sum(north for _, north in about) / len(about)
    east_metres = radians(1) * EARTH_RADIUS * cos(radians(latitude))
    north_metres = radians(1) * EARTH_RADIUS
    return lambda positions: [
        ((east - longitude) * east_metres, (north - latitude) * north_metres)
        for east, north in positions
    ]


def _shifted(longitude: float, latitude: float, datum: Datum) -> Position:
    longitude, latitude = _gcj02(longitude, latitude)
    return _bd09(longitude, latitude) if datum is Datum.BD09 else (longitude, latitude)


def _gcj02(longitude: float, latitude: float) -> Position:
    x, y = longitude - 105, latitude - 35
    waves = 20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    north += (waves + 20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3
    north += (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    east += (waves + 20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3
    east += (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3
    curve = 1 - ECCENTRICITY_SQUARED * sin(radians(latitude)) ** 2
    along = radians(1) * AXIS * (1 - ECCENTRICITY_SQUARED) / (curve * sqrt(curve))
    across = radians(1) * AXIS / sqrt(curve) * cos(radians(latitude))
    return longitude + east / across, latitude + north / along


def _bd09(longitude: float, latitude: float) -> Position:
    distance = hypot(longitude, latitude) + 0.00002 * sin(latitude * BAIDU_PI)
    angle = atan2(latitude, longitude) + 0.000003 * cos(longitude * BAIDU_PI)
    return distance * cos(angle) + 0.0065, distance * sin(angle) + 0.006
