"""Carrying a plan of grids through to the doors: who moves, which grids open and close."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from communities.models import Community, Grid, Membership
from communities.models.place import MOST_GRIDS
from communities.roles import POST_HOLDERS, Role
from households.actions.grids import BATCH
from households.models import (
    FormerGrid,
    GridPlan,
    Household,
    PlannedGrid,
    PlannedMove,
    PlannedPart,
)

ONE_DAY = datetime.timedelta(days=1)
FURTHEST = datetime.timedelta(days=366)
Kind = Grid.Kind


class Places:
    """Where a plan puts each door; two queries."""

    def __init__(self, plan: GridPlan) -> None:
        self.parts: dict[int, list[PlannedPart]] = defaultdict(list)
        for part in plan.parts.select_related("planned_grid__worker").order_by("pk"):
            self.parts[part.building_id].append(part)

    def part_of(self, household: Household) -> PlannedPart | None:
        """Return the part a door lies in; None for one of a building the plan does not know."""
        own = self.parts.get(household.building_id, ())
        return next((part for part in own if part.holds(household)), None)


def doors_of(community: Community) -> Iterable[Household]:
    """Return the community's doors, closed ones too, with what placing them reads."""
    doors = Household.objects.filter(building__community=community).order_by("pk")
    return doors.select_related("grid").only(
        "building", "unit", "room", "grid", "grid_since", "registered_on", "closed_on", "grid__kind"
    )


def moves_of(plan: GridPlan) -> list[PlannedMove]:
    """Return, unsaved, each door that would change its grid if the plan held today."""
    places = Places(plan)
    moves = []
    for door in doors_of(plan.community):
        part = places.part_of(door)
        if part and part.planned_grid.grid_id != door.grid_id:
            entered = part.planned_grid
            moves.append(PlannedMove(plan=plan, household=door, left=door.grid, entered=entered))
    return moves


class Effect(NamedTuple):
    """What a plan does to the grids themselves."""

    opened: list[PlannedGrid]
    closed: list[Grid]
    # Open doors that no part holds, in grids that the plan does away with.
    homeless: list[Household]


def effect_of(plan: GridPlan, moves: Iterable[PlannedMove]) -> Effect:
    moves = list(moves)
    kept = {planned.grid_id for planned in plan.grids.all()}
    entered = {move.entered_id for move in moves}
    was_opened = plan.carried.get("opened", [])
    opened = [
        planned
        for planned in plan.grids.all()
        if (planned.grid_id in was_opened if planned.grid_id else planned.pk in entered)
    ]
    left = {move.left_id: move.left for move in moves}
    gone = [grid for key, grid in left.items() if key not in kept and grid.kind != Kind.HOLDING]
    moving = {move.household_id for move in moves}
    stay = Household.objects.filter(grid__in=gone).exclude(pk__in=moving).open()
    homeless = list(stay.select_related("building").in_walking_order())
    still = {door.grid_id for door in homeless}
    closed = [grid for grid in gone if grid.pk not in still]
    return Effect(opened, sorted(closed, key=lambda grid: grid.code), homeless)


def check_plan(plan: GridPlan, *, on: datetime.date, today: datetime.date) -> list[PlannedMove]:
    """Return the moves of a draft that may be accepted for that day; refuse another in words."""
    if plan.state != GridPlan.State.DRAFT:
        raise ValidationError(_("This plan has been accepted already. Make a copy to change it."))
    if not today <= on <= today + FURTHEST:
        raise ValidationError(_("Choose a day from today on and within a year."))
    if GridPlan.objects.filter(community=plan.community_id).waiting().exists():
        raise ValidationError(
            _("Another plan of this community waits for its day. Take it back first.")
        )
    closed = [one.grid for one in plan.grids.select_related("grid") if one.grid]
    closed = [grid for grid in closed if grid.closed_on]
    if closed:
        raise ValidationError(
            _("%(grids)s: closed since this draft was made. Make a new draft."),
            params={"grids": "、".join(map(str, closed))},
        )
    check_connected(plan)
    moves = moves_of(plan)
    if not moves and not replaced_in(plan, on):
        raise ValidationError(_("With this plan every household stays in its grid."))
    effect = effect_of(plan, moves)
    if effect.homeless:
        raise ValidationError(
            _(
                "%(doors)s households stand in buildings that this draft does not know, in a grid "
                "that it closes: %(building)s. Make a new draft."
            ),
            params={"doors": len(effect.homeless), "building": effect.homeless[0].building},
        )
    check_codes(plan.community, len(effect.opened))
    return moves


