"""How good a draft is, computed from its rows: by grid, and as a whole."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from django.utils.translation import gettext as _

from communities.division import Instance, Node, least_deviation
from communities.division.joining import joining
from communities.division.metrics import pieces
from communities.models import User
from households.figures import size_warning
from households.models import GridPlan, PlannedGrid, PlannedPart
from households.models.plan import leaving
from households.plans.instance import Layout, lay_out


class PartFigures(NamedTuple):
    """A part as figures count it, read without making a model of each of thousands."""

    pk: int
    building: int
    planned_grid: int
    households: int
    workload: float
    moving: int


def percent_off(load: float, target: float) -> float:
    """Return by how many percent a load is above what was aimed at; 0 where nothing was."""
    return round(100 * (load / target - 1), 1) if target else 0.0


@dataclass
class GridFigures:
    """A planned grid with what is in it. Deviations are percent of what was aimed at."""

    planned: PlannedGrid
    by_workload: bool
    target: float
    tolerance_percent: int
    parts: list[PartFigures] = field(default_factory=list)
    # Connected pieces the grid consists of: more than one means that it is broken.
    pieces: int = 0
    # Metres of the shortest way that joins its buildings, None without positions.
    walk: int | None = None

    @cached_property
    def households(self) -> int:
        return sum(part.households for part in self.parts)

    @cached_property
    def workload(self) -> float:
        return round(sum(part.workload for part in self.parts), 1)

    @property
    def load(self) -> float:
        if self.by_workload:
            return sum(part.workload for part in self.parts)
        return self.households

    @property
    def deviation(self) -> float:
        return percent_off(self.load, self.target)

    @property
    def size_warning(self) -> str:
        """Say in words when the grid would be outside the limits of the community."""
        return size_warning(self.planned.plan.community, self.households) if self.parts else ""

    @property
    def is_outside(self) -> bool:
        return abs(self.deviation) > self.tolerance_percent

    @property
    def is_broken(self) -> bool:
        return self.pieces > 1

    @property
    def deviation_words(self) -> str:
        """Say the deviation so that nobody has to read a sign."""
        percent = f"{abs(self.deviation):g}"
        if self.deviation > 0:
            return _("%(percent)s%% more than aimed at") % {"percent": percent}
        if self.deviation < 0:
            return _("%(percent)s%% less than aimed at") % {"percent": percent}
        return _("as aimed at")

    @property
    def buildings(self) -> int:
        return len({part.building for part in self.parts})

    @property
    def worker(self) -> User | None:
        return self.planned.worker

    @cached_property
    def arriving(self) -> int:
        """Households that come from another of today's grids."""
        return sum(part.moving for part in self.parts)


# Bounds and deviations are rounded to it, in percent.
HUNDREDTH = 0.01


