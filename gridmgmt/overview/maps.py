"""Maps of dashboard figures: the same numbers as a drawing, a legend and a table."""

import datetime
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django import forms
from django.db.models import Count
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from communities.models import Community, Grid, User
from communities.models.place import COMMUNITY_DIGITS
from gridmgmt.overview import tables
from gridmgmt.overview.reports import Report
from gridmgmt.overview.tables import ANY_CODE, Links, Measure
from households.map.drawing import Dot, Shape, draw_map
from households.map.ground import Ground, Spot
from households.map.legend import Key, barrier_keys, class_keys, other_grids, split_buildings
from households.map.scale import Class, Scale, percent_scale, quantile_scale
from households.map.tiles import tiles_below
from households.models import Building, DoorState, Household, is_in_state

# Stands for a key in an address that is worked out once for thousands of buildings.
ANY_NUMBER = 999999999
# What a map of grids can show: every figure of the dashboard that says something of a grid.
GRID_FIGURES = {
    "coverage": tables.PERCENT,
    "households": tables.ACTUAL,
    "overdue": tables.OVERDUE,
    "week": tables.WEEK,
    "never": tables.NEVER,
    "unanswered": tables.UNANSWERED,
    "open": tables.OPEN,
    "late": tables.LATE,
    "visits": tables.ALL_VISITS,
    "per_worker": tables.PER_WORKER,
}
# And of buildings: what is known of single doors.
DOOR_FIGURES = {
    "households": tables.ACTUAL,
    "covered": tables.COVERED,
    "overdue": tables.OVERDUE,
    "week": tables.WEEK,
    "never": tables.NEVER,
    "unanswered": tables.UNANSWERED,
}
DOOR_STATES = {
    "households": DoorState.ACTUAL,
    "covered": DoorState.COVERED,
    "overdue": DoorState.OVERDUE,
    "week": DoorState.WEEK,
    "never": DoorState.NEVER,
    "unanswered": DoorState.UNANSWERED,
}


class FigureForm(forms.Form):
    """Which figure a map shows; what it does not know shows the first."""

    figure = forms.ChoiceField(label=_("Figure"), required=False)

    def __init__(self, data: Any, *, figures: dict[str, Measure]) -> None:
        self.first = next(iter(figures))
        chosen = data.get("figure", self.first)
        super().__init__({"figure": chosen if chosen in figures else self.first})
        self.fields["figure"].choices = [  # type: ignore[attr-defined] # a choice field
            (name, measure.heading) for name, measure in figures.items()
        ]

    @property
    def chosen(self) -> str:
        return str(self.data["figure"])


class MapRow(NamedTuple):
    """A line of the table beside a map: what the map says of one grid or building.

    `short` is the number that stands on the map where a name has no room.
    """

    short: str
    name: str
    href: str
    value: str
    value_href: str
    level: int | None
    words: str
    buildings: int
    is_drawn: bool


@dataclass(frozen=True)
class FigureMap:
    """A drawing, its legend and its table."""

    drawing: SafeString
    rows: list[MapRow]
    heading: str
    ground: Ground
    keys: list[Key]
    counts_buildings: bool = False


def scale_of(name: str, values: Sequence[int | None]) -> Scale:
    return percent_scale(values) if name == "coverage" else quantile_scale(values)


