"""Giving doors to a grid by hand: whoever minded them hands them to whoever minds them now."""

import datetime
from collections import defaultdict

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from communities.models import Grid, User
from communities.staffing import main_workers
from households.actions.grids import give_households
from households.models import Household
from visits.actions.hand_overs import hand_over
from visits.actions.matter_grids import move_with_doors
from visits.actions.waiting_doors import receive_waiting_doors
from visits.models import HandOver


@transaction.atomic
def give_doors(
    *, households: QuerySet[Household], grid: Grid, by: User, at: datetime.datetime
) -> int:
    """Put these doors into the grid and hand them over with their open matters; return how many.

    Doors of a grid without a main worker, such as those just imported, have nobody to give
    them, unless they wait there since their own grid was closed.
    """
    on = timezone.localdate(at)
    moved = give_households(households=households, grid=grid, at=at)
    moving: dict[int, list[int]] = defaultdict(list)
    for key, left, _since in moved:
        moving[left].append(key)
    move_with_doors((key for key, _left, _since in moved), by=by, at=at)
    mains = main_workers([grid.pk, *moving], on)
    receiver = mains.get(grid.pk)
    for old in Grid.objects.filter(pk__in=moving).order_by("pk"):
        giver = mains.get(old.pk)
        if giver and giver != receiver:
            hand_over(
                giver=giver,
                receiver=receiver,
                grid=old,
                doors=moving[old.pk],
                reason=HandOver.Reason.RECUT,
                on=on,
                by=by,
                at=at,
            )
    if receiver:
        receive_waiting_doors(grid=grid, receiver=receiver, by=by, at=at)
    return len(moved)
