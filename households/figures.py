"""Actual households and residents by place, and what they mean for the people there."""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from communities import staffing
from communities.models import Community, Cover, Grid, GridContact, Membership, User
from communities.roles import Role
from households.addresses import unit_label
from households.models import Household, Post, Residency
from households.models.place import HouseholdQuerySet, is_actual


def count_households(households: HouseholdQuerySet, *by: str) -> dict[Any, int]:
    """Return the actual households by a field such as "grid", or by several as a tuple."""
    rows = households.actual().values_list(*by).annotate(households=Count("pk")).order_by()
    return {key[0] if len(key) == 1 else tuple(key): count for *key, count in rows}


def count_residents(households: HouseholdQuerySet, *by: str) -> dict[Any, int]:
    """Return the people living at open doors by a field of the household."""
    rows = (
        Residency.objects.living()
        .filter(household__in=households.open())
        .values_list(*(f"household__{name}" for name in by))
        .annotate(residents=Count("resident", distinct=True))
        .order_by()
    )
    return {key[0] if len(key) == 1 else tuple(key): count for *key, count in rows}


def per_worker(households: int, workers: int) -> int | None:
    """Return households per full-time worker, a half rounded up; None without a worker."""
    return (2 * households + workers) // (2 * workers) if workers else None


class WorkerShare(NamedTuple):
    """How many households come to each full-time worker, and what to say of it.

    `number` is None without a worker; `lacks_worker` says whether households are there for one.
    """

    number: int | None
    target: int
    is_over_target: bool
    lacks_worker: bool


def worker_share(community: Community, households: int, workers: int) -> WorkerShare:
    """Return what comes to each of these workers of a community, beside its target."""
    number, target = per_worker(households, workers), community.households_per_worker
    return WorkerShare(
        number,
        target,
        is_over_target=number is not None and number > target,
        lacks_worker=number is None and households > 0,
    )


def size_warning(community: Community, households: int) -> str:
    """Say in words when a grid of that many households is outside the community's limits."""
    if households < community.grid_size_min:
        return _("Smaller than %(limit)s") % {"limit": community.grid_size_min}
    if households > community.grid_size_max:
        return _("Larger than %(limit)s") % {"limit": community.grid_size_max}
    return ""


@dataclass
class Caseload:
    """The actual households a grid worker minds, as main worker and as backup."""

    as_main: int = 0
    as_backup: int = 0


def caseloads(memberships: Iterable[Membership]) -> dict[int, Caseload]:
    """Return the caseload of each person in these grid-worker memberships, by her key."""
    workers = [member for member in memberships if member.role == Role.GRID_WORKER]
    sizes = count_households(
        Household.objects.filter(grid__in={member.grid_id for member in workers}), "grid"
    )
    loads: dict[int, Caseload] = defaultdict(Caseload)
    for member in workers:
        load = loads[member.user_id]
        if member.rank == Membership.Rank.MAIN:
            load.as_main += sizes.get(member.grid_id, 0)
        else:
            load.as_backup += sizes.get(member.grid_id, 0)
    return dict(loads)


def caseload_with(membership: Membership, user: User, on: datetime.date) -> Caseload:
    """Return the caseload that a new membership makes for its person, within the user's sight."""
    held: list[Membership] = []
    if membership.user_id:
        held = list(
            Membership.objects.visible_to(user)
            .current(on)
            .filter(user=membership.user_id, role=Role.GRID_WORKER)
        )
    loads = caseloads([*held, membership])
    return next(iter(loads.values()), Caseload())


class CoverLoad(NamedTuple):
    """The households of who covers: her own as main worker, and those she goes to besides."""

    own: int
    taken_over: int

    @property
    def together(self) -> int:
        return self.own + self.taken_over


