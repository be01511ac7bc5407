"""Charts drawn on the server: measured here, drawn by templates, coloured by classes.

Units are those of the drawing. It is about as wide as a small phone, so that its words
are as large there as on the page; a large screen enlarges it. What a colour says, a
hatching or a number says too.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django import template

register = template.Library()

WIDTH = 340
PLOT = 130
HEAD = 20
FOOT = 24
GAP = 4
# Up to here every column has room for its number; wider numbers stand on every second.
WIDEST_NUMBER = 999


class Column(NamedTuple):
    """One column: its place, its height, the part drawn solid, and its words ("" for none)."""

    x: str
    middle: str
    top: str
    height: str
    part_top: str
    part_height: str
    number: str
    label: str


@register.inclusion_tag("components/chart_columns.html")
def chart_columns(
    name: str, points: Sequence[tuple[str, int, int]], whole: str, part: str
) -> dict[str, Any]:
    """Draw columns over time, each a whole with a solid part; oldest first.

    `points` are (label, whole, part); `whole` and `part` are the words of the legend.
    The last column always has its words; those before it lose them where room is short.
    """
    step = WIDTH / max(len(points), 1)
    highest = max((point[1] for point in points), default=0)
    unit = PLOT / max(highest, 1)
    floor = HEAD + PLOT
    columns = []
    for index, (label, number, solid) in enumerate(points):
        from_last = len(points) - 1 - index
        has_words = from_last % 2 == 0
        columns.append(
            Column(
                x=f"{index * step + GAP / 2:.1f}",
                middle=f"{(index + 0.5) * step:.1f}",
                top=f"{floor - number * unit:.1f}",
                height=f"{number * unit:.1f}",
                part_top=f"{floor - solid * unit:.1f}",
                part_height=f"{solid * unit:.1f}",
                number=str(number) if has_words or highest <= WIDEST_NUMBER else "",
                label=label if has_words else "",
            )
        )
    return {
        "name": name,
        "columns": columns,
        "whole": whole,
        "part": part,
        "width": WIDTH,
        "height": HEAD + PLOT + FOOT,
        "column_width": f"{step - GAP:.1f}",
        "floor": floor,
        "label_at": floor + FOOT - 7,
    }


@register.inclusion_tag("components/chart_bar.html")
def chart_bar(part: int | None, whole: int | None) -> dict[str, Any]:
    """Draw one bar filled in proportion; the number beside it is the caller's to write."""
    share = min(part / whole, 1) if part and whole else 0
    return {"filled": f"{share * 100:.1f}"}