def community_map(
    community: Community, report: Report, ground: Ground, user: User, name: str
) -> FigureMap:
    """Draw the grids of a community that the report tells of, by one of its figures.

    Of grids outside the user's scope the outlines are drawn, for one to find one's way, and
    neither names nor buildings nor figures.
    """
    measure = GRID_FIGURES[name]
    links = Links(report.on)
    grids = Grid.objects.visible_to(user).filter(community=community)
    keys = dict(grids.values_list("code", "pk"))
    values = [measure.number(line.figures) for line in report.lines]
    scale = scale_of(name, values)
    legend = scale.legend(values)
    page = reverse("grid_map", args=[ANY_CODE])
    rows, shapes = [], []
    for line, value in zip(report.lines, values, strict=True):
        rings = ground.areas.get(keys[line.code], [])
        spots = ground.inside(keys[line.code])
        row = MapRow(
            short=str(int(line.code[COMMUNITY_DIGITS:]) or "–"),
            name=line.name,
            href=page.replace(ANY_CODE, line.code),
            value=scale.text(value),
            value_href=links.to(line, measure),
            level=scale.level(value),
            words=words_of(legend, scale.level(value)),
            buildings=len(spots),
            is_drawn=bool(rings),
        )
        rows.append(row)
        shapes.append(
            Shape(
                rings,
                row.name,
                row.short,
                row.value,
                row.href,
                row.level,
                inside=[spot.point for spot in spots],
            )
        )
    shown = set(keys.values())
    others = [
        Shape(rings, style="other") for grid, rings in ground.areas.items() if grid not in shown
    ]
    dots = dots_of(ground.spots, visible_buildings(user, community))
    return FigureMap(
        drawing=draw_map(
            label=f"{community}：{measure.heading}",
            shapes=[*others, *shapes],
            dots=dots,
            lines=ground.barriers,
            pictures=tiles_below(ground),
        ),
        rows=rows,
        heading=str(measure.heading),
        ground=ground,
        keys=[
            *class_keys(legend, shape="area"),
            *([other_grids()] if others else []),
            *([split_buildings()] if any(dot.style == "split" for dot in dots) else []),
            *barrier_keys(ground),
        ],
        counts_buildings=True,
    )


def grid_map(grid: Grid, ground: Ground, user: User, name: str, on: datetime.date) -> FigureMap:
    """Draw the buildings of a grid by how many of their doors in it are in one state."""
    measure = DOOR_FIGURES[name]
    doors = Household.objects.visible_to(user).open().filter(grid=grid).order_by()
    counted = Count("pk", filter=is_in_state(DOOR_STATES[name], on))
    counts = dict(doors.values_list("building").annotate(number=counted))
    spots = [spot for spot in ground.inside(grid.pk) if spot.pk in counts]
    scale = quantile_scale(counts.values())
    legend = scale.legend(counts.values())
    page = reverse("households:building", args=[ANY_NUMBER])
    buildings = Building.objects.visible_to(user).filter(pk__in=counts).order_by("walk_order", "pk")
    drawn = {spot.pk for spot in spots}
    rows = [
        MapRow(
            short="",
            name=str(building),
            href=page.replace(str(ANY_NUMBER), str(building.pk)),
            value=scale.text(counts[building.pk]),
            value_href="",
            level=scale.level(counts[building.pk]),
            words=words_of(legend, scale.level(counts[building.pk])),
            buildings=1,
            is_drawn=building.pk in drawn,
        )
        for building in buildings.defer("footprint")
    ]
    others = [Shape(rings, style="other") for key, rings in ground.areas.items() if key != grid.pk]
    return FigureMap(
        drawing=draw_map(
            label=f"{grid}：{measure.heading}",
            shapes=[*others, Shape(ground.areas.get(grid.pk, []), style="own")],
            dots=[
                Dot(
                    spot.point,
                    f"{spot.name}：{counts[spot.pk]}",
                    page.replace(str(ANY_NUMBER), str(spot.pk)),
                    footprint=spot.footprint,
                    value=str(counts[spot.pk]),
                    level=scale.level(counts[spot.pk]),
                )
                for spot in spots
            ],
            lines=ground.barriers,
            pictures=tiles_below(ground),
            focus=ground.areas.get(grid.pk, []),
        ),
        rows=rows,
        heading=str(measure.heading),
        ground=ground,
        keys=[
            *class_keys(legend, shape="dot"),
            *([other_grids()] if others else []),
            *barrier_keys(ground),
        ],
    )


def words_of(legend: Sequence[Class], level: int | None) -> str:
    """Return the range of a class as the legend writes it."""
    return next((entry.words for entry in legend if entry.level == level), gettext("No figure"))


def visible_buildings(user: User, community: Community) -> set[int]:
    buildings = Building.objects.visible_to(user).filter(community=community)
    return set(buildings.values_list("pk", flat=True).order_by())


def dots_of(spots: Iterable[Spot], visible: Container[int]) -> list[Dot]:
    """Return the buildings of these that are visible, each a link to its page."""
    page = reverse("households:building", args=[ANY_NUMBER])
    return [
        Dot(
            spot.point,
            spot.name,
            page.replace(str(ANY_NUMBER), str(spot.pk)),
            "split" if len(spot.grids) > 1 else "",
            spot.footprint,
        )
        for spot in spots
        if spot.pk in visible
    ]
