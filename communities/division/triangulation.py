"""Delaunay triangulation of points on a whole-number lattice, exact in every test it makes.

Divide and conquer after Guibas and Stolfi (1985). Coordinates are whole numbers, so the two
questions asked of them (which side, inside the circle) are answered without rounding: rows,
lattices and circles of points need no special care.
"""

from collections.abc import Iterator, Sequence

Lattice = tuple[int, int]

# Whole numbers up to this keep a position in ten kilometres to the tenth of a millimetre.
LATTICE_SIZE = 1 << 26


def lattice_scale(points: Sequence[tuple[float, float]]) -> float:
    """Give the power of two by which to multiply so that the longer side fits the lattice."""
    extent = max(
        max(x for x, _ in points) - min(x for x, _ in points),
        max(y for _, y in points) - min(y for _, y in points),
    )
    scale = 1.0
    while extent * scale > LATTICE_SIZE:
        scale /= 2
    # Nothing is told apart below a millionth of a unit, however close the points lie.
    while extent * scale * 2 <= LATTICE_SIZE and scale < LATTICE_SIZE >> 6:
        scale *= 2
    return scale


def on_lattice(points: Sequence[tuple[float, float]], scale: float) -> list[Lattice]:
    """Place each point, counted from the first, on the lattice."""
    if not points:
        return []
    x0, y0 = points[0]
    return [(round((x - x0) * scale), round((y - y0) * scale)) for x, y in points]


def turn(a: Lattice, b: Lattice, c: Lattice) -> int:
    """Answer above zero where a, b, c turn left, below zero to the right, zero in a row."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


class Triangulation:
    """The Delaunay edges of distinct points.

    Edges come in pairs: `e` runs from `origin[e]` to `origin[e ^ 1]`, its twin back. Around
    an origin, `following[e]` is the next edge against the clock and `preceding[e]` the one
    before. Where four points lie on one circle, one of the two diagonals is drawn.
    """

    def __init__(self, points: Sequence[Lattice]) -> None:
        self.points = points
        self.origin: list[int] = []
        self.following: list[int] = []
        self.preceding: list[int] = []
        self._gone: set[int] = set()
        if len(points) > 1:
            self._triangulate(sorted(range(len(points)), key=points.__getitem__))

    def edges(self) -> Iterator[int]:
        """Yield one of the two directions of every edge."""
        return (e for e in range(0, len(self.origin), 2) if e not in self._gone)

    def next_of_face(self, edge: int) -> int:
        """Give the next edge along the face to the left."""
        return self.preceding[edge ^ 1]

    def _add(self, a: int, b: int) -> int:
        edge = len(self.origin)
        self.origin += (a, b)
        self.following += (edge, edge + 1)
        self.preceding += (edge, edge + 1)
        return edge

    def _splice(self, a: int, b: int) -> None:
        """Join or part the rings of edges around the origins of both."""
        after_a, after_b = self.following[a], self.following[b]
        self.preceding[after_a], self.preceding[after_b] = b, a
        self.following[a], self.following[b] = after_b, after_a

    def _connect(self, a: int, b: int) -> int:
        """Add the edge from the end of `a` to the origin of `b`, along their left face."""
        edge = self._add(self.origin[a ^ 1], self.origin[b])
        self._splice(edge, self.preceding[a ^ 1])
        self._splice(edge ^ 1, b)
        return edge

    def _remove(self, edge: int) -> None:
        self._splice(edge, self.preceding[edge])
        self._splice(edge ^ 1, self.preceding[edge ^ 1])
        self._gone.add(edge & ~1)

    def _triangulate(self, order: list[int]) -> tuple[int, int]:
        """Triangulate points in order of x.

        Returned are the edge of the outline that leaves the leftmost point against the
        clock, and the one that leaves the rightmost point with the clock.
        """
        if len(order) == 2:  # noqa: PLR2004 - two points are one edge
            edge = self._add(*order)
            return edge, edge ^ 1
        if len(order) == 3:  # noqa: PLR2004 - three points are a triangle or a row
            return self._triangle(*order)
        middle = len(order) // 2
        left, right = self._triangulate(order[:middle]), self._triangulate(order[middle:])
        return self._merge(left, right)

    def _triangle(self, a: int, b: int, c: int) -> tuple[int, int]:
        first, second = self._add(a, b), self._add(b, c)
        self._splice(first ^ 1, second)
        side = turn(self.points[a], self.points[b], self.points[c])
        if side == 0:
            return first, second ^ 1
        third = self._connect(second, first)
        return (first, second ^ 1) if side > 0 else (third ^ 1, third)

    def _merge(self, left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
        outer_left, inner_left = left
        inner_right, outer_right = right
        origin, points = self.origin, self.points
        while True:
            a, b = points[origin[inner_left]], points[origin[inner_right]]
            if turn(b, a, points[origin[inner_left ^ 1]]) > 0:
                inner_left = self.next_of_face(inner_left)
            elif turn(a, points[origin[inner_right ^ 1]], b) > 0:
                inner_right = self.following[inner_right ^ 1]
            else:
                break
        base = self._connect(inner_right ^ 1, inner_left)
        if origin[inner_left] == origin[outer_left]:
            outer_left = base ^ 1
        if origin[inner_right] == origin[outer_right]:
            outer_right = base
        self._zip(base)
        return outer_left, outer_right

    def _zip(self, base: int) -> None:
        """Sew two halves together, from the edge below both of them upwards."""
        origin, points = self.origin, self.points
        while True:
            right, left = points[origin[base]], points[origin[base ^ 1]]
            from_left = self._candidate(self.following[base ^ 1], left, right, self.following)
            from_right = self._candidate(self.preceding[base], left, right, self.preceding)
            if from_left is not None and (
                from_right is None
                or not in_circle(
                    points[origin[from_left ^ 1]], left, right, points[origin[from_right ^ 1]]
                )
            ):
                base = self._connect(base ^ 1, from_left ^ 1)
            elif from_right is not None:
                base = self._connect(from_right, base ^ 1)
            else:
                return

    def _candidate(
        self, edge: int, left: Lattice, right: Lattice, onwards: list[int]
    ) -> int | None:
        """Give the edge whose end may be joined next, removing those that hide it.

        None where its end does not lie above the base.
        """
        origin, points = self.origin, self.points
        top = points[origin[edge ^ 1]]
        while turn(top, left, right) > 0:
            further = onwards[edge]
            beyond = points[origin[further ^ 1]]
            if not in_circle(left, right, top, beyond):
                return edge
            self._remove(edge)
            edge, top = further, beyond
        return None


def in_circle(a: Lattice, b: Lattice, c: Lattice, d: Lattice) -> bool:
    """Say whether d lies within the circle through a, b, c, which turn left."""
    dx, dy = d
    ax, ay, bx, by, cx, cy = a[0] - dx, a[1] - dy, b[0] - dx, b[1] - dy, c[0] - dx, c[1] - dy
    return (
        (ax * ax + ay * ay) * (bx * cy - by * cx)
        + (bx * bx + by * by) * (cx * ay - cy * ax)
        + (cx * cx + cy * cy) * (ax * by - ay * bx)
    ) > 0