@dataclass
class PlanFigures:
    """A plan with the figures of its grids, the least possible deviation among them."""

    plan: GridPlan
    grids: list[GridFigures]
    parts: list[PartFigures]
    # The estate of each building, "" where it stands in none.
    estate_of: dict[int, str]
    neighbours: dict[int, list[int]]

    @property
    def households(self) -> int:
        return sum(row.households for row in self.grids)

    @property
    def workload(self) -> float:
        return round(sum(row.workload for row in self.grids), 1)

    @property
    def target(self) -> float:
        return round(self.plan.target, 1)

    @property
    def occupied(self) -> list[GridFigures]:
        return [row for row in self.grids if row.parts]

    @property
    def largest_deviation(self) -> float:
        return max((abs(row.deviation) for row in self.grids), default=0.0)

    @property
    def mean_deviation(self) -> float:
        deviations = [abs(row.deviation) for row in self.grids]
        return round(sum(deviations) / len(deviations), 1) if deviations else 0.0

    @property
    def outside(self) -> int:
        return sum(row.is_outside for row in self.grids)

    @property
    def beyond_limits(self) -> int:
        """How many grids would be smaller or larger than the community wants any to be."""
        return sum(bool(row.size_warning) for row in self.grids)

    @property
    def broken(self) -> list[GridFigures]:
        return [row for row in self.grids if row.is_broken]

    @property
    def without_worker(self) -> int:
        return sum(row.worker is None for row in self.occupied)

    @cached_property
    def per_worker(self) -> int | None:
        """Households per main worker, a half rounded up; None where nobody is named."""
        workers = len({row.planned.worker_id for row in self.occupied if row.planned.worker_id})
        return (2 * self.households + workers) // (2 * workers) if workers else None

    @property
    def moved(self) -> int:
        return sum(row.arriving for row in self.grids)

    @property
    def moved_percent(self) -> float:
        return round(100 * self.moved / self.households, 1) if self.households else 0.0

    @cached_property
    def estate_names(self) -> list[str]:
        return sorted({self.estate_of[part.building] for part in self.parts} - {""})

    @property
    def estates(self) -> int:
        return len(self.estate_names)

    @cached_property
    def estates_split(self) -> int:
        grids = defaultdict(set)
        for part in self.parts:
            if estate := self.estate_of[part.building]:
                grids[estate].add(part.planned_grid)
        return sum(len(found) > 1 for found in grids.values())

    @property
    def walk(self) -> int | None:
        """Metres of the ways of all grids together."""
        ways = [row.walk for row in self.grids if row.walk is not None]
        return sum(ways) if ways else None

    @property
    def worst(self) -> float:
        """The largest deviation in hundredths of a percent, as bounds are kept."""
        target = self.plan.target
        loads = [row.load for row in self.grids] if target else []
        return max((round(100 * abs(load / target - 1), 2) for load in loads), default=0.0)

    @cached_property
    def least(self) -> float:
        """Percent that the worst grid is off by at least, whoever divides; proven."""
        proven = self.plan.least_proven
        return self.quick_bound() if proven is None else proven

    def quick_bound(self) -> float:
        """Return a weaker bound, proven while a page is waited for."""
        rows = {part.pk: row for row, part in enumerate(self.parts)}
        loads = [
            part.workload if self.plan.by_workload else float(part.households)
            for part in self.parts
        ]
        instance = Instance(
            k=max(len(self.grids), 1),
            target=self.plan.target or 1.0,
            tolerance=self.plan.tolerance_percent / 100,
            j_ref=1.0,
            nodes=tuple(Node(row, 0.0, 0.0, 0, load) for row, load in enumerate(loads)),
            neighbours=tuple(
                tuple(rows[near] for near in self.neighbours.get(part.pk, ()))
                for part in self.parts
            ),
        )
        return round(100 * least_deviation(instance), 2)

    @cached_property
    def best_known(self) -> float | None:
        """Percent that the worst grid is off by in the best division known, an estimate.

        None where none of connected grids is known.
        """
        here = [] if self.broken else [self.worst]
        found = [] if self.plan.least_found is None else [self.plan.least_found]
        return min(here + found, default=None)

    @property
    def is_proven(self) -> bool:
        """Say whether the best division known is proven to be the best possible."""
        return self.best_known is not None and self.best_known <= self.least + HUNDREDTH

    @property
    def from_least(self) -> float:
        """Percentage points between the largest deviation and what is proven, 0 at the least."""
        return max(0.0, round(self.worst - self.least, 1))

    @property
    def least_words(self) -> str:
        """Say what is proven of the best possible division, and what is only found."""
        if self.is_proven:
            return _("proven: %(best)s%% is the best possible") % {
                "best": f"{round(self.best_known or 0, 1):g}"
            }
        # Rounded down, so that what is said to be impossible is.
        least = math.floor(10 * self.least) / 10
        words = (
            _("proven: not below %(least)s%%") % {"least": f"{least:g}"}
            if least
            else _("nothing above 0%% is proven") % {}
        )
        if self.plan.least_found is not None and self.best_known is not None:
            best = f"{round(self.best_known, 1):g}"
            words += _("; estimated: %(best)s%% is the best") % {"best": best}
        return words


