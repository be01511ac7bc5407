"""A plan as a map: its grids to be, today's borders dashed, what changes marked."""

from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from households.map.drawing import Dot, Shape, draw_map
from households.map.ground import Ground, Spot, areas_of, ground_of
from households.map.legend import Key, barrier_keys, split_buildings
from households.map.tiles import tiles_below
from households.models import GridPlan, PlannedGrid, PlannedPart
from households.plans.figures import percent_off

LESS, WITHIN, MORE = range(3)


class PlanRow(NamedTuple):
    """A grid of the plan as the map says it."""

    short: str
    planned: PlannedGrid
    load: str
    deviation: str
    words: str
    buildings: int
    changed: int
    is_drawn: bool


@dataclass(frozen=True)
class PlanMap:
    drawing: SafeString
    heading: str
    keys: list[Key]
    rows: list[PlanRow]
    ground: Ground


def plan_map(plan: GridPlan) -> PlanMap:
    """Draw a plan; each building leads to its part on the page of the plan, ticked there.

    In six queries whatever the plan holds.
    """
    ground = ground_of(plan.community)
    planned = {grid.pk: grid for grid in plan.grids.all()}
    by_building: dict[int, list[PlannedPart]] = defaultdict(list)
    by_grid: dict[int, list[PlannedPart]] = defaultdict(list)
    for part in plan.parts.order_by("-households", "pk"):
        part.planned_grid = planned[part.planned_grid_id]
        by_building[part.building_id].append(part)
        by_grid[part.planned_grid_id].append(part)
    spots = [
        spot._replace(grids=tuple(dict.fromkeys(part.planned_grid_id for part in parts)))
        for spot in ground.spots
        if (parts := by_building.get(spot.pk))
    ]
    areas = areas_of(spots)
    rows, shapes = [], []
    for key, grid in planned.items():
        row, level = row_of(plan, grid, by_grid[key], is_drawn=key in areas)
        rows.append(row)
        shapes.append(
            Shape(
                areas.get(key, []),
                grid.name,
                row.short,
                gettext("%(load)s (%(deviation)s)")
                % {"load": row.load, "deviation": row.deviation},
                f"{plan.get_absolute_url()}?grid={grid.number}#parts",
                level,
                inside=[spot.point for spot in spots if key in spot.grids],
            )
        )
    dots = [dot_of(plan, spot, by_building[spot.pk], planned) for spot in spots]
    styles = {dot.style for dot in dots}
    return PlanMap(
        drawing=draw_map(
            label=f"{plan}：{plan.get_measure_display()}",
            shapes=shapes,
            dots=dots,
            lines=ground.barriers,
            borders=[ring for rings in ground.areas.values() for ring in rings],
            pictures=tiles_below(ground),
        ),
        heading=str(plan.get_measure_display()),
        keys=[
            *(Key("area", str(level), words_of(level)) for level in (LESS, WITHIN, MORE)),
            Key("border", "", gettext("Borders of today's grids")),
            *([Key("dot", "moved", gettext("Building that changes grid"))] * ("moved" in styles)),
            *([split_buildings()] * ("split" in styles)),
            *barrier_keys(ground),
        ],
        rows=rows,
        ground=ground,
    )


def words_of(level: int) -> str:
    return {
        LESS: gettext("less than the limit allows"),
        WITHIN: gettext("within the limit"),
        MORE: gettext("more than the limit allows"),
    }[level]


def row_of(
    plan: GridPlan, grid: PlannedGrid, parts: list[PlannedPart], *, is_drawn: bool
) -> tuple[PlanRow, int]:
    """Say of a grid what the map says: its load, how far from what was aimed at, its class."""
    load = sum(part.workload if plan.by_workload else part.households for part in parts)
    percent = percent_off(load, plan.target)
    level = WITHIN
    if abs(percent) > plan.tolerance_percent:
        level = MORE if percent > 0 else LESS
    row = PlanRow(
        short=str(grid.number + 1),
        planned=grid,
        load=f"{round(load, 1):g}",
        deviation=f"{percent:+g} %",
        words=words_of(level),
        buildings=len({part.building_id for part in parts}),
        changed=len({part.building_id for part in parts if part.moving}),
        is_drawn=is_drawn,
    )
    return row, level


def dot_of(
    plan: GridPlan, spot: Spot, parts: list[PlannedPart], planned: dict[int, PlannedGrid]
) -> Dot:
    """Draw a building; the link ticks its largest part on the page of the plan."""
    names = "、".join(planned[grid].name for grid in spot.grids)
    households = sum(part.households for part in parts)
    count = ngettext("%(number)s household", "%(number)s households", households) % {
        "number": households
    }
    style = "split" if len(spot.grids) > 1 else ""
    if any(part.moving for part in parts):
        style = "moved"
    part = parts[0]
    href = f"{plan.get_absolute_url()}?part={part.pk}#part-{part.pk}"
    return Dot(spot.point, f"{spot.name}：{names}，{count}", href, style, spot.footprint)