def check_connected(plan: GridPlan) -> None:
    """Refuse a plan one of whose grids falls apart; without neighbours nothing can be said."""
    neighbours: dict[int, set[int]] = defaultdict(set)
    for one, other in plan.edges:
        neighbours[one].add(other)
        neighbours[other].add(one)
    if not neighbours:
        return
    parts: dict[int, set[int]] = defaultdict(set)
    for key, planned in plan.parts.values_list("pk", "planned_grid"):
        parts[planned].add(key)
    names = {planned.pk: planned.name for planned in plan.grids.all()}
    apart = [
        names[planned] for planned, own in parts.items() if not hangs_together(own, neighbours)
    ]
    if apart:
        raise ValidationError(
            _(
                "%(grids)s would be in pieces that do not touch. Move the pieces, or enter the "
                "buildings as next to each other where one can walk across."
            ),
            params={"grids": "、".join(sorted(apart))},
        )


def hangs_together(parts: set[int], neighbours: dict[int, set[int]]) -> bool:
    reached: set[int] = set()
    ahead = [min(parts)]
    while ahead:
        part = ahead.pop()
        if part not in reached:
            reached.add(part)
            ahead += (neighbours[part] & parts) - reached
    return reached == parts


def check_codes(community: Community, wanted: int) -> None:
    if community.grids.numbered().count() + wanted > MOST_GRIDS:
        raise ValidationError(_("This community has no free grid numbers left."))


def open_planned(plan: GridPlan, planned: PlannedGrid, on: datetime.date) -> Grid:
    """Open a planned grid as of that day, with its main worker if it names one at work."""
    grid = Grid.objects.create(
        community=plan.community,
        code=plan.community.next_grid_code(),
        name=planned.name,
        opened_on=on,
    )
    planned.grid = grid
    planned.save(update_fields=["grid"])
    if planned.worker and planned.worker.is_active:
        make_main(planned, on)
    return grid


def employment_of(planned: PlannedGrid, on: datetime.date) -> str:
    """Return how the worker to be is employed where she works now; full-time if nowhere."""
    own = Membership.objects.filter(user=planned.worker, role=Role.GRID_WORKER, since__lte=on)
    newest = own.order_by("-since", "-pk").values_list("employment", flat=True).first()
    return newest or Membership.Employment.FULL_TIME


class Replaced(NamedTuple):
    """A grid that goes on with another main worker, and who has it until then, if anybody."""

    planned: PlannedGrid
    before: Membership | None


def replaced_in(plan: GridPlan, on: datetime.date) -> list[Replaced]:
    """Return the grids of today for which the plan names another main worker.

    Whoever was assigned after the acceptance stays: that was decided later.
    """
    mains = {
        row.grid_id: row
        for row in Membership.objects.current(on)
        .filter(grid__community=plan.community_id, role=Role.GRID_WORKER, rank="main")
        .select_related("user", "grid")
        .order_by("since", "pk")
    }
    found = []
    for planned in plan.grids.select_related("grid", "worker"):
        before = mains.get(planned.grid_id or 0)
        is_later = (
            before and plan.accepted_at and before.since > timezone.localdate(plan.accepted_at)
        )
        if (
            planned.grid_id
            and planned.worker
            and planned.worker.is_active
            and (before is None or before.user_id != planned.worker_id)
            and not is_later
        ):
            found.append(Replaced(planned, before))
    return found


def replace_workers(changes: Iterable[Replaced], on: datetime.date) -> dict[str, list[Any]]:
    """Let others be the main workers from that day on; return what `reopen` needs."""
    carried: dict[str, list[Any]] = {"memberships": [], "made": []}
    for planned, _before in changes:
        own = Membership.objects.filter(grid=planned.grid, role=Role.GRID_WORKER)
        out = own.exclude(until__lt=on).filter(Q(rank="main") | Q(user=planned.worker))
        out.filter(since__gte=on).delete()
        carried["memberships"] += [
            [pk, until and until.isoformat()] for pk, until in out.values_list("pk", "until")
        ]
        out.update(until=on - ONE_DAY)
        carried["made"].append(make_main(planned, on).pk)
    return carried


def make_main(planned: PlannedGrid, on: datetime.date) -> Membership:
    return Membership.objects.create(
        user=planned.worker,
        role=Role.GRID_WORKER,
        grid=planned.grid,
        rank=Membership.Rank.MAIN,
        employment=employment_of(planned, on),
        since=on,
    )


