"""Giving households to grids, and closing a grid."""

import datetime
from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from communities.models import Community, Grid, Membership
from households.models import FormerGrid, GridPlan, Household

BATCH = 1000
# A household, the grid it is in, and since when.
Stay = tuple[int, int, datetime.date]


@transaction.atomic
def give_households(
    *, households: QuerySet[Household], grid: Grid, at: datetime.datetime
) -> list[Stay]:
    """Put these households into the grid and return those that moved, with the grids they left.

    Those in it already stay as they are. The grid left behind is kept with its days; a
    grid entered and left on one day leaves no trace. Visits keep the grid they happened in.
    """
    on = timezone.localdate(at)
    lock_grids_of(grid.community_id)
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
    leave_grids(moving, on=on)
    enter_grid([pk for pk, _left, _since in moving], grid.pk, since=on, at=at)
    return moving


def lock_grids_of(community: int) -> None:
    """Let whoever else changes grids of the community wait: by hand, by a plan, by closing.

    Taken before any grid or household, so that two of them cannot wait for each other.
    """
    Community.objects.select_for_update(no_key=True).get(pk=community)


def leave_grids(rows: Iterable[Stay], *, on: datetime.date) -> None:
    """Keep the grids that households leave with that day, and since when they were in them.

    A grid entered and left on one day leaves no trace.
    """
    last_day = on - datetime.timedelta(days=1)
    FormerGrid.objects.bulk_create(
        [
            FormerGrid(household_id=pk, grid_id=left, since=since, until=last_day)
            for pk, left, since in rows
            if since <= last_day
        ],
        batch_size=BATCH,
    )


def enter_grid(
    keys: Sequence[int], grid: int, *, since: datetime.date, at: datetime.datetime
) -> None:
    """Put the households with these keys into the grid with that key, as of that day."""
    for start in range(0, len(keys), BATCH):
        Household.objects.filter(pk__in=keys[start : start + BATCH]).update(
            grid=grid, grid_since=since, changed_at=at
        )


@transaction.atomic
def close_grid(*, grid: Grid, at: datetime.datetime) -> list[Stay]:
    """Close the grid with that day and return the households it had.

    They wait in the holding grid, its memberships end with the day, and those that have not
    begun are removed: nothing has happened under them. Refused while an accepted plan of the
    community waits for its day, as it counts on the grids that there are.
    """
    on = timezone.localdate(at)
    lock_grids_of(grid.community_id)
    grid = Grid.objects.select_for_update(no_key=True).get(pk=grid.pk)
    if grid.kind == Grid.Kind.HOLDING:
        raise ValidationError(_("Households without a grid always have this place to wait in."))
    if grid.closed_on:
        raise ValidationError(_("This grid is closed already."))
    if GridPlan.objects.filter(community=grid.community_id).waiting().exists():
        raise ValidationError(
            _("Another plan of this community waits for its day. Take it back first.")
        )
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
