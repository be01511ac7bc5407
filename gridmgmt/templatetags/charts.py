"""Charts and tables of figures, drawn on the server and coloured by classes.

Units are those of the drawing. It is about as wide as a small phone, so that its words
are as large there as on the page; a large screen enlarges it. What a colour says, a
hatching or a number says too.
"""

from collections.abc import Sequence
from html import escape

from django import template
from django.utils.safestring import SafeString

from gridmgmt.overview.tables import Cell, Row

register = template.Library()

WIDTH = 340
PLOT = 130
HEAD = 20
FLOOR = HEAD + PLOT
FOOT = 24
# Half of the outermost label stands beyond its column.
MARGIN = 10
GAP = 4
HATCH = (
    '<defs><pattern id="chart-hatch" width="5" height="5" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect class="chart__paper" width="5" height="5"/>'
    '<rect class="chart__ink" width="2" height="5"/></pattern></defs>'
)
BAR = (
    '<svg class="chart-bar" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">'
    '<rect class="chart-bar__track" width="100" height="12"/>'
    '<rect class="chart__ink" width="%.1f" height="12"/></svg>'
)
# Up to here every column has room for its number; wider numbers stand on every second.
WIDEST_NUMBER = 99


@register.simple_tag
def chart_columns(name: str, points: Sequence[tuple[str, int, int]]) -> SafeString:
    """Draw columns over time, each a hatched whole with a solid part, oldest first.

    `points` are (label, whole, part). The last column always has its words; every second
    one before it loses them where room is short.
    """
    step = (WIDTH - 2 * MARGIN) / max(len(points), 1)
    highest = max((whole for _label, whole, _part in points), default=0)
    unit = PLOT / max(highest, 1)
    columns, labels = [], []
    for index, (label, whole, part) in enumerate(points):
        has_words = (len(points) - 1 - index) % 2 == 0
        left = MARGIN + index * step
        columns.append(column("chart__whole", left, step, whole * unit))
        columns.append(column("chart__ink", left, step, part * unit))
        if has_words or highest <= WIDEST_NUMBER:
            labels.append(words("chart__number", left + step / 2, FLOOR - whole * unit - 5, whole))
        if has_words:
            labels.append(words("chart__label", left + step / 2, FLOOR + FOOT - 7, label))
    # Words last, so that no neighbouring column covers them.
    drawing = "".join(columns + labels)
    return SafeString(
        f'<svg class="chart__drawing" viewBox="0 0 {WIDTH} {FLOOR + FOOT}" role="img" '
        f'aria-label="{escape(name)}">{HATCH}{drawing}'
        f'<line class="chart__axis" x1="0" y1="{FLOOR}" x2="{WIDTH}" y2="{FLOOR}"/></svg>'
    )


def column(style: str, left: float, step: float, height: float) -> str:
    return (
        f'<rect class="{style}" x="{left + GAP / 2:.1f}" y="{FLOOR - height:.1f}" '
        f'width="{step - GAP:.1f}" height="{height:.1f}"/>'
    )


def words(style: str, middle: float, base: float, text: object) -> str:
    return f'<text class="{style}" x="{middle:.1f}" y="{base:.1f}">{escape(str(text))}</text>'


@register.simple_tag
def chart_bar(part: int, whole: int) -> SafeString:
    """Draw one bar filled in proportion; the number beside it is the caller's to write."""
    share = min(part / whole, 1) if whole else 0
    return SafeString(BAR % (share * 100))


@register.simple_tag
def figure_rows(rows: Sequence[Row], *, with_bar: bool = False) -> SafeString:
    """Write the rows of a dashboard's table: the place, its coverage if asked for, its numbers."""
    return SafeString("".join([figure_row(row, with_bar=with_bar) for row in rows]))


def figure_row(row: Row, *, with_bar: bool) -> str:
    name = escape(row.name)
    if row.href:
        name = SafeString(f'<a href="{row.href}">{name}</a>')
    coverage = ""
    if with_bar:
        percent = "–" if row.percent is None else f"{row.percent} %"
        coverage = f'<td class="overview-bar">{percent}{chart_bar(row.covered, row.actual)}</td>'
    opening = '<tr class="overview-total">' if row.is_total else "<tr>"
    cells = "".join([figure_cell(cell) for cell in row.cells])
    return f'{opening}<th scope="row">{name}</th>{coverage}{cells}</tr>'


def figure_cell(cell: Cell) -> str:
    number = "–" if cell.number is None else cell.number
    if cell.href:
        number = f'<a href="{escape(cell.href)}">{number}</a>'
    return f'<td class="number" data-label="{escape(cell.heading)}">{number}</td>'
