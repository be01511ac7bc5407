"""Who hands which doors to whom when grids change."""

import datetime
from collections.abc import Iterable
from typing import NamedTuple

from communities.models import Grid, Membership, User
from communities.staffing import main_workers
from households.actions.plan_workers import ONE_DAY, Replaced, named_workers, replaced_in
from households.models import GridPlan, Household, PlannedMove
from visits.actions.hand_overs import hand_over
from visits.models import HandOver, HandOverDoor


class Share(NamedTuple):
    """The doors that one worker has to hand to another, or to nobody yet."""

    giver: User
    receiver: User | None
    grid: Grid
    doors: list[int]


def shares_of(plan: GridPlan, moves: Iterable[PlannedMove], on: datetime.date) -> list[Share]:
    """Return who has to hand which doors to whom: from the workers until that day to those then."""
    moves = list(moves)
    left = {move.left_id for move in moves}
    entered = {move.entered.grid_id for move in moves if move.entered.grid_id}
    workers = main_workers(left | entered, on)
    givers = workers | main_workers(left, on - ONE_DAY)
    replaced, named = replaced_in(plan, on), named_workers(plan, on)
    anew = {change.planned.pk for change in replaced}
    wanted = []
    for move in moves:
        planned, giver = move.entered, givers.get(move.left_id)
        is_named = planned.pk in anew or not planned.grid_id
        receiver = named.get(planned.pk) if is_named else workers.get(planned.grid_id or 0)
        if giver:
            wanted.append(Share(giver, receiver, move.left, [move.household_id]))
    return merged(wanted + staying_doors(plan, replaced))


def shares_back(
    moves: Iterable[PlannedMove],
    givers: dict[int, User],
    replaced: Iterable[Membership],
    on: datetime.date,
) -> list[Share]:
    """Return the same for the way back, before the doors move.

    `givers` had the doors that go back, `replaced` those that stay, until now.
    """
    moves, replaced = list(moves), list(replaced)
    grids = {move.left_id for move in moves} | {row.grid_id for row in replaced if row.grid_id}
    workers = main_workers(grids, on)
    wanted = [
        Share(giver, workers.get(move.left_id), move.entered.grid, [move.household_id])
        for move in moves
        if move.entered.grid and (giver := givers.get(move.entered.grid.pk))
    ]
    gone = [move.household_id for move in moves]
    for row in replaced:
        doors = Household.objects.filter(grid=row.grid_id).exclude(pk__in=gone)
        keys = list(doors.values_list("pk", flat=True))
        if row.grid and keys:
            wanted.append(Share(row.user, workers.get(row.grid.pk), row.grid, keys))
    return merged(wanted)


def staying_doors(plan: GridPlan, replaced: Iterable[Replaced]) -> list[Share]:
    """Return the doors of grids that go on with another main worker."""
    shares = []
    for planned, worker, before in replaced:
        doors = Household.objects.filter(grid=planned.grid_id).exclude(
            pk__in=plan.moves.values("household")
        )
        keys = list(doors.values_list("pk", flat=True))
        if before and planned.grid and keys:
            shares.append(Share(before.user, worker, planned.grid, keys))
    return shares


def merged(shares: Iterable[Share]) -> list[Share]:
    """Put together what one hands to the same other from one grid; nobody hands to herself."""
    found: dict[tuple[int, int, int], Share] = {}
    for share in shares:
        if share.giver == share.receiver:
            continue
        key = (share.giver.pk, share.receiver.pk if share.receiver else 0, share.grid.pk)
        found.setdefault(key, share._replace(doors=[])).doors.extend(share.doors)
    return [share for _key, share in sorted(found.items())]


def hand_over_share(
    share: Share, plan: GridPlan, *, on: datetime.date, by: User | None, at: datetime.datetime
) -> HandOver:
    """Hand a share over; doors it was said to hold before and holds no longer stay."""
    said = HandOverDoor.objects.filter(
        hand_over__plan=plan,
        hand_over__giver=share.giver,
        hand_over__receiver=share.receiver,
        hand_over__grid=share.grid,
        hand_over__effective_on=on,
    )
    staying = set(said.values_list("household", flat=True)) - set(share.doors)
    said.filter(household__in=staying).delete()
    return hand_over(
        giver=share.giver,
        receiver=share.receiver,
        grid=share.grid,
        doors=share.doors,
        reason=HandOver.Reason.RECUT,
        plan=plan,
        on=on,
        by=by,
        at=at,
    )