def cover_load(cover: Cover, user: User) -> CoverLoad:
    """Return what a cover makes of the caseload on its first day, within the user's sight."""
    held = list(
        Membership.objects.visible_to(user)
        .current(cover.since)
        .filter(user=cover.user, role=Role.GRID_WORKER, rank=Membership.Rank.MAIN)
    )
    own = caseloads(held).get(cover.user.pk, Caseload()).as_main
    if cover.away.grid_id in {member.grid_id for member in held}:
        return CoverLoad(own, 0)
    doors = count_households(Household.objects.filter(grid=cover.away.grid), "grid")
    return CoverLoad(own, doors.get(cover.away.grid_id, 0))


@dataclass
class GridRow:
    """One grid with its size, its people and what is wrong with them."""

    grid: Grid
    households: int = 0
    residents: int = 0
    team: list[Membership] = field(default_factory=list)
    size_warning: str = ""
    gaps: list[str] = field(default_factory=list)
    contacts: list[GridContact] = field(default_factory=list)
    # As far as the user sees: whoever reads one grid alone does not see the community's people.
    unnamed: list[staffing.Unnamed] = field(default_factory=list)
    uncaptained: int = 0
    # None of the doors that no grid has: nobody minds them.
    share: WorkerShare | None = None

    @property
    def main_worker(self) -> User | None:
        return next(
            (member.user for member in self.team if member.rank == Membership.Rank.MAIN), None
        )

    @property
    def full_time(self) -> int:
        return len(
            {
                member.user_id
                for member in self.team
                if member.employment == Membership.Employment.FULL_TIME
            }
        )

    @property
    def notes(self) -> str:
        return "; ".join(filter(None, [self.size_warning, *self.gaps]))

    @property
    def unnamed_words(self) -> str:
        """Name who else belongs around the grid, and count the stairwells without a captain."""
        words = [one.words for one in self.unnamed]
        if self.uncaptained:
            words.append(_("captain of %(count)s stairwells") % {"count": self.uncaptained})
        return "; ".join(words)


def grid_rows(
    community: Community, grids: Iterable[Grid], user: User, on: datetime.date
) -> list[GridRow]:
    """Return these grids of a community with their figures and their people of that day.

    An area cadre or a contact of the whole community belongs to each of its grids.
    """
    grids = list(grids)
    doors = Household.objects.visible_to(user).filter(grid__in=grids)
    households = count_households(doors, "grid")
    residents = count_residents(doors, "grid")
    teams: dict[int | None, list[Membership]] = defaultdict(list)
    current = Membership.objects.visible_to(user).current(on)
    around = current.filter(Q(grid__in=grids) | Q(community=community, role=Role.AREA_CADRE))
    for member in around.select_related("user").order_by("since", "pk"):
        teams[member.grid_id].append(member)
    contacts: dict[int | None, list[GridContact]] = defaultdict(list)
    for contact in (
        GridContact.objects.visible_to(user)
        .current(on)
        .filter(Q(grid__in=grids) | Q(community=community))
        .order_by("kind", "pk")
    ):
        contacts[contact.grid_id].append(contact)
    uncaptained = count_uncaptained(doors, on)
    rows = []
    for grid in grids:
        row = GridRow(grid, households.get(grid.pk, 0), residents.get(grid.pk, 0))
        if grid.kind != Grid.Kind.HOLDING:
            row.team = sorted(teams[grid.pk] + teams[None], key=order_in_team)
            row.contacts = contacts[grid.pk] + contacts[None]
            row.share = worker_share(community, row.households, row.full_time)
        if grid.kind != Grid.Kind.HOLDING and grid.closed_on is None:
            if grid.has_size_limits:
                row.size_warning = size_warning(community, row.households)
            row.gaps = staffing.gaps(row.team)
            row.unnamed = staffing.unnamed(row.team, row.contacts)
            row.uncaptained = uncaptained.get(grid.pk, 0)
        rows.append(row)
    return rows


TEAM_ORDER = (
    Role.GRID_WORKER,
    Role.GRID_LEADER,
    Role.AREA_CADRE,
    Role.STAIR_CAPTAIN,
    Role.INFO_VOLUNTEER,
)


