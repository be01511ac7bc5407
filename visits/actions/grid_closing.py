"""Closing a grid by hand: its doors wait for another, and its main worker hands them over."""

import datetime

from django.db import transaction
from django.utils import timezone

from communities.models import Grid, User
from communities.staffing import main_workers
from households.actions.grids import close_grid
from visits.actions.hand_overs import hand_over
from visits.actions.matter_grids import move_doorless, move_with_doors
from visits.models import HandOver


@transaction.atomic
def close_and_hand_over(*, grid: Grid, by: User, at: datetime.datetime) -> int:
    """Close the grid with that day, hand its doors to nobody yet, and return how many it had.

    Open matters wait where the doors do. Whoever has the next grid of a door receives it
    (`actions.waiting_doors`). Refused as `close_grid` refuses.
    """
    on = timezone.localdate(at)
    giver = main_workers([grid.pk], on).get(grid.pk)
    doors = [key for key, _left, _since in close_grid(grid=grid, at=at)]
    move_with_doors(doors, by=by, at=at)
    move_doorless({grid.pk: grid.community.holding_grid().pk}, by=by, at=at)
    if giver and doors:
        hand_over(
            giver=giver,
            receiver=None,
            grid=grid,
            doors=doors,
            reason=HandOver.Reason.RECUT,
            on=on,
            by=by,
            at=at,
        )
    return len(doors)
