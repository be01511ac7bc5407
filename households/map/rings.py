"""Rings of points in a plane, closed and the first point not repeated: their middle, what they hold.

Nothing here knows what the points count: metres on the ground, or degrees.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from math import dist

Point = tuple[float, float]
Ring = Sequence[Point]
Side = tuple[Point, Point]


def sides_of(ring: Ring) -> Iterator[Side]:
    return pairwise(chain(ring, ring[:1]))


def twice_area(ring: Ring) -> float:
    """Return twice the area, above zero for a ring against the clock."""
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in sides_of(ring))


def centre_of(ring: Ring) -> Point:
    """Return the centre of gravity of the ring; of a ring without area its first corner."""
    # From a corner of its own: far from the origin the products would lose their digits.
    x0, y0 = ring[0]
    near = [(x - x0, y - y0) for x, y in ring]
    area = twice_area(near)
    if not area:
        return ring[0]
    x = sum((ax + bx) * (ax * by - bx * ay) for (ax, ay), (bx, by) in sides_of(near))
    y = sum((ay + by) * (ax * by - bx * ay) for (ax, ay), (bx, by) in sides_of(near))
    return x0 + x / (3 * area), y0 + y / (3 * area)


def encloses(rings: Sequence[Ring], point: Point) -> bool:
    """Say whether a point lies inside rings by the even-odd rule, counting borders to its east."""
    x, y = point
    crossings = sum(
        x < ax + (bx - ax) * (y - ay) / (by - ay)
        for ring in rings
        for (ax, ay), (bx, by) in sides_of(ring)
        if (ay > y) != (by > y)
    )
    return crossings % 2 == 1


def distance_to(rings: Sequence[Ring], point: Point) -> float:
    """Return how far a point is from the nearest side of these rings."""
    return min(to_segment(point, *side) for ring in rings for side in sides_of(ring))


def to_segment(point: Point, start: Point, end: Point) -> float:
    (x, y), (ax, ay), (bx, by) = point, start, end
    square = (bx - ax) ** 2 + (by - ay) ** 2
    along = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / square if square else 0.0
    along = min(1.0, max(0.0, along))
    return dist(point, (ax + along * (bx - ax), ay + along * (by - ay)))
