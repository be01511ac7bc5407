"""Whether two outlines overlap; a shared border is no overlap."""

from collections.abc import Iterable, Sequence
from itertools import chain

from households.map.rings import Point, Ring, distance_to, encloses, sides_of

# About ten centimetres in degrees: borders drawn twice are never quite the same.
SLACK = 1e-6
Box = tuple[float, float, float, float]


def do_overlap(one: Sequence[Ring], other: Sequence[Ring]) -> bool:
    """Say whether two areas, each of rings in degrees, share more than their border."""
    if apart(box_of(chain.from_iterable(one)), box_of(chain.from_iterable(other))):
        return False
    sides = [(side, box_of(side)) for ring in other for side in sides_of(ring)]
    for ring in one:
        for side in sides_of(ring):
            box = box_of(side)
            if any(not apart(box, there) and do_cross(*side, *that) for that, there in sides):
                return True
    return any(is_inside(point, other) for point in probes(one)) or any(
        is_inside(point, one) for point in probes(other)
    )


def box_of(points: Iterable[Point]) -> Box:
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def apart(one: Box, other: Box) -> bool:
    return one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def do_cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Say whether two sides cross by more than the slack."""
    return away(a, c, d) * away(b, c, d) < 0 and away(c, a, b) * away(d, a, b) < 0


def away(point: Point, start: Point, end: Point) -> float:
    """Return how far a point lies to the left of a line; 0 within the slack."""
    (x, y), (ax, ay), (bx, by) = point, start, end
    length = ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5
    if not length:
        return 0
    left = ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / length
    return left if abs(left) > SLACK else 0


def probes(rings: Sequence[Ring]) -> list[Point]:
    """Return points just inside the area: one beside the middle of each side."""
    found = []
    for ring in rings:
        for (ax, ay), (bx, by) in sides_of(ring):
            length = ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5
            if not length:
                continue
            dx, dy = -(by - ay) / length * 2 * SLACK, (bx - ax) / length * 2 * SLACK
            beside = [
                ((ax + bx) / 2 + dx, (ay + by) / 2 + dy),
                ((ax + bx) / 2 - dx, (ay + by) / 2 - dy),
            ]
            found += [point for point in beside if is_inside(point, rings)]
    return found


def is_inside(point: Point, rings: Sequence[Ring]) -> bool:
    """Say whether a point lies inside rings, further than the slack from every side."""
    return encloses(rings, point) and distance_to(rings, point) > SLACK
