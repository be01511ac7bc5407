"""The figures of the dashboards: what is behind every number, and how numbers add up.

Every figure counts by a definition that a list also filters by, so that a number can
open exactly the rows behind it. Nothing here knows of requests; the day is an argument.
"""

import datetime
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Self

from django.db import models
from django.db.models import Count, Q

from communities.models import Area, Community, Grid, Membership, User, inside
from communities.roles import DASHBOARD_READERS, READERS, Role
from households.models import DoorState, Household, is_in_state, quarter_start
from visits.models import Issue, VisitTally

WEEKS = 13
COMMUNITY_DIGITS = 12
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
    open_issues: int = 0
    late_issues: int = 0
    full_time: frozenset[int] = frozenset()
    part_time: frozenset[int] = frozenset()
    grids: int = 0
    grids_without_main: int = 0
    unassigned: int = 0

    def add(self, other: "Figures") -> None:
        """Take in another place; a worker of both counts once."""
        self.doors.update(other.doors)
        self.outcomes.update(other.outcomes)
        self.week_visits = [a + b for a, b in zip(self.week_visits, other.week_visits, strict=True)]
        self.week_counted = [
            a + b for a, b in zip(self.week_counted, other.week_counted, strict=True)
        ]
        self.open_issues += other.open_issues
        self.late_issues += other.late_issues
        self.full_time |= other.full_time
        self.part_time |= other.part_time
        self.grids += other.grids
        self.grids_without_main += other.grids_without_main
        self.unassigned += other.unassigned

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
        return not (self.doors.total() or self.outcomes.total() or self.open_issues)


@dataclass(frozen=True)
class Line:
    """One row of a dashboard: a place, its figures, its target of households per worker.

    `kind` is grid, community or area; empty for a choice of grids that no list can name.
    """

    name: str
    kind: str
    code: str
    figures: Figures
    target: int | None


def figures_by_grid(grids: Sequence[Grid], on: datetime.date) -> dict[int, Figures]:
    """Return the figures of each grid on that day, in five queries however many grids."""
    figures = {grid.pk: Figures() for grid in grids}
    count_doors(figures, on)
    count_visits(figures, on)
    count_issues(figures, on)
    minded = count_workers(figures, on)
    for grid in grids:
        entry = figures[grid.pk]
        if grid.kind == Grid.Kind.HOLDING:
            entry.unassigned = entry.actual
        elif grid.closed_on is None:
            entry.grids = 1
            entry.grids_without_main = int(grid.pk not in minded)
    return figures


def count_doors(figures: dict[int, Figures], on: datetime.date) -> None:
    counts = {state.value: Count("pk", filter=is_in_state(state, on)) for state in STATES}
    doors = Household.objects.filter(grid__in=list(figures)).order_by()
    for row in doors.values("grid").annotate(**counts):
        figures[row.pop("grid")].doors.update(row)


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


def count_issues(figures: dict[int, Figures], on: datetime.date) -> None:
    issues = Issue.objects.filter(grid__in=list(figures)).open().order_by()
    for grid, number in issues.values_list("grid").annotate(Count("pk")):
        figures[grid].open_issues = number
    for grid, number in issues.late(on).values_list("grid").annotate(Count("pk")):
        figures[grid].late_issues = number


def count_workers(figures: dict[int, Figures], on: datetime.date) -> set[int]:
    """Note who works where; return the grids that have a main worker."""
    workers = Membership.objects.current(on).filter(role=Role.GRID_WORKER, grid__in=list(figures))
    minded = set()
    for grid, user, employment, rank in workers.values_list("grid", "user", "employment", "rank"):
        entry = figures[grid]
        if employment == Membership.Employment.FULL_TIME:
            entry.full_time |= {user}
        else:
            entry.part_time |= {user}
        if rank == Membership.Rank.MAIN:
            minded.add(grid)
    return minded


def week_starts(on: datetime.date) -> list[datetime.date]:
    first = trend_start(on)
    return [first + datetime.timedelta(weeks=week) for week in range(WEEKS)]


