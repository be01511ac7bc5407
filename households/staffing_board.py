"""The staffing board of a community: what each grid worker carries, against the target."""

import datetime
import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q
from django.utils.translation import gettext as _

from communities.models import Community, Cover, Grid, Membership, User
from communities.roles import Role
from households.models import Household
from households.workload import ORDINARY, weights

# What half a day's work is to a whole one.
PART_TIME_SHARE = 0.5


@dataclass
class Load:
    """Actual households and their workload, added up over grids."""

    households: int = 0
    workload: float = 0.0

    def add(self, other: "Load") -> None:
        self.households += other.households
        self.workload += other.workload

    @property
    def rounded(self) -> int:
        return round(self.workload)


@dataclass
class WorkerRow:
    """A grid worker with what she minds as main worker, and what else is asked of her.

    `target` is the workload meant for her; a part-time worker's is half of a full-time one's.
    """

    user: User
    is_full_time: bool
    target: int
    own: Load = field(default_factory=Load)
    grids: list[Grid] = field(default_factory=list)
    backup_grids: list[Grid] = field(default_factory=list)
    other_offices: list[Membership] = field(default_factory=list)
    away: list[Cover] = field(default_factory=list)
    goes_for: list[Cover] = field(default_factory=list)

    @property
    def over(self) -> int:
        """How much more than the target she carries; negative where there is room."""
        return self.own.rounded - self.target

    @property
    def is_over(self) -> bool:
        return self.over > 0

    @property
    def share(self) -> int:
        """Her workload in percent of the target."""
        return round(100 * self.own.workload / self.target) if self.target else 0

    @property
    def verdict(self) -> str:
        if self.is_over:
            return _("%(count)s above the target") % {"count": self.over}
        if not self.grids:
            return _("No grid of her own")
        return _("Room for %(count)s") % {"count": -self.over}


@dataclass
class Board:
    """The rows in the order of the grids, and what they add up to."""

    rows: list[WorkerRow]
    # Of each grid whose border a planner may move.
    grid_loads: list[Load]
    without_worker: list[Grid]
    total: Load
    unassigned: int
    target: int

    @property
    def full_time(self) -> int:
        return sum(row.is_full_time for row in self.rows)

    @property
    def part_time(self) -> int:
        return len(self.rows) - self.full_time

    @property
    def needed(self) -> int:
        """Full-time workers that the workload asks for."""
        return math.ceil(self.total.workload / self.target)

    @property
    def missing(self) -> int:
        """How many of them there are not; two part-time workers stand for one."""
        return max(0, math.ceil(self.needed - self.full_time - PART_TIME_SHARE * self.part_time))

    @property
    def over_target(self) -> int:
        return sum(row.is_over for row in self.rows)


def staffing_board(community: Community, user: User, on: datetime.date) -> Board:
    """Return the board of a community on that day, as far as the user sees it.

    The number of queries does not depend on how many people or doors there are.
    """
    grids = list(Grid.objects.visible_to(user).filter(community=community).open())
    loads = loads_of_grids(community, user)
    workers = list(
        Membership.objects.visible_to(user)
        .current(on)
        .filter(role=Role.GRID_WORKER, grid__in=[grid.pk for grid in grids])
        .select_related("user", "grid")
        .order_by("grid__code", "-rank", "since", "pk")
    )
    rows = rows_of(workers, community, loads)
    add_other_offices(rows, workers, user, on)
    add_covers(rows, community, user, on)
    minded = {member.grid_id for member in workers if member.rank == Membership.Rank.MAIN}
    numbered = [grid for grid in grids if grid.kind != Grid.Kind.HOLDING]
    total = Load()
    for grid in grids:
        total.add(loads[grid.pk])
    return Board(
        rows=list(rows.values()),
        grid_loads=[loads[grid.pk] for grid in numbered if grid.kind != Grid.Kind.DEDICATED],
        without_worker=[grid for grid in numbered if grid.pk not in minded],
        total=total,
        unassigned=total.households - sum(loads[grid.pk].households for grid in numbered),
        target=community.households_per_worker,
    )


def loads_of_grids(community: Community, user: User) -> dict[int, Load]:
    """Return what the doors of each grid come to, by its key."""
    doors = Household.objects.visible_to(user).filter(grid__community=community)
    loads: dict[int, Load] = defaultdict(Load)
    grids = dict(doors.actual().values_list("pk", "grid"))
    workload = weights(doors.actual())
    # A door that came or went between the two questions counts as it did in the first.
    for key, grid in grids.items():
        loads[grid].add(Load(1, workload.get(key, ORDINARY)))
    return loads


def rows_of(
    workers: Iterable[Membership], community: Community, loads: dict[int, Load]
) -> dict[int, WorkerRow]:
    """Return a row for each person, by her key, in the order in which she first comes."""
    rows: dict[int, WorkerRow] = {}
    for member in workers:
        row = rows.get(member.user_id)
        if row is None:
            row = rows[member.user_id] = WorkerRow(member.user, is_full_time=False, target=0)
        row.is_full_time |= member.employment == Membership.Employment.FULL_TIME
        grid = member.grid
        assert grid is not None  # noqa: S101 - grid workers work in a grid
        if member.rank == Membership.Rank.MAIN:
            row.grids.append(grid)
            row.own.add(loads[grid.pk])
        else:
            row.backup_grids.append(grid)
    for row in rows.values():
        share = 1 if row.is_full_time else PART_TIME_SHARE
        row.target = round(community.households_per_worker * share)
    return rows


def add_other_offices(
    rows: dict[int, WorkerRow], workers: list[Membership], user: User, on: datetime.date
) -> None:
    """Note what else these people are today: leaders, cadres, workers of other communities."""
    others = (
        Membership.objects.visible_to(user)
        .current(on)
        .filter(user__in=list(rows))
        .exclude(pk__in=[member.pk for member in workers])
        .select_related("grid", "community", "area", "department")
        .order_by("role", "pk")
    )
    for member in others:
        rows[member.user_id].other_offices.append(member)


def add_covers(
    rows: dict[int, WorkerRow], community: Community, user: User, on: datetime.date
) -> None:
    """Note who is away, now or soon, and who goes for others."""
    covers = (
        Cover.objects.visible_to(user)
        .not_over(on)
        .filter(Q(away__grid__community=community) | Q(user__in=list(rows)))
        .select_related("away__user", "away__grid", "user")
        .order_by("since", "pk")
    )
    for cover in covers:
        if cover.away.user_id in rows:
            rows[cover.away.user_id].away.append(cover)
        if cover.user_id in rows:
            rows[cover.user_id].goes_for.append(cover)
