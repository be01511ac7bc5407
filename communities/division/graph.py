"""Which buildings stand next to each other: the Gabriel graph of their positions."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from communities.division.joining import joining
from communities.division.triangulation import (
    LATTICE_SIZE,
    Lattice,
    Triangulation,
    lattice_scale,
    on_lattice,
    turn,
)

Point = tuple[float, float]
Edge = tuple[int, int]

# Only lines that share a square of this size are compared.
SQUARE = LATTICE_SIZE >> 6


def gabriel_edges(
    points: Sequence[Point],
    *,
    barriers: Sequence[Sequence[Point]] = (),
    apart: Collection[Edge] = (),
) -> list[Edge]:
    """Pair the points that are neighbours, as positions (smaller, larger), in order.

    Two points are neighbours when the circle that has them at opposite ends holds no other
    point, not even on its rim: a lattice of buildings has no diagonals, and all points hang
    together however far they are apart. Doors at one point follow each other in a chain, in
    the order given, and each is joined to the neighbouring points.

    No pair crosses a barrier or is among `apart`, given in either order. A point on a barrier
    belongs to the bank on the left of its line. Where leaving pairs out breaks a bank into
    pieces, the shortest further sides of the triangulation that cross nothing mend it; what
    still hangs apart is separated by a barrier, and every grid has to respect that.
    """
    if not points:
        return []
    scale = lattice_scale(points)
    doors = defaultdict(list)
    for position, place in enumerate(on_lattice(points, scale)):
        doors[place].append(position)
    places = list(doors)
    origin = points[0]
    lines = [
        [(round((x - origin[0]) * scale), round((y - origin[1]) * scale)) for x, y in line]
        for line in barriers
    ]
    triangulation = Triangulation(places)
    sides = triangulation_sides(triangulation)
    blocked = _crossing(places, sides, lines)
    unwanted = {(min(pair), max(pair)) for pair in apart}

    def doors_between(side: Edge) -> set[Edge]:
        return set(_joined(doors[places[side[0]]], doors[places[side[1]]])) - unwanted

    edges = {pair for at in doors.values() for pair in pairwise(at)} - unwanted
    spare = []
    for side, is_gabriel in sides.items():
        if side in blocked:
            continue
        if is_gabriel:
            edges |= doors_between(side)
        else:
            spare.append(side)
    if blocked or unwanted:
        spare.sort(key=lambda side: _squared_length(places, side))
        candidates = (pair for side in spare for pair in sorted(doors_between(side)))
        edges |= set(joining(candidates, joined=edges))
    return sorted(edges)


def chain_edges(count: int) -> list[Edge]:
    """Pair each of so many doors in address order with the next."""
    return list(pairwise(range(count)))


def triangulation_sides(triangulation: Triangulation) -> dict[Edge, bool]:
    """Give the sides of all triangles, and of each whether it belongs to the Gabriel graph.

    Of all points it is enough to ask the two that close the triangles beside the side.
    """
    points, origin = triangulation.points, triangulation.origin
    sides = {}
    for edge in triangulation.edges():
        a, b = origin[edge], origin[edge ^ 1]
        (ax, ay), (bx, by) = points[a], points[b]
        is_gabriel = True
        for beside in (triangulation.following[edge], triangulation.preceding[edge]):
            other = origin[beside ^ 1]
            if other != b:
                x, y = points[other]
                if (ax - x) * (bx - x) + (ay - y) * (by - y) <= 0:
                    is_gabriel = False
        sides[min(a, b), max(a, b)] = is_gabriel
    return sides


def _joined(here: Sequence[int], there: Sequence[int]) -> Iterator[Edge]:
    """Join every door at one place with one at another, low with low and high with high."""
    most = max(len(here), len(there))
    for step in range(most):
        a, b = here[step * len(here) // most], there[step * len(there) // most]
        yield min(a, b), max(a, b)


def _squared_length(places: Sequence[Lattice], side: Edge) -> int:
    (ax, ay), (bx, by) = places[side[0]], places[side[1]]
    return (ax - bx) ** 2 + (ay - by) ** 2


def _crossing(
    places: Sequence[Lattice], sides: Collection[Edge], lines: Sequence[Sequence[Lattice]]
) -> set[Edge]:
    """Find the sides that cross a line.

    What lies exactly on a line counts as left of it, for the ends of both alike, so that a
    line is crossed by whoever passes its corner and by nobody who stops short of it.
    """
    bars = [bar for line in lines for bar in pairwise(line)]
    if not bars:
        return set()
    squares = defaultdict(list)
    for side in sides:
        for square in _squares(places[side[0]], places[side[1]]):
            squares[square].append(side)
    return {
        side
        for bar in bars
        for square in _squares(*bar)
        for side in squares.get(square, ())
        if _crosses(places[side[0]], places[side[1]], *bar)
    }


def _squares(a: Lattice, b: Lattice) -> Iterator[Lattice]:
    """Give the squares of the map, that the box of a line touches."""
    columns, rows = (
        [max(-LATTICE_SIZE, min(LATTICE_SIZE, end[axis])) // SQUARE for end in (a, b)]
        for axis in (0, 1)
    )
    for column in range(min(columns), max(columns) + 1):
        for row in range(min(rows), max(rows) + 1):
            yield column, row


def _crosses(a: Lattice, b: Lattice, start: Lattice, end: Lattice) -> bool:
    return (turn(a, b, start) >= 0) != (turn(a, b, end) >= 0) and (
        (turn(start, end, a) >= 0) != (turn(start, end, b) >= 0)
    )
