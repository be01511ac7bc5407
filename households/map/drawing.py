"""SVG of areas, buildings and lines from points in metres, in as few bytes as are needed.

Nothing here knows of requests or rows. What a colour says, a pattern and a word say too;
colours come from classes, for the pages allow no styles of their own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from math import dist, sqrt
from typing import NamedTuple

from django.utils.safestring import SafeString

from households.map.rings import Point, Ring, centre_of, encloses, twice_area

Pixel = tuple[int, int]

WIDTH = 1000
# A page is wide, a phone high; a ground of any shape lies in the middle of one of these.
LOWEST, HIGHEST = 480, 680
EDGE = 12
LARGEST_DOT, SMALLEST_DOT = 9, 2
# Share of the distance to the next building that a dot takes, were all spread evenly.
DOT_SHARE = 0.2
LEVELS = 4
# Sizes of dots by class, as shares of the usual one.
SIZES = (0.8, 1, 1.2, 1.4)
# More numbers than this beside buildings cover one another.
MOST_NUMBERS = 150
# Ever more ink: the order of the classes reads in black and white.
PATTERNS = (
    '<pattern id="map-1" width="14" height="14" patternUnits="userSpaceOnUse">'
    '<rect class="map__ground map__ground--1" width="14" height="14"/>'
    '<circle class="map__ink" cx="7" cy="7" r="1"/></pattern>'
    '<pattern id="map-2" width="10" height="10" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect class="map__ground map__ground--2" width="10" '
    'height="10"/><rect class="map__ink" width="1" height="10"/></pattern>'
    '<pattern id="map-3" width="8" height="8" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect class="map__ground map__ground--3" width="8" '
    'height="8"/><path class="map__ink" d="M0 0h8v1.5H1.5V8H0z"/></pattern>'
)


@dataclass(frozen=True, slots=True)
class Shape:
    """An area: its rings, what is written on it, where it leads, and its class.

    `level` counts from 0, and is None where there is no figure. `short` is written where
    `name` has no room.
    """

    rings: Sequence[Ring]
    name: str = ""
    short: str = ""
    value: str = ""
    href: str = ""
    level: int | None = None
    style: str = ""
    # Where the words go if the middle of the area lies outside it.
    inside: Sequence[Point] = ()


class Dot(NamedTuple):
    """A building: where it stands, what it is called, where it leads, and its footprint."""

    point: Point
    title: str
    href: str = ""
    style: str = ""
    footprint: Sequence[Ring] = ()
    # Written beside the building while there are few enough to read.
    value: str = ""
    # The class of its figure: the higher, the darker and the larger.
    level: int | None = None


class Line(NamedTuple):
    """A barrier: its points, what it is called, and its kind."""

    points: Sequence[Point]
    title: str
    style: str


class Picture(NamedTuple):
    """A tile that lies under the map: its address and its two corners in metres."""

    href: str
    top_left: Point
    bottom_right: Point


class Frame:
    """Where points in metres come to lie in the drawing."""

    def __init__(self, points: Iterable[Point]) -> None:
        xs, ys = zip(*points, strict=True)
        self.left, right, low, self.top = min(xs), max(xs), min(ys), max(ys)
        wide, high = max(right - self.left, 1.0), max(self.top - low, 1.0)
        room = WIDTH - 2 * EDGE
        self.height = round(min(max(room * high / wide, LOWEST), HIGHEST))
        self.scale = min(room / wide, (self.height - 2 * EDGE) / high)
        self.dx = (WIDTH - wide * self.scale) / 2
        self.dy = (self.height - high * self.scale) / 2

    def place(self, point: Point) -> Pixel:
        x, y = point
        return (
            round((x - self.left) * self.scale + self.dx),
            round((self.top - y) * self.scale + self.dy),
        )

    def places(self, points: Iterable[Point]) -> list[Pixel]:
        """Place the points of a line, each once."""
        placed: list[Pixel] = []
        for point in points:
            pixel = self.place(point)
            if not placed or placed[-1] != pixel:
                placed.append(pixel)
        return placed


def draw_map(
    *,
    label: str,
    shapes: Sequence[Shape] = (),
    dots: Sequence[Dot] = (),
    lines: Sequence[Line] = (),
    borders: Sequence[Ring] = (),
    pictures: Sequence[Picture] = (),
    focus: Sequence[Ring] = (),
) -> SafeString:
    """Return the drawing; "" where there is nothing to draw.

    From below: tiles, areas, dashed borders, lines, buildings, words. With a `focus` it
    is as large as these rings and the buildings allow, and else shows everything.
    """
    frame = frame_of([Shape(focus)] if focus else shapes, dots)
    if frame is None:
        return SafeString("")
    size = min(max(spread(frame, len(dots)) * DOT_SHARE, SMALLEST_DOT), LARGEST_DOT)
    layers = (
        "".join(drawn_picture(frame, picture) for picture in pictures),
        layer("map__areas", (drawn_shape(frame, shape) for shape in shapes)),
        layer("map__borders", (f'<path d="{path(frame, [ring])}"/>' for ring in borders)),
        layer("map__lines", (drawn_line(frame, line) for line in lines)),
        layer("map__dots", (drawn_dot(frame, dot) for dot in dots)),
        layer("map__numbers", numbers(frame, dots, size)),
        layer("map__words", (words(frame, shape) for shape in shapes if shape.name)),
    )
    return SafeString(
        f'<svg class="map__drawing" viewBox="0 0 {WIDTH} {frame.height}" role="group" '
        f'aria-label="{escape(label)}"><defs>{PATTERNS}{samples(size)}</defs>'
        f"{''.join(layers)}</svg>"
    )


def frame_of(shapes: Sequence[Shape], dots: Sequence[Dot]) -> Frame | None:
    corners = [point for shape in shapes for ring in shape.rings for point in ring]
    corners += [dot.point for dot in dots]
    return Frame(corners) if corners else None


def spread(frame: Frame, count: int) -> float:
    return sqrt(WIDTH * frame.height / max(count, 1))


def layer(style: str, parts: Iterable[str]) -> str:
    drawn = "".join(parts)
    return f'<g class="{style}">{drawn}</g>' if drawn else ""


def path(frame: Frame, rings: Iterable[Ring]) -> str:
    """Return closed rings as steps from corner to corner, which take fewer digits than places."""
    return "".join(ring_path(frame.places(ring)) for ring in rings)


def ring_path(corners: list[Pixel]) -> str:
    if len(corners) > 1 and corners[0] == corners[-1]:
        corners = corners[:-1]
    if len(corners) < 3:  # noqa: PLR2004 - nothing to see
        return ""
    (x, y), *_rest = corners
    return f"M{x} {y}l{steps(corners)}z"


def steps(places: Sequence[Pixel]) -> str:
    return " ".join(f"{x - a} {y - b}" for (a, b), (x, y) in pairwise(places))


def drawn_shape(frame: Frame, shape: Shape) -> str:
    style = shape.style or ("none" if shape.level is None else f"{shape.level}")
    d = path(frame, shape.rings)
    if not d:
        return ""
    drawn = f'<path class="map__area map__area--{style}" d="{d}"/>'
    title = "：".join(filter(None, (shape.name, shape.value)))
    return linked(shape.href, drawn, title)


def linked(href: str, drawn: str, title: str) -> str:
    """Wrap a part into its link, named by its title.

    The table beside holds the same links; leaving these out of the order of the tab key
    spares people hundreds of steps.
    """
    named = f"<title>{escape(title)}</title>" if title else ""
    if not href:
        return f"<g>{named}{drawn}</g>" if named else drawn
    return f'<a href="{escape(href)}" tabindex="-1">{named}{drawn}</a>'


def drawn_line(frame: Frame, line: Line) -> str:
    places = frame.places(line.points)
    if len(places) < 2:  # noqa: PLR2004 - shorter than a unit of the drawing
        return ""
    (x, y), *_rest = places
    drawn = f'<path class="map__line map__line--{line.style}" d="M{x} {y}l{steps(places)}"/>'
    return linked("", drawn, line.title)


def drawn_dot(frame: Frame, dot: Dot) -> str:
    outline = path(frame, dot.footprint) if dot.footprint else ""
    style = dot.style if dot.level is None else f"level{dot.level}"
    named = f' class="map__dot--{style}"' if style else ""
    if outline:
        return linked(dot.href, f'<path{named} d="{outline}"/>', dot.title)
    x, y = frame.place(dot.point)
    sample = "b" if dot.level is None else f"b{dot.level}"
    return linked(dot.href, f'<use{named} href="#{sample}" x="{x}" y="{y}"/>', dot.title)


def samples(size: float) -> str:
    """Return the dots that all others repeat: the usual one, and one for each class."""
    sizes = {"b": 1.0} | {f"b{level}": share for level, share in enumerate(SIZES)}
    return "".join(f'<circle id="{name}" r="{size * share:.1f}"/>' for name, share in sizes.items())


def numbers(frame: Frame, dots: Sequence[Dot], size: float) -> Iterable[str]:
    if len(dots) > MOST_NUMBERS:
        return
    for dot in dots:
        if dot.value:
            x, y = frame.place(dot.point)
            yield f'<text x="{x + round(size * 1.6)}" y="{y}">{escape(dot.value)}</text>'


def drawn_picture(frame: Frame, picture: Picture) -> str:
    (x, y), (right, low) = frame.place(picture.top_left), frame.place(picture.bottom_right)
    return (
        f'<image href="{escape(picture.href)}" x="{x}" y="{y}" '
        f'width="{right - x}" height="{low - y}"/>'
    )


def words(frame: Frame, shape: Shape) -> str:
    """Write name and value of an area into its middle; on a narrow screen its short name."""
    if not shape.rings:
        return ""
    x, y = frame.place(middle(shape))
    value = f'<tspan class="map__value" x="{x}" dy="1.2em">{escape(shape.value)}</tspan>'
    return (
        f'<text x="{x}" y="{y}"><tspan class="map__name">{escape(shape.name)}</tspan>'
        f'<tspan class="map__short">{escape(shape.short)}</tspan>{value if shape.value else ""}'
        "</text>"
    )


def middle(shape: Shape) -> Point:
    """Return a point inside the largest ring, its centre of gravity if that lies inside."""
    ring = max(shape.rings, key=lambda corners: abs(twice_area(corners)))
    centre = centre_of(ring)
    if encloses([ring], centre):
        return centre
    candidates = [point for point in shape.inside if encloses([ring], point)] or list(ring)
    return min(candidates, key=lambda point: dist(point, centre))
