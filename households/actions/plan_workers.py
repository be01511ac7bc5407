"""The main workers whom a plan of grids names."""

import datetime
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import Q
from django.utils import timezone

from communities.models import Membership, User
from communities.roles import Role
from households.models import (
    GridPlan,
    PlannedGrid,
)

ONE_DAY = datetime.timedelta(days=1)


def employment_of(worker: User, on: datetime.date) -> str:
    """Return how somebody is employed where she works now; full-time if nowhere."""
    own = Membership.objects.filter(user=worker, role=Role.GRID_WORKER, since__lte=on)
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
        if planned.worker:
            carried["made"].append(make_main(planned, planned.worker, on).pk)
    return carried


def make_main(planned: PlannedGrid, worker: User, on: datetime.date) -> Membership:
    return Membership.objects.create(
        user=worker,
        role=Role.GRID_WORKER,
        grid=planned.grid,
        rank=Membership.Rank.MAIN,
        employment=employment_of(worker, on),
        since=on,
    )
