"""Doors handed to nobody yet: they go to whoever minds the grid they come to."""

import datetime

from django.db import transaction
from django.utils import timezone

from communities.models import Grid, User
from visits.actions.hand_over_moves import holder_of, move_matters
from visits.actions.hand_overs import drop, hand_over
from visits.models import HandOver


@transaction.atomic
def receive_waiting_doors(*, grid: Grid, receiver: User, by: User, at: datetime.datetime) -> None:
    """Hand to the grid's main worker what lies in it now and still waits for a receiver.

    The matters that an officer keeps for these doors go along. What comes back to whoever gave
    it is no hand-over any more.
    """
    waiting = HandOver.objects.filter(
        receiver=None, is_partial=True, effective_on__lte=timezone.localdate(at)
    )
    here = waiting.filter(door_rows__household__grid=grid).distinct()
    for row in here.select_related("giver", "made_by", "grid", "plan").order_by("pk"):
        taken = row.door_rows.filter(household__grid=grid)
        keys = list(taken.values_list("household", flat=True))
        kept = row.matters.open().filter(assignee=holder_of(row), household__grid=grid)
        to = row
        if row.giver_id != receiver.pk:
            to = hand_over(
                giver=row.giver,
                receiver=receiver,
                grid=row.grid,
                doors=keys,
                reason=row.reason,
                on=row.effective_on,
                plan=row.plan,
                by=by,
                at=at,
            )
        move_matters(to, kept, to=receiver, at=at)
        taken.delete()
        if not row.door_rows.exists():
            drop(waiting.filter(pk=row.pk))