def rename_grids(plan: GridPlan) -> list[list[Any]]:
    """Give grids that go on the names of the plan; return each with its name before."""
    renamed: list[list[Any]] = []
    for planned in plan.grids.select_related("grid"):
        grid = planned.grid
        if grid and grid.name != planned.name:
            renamed.append([grid.pk, grid.name])
            Grid.objects.filter(pk=grid.pk).update(name=planned.name)
    return renamed


def add_newcomers(plan: GridPlan, at: datetime.datetime) -> None:
    """Let doors registered since the acceptance go where the part goes that holds them."""
    accepted_on = timezone.localdate(plan.accepted_at)
    known = set(plan.moves.values_list("household", flat=True))
    former = set(
        FormerGrid.objects.filter(household__building__community=plan.community).values_list(
            "household", flat=True
        )
    )
    new = [
        move
        for move in moves_of(plan)
        if move.household_id not in known | former
        and move.household.registered_on >= accepted_on
        and move.household.grid_since <= timezone.localdate(at)
    ]
    PlannedMove.objects.bulk_create(new, batch_size=BATCH)


def move_doors(plan: GridPlan, *, on: datetime.date, at: datetime.datetime) -> list[PlannedMove]:
    """Move the doors as of that day and return their moves; who was moved by hand since stays.

    As with every change of grid, one entered and left on one day leaves no trace.
    """
    moves = {
        move.household_id: move
        for move in plan.moves.select_related("entered__grid", "entered__worker", "left")
    }
    doors = Household.objects.filter(pk__in=moves).order_by("pk").select_for_update(no_key=True)
    moved = []
    for key, grid, since in doors.values_list("pk", "grid_id", "grid_since"):
        move = moves[key]
        if grid == move.left_id and since <= on:
            move.left_since = since
            moved.append(move)
    last_day = on - ONE_DAY
    FormerGrid.objects.bulk_create(
        [
            FormerGrid(
                household_id=move.household_id,
                grid_id=move.left_id,
                since=move.left_since,
                until=last_day,
            )
            for move in moved
            if move.left_since and move.left_since <= last_day
        ],
        batch_size=BATCH,
    )
    PlannedMove.objects.bulk_update(moved, ["left_since"], batch_size=BATCH)
    by_grid: dict[int, list[int]] = defaultdict(list)
    for move in moved:
        by_grid[move.entered.grid_id].append(move.household_id)  # type: ignore[index] # opened before
    for grid, keys in by_grid.items():
        for start in range(0, len(keys), BATCH):
            Household.objects.filter(pk__in=keys[start : start + BATCH]).update(
                grid=grid, grid_since=on, changed_at=at
            )
    return moved


def heirs_of(moves: Iterable[PlannedMove]) -> dict[int, int]:
    """Return for each grid that was left, by its key, the one that most of its doors entered."""
    taken: dict[int, Counter[int]] = defaultdict(Counter)
    for move in moves:
        taken[move.left_id][move.entered.grid_id] += 1  # type: ignore[index] # opened before
    return {left: max(grids, key=lambda key: (grids[key], -key)) for left, grids in taken.items()}


def close_left(
    plan: GridPlan, moves: Iterable[PlannedMove], on: datetime.date
) -> dict[str, list[Any]]:
    """Close the grids that all doors left and no planned grid continues, with the day before.

    Workers' memberships end with it, and those that have not begun are removed. Whoever looks
    after a stairwell goes with the doors. Returns what `reopen` needs.
    """
    heirs = heirs_of(moves)
    left = heirs.keys() - set(plan.grids.values_list("grid", flat=True))
    empty = (
        Grid.objects.filter(pk__in=left, closed_on=None)
        .exclude(kind=Kind.HOLDING)
        .exclude(pk__in=Household.objects.filter(grid__in=left).values("grid"))
    )
    carried: dict[str, list[Any]] = {"closed": [], "memberships": [], "posts": []}
    for grid in empty.order_by("code"):
        grid.closed_on = max(grid.opened_on or datetime.date.min, on - ONE_DAY)
        grid.save(update_fields=["closed_on"])
        posts = Membership.objects.filter(grid=grid, role__in=POST_HOLDERS).exclude(until__lt=on)
        carried["posts"] += [[pk, grid.pk] for pk in posts.values_list("pk", flat=True)]
        posts.update(grid=heirs[grid.pk])
        carried["memberships"] += end_members(grid, grid.closed_on)
        carried["closed"].append(grid.pk)
    return carried