# Whose dashboard somebody may open.


def communities_of(user: User) -> models.QuerySet[Community]:
    """Communities whose dashboard the user may open, if only for some of their grids.

    What she sees there are the grids of `Grid.objects.visible_to(user)`.
    """
    communities = Community.objects.visible_to(user)
    if user.is_superuser:
        return communities
    codes = user.place_codes(DASHBOARD_READERS)
    return communities.filter(
        inside(codes) | Q(code__in=[code[:COMMUNITY_DIGITS] for code in codes])
    )


def areas_of(user: User) -> models.QuerySet[Area]:
    """Areas whose dashboard the user may open: those she reads as a whole."""
    areas = Area.objects.visible_to(user)
    if user.is_superuser:
        return areas
    return areas.filter(inside(user.place_codes(DASHBOARD_READERS)))


def opens_dashboard(user: User, area: Area) -> bool:
    """Say of one area what `areas_of` says of many, without asking the database."""
    codes = user.place_codes(DASHBOARD_READERS)
    return user.is_superuser or any(area.code.startswith(code) for code in codes)


def reads_whole(user: User, code: str) -> bool:
    """Say whether everything inside this place is in the user's scope."""
    return user.is_superuser or any(code.startswith(held) for held in user.place_codes(READERS))


def starting_places(user: User) -> list[Area | Community]:
    """Return the places whose dashboards are the user's own, the widest first."""
    codes = user.place_codes(DASHBOARD_READERS)
    areas = (
        areas_of(user).filter(parent=None)
        if user.is_superuser
        else areas_of(user).filter(code__in=codes)
    )
    communities = (
        Community.objects.none()
        if user.is_superuser
        else communities_of(user).filter(code__in=[code[:COMMUNITY_DIGITS] for code in codes])
    )
    return [*areas, *communities]


@dataclass(frozen=True)
class Report:
    """A dashboard: its lines, their total, and the trend of the total."""

    on: datetime.date
    lines: list[Line]
    total: Line


def community_report(community: Community, user: User, on: datetime.date) -> Report:
    """Report on the grids of a community that the user may see."""
    grids = list(Grid.objects.visible_to(user).filter(community=community))
    figures = figures_by_grid(grids, on)
    lines = [
        Line(str(grid), "grid", grid.code, figures[grid.pk], community.households_per_worker)
        for grid in grids
        if grid.closed_on is None or not figures[grid.pk].is_empty
    ]
    if reads_whole(user, community.code):
        kind, code = "community", community.code
    elif len(grids) == 1:
        kind, code = "grid", grids[0].code
    else:
        kind, code = "", ""
    total = Figures.total(figures.values())
    return Report(
        on, lines, Line(str(community), kind, code, total, community.households_per_worker)
    )


def area_report(area: Area, user: User, on: datetime.date) -> Report:
    """Report on an area by its communities, or by the areas that it is made of."""
    communities = list(Community.objects.visible_to(user).filter(inside([area.code])))
    grids = list(Grid.objects.visible_to(user).filter(community__in=communities))
    by_grid = figures_by_grid(grids, on)
    by_community = {community.pk: Figures() for community in communities}
    for grid in grids:
        by_community[grid.community_id].add(by_grid[grid.pk])
    lines = [
        Line(
            child.name,
            "area",
            child.code,
            Figures.total(
                by_community[community.pk]
                for community in communities
                if community.code.startswith(child.code)
            ),
            None,
        )
        for child in area.children.all()
    ]
    lines += [
        Line(
            community.name,
            "community",
            community.code,
            by_community[community.pk],
            community.households_per_worker,
        )
        for community in communities
        if community.area_id == area.pk
    ]
    targets = {community.households_per_worker for community in communities}
    return Report(
        on,
        lines,
        Line(
            area.name,
            "area",
            area.code,
            Figures.total(by_community.values()),
            targets.pop() if len(targets) == 1 else None,
        ),
    )
