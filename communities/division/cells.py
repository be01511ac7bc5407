"""Areas of grids for the map, derived from where their buildings stand."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import cos, inf, pi, sin
from typing import TypeVar

from communities.division.triangulation import (
    Lattice,
    Triangulation,
    lattice_scale,
    on_lattice,
    turn,
)

Label = TypeVar("Label", bound=Hashable)
Point = tuple[float, float]
Ring = list[Point]
Border = tuple[Point, Point]
Edge = tuple[float, float, float]

CORNERS = 8
# Of a step of the lattice, which is below a millimetre in a town.
DIGITS = 3


def areas(
    points: Sequence[Point], labels: Sequence[Label], *, margin: float
) -> dict[Label, list[Ring]]:
    """Give each label the ground nearer to its points than to anybody else's.

    The ground ends `margin` (above zero) outside the hull of all points. Areas are lists of
    closed rings, the first point not repeated, outlines against the clock and holes with it:
    for an SVG path with the even-odd rule. Areas do not overlap and together leave nothing
    out; neighbours share exactly the same corners. Labels joined by Gabriel edges make one
    area. Where points of several labels coincide they share the place as slices of a cake,
    each point at the tip of its slice.
    """
    if not points:
        return {}
    scale = lattice_scale([*points, *((x + margin, y + margin) for x, y in points)])
    places = on_lattice(points, scale)
    owners = _owners(places, labels)
    ground = _ground(places, round(margin * scale) + 1)
    borders = _borders(owners, ground)
    x0, y0 = points[0]
    return {
        label: [
            [(x0 + x / scale, y0 + y / scale) for x, y in ring] for ring in _rings(borders[label])
        ]
        for label in dict.fromkeys(labels)
    }


def _owners(places: Sequence[Lattice], labels: Sequence[Label]) -> dict[Lattice, Label]:
    """Give each place one label, moving those that share a place aside in a small circle."""
    at: dict[Lattice, list[Label]] = defaultdict(list)
    for place, label in zip(places, labels, strict=True):
        if label not in at[place]:
            at[place].append(label)
    owners = {place: shared[0] for place, shared in at.items() if len(shared) == 1}
    for (x, y), shared in at.items():
        # Lattice steps of a fraction of a millimetre: the tips of the slices stay at the place.
        radius = 4 * len(shared)
        while len(shared) > 1:
            circle = [
                (
                    x + round(radius * cos(2 * pi * step / len(shared))),
                    y + round(radius * sin(2 * pi * step / len(shared))),
                )
                for step in range(len(shared))
            ]
            if not any(place in owners for place in circle):
                owners.update(zip(circle, shared, strict=True))
                break
            radius += 1
    return owners


def hull(points: Iterable[Lattice]) -> list[Lattice]:
    """Give the corners of the convex hull, against the clock."""
    ordered = sorted(set(points))

    def half(row: Iterable[Lattice]) -> list[Lattice]:
        corners: list[Lattice] = []
        for point in row:
            while len(corners) > 1 and turn(corners[-2], corners[-1], point) <= 0:
                corners.pop()
            corners.append(point)
        return corners[:-1]

    return half(ordered) + half(reversed(ordered))


def _ground(places: Iterable[Lattice], margin: int) -> list[Lattice]:
    """Give the hull of all places, widened by the margin with blunted corners."""
    circle = [
        (round(margin * cos(2 * pi * step / CORNERS)), round(margin * sin(2 * pi * step / CORNERS)))
        for step in range(CORNERS)
    ]
    distinct = list(set(places))
    outline = hull(distinct) if len(distinct) > 1 else distinct
    return hull((x + dx, y + dy) for x, y in outline for dx, dy in circle)


def _borders(owners: dict[Lattice, Label], ground: Sequence[Lattice]) -> dict[Label, set[Border]]:
    """Collect the directed borders of each label, its own ground to the left.

    Every cell of a point is a closed ring. Rings are added up and what two of one label
    share cancels out, so the sum is closed whatever rounding did to a corner. Only cells at
    the edge of the ground are drawn whole; of the others only what separates them.
    """
    triangulation = Triangulation([*owners, *_far_away(ground)])
    places = list(owners)
    # The cells of the three far away are nobody's.
    by_place: list[Label | None] = [*owners.values(), None, None, None]
    origin, following = triangulation.origin, triangulation.following
    corners = _Corners(triangulation)
    edges = _edges_of(ground)
    at_edge = _at_edge(triangulation, corners, edges, range(len(places), len(by_place)))
    borders: dict[Label, set[Border]] = {label: set() for label in owners.values()}
    for side in triangulation.edges():
        for edge in (side, side ^ 1):
            here, there = origin[edge], origin[edge ^ 1]
            if by_place[here] == by_place[there] and there not in at_edge:
                continue
            if here not in at_edge and here < len(places):
                _add(borders[owners[places[here]]], (corners[edge ^ 1], corners[edge]))
    for here, first in at_edge.items():
        if here < len(places):
            cell = clipped([corners[edge] for edge in _around(first, following)], edges)
            for border in pairwise([*cell, *cell[:1]]):
                _add(borders[owners[places[here]]], border)
    return borders


def _add(borders: set[Border], border: Border) -> None:
    start, end = border
    if (end, start) in borders:
        borders.remove((end, start))
    elif start != end:
        borders.add(border)


def _far_away(ground: Sequence[Lattice]) -> list[Lattice]:
    """Give three corners so far out that no cell of theirs reaches the ground."""
    left, right = min(x for x, _ in ground), max(x for x, _ in ground)
    low, high = min(y for _, y in ground), max(y for _, y in ground)
    reach = 16 * max(right - left, high - low)
    return [(left - reach, low - reach), (right + reach, low - reach), (left, high + reach)]


class _Corners(dict[int, Point]):
    """The corner of the cells in the face left of each edge, worked out where it is asked for."""

    def __init__(self, triangulation: Triangulation) -> None:
        super().__init__()
        self.triangulation = triangulation

    def __missing__(self, edge: int) -> Point:
        points, origin = self.triangulation.points, self.triangulation.origin
        second = self.triangulation.next_of_face(edge)
        third = self.triangulation.next_of_face(second)
        a, b, c = points[origin[edge]], points[origin[second]], points[origin[third]]
        # The face around all is no triangle that turns left, and its corner is nowhere.
        corner = _centre(a, b, c) if turn(a, b, c) > 0 else (inf, inf)
        self[edge] = self[second] = self[third] = corner
        return corner


def _around(first: int, following: Sequence[int]) -> Iterator[int]:
    """Yield the edges from one origin, from this one against the clock."""
    yield first
    edge = following[first]
    while edge != first:
        yield edge
        edge = following[edge]


def _at_edge(
    triangulation: Triangulation,
    corners: Mapping[int, Point],
    edges: Sequence[Edge],
    far: Collection[int],
) -> dict[int, int]:
    """Give the points whose cells leave the ground, each with an edge from it.

    Found from the cells of those far away inwards, from corner to corner off the ground: from
    any such corner a border leads away from the ground, for the borders at a corner go to
    all sides and the ground is convex. So none is left out, and those on the ground, nearly
    all, are not looked at.
    """
    origin, following = triangulation.origin, triangulation.following
    found: dict[int, int] = {}
    waiting = [
        edge for side in triangulation.edges() for edge in (side, side ^ 1) if origin[edge] in far
    ]
    while waiting:
        first = waiting.pop()
        if origin[first] in found:
            continue
        found[origin[first]] = first
        # A corner off the ground belongs to the cells at both ends of the edge to its right.
        waiting += [
            edge ^ 1 for edge in _around(first, following) if not _is_inside(corners[edge], edges)
        ]
    return found


def _centre(a: Lattice, b: Lattice, c: Lattice) -> Point:
    """Give the centre of the circle through three points."""
    ax, ay = a
    bx, by, cx, cy = b[0] - ax, b[1] - ay, c[0] - ax, c[1] - ay
    twice = 2 * (bx * cy - by * cx)
    b2, c2 = bx * bx + by * by, cx * cx + cy * cy
    return _rounded(ax + (cy * b2 - by * c2) / twice, ay + (bx * c2 - cx * b2) / twice)


def _rounded(x: float, y: float) -> Point:
    """Make one corner of two that differ by less than a drawing can tell apart.

    Four points on a circle have two faces with the same centre.
    """
    return round(x, DIGITS), round(y, DIGITS)


def _edges_of(ground: Sequence[Lattice]) -> list[Edge]:
    """Give a, b, c for each edge: a·x + b·y + c is zero on it and above zero within."""
    return [
        (float(ay - by), float(bx - ax), float(ax * by - ay * bx))
        for (ax, ay), (bx, by) in pairwise([*ground, ground[0]])
    ]


def _is_inside(point: Point, edges: Iterable[Edge]) -> bool:
    x, y = point
    for a, b, c in edges:  # a loop takes half the time of all() here, for thousands of corners
        if a * x + b * y + c < 0:
            return False
    return x != inf


def clipped(cell: Ring, edges: Iterable[Edge]) -> Ring:
    """Cut a convex cell to the ground, the same way from both sides of a shared border."""
    for edge in edges:
        kept = [_is_inside(point, [edge]) for point in cell]
        if all(kept):
            continue
        rest: Ring = []
        for index, point in enumerate(cell):
            before = cell[index - 1]
            if kept[index] != kept[index - 1]:
                rest.append(_crossing(edge, min(before, point), max(before, point)))
            if kept[index]:
                rest.append(point)
        cell = rest
    return cell


def _crossing(edge: Edge, start: Point, end: Point) -> Point:
    a, b, c = edge
    at_start, at_end = (a * x + b * y + c for x, y in (start, end))
    share = at_start / (at_start - at_end)
    return _rounded(start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)


def _rings(borders: Collection[Border]) -> Iterator[Ring]:
    """Put borders together to rings that pass no corner twice."""
    onwards: dict[Point, list[Point]] = defaultdict(list)
    for start, end in borders:
        onwards[start].append(end)
    for first in list(onwards):
        while onwards[first]:
            path = [first]
            on_path = {first: 0}
            while path:
                corner = onwards[path[-1]].pop()
                if corner not in on_path:
                    on_path[corner] = len(path)
                    path.append(corner)
                    continue
                ring = path[on_path[corner] :]
                yield ring
                for passed in ring:
                    del on_path[passed]
                del path[len(path) - len(ring) :]
                if path:
                    on_path[corner] = len(path)
                    path.append(corner)