def order_in_team(member: Membership) -> tuple[int, bool]:
    """Put the worker first, the main before the backup, and who helps in one stairwell last."""
    role = Role(member.role)
    place = TEAM_ORDER.index(role) if role in TEAM_ORDER else len(TEAM_ORDER)
    return place, member.rank != Membership.Rank.MAIN


def captain_posts(on: datetime.date) -> QuerySet[Post]:
    """Return the posts held by a stairwell captain on that day."""
    captains = Membership.objects.current(on).filter(role=Role.STAIR_CAPTAIN)
    return Post.objects.filter(membership__in=captains.values("pk"))


def count_uncaptained(doors: HouseholdQuerySet, on: datetime.date) -> dict[int, int]:
    """Return by grid how many of the stairwells of these doors no captain looks after."""
    posts = captain_posts(on).filter(
        Q(unit="") | Q(unit=OuterRef("unit")), building=OuterRef("building")
    )
    stairwells = (
        doors.open()
        .exclude(Exists(posts))
        .order_by()
        .values_list("grid", "building", "unit")
        .distinct()
    )
    found: dict[int, int] = defaultdict(int)
    for grid, _building, _unit in stairwells:
        found[grid] += 1
    return dict(found)


class CommunityRow(NamedTuple):
    """One community with the sums of its grids."""

    community: Community
    grids: int
    households: int
    full_time: int

    @property
    def share(self) -> WorkerShare:
        return worker_share(self.community, self.households, self.full_time)


class CommunityFigures:
    """The sums of many communities, counted once for all of them."""

    def __init__(
        self, communities: QuerySet[Community] | list[Community], user: User, on: datetime.date
    ) -> None:
        doors = Household.objects.visible_to(user).filter(grid__community__in=communities)
        grids = Grid.objects.visible_to(user).open().numbered()
        self.households = count_households(doors, "grid__community")
        self.full_time = staffing.full_time_workers(communities, user, on)
        self.grids: dict[int, int] = dict(
            grids.filter(community__in=communities)
            .order_by()
            .values_list("community")
            .annotate(grids=Count("pk"))
        )

    def row(self, community: Community) -> CommunityRow:
        return CommunityRow(
            community,
            self.grids.get(community.pk, 0),
            self.households.get(community.pk, 0),
            self.full_time.get(community.pk, 0),
        )


class StairwellRow(NamedTuple):
    """One unit of a building, as far as it lies in one grid."""

    building_pk: int
    building: str
    unit: str
    doors: int
    households: int
    captains: str = ""

    @property
    def unit_label(self) -> str:
        return unit_label(self.unit)


def with_captains(rows: Iterable[StairwellRow], on: datetime.date) -> list[StairwellRow]:
    """Return the stairwells with the names of their captains, those of the building included."""
    rows = list(rows)
    names: dict[tuple[int, str], list[str]] = defaultdict(list)
    posts = captain_posts(on).filter(building__in={row.building_pk for row in rows})
    for building, unit, name in posts.order_by("pk").values_list(
        "building", "unit", "membership__user__name"
    ):
        names[building, unit].append(name)
    return [
        row._replace(
            captains="、".join(
                dict.fromkeys(names[row.building_pk, row.unit] + names[row.building_pk, ""])
            )
        )
        for row in rows
    ]


def stairwell_rows(grid: Grid, user: User) -> list[StairwellRow]:
    """Return the grid's stairwells in walking order with their doors."""
    rows = (
        Household.objects.visible_to(user)
        .filter(grid=grid)
        .open()
        .order_by("building__walk_order", "building", "unit")
        .values_list("building", "building__estate", "building__name", "unit")
        .annotate(doors=Count("pk"), households=Count("pk", filter=is_actual()))
    )
    return [
        StairwellRow(pk, f"{estate}{name}", unit, doors, households)
        for pk, estate, name, unit, doors, households in rows
    ]
