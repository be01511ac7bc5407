"""Carrying a plan of grids through to the doors: who moves, which grids open and close."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from communities.models import Grid, Membership, User
from communities.roles import POST_HOLDERS
from households.actions.grids import BATCH, enter_grid, leave_grids
from households.actions.plan_effects import Kind, moves_of
from households.actions.plan_workers import ONE_DAY, Carried, let_go, make_main
from households.models import (
    FormerGrid,
    GridPlan,
    Household,
    PlannedGrid,
    PlannedMove,
)


def open_planned(
    plan: GridPlan, planned: PlannedGrid, worker: User | None, on: datetime.date
) -> Grid:
    """Open a planned grid as of that day, with its main worker if there is one."""
    grid = Grid.objects.create(
        community=plan.community,
        code=plan.community.next_grid_code(),
        name=planned.name,
        opened_on=on,
    )
    planned.grid = grid
    planned.save(update_fields=["grid"])
    if worker:
        make_main(planned, worker, on)
    return grid


def rename_grids(plan: GridPlan) -> list[list[Any]]:
    """Give grids that go on the names of the plan; return each with its names before and after."""
    renamed: list[list[Any]] = []
    for planned in plan.grids.select_related("grid"):
        grid = planned.grid
        if grid and grid.name != planned.name:
            renamed.append([grid.pk, grid.name, planned.name])
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
    leave_grids(
        [(move.household_id, move.left_id, move.left_since) for move in moved if move.left_since],
        on=on,
    )
    PlannedMove.objects.bulk_update(moved, ["left_since"], batch_size=BATCH)
    by_grid: dict[int, list[int]] = defaultdict(list)
    for move in moved:
        by_grid[move.entered.grid_id].append(move.household_id)  # type: ignore[index] # opened before
    for grid, keys in by_grid.items():
        enter_grid(keys, grid, since=on, at=at)
    return moved


def heirs_of(moves: Iterable[PlannedMove]) -> dict[int, int]:
    """Return for each grid that was left, by its key, the one that most of its doors entered."""
    taken: dict[int, Counter[int]] = defaultdict(Counter)
    for move in moves:
        taken[move.left_id][move.entered.grid_id] += 1  # type: ignore[index] # opened before
    return {left: max(grids, key=lambda key: (grids[key], -key)) for left, grids in taken.items()}


def close_left(
    plan: GridPlan, moves: Iterable[PlannedMove], on: datetime.date, carried: Carried
) -> None:
    """Close the grids that all doors left and no planned grid continues, with the day before.

    Workers' memberships end with it, and those that have not begun are removed. Whoever looks
    after a stairwell goes with the doors. `carried` takes what `reopen` needs.
    """
    heirs = heirs_of(moves)
    left = heirs.keys() - set(plan.grids.values_list("grid", flat=True))
    empty = (
        Grid.objects.filter(pk__in=left, closed_on=None)
        .exclude(kind=Kind.HOLDING)
        .exclude(pk__in=Household.objects.filter(grid__in=left).values("grid"))
    )
    carried |= {"closed": [], "posts": []}
    for grid in empty.order_by("code"):
        grid.closed_on = max(grid.opened_on or datetime.date.min, on - ONE_DAY)
        grid.save(update_fields=["closed_on"])
        posts = Membership.objects.filter(grid=grid, role__in=POST_HOLDERS).exclude(until__lt=on)
        carried["posts"] += [[pk, grid.pk] for pk in posts.values_list("pk", flat=True)]
        posts.update(grid=heirs[grid.pk])
        let_go(members_after(grid, grid.closed_on), grid.closed_on, carried)
        carried["closed"].append(grid.pk)


def members_after(grid: Grid, on: datetime.date) -> QuerySet[Membership]:
    """Return the grid's memberships that would go on after that day, those yet to begin too."""
    return Membership.objects.filter(grid=grid).exclude(until__lte=on)