def plan_figures(plan: GridPlan) -> PlanFigures:
    return figures_of([plan])[0]


def figures_of(plans: Sequence[GridPlan]) -> list[PlanFigures]:
    """Return the figures of plans of one community; the number of queries is fixed."""
    if not plans:
        return []
    grids: defaultdict[int, list[PlannedGrid]] = defaultdict(list)
    rows = PlannedGrid.objects.filter(plan__in=plans).select_related("worker", "grid")
    by_key = {plan.pk: plan for plan in plans}
    for grid in rows.order_by("number"):
        grid.plan = by_key[grid.plan_id]
        grids[grid.plan_id].append(grid)
    parts: defaultdict[int, list[PartFigures]] = defaultdict(list)
    todays = {grid.pk: str(grid.grid_id) for of_plan in grids.values() for grid in of_plan}
    found = PlannedPart.objects.filter(plan__in=plans).order_by("pk")
    for plan, pk, building, planned, households, workload, by_grid in found.values_list(
        "plan", "pk", "building", "planned_grid", "households", "workload", "by_grid"
    ):
        moving = leaving(by_grid, todays[planned])
        parts[plan].append(PartFigures(pk, building, planned, households, workload, moving))
    standing = {part.building for of_plan in parts.values() for part in of_plan}
    buildings = [
        building
        for building in plans[0].community.buildings.order_by("walk_order", "pk")
        if building.pk in standing
    ]
    layout = lay_out(plans[0].community, buildings)
    estate_of = {building.pk: building.estate for building in buildings}
    return [assess(plan, grids[plan.pk], parts[plan.pk], estate_of, layout) for plan in plans]


def assess(
    plan: GridPlan,
    grids: Iterable[PlannedGrid],
    parts: list[PartFigures],
    estate_of: dict[int, str],
    layout: Layout,
) -> PlanFigures:
    rows = {
        grid.pk: GridFigures(grid, plan.by_workload, plan.target, plan.tolerance_percent)
        for grid in grids
    }
    by_key = {part.pk: part for part in parts}
    edges = defaultdict(list)
    for part in parts:
        rows[part.planned_grid].parts.append(part)
    beside: defaultdict[int, list[int]] = defaultdict(list)
    for one, other in plan.edges:
        first, second = by_key.get(one), by_key.get(other)
        if first is None or second is None:
            continue
        beside[one].append(other)
        beside[other].append(one)
        if first.planned_grid == second.planned_grid:
            edges[first.planned_grid].append((first.building, second.building))
    for row in rows.values():
        # pieces() looks neighbours up by key; a part without any has none.
        row.pieces = len(pieces([part.pk for part in row.parts], beside))  # type: ignore[arg-type]
        if layout.are_known:
            row.walk = shortest_way(edges[row.planned.pk], layout)
    return PlanFigures(plan, list(rows.values()), parts, estate_of, beside)


def shortest_way(edges: Iterable[tuple[int, int]], layout: Layout) -> int:
    """Return the metres of the shortest ways that join neighbouring buildings of one grid."""

    def length(edge: tuple[int, int]) -> float:
        return math.dist(layout.points[edge[0]], layout.points[edge[1]])

    return round(sum(map(length, joining(sorted(set(edges), key=length)))))


def moves_of(parts: Iterable[PlannedPart]) -> list[tuple[PlannedPart, int | None, int]]:
    """Return part, key of the grid it leaves and how many households, for all that change.

    Households that are in no grid today leave None.
    """
    changes: list[tuple[PlannedPart, int | None, int]] = []
    for part in parts:
        staying = part.planned_grid.grid_id
        counts = Counter({int(grid): count for grid, count in part.by_grid.items()})
        for grid, households in sorted(counts.items()):
            if grid != staying and households:
                changes.append((part, grid, households))
        if new := part.households - counts.total():
            changes.append((part, None, new))
    return changes