def end_members(grid: Grid, on: datetime.date) -> list[list[object]]:
    """End the grid's memberships with that day; return them with their last day before."""
    members = Membership.objects.filter(grid=grid).exclude(until__lte=on)
    members.filter(since__gt=on).delete()
    ended: list[list[object]] = [
        [pk, until and until.isoformat()] for pk, until in members.values_list("pk", "until")
    ]
    members.update(until=on)
    return ended


def reopen(carried: dict[str, list[Any]], on: datetime.date) -> None:
    """Reopen the grids that were closed, with the people who were let go, and names of before."""
    for pk, name in carried.get("names", []):
        Grid.objects.filter(pk=pk).update(name=name)
    made = Membership.objects.filter(pk__in=carried.get("made", []))
    made.filter(since__gte=on).delete()
    made.update(until=on - ONE_DAY)
    Grid.objects.filter(pk__in=carried.get("closed", [])).update(closed_on=None)
    for pk, until in carried.get("memberships", []):
        Membership.objects.filter(pk=pk).update(until=until)
    for pk, grid in carried.get("posts", []):
        Membership.objects.filter(pk=pk).update(grid=grid)


def check_unchanged(plan: GridPlan, moves: Iterable[PlannedMove]) -> None:
    """Refuse to take back what another change has built upon."""
    plans = GridPlan.objects.filter(community=plan.community_id, taken_back_at=None)
    if plans.exclude(pk=plan.pk).filter(in_effect_at__gt=plan.in_effect_at).exists():
        raise ValidationError(
            _("The grids were changed again since. Take the later change back first.")
        )
    if plans.waiting().exists():
        raise ValidationError(
            _("Another plan of this community waits for its day. Take it back first.")
        )
    changed = [
        move.household
        for move in moves
        if move.household.grid_id != move.entered.grid_id
        or move.household.grid_since != plan.effective_on
    ]
    if changed:
        raise ValidationError(
            _(
                "%(count)s households have changed their grid since, such as %(door)s. "
                "It can no longer be taken back; make a new plan."
            ),
            params={"count": len(changed), "door": changed[0]},
        )


def move_back(
    plan: GridPlan, moves: Iterable[PlannedMove], *, on: datetime.date, at: datetime.datetime
) -> None:
    """Put the doors back as of that day; on the day of the change itself it leaves no trace."""
    groups: dict[tuple[int, datetime.date], list[int]] = defaultdict(list)
    is_same_day = plan.effective_on == on
    moves = list(moves)
    for move in moves:
        since = move.left_since if is_same_day and move.left_since else on
        groups[move.left_id, since].append(move.household_id)
    if is_same_day:
        noted = [move.household_id for move in moves if move.left_since and move.left_since < on]
        FormerGrid.objects.filter(household__in=noted, until=on - ONE_DAY).delete()
    else:
        FormerGrid.objects.bulk_create(
            [
                FormerGrid(
                    household_id=move.household_id,
                    grid_id=move.entered.grid_id,
                    since=plan.effective_on,
                    until=on - ONE_DAY,
                )
                for move in moves
            ],
            batch_size=BATCH,
        )
    for (grid, since), group in groups.items():
        for start in range(0, len(group), BATCH):
            Household.objects.filter(pk__in=group[start : start + BATCH]).update(
                grid=grid, grid_since=since, changed_at=at
            )


def close_opened(plan: GridPlan, *, on: datetime.date, at: datetime.datetime) -> list[Grid]:
    """Close the grids the plan opened; doors registered there since go where their part was."""
    keys = plan.carried.get("opened", [])
    opened = list(Grid.objects.filter(pk__in=keys, closed_on=None).order_by("code"))
    if not opened:
        return []
    places, holding = Places(plan), plan.community.holding_grid()
    for door in Household.objects.filter(grid__in=opened).order_by("pk"):
        part = places.part_of(door)
        today = part.today if part and part.today and not part.today.closed_on else None
        Household.objects.filter(pk=door.pk).update(
            grid=today or holding, grid_since=on, changed_at=at
        )
    for grid in opened:
        grid.closed_on = max(plan.effective_on or on, on - ONE_DAY)
        grid.save(update_fields=["closed_on"])
        end_members(grid, grid.closed_on)
    return opened
