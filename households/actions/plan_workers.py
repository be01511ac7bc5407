"""The people in the grids of a plan: those it names, those it lets go, and the way back."""

import datetime
import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.core import serializers
from django.db.models import Q, QuerySet
from django.utils import timezone

from communities.models import Membership, User
from communities.roles import Role
from households.models import (
    GridPlan,
    PlannedGrid,
)

ONE_DAY = datetime.timedelta(days=1)
# What a change of grids did, as `GridPlan.carried` keeps it for the way back: keys of grids
# `opened` and `closed`; `names`: grid, name before, after; keys of memberships `made`;
# `memberships` ended, each with its last day before; rows of those `removed` before they began;
# `posts` and `matters` without a door, each with the grid it left.
Carried = dict[str, list[Any]]


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


def replace_workers(changes: Iterable[Replaced], on: datetime.date, carried: Carried) -> None:
    """Let others be the main workers from that day on, and add to `carried` what was done."""
    for planned, _before in changes:
        own = Membership.objects.filter(grid=planned.grid, role=Role.GRID_WORKER)
        out = own.exclude(until__lt=on).filter(Q(rank="main") | Q(user=planned.worker))
        let_go(out, on - ONE_DAY, carried)
        if planned.worker:
            made = make_main(planned, planned.worker, on)
            carried.setdefault("made", []).append(made.pk)


def let_go(members: QuerySet[Membership], last_day: datetime.date, carried: Carried) -> None:
    """End these memberships with that day, and remove those that have not begun by then.

    `carried` takes what `get_back` needs: the last days of before, and the rows removed.
    """
    unbegun = members.filter(since__gt=last_day)
    carried.setdefault("removed", []).extend(json.loads(serializers.serialize("json", unbegun)))
    unbegun.delete()
    carried.setdefault("memberships", []).extend(
        [pk, until and until.isoformat()] for pk, until in members.values_list("pk", "until")
    )
    members.update(until=last_day)


def get_back(carried: Carried, on: datetime.date) -> None:
    """Let the people whom a plan let go be back from that day on, and those it named end.

    What was decided since wins: a grid that has another main worker by now keeps her.
    """
    made = Membership.objects.filter(pk__in=carried.get("made", []))
    made.filter(since__gte=on).delete()
    made.exclude(until__lt=on).update(until=on - ONE_DAY)
    last_days = dict(carried.get("memberships", []))
    for member in Membership.objects.filter(pk__in=last_days).order_by("pk"):
        last = last_days[member.pk]
        member.until = last and datetime.date.fromisoformat(last)
        if is_free(member, on):
            member.save(update_fields=["until"])
    for row in serializers.deserialize("python", carried.get("removed", [])):
        anew: Membership = row.object  # type: ignore[assignment] # no other model is in there
        anew.since = max(anew.since, on)
        has_days = anew.until is None or anew.until >= anew.since
        if has_days and is_free(anew, on):
            row.save()


def is_free(member: Membership, on: datetime.date) -> bool:
    """Say whether no other main worker has the grid on one of the member's days from then on."""
    if member.rank != Membership.Rank.MAIN:
        return True
    others = Membership.objects.filter(
        grid=member.grid_id, role=Role.GRID_WORKER, rank=Membership.Rank.MAIN
    )
    if member.until:
        others = others.filter(since__lte=member.until)
    first = max(member.since, on)
    return not others.exclude(pk=member.pk).exclude(until__lt=first).exists()


def make_main(planned: PlannedGrid, worker: User, on: datetime.date) -> Membership:
    return Membership.objects.create(
        user=worker,
        role=Role.GRID_WORKER,
        grid=planned.grid,
        rank=Membership.Rank.MAIN,
        employment=employment_of(worker, on),
        since=on,
    )
