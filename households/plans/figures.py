"""How good a draft is, computed from its rows: by grid, and as a whole."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.utils.translation import gettext as _

from communities.division import least_deviation
from communities.division.joining import joining
from communities.division.metrics import pieces
from communities.models import User
from households.models import GridPlan, PlannedGrid, PlannedPart
from households.plans.instance import Layout
from households.plans.stored import instance_of, layout_of


@dataclass
class GridFigures:
    """A planned grid with what is in it. Deviations are percent of what was aimed at."""

    planned: PlannedGrid
    by_workload: bool
    target: float
    tolerance_percent: int
    parts: list[PlannedPart] = field(default_factory=list)
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
        return self.workload if self.by_workload else self.households

    @property
    def deviation(self) -> float:
        return round(100 * (self.load / self.target - 1), 1) if self.target else 0.0

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
        return len({part.building_id for part in self.parts})

    @property
    def worker(self) -> User | None:
        return self.planned.worker

    @cached_property
    def arriving(self) -> int:
        """Households that come from another of today's grids."""
        return sum(part.moving for part in self.parts)


@dataclass
class PlanFigures:
    """A plan with the figures of its grids, the least possible deviation among them."""

    plan: GridPlan
    grids: list[GridFigures]
    parts: list[PlannedPart]
    layout: Layout

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
    def estates(self) -> int:
        return len({part.building.estate for part in self.parts if part.building.estate})

    @cached_property
    def estates_split(self) -> int:
        grids = defaultdict(set)
        for part in self.parts:
            if part.building.estate:
                grids[part.building.estate].add(part.planned_grid_id)
        return sum(len(found) > 1 for found in grids.values())

    @property
    def walk(self) -> int | None:
        """Metres of the ways of all grids together."""
        ways = [row.walk for row in self.grids if row.walk is not None]
        return sum(ways) if ways else None

    @cached_property
    def least_possible(self) -> float:
        """Percent that the worst grid is off by at least, whoever divides; proven."""
        grids = [row.planned for row in self.grids]
        instance = instance_of(self.plan, self.parts, grids, self.layout)
        return round(100 * least_deviation(instance), 1)

    @property
    def from_least(self) -> float:
        """Percentage points between the largest deviation and the least possible."""
        return max(0.0, round(self.largest_deviation - self.least_possible, 1))


def plan_figures(plan: GridPlan) -> PlanFigures:
    return figures_of([plan])[0]


def figures_of(plans: Sequence[GridPlan]) -> list[PlanFigures]:
    """Return the figures of plans of one community; the number of queries is fixed."""
    grids = defaultdict(list)
    rows = PlannedGrid.objects.filter(plan__in=plans).select_related("worker", "grid")
    for grid in rows.order_by("number"):
        grids[grid.plan_id].append(grid)
    parts = defaultdict(list)
    found = PlannedPart.objects.filter(plan__in=plans).select_related("building", "planned_grid")
    for part in found.order_by("pk"):
        parts[part.plan_id].append(part)
    if not plans:
        return []
    layout = layout_of(plans[0], [part for of_plan in parts.values() for part in of_plan])
    return [assess(plan, grids[plan.pk], parts[plan.pk], layout) for plan in plans]


def assess(
    plan: GridPlan, grids: Iterable[PlannedGrid], parts: list[PlannedPart], layout: Layout
) -> PlanFigures:
    rows = {
        grid.pk: GridFigures(grid, plan.by_workload, plan.target, plan.tolerance_percent)
        for grid in grids
    }
    by_key = {part.pk: part for part in parts}
    edges = defaultdict(list)
    for part in parts:
        rows[part.planned_grid_id].parts.append(part)
    beside = defaultdict(list)
    for one, other in plan.edges:
        first, second = by_key.get(one), by_key.get(other)
        if first is None or second is None:
            continue
        beside[one].append(other)
        beside[other].append(one)
        if first.planned_grid_id == second.planned_grid_id:
            edges[first.planned_grid_id].append((first.building_id, second.building_id))
    for row in rows.values():
        # pieces() looks neighbours up by key; a part without any has none.
        row.pieces = len(pieces([part.pk for part in row.parts], beside))  # type: ignore[arg-type]
        if layout.are_known:
            row.walk = shortest_way(edges[row.planned.pk], layout)
    return PlanFigures(plan, list(rows.values()), parts, layout)


def shortest_way(edges: Iterable[tuple[int, int]], layout: Layout) -> int:
    """Return the metres of the shortest ways that join neighbouring buildings of one grid."""

    def length(edge: tuple[int, int]) -> float:
        return math.dist(layout.points[edge[0]], layout.points[edge[1]])

    return round(sum(map(length, joining(sorted(set(edges), key=length)))))


def moves_of(parts: Iterable[PlannedPart]) -> list[tuple[PlannedPart, int, int]]:
    """Return part, key of the grid it leaves and how many households, for all that change."""
    changes = []
    for part in parts:
        staying = part.planned_grid.grid_id
        leaving = Counter({int(grid): count for grid, count in part.by_grid.items()})
        for grid, households in sorted(leaving.items()):
            if grid != staying and households:
                changes.append((part, grid, households))
    return changes
