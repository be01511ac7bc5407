"""Whether two outlines overlap; a shared border is no overlap."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from households.map.rings import Point, Ring, Side, distance_to, encloses, sides_of

# About ten centimetres in degrees: borders drawn twice are never quite the same.
SLACK = 1e-6
Box = tuple[float, float, float, float]


def do_overlap(one: Sequence[Ring], other: Sequence[Ring]) -> bool:
    """Say whether two areas, each of rings in degrees, share more than their border."""
    box, other_box = box_of(chain.from_iterable(one)), box_of(chain.from_iterable(other))
    if apart(box, other_box):
        return False
    sides = sides_near(other, box)
    for side, here in sides_near(one, other_box):
        if any(not apart(here, there) and do_cross(*side, *that) for that, there in sides):
            return True
    return any(is_inside(point, other) for point in probes(one, other_box)) or any(
        is_inside(point, one) for point in probes(other, box)
    )


def sides_near(rings: Iterable[Ring], box: Box) -> list[tuple[Side, Box]]:
    """Return the sides that may reach into a box, each with its own."""
    sides = [(side, box_of(side)) for ring in rings for side in sides_of(ring)]
    return [(side, here) for side, here in sides if not apart(here, box)]


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


def probes(rings: Sequence[Ring], box: Box) -> Iterator[Point]:
    """Yield points just inside the area and within a box: one beside the middle of each side."""
    left, low, right, top = box
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
            for x, y in beside:
                if left <= x <= right and low <= y <= top and is_inside((x, y), rings):
                    yield x, y


def is_inside(point: Point, rings: Sequence[Ring]) -> bool:
    """Say whether a point lies inside rings, further than the slack from every side."""
    return encloses(rings, point) and distance_to(rings, point) > SLACK
