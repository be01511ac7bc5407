"""What a plan of grids changes, in numbers: before it is accepted, while it waits, afterwards."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db.models import Count, Q

from communities.models import Grid, User
from communities.roles import Role
from communities.staffing import main_workers
from households.actions.plan_effects import effect_of
from households.actions.plan_workers import ONE_DAY, Replaced, named_workers, replaced_in
from households.models import GridPlan, PlannedGrid, PlannedMove
from visits.models import Campaign, EmergencyGrid, Matter

MOST_LINES = 10


class Flow(NamedTuple):
    """The households that go from one grid to another, with the open matters at their doors."""

    left: Grid
    giver: User | None
    entered: PlannedGrid
    receiver: User | None
    households: int
    matters: int


@dataclass
class Summary:
    """What a plan changes as of a day, by the workers of that day."""

    flows: list[Flow]
    opened: list[PlannedGrid] = field(default_factory=list)
    closed: list[Grid] = field(default_factory=list)
    without_worker: list[PlannedGrid] = field(default_factory=list)
    replaced: list[Replaced] = field(default_factory=list)
    renamed: list[PlannedGrid] = field(default_factory=list)

    @property
    def households(self) -> int:
        return sum(flow.households for flow in self.flows)

    @property
    def matters(self) -> int:
        return sum(flow.matters for flow in self.flows)


def summary_of(plan: GridPlan, moves: Sequence[PlannedMove], on: datetime.date) -> Summary:
    """Sum up these moves of the plan; the queries do not grow with them."""
    planned = list(plan.grids.select_related("grid"))
    effect = effect_of(plan, moves)
    grids = {move.left_id for move in moves} | {one.grid_id for one in planned if one.grid_id}
    workers = main_workers(grids, on)
    # Whoever minded a grid that ends did so until the day before.
    givers = workers | main_workers({move.left_id for move in moves}, on - ONE_DAY)
    replaced = [] if plan.in_effect_at else replaced_in(plan, on)
    named = named_workers(plan, on)
    for change in replaced:
        if change.planned.grid_id:
            workers[change.planned.grid_id] = change.worker
    receivers = {
        one.pk: workers.get(one.grid_id) if one.grid_id else named.get(one.pk) for one in planned
    }
    by_key = {one.pk: one for one in planned}
    matters = open_matters(plan)
    flows: dict[tuple[int, int], Counter[str]] = defaultdict(Counter)
    homes: dict[int, Grid] = {}
    for move in moves:
        homes[move.left_id] = move.left
        flows[move.left_id, move.entered_id].update(
            households=1, matters=matters[move.household_id]
        )
    found = [
        Flow(
            homes[left],
            givers.get(left),
            by_key[entered],
            receivers[entered],
            numbers["households"],
            numbers["matters"],
        )
        for (left, entered), numbers in flows.items()
    ]
    found.sort(key=lambda flow: (flow.left.code, flow.entered.number))
    entered_keys = {move.entered_id for move in moves}
    bare = [
        one
        for one in planned
        if receivers[one.pk] is None and (one.grid_id or one.pk in entered_keys)
    ]
    renamed = [one for one in planned if one.grid and one.grid.name != one.name]
    return Summary(found, effect.opened, effect.closed, bare, replaced, renamed)


def open_matters(plan: GridPlan) -> Counter[int]:
    """Count the open matters of each door of the plan's community."""
    matters = Matter.objects.open().filter(household__building__community=plan.community_id)
    return Counter(matters.values_list("household", flat=True))


class Surroundings(NamedTuple):
    """What goes on in the community and goes on the same after the change."""

    campaigns: int
    emergencies: int


def surroundings_of(plan: GridPlan, on: datetime.date) -> Surroundings:
    running = EmergencyGrid.objects.filter(grid__community=plan.community_id, is_running=True)
    return Surroundings(
        Campaign.objects.filter(community=plan.community_id).running(on).count(),
        running.values("emergency").distinct().count(),
    )


class Coming(NamedTuple):
    """A change to come in a worker's grids: so many households from one to another."""

    on: datetime.date
    left: str
    entered: str
    households: int


def coming_changes(user: User, on: datetime.date) -> list[Coming]:
    """Return what accepted plans will take from the worker's grids or bring into them; one query.

    Asks nothing where no plan anywhere waits for its day.
    """
    if user.grids_change_on is None or not user.has_any_role({Role.GRID_WORKER}):
        return []
    hers = Grid.objects.held_by(user, {Role.GRID_WORKER})
    moves = PlannedMove.objects.filter(
        Q(left__in=hers) | Q(entered__grid__in=hers) | Q(entered__grid=None, entered__worker=user),
        plan__in=GridPlan.objects.waiting().filter(effective_on__gt=on),
        household__closed_on=None,
    )
    rows = (
        moves.values_list("plan__effective_on", "left__name", "entered__name")
        .annotate(households=Count("pk"))
        .order_by("plan__effective_on", "left__name", "entered__name")
    )
    return [Coming(*row) for row in rows[:MOST_LINES]]
