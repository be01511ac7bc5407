"""Giving households to grids, and closing a grid."""

import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from communities.models import Grid, Membership
from households.models import FormerGrid, Household

BATCH = 1000


@transaction.atomic
def give_households(*, households: QuerySet[Household], grid: Grid, at: datetime.datetime) -> int:
    """Put these households into the grid and return how many moved.

    Those in it already stay as they are. The grid left behind is kept with its days; a
    grid entered and left on one day leaves no trace. Visits keep the grid they happened in.
    """
    on = timezone.localdate(at)
    # Locked, so that it is not closed while households come in.
    grid = Grid.objects.select_for_update(no_key=True).get(pk=grid.pk)
    if grid.closed_on:
        raise ValidationError(_("This grid is closed. Choose an open one."))
    if households.exclude(building__community=grid.community_id).exists():
        raise ValidationError(_("A grid takes only households of its own community."))
    moving = list(
        Household.objects.filter(pk__in=households.values("pk"))
        .exclude(grid=grid)
        .order_by("pk")
        .select_for_update(no_key=True)
        .values_list("pk", "grid_id", "grid_since")
    )
    last_day = on - datetime.timedelta(days=1)
    FormerGrid.objects.bulk_create(
        [
            FormerGrid(household_id=pk, grid_id=left, since=since, until=last_day)
            for pk, left, since in moving
            if since <= last_day
        ],
        batch_size=BATCH,
    )
    for start in range(0, len(moving), BATCH):
        keys = [pk for pk, _left, _since in moving[start : start + BATCH]]
        Household.objects.filter(pk__in=keys).update(grid=grid, grid_since=on, changed_at=at)
    return len(moving)


@transaction.atomic
def close_grid(*, grid: Grid, at: datetime.datetime) -> int:
    """Close the grid with that day and return how many households it had.

    Its households wait in the holding grid, its memberships end with the day, and those
    that have not begun are removed: nothing has happened under them.
    """
    on = timezone.localdate(at)
    grid = Grid.objects.select_for_update(no_key=True).get(pk=grid.pk)
    if grid.kind == Grid.Kind.HOLDING:
        raise ValidationError(_("Households without a grid always have this place to wait in."))
    if grid.closed_on:
        raise ValidationError(_("This grid is closed already."))
    grid.closed_on = on
    grid.validate_constraints()
    grid.save(update_fields=["closed_on"])
    moved = give_households(
        households=Household.objects.filter(grid=grid),
        grid=grid.community.holding_grid(),
        at=at,
    )
    members = Membership.objects.filter(grid=grid).filter(Q(until=None) | Q(until__gt=on))
    members.filter(since__gt=on).delete()
    members.filter(since__lte=on).update(until=on)
    return moved
