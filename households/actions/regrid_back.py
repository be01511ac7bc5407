"""Taking a change of grids back: doors, grids and people as they were."""

import datetime
from collections import defaultdict
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from communities.models import Grid, Membership
from households.actions.grids import enter_grid, leave_grids
from households.actions.plan_effects import Places
from households.actions.plan_workers import ONE_DAY, Carried, get_back, let_go
from households.actions.regrid import members_after
from households.models import (
    FormerGrid,
    GridPlan,
    Household,
    PlannedMove,
)


def reopen(carried: Carried, on: datetime.date) -> None:
    """Reopen the grids that were closed, with the people who were let go, and names of before.

    A grid that got yet another name since keeps it.
    """
    for pk, before, after in carried.get("names", []):
        Grid.objects.filter(pk=pk, name=after).update(name=before)
    Grid.objects.filter(pk__in=carried.get("closed", [])).update(closed_on=None)
    get_back(carried, on)
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
    closed = {move.left for move in moves if move.left.closed_on}
    closed = {grid for grid in closed if grid.pk not in plan.carried.get("closed", [])}
    if closed:
        raise ValidationError(
            _("%(grids)s: closed since. It can no longer be taken back; make a new plan."),
            params={"grids": "、".join(sorted(map(str, closed)))},
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
    moves: Iterable[PlannedMove],
    *,
    since: datetime.date,
    on: datetime.date,
    at: datetime.datetime,
) -> None:
    """Put the doors back as of that day; they were in the other grid since `since`.

    On the day of the change itself it leaves no trace.
    """
    groups: dict[tuple[int, datetime.date], list[int]] = defaultdict(list)
    is_same_day = since == on
    moves = list(moves)
    for move in moves:
        back_since = move.left_since if is_same_day and move.left_since else on
        groups[move.left_id, back_since].append(move.household_id)
    if is_same_day:
        noted = [move.household_id for move in moves if move.left_since and move.left_since < on]
        FormerGrid.objects.filter(household__in=noted, until=on - ONE_DAY).delete()
    else:
        leave_grids(
            [
                (move.household_id, move.entered.grid_id, since)
                for move in moves
                if move.entered.grid_id
            ],
            on=on,
        )
    for (grid, back_since), group in groups.items():
        enter_grid(group, grid, since=back_since, at=at)


def close_opened(plan: GridPlan, *, on: datetime.date, at: datetime.datetime) -> list[Grid]:
    """Close the grids the plan opened; doors registered there since go where their part was."""
    keys = plan.carried.get("opened", [])
    opened = list(Grid.objects.filter(pk__in=keys, closed_on=None).order_by("code"))
    if not opened:
        return []
    places, holding = Places(plan), plan.community.holding_grid()
    doors = list(Household.objects.filter(grid__in=opened).order_by("pk"))
    leave_grids([(door.pk, door.grid_id, door.grid_since) for door in doors], on=on)
    for door in doors:
        part = places.part_of(door)
        today = part.today if part and part.today and not part.today.closed_on else None
        enter_grid([door.pk], (today or holding).pk, since=on, at=at)
    for grid in opened:
        grid.closed_on = max(plan.effective_on or on, on - ONE_DAY)
        grid.save(update_fields=["closed_on"])
        let_go(members_after(grid, grid.closed_on), grid.closed_on, {})
    return opened
