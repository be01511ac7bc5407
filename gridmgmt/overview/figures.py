"""The figures of the dashboards: what is behind every number, and how numbers add up.

Every figure counts by a definition that a list also filters by, so that a number can
open exactly the rows behind it. Nothing here knows of requests; the day is an argument.
"""

import datetime
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Self

from django.db.models import Count, Q

from communities.models import Grid, Membership
from communities.roles import Role
from households.models import DoorState, Household, is_in_state, quarter_start
from visits.models import Matter, VisitTally
from visits.models.visit import day_start

WEEKS = 13
STATES = (
    DoorState.ACTUAL,
    DoorState.COVERED,
    DoorState.OVERDUE,
    DoorState.WEEK,
    DoorState.NEVER,
    DoorState.UNANSWERED,
)


def trend_start(on: datetime.date) -> datetime.date:
    """Return the Monday that begins the first of the trend's weeks, the last being today's."""
    return on - datetime.timedelta(days=on.weekday(), weeks=WEEKS - 1)


@dataclass
class Figures:
    """What a dashboard says of one place; figures of several places add up."""

    doors: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    week_visits: list[int] = field(default_factory=lambda: [0] * WEEKS)
    week_counted: list[int] = field(default_factory=lambda: [0] * WEEKS)
    open_matters: int = 0
    late_matters: int = 0
    # How many open matters become late at which moment of the day, as seconds since 1970.
    # Nothing is written when a clock runs out, so a count kept since the morning needs them.
    late_today: Counter[str] = field(default_factory=Counter)
    full_time: frozenset[int] = frozenset()
    part_time: frozenset[int] = frozenset()
    grids: int = 0
    grids_without_main: int = 0
    unassigned: int = 0
    # How many open grids have how many actual households, those without limits left out. Limits
    # belong to communities and may change on any day, so sizes are compared when they are shown.
    sizes: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Figures") -> None:
        """Take in another place; a worker of both counts once."""
        self.doors.update(other.doors)
        self.outcomes.update(other.outcomes)
        self.week_visits = [a + b for a, b in zip(self.week_visits, other.week_visits, strict=True)]
        self.week_counted = [
            a + b for a, b in zip(self.week_counted, other.week_counted, strict=True)
        ]
        self.open_matters += other.open_matters
        self.late_matters += other.late_matters
        self.late_today.update(other.late_today)
        self.full_time |= other.full_time
        self.part_time |= other.part_time
        self.grids += other.grids
        self.grids_without_main += other.grids_without_main
        self.unassigned += other.unassigned
        self.sizes.update(other.sizes)

    def settle(self, at: datetime.datetime) -> None:
        """Count as late what has become so by that moment of the figures' day."""
        for moment in [moment for moment in self.late_today if float(moment) < at.timestamp()]:
            self.late_matters += self.late_today.pop(moment)

    @classmethod
    def total(cls, parts: Iterable["Figures"]) -> Self:
        """Return the sum of the parts."""
        total = cls()
        for part in parts:
            total.add(part)
        return total

    @property
    def actual(self) -> int:
        return self.doors[DoorState.ACTUAL]

    @property
    def covered(self) -> int:
        return self.doors[DoorState.COVERED]

    @property
    def percent(self) -> int | None:
        """Coverage in whole percent, rounded down so that 100 means every household."""
        return self.covered * 100 // self.actual if self.actual else None

    @property
    def visits(self) -> int:
        return self.outcomes.total()

    @property
    def per_worker(self) -> int | None:
        """Actual households for each full-time worker; None without one."""
        return round(self.actual / len(self.full_time)) if self.full_time else None

    @property
    def is_empty(self) -> bool:
        """Say whether nothing is left to report, as of a grid closed long ago."""
        return not (self.doors.total() or self.outcomes.total() or self.open_matters)


def figures_by_grid(grids: Sequence[Grid], on: datetime.date) -> dict[int, Figures]:
    """Return the figures of each grid on that day, in five queries however many grids."""
    figures = {grid.pk: Figures() for grid in grids}
    count_doors(figures, on)
    count_visits(figures, on)
    count_matters(figures, on)
    minded = count_workers(figures, on)
    for grid in grids:
        entry = figures[grid.pk]
        if grid.kind == Grid.Kind.HOLDING:
            entry.unassigned = entry.actual
        elif grid.closed_on is None:
            entry.grids = 1
            if grid.has_size_limits:
                entry.sizes[str(entry.actual)] = 1
            entry.grids_without_main = int(grid.pk not in minded)
    return figures


def count_doors(figures: dict[int, Figures], on: datetime.date) -> None:
    counts = {state.value: Count("pk", filter=is_in_state(state, on)) for state in STATES}
    doors = Household.objects.filter(grid__in=list(figures)).order_by()
    for grid, *numbers in doors.values_list("grid").annotate(**counts):
        figures[grid].doors.update(dict(zip(counts, numbers, strict=True)))


def count_visits(figures: dict[int, Figures], on: datetime.date) -> None:
    """Count the quarter's visits by outcome, and those of each week of the trend."""
    first = trend_start(on)
    quarter = quarter_start(on)
    tallies = VisitTally.objects.filter(
        grid__in=list(figures), day__gte=min(first, quarter), day__lte=on
    )
    rows = tallies.values_list("grid", "day", "outcome", "visits", "counted")
    for grid, day, outcome, visits, counted in rows:
        if day >= quarter:
            figures[grid].outcomes[outcome] += visits
        if day >= first:
            week = (day - first).days // 7
            figures[grid].week_visits[week] += visits
            figures[grid].week_counted[week] += counted


def count_matters(figures: dict[int, Figures], on: datetime.date) -> None:
    """Count the open matters, those late as the day begins, and when others become late in it."""
    start, end = day_start(on), day_start(on + datetime.timedelta(days=1))
    matters = Matter.objects.filter(grid__in=list(figures)).open().order_by()
    counts = {"number": Count("pk"), "passed": Count("pk", filter=Q(due_at__lt=start))}
    for grid, number, passed in matters.values_list("grid").annotate(**counts):
        figures[grid].open_matters = number
        figures[grid].late_matters = passed
    today = matters.filter(due_at__gte=start, due_at__lt=end)
    for grid, due_at in today.values_list("grid", "due_at"):
        figures[grid].late_today[str(due_at.timestamp())] += 1  # type: ignore[union-attr] # filtered by it


def count_workers(figures: dict[int, Figures], on: datetime.date) -> set[int]:
    """Note who works where; return the grids that have a main worker.

    Whoever only goes for somebody on leave adds no part-time worker to the grid.
    """
    workers = Membership.objects.current(on).filter(role=Role.GRID_WORKER, grid__in=list(figures))
    minded = set()
    rows = workers.values_list("grid", "user", "employment", "rank", "cover")
    for grid, user, employment, rank, cover in rows:
        entry = figures[grid]
        if employment == Membership.Employment.FULL_TIME:
            entry.full_time |= {user}
        elif cover is None:
            entry.part_time |= {user}
        if rank == Membership.Rank.MAIN:
            minded.add(grid)
    return minded


def week_starts(on: datetime.date) -> list[datetime.date]:
    first = trend_start(on)
    return [first + datetime.timedelta(weeks=week) for week in range(WEEKS)]
