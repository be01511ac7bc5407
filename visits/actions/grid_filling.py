"""Giving doors to a grid by hand: whoever minded them hands them to whoever minds them now."""

import datetime
from collections import defaultdict

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from communities.models import Grid, Membership, User
from communities.roles import Role
from households.actions.grids import give_households
from households.models import Household
from visits.actions.hand_overs import Reason, hand_over
from visits.actions.matter_grids import move_with_doors


@transaction.atomic
def give_doors(
    *, households: QuerySet[Household], grid: Grid, by: User, at: datetime.datetime
) -> int:
    """Put these doors into the grid and hand them over with their open matters; return how many.

    Doors of a grid without a main worker, such as those just imported, have nobody to give them.
    """
    on = timezone.localdate(at)
    moving: dict[int, list[int]] = defaultdict(list)
    for left, key in households.exclude(grid=grid).values_list("grid", "pk"):
        moving[left].append(key)
    moved = give_households(households=households, grid=grid, at=at)
    move_with_doors((key for keys in moving.values() for key in keys), by=by, at=at)
    mains = main_workers({grid.pk, *moving}, on)
    receiver = mains.get(grid.pk)
    for old in Grid.objects.filter(pk__in=moving).order_by("pk"):
        giver = mains.get(old.pk)
        if giver and giver != receiver:
            hand_over(
                giver=giver,
                receiver=receiver,
                grid=old,
                doors=moving[old.pk],
                reason=Reason.RECUT,
                on=on,
                by=by,
                at=at,
            )
    return moved


def main_workers(grids: set[int], on: datetime.date) -> dict[int | None, User]:
    """Return the main worker of each of these grids on that day."""
    members = Membership.objects.current(on).filter(
        grid__in=grids, role=Role.GRID_WORKER, rank=Membership.Rank.MAIN
    )
    return {member.grid_id: member.user for member in members.select_related("user")}
