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
from communities.staffing import main_workers
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


def named_workers(plan: GridPlan, on: datetime.date) -> dict[int, User]:
    """Return the main workers a plan names for that day, by the keys of its planned grids.

    Left out is who no longer works here by then, and who just had the grid when the draft was
    made: a draft begins with the workers of its day, and who came since was decided later.
    """
    planned = [one for one in plan.grids.select_related("worker") if one.worker]
    had = main_workers(
        [one.grid_id for one in planned if one.grid_id], timezone.localdate(plan.made_at)
    )
    roles = Membership.objects.filter(user__in=[one.worker_id for one in planned])
    gone = set(roles.values_list("user", flat=True)) - set(
        roles.exclude(until__lt=on).values_list("user", flat=True)
    )
    return {
        one.pk: one.worker
        for one in planned
        if one.worker
        and one.worker.is_active
        and one.worker.pk not in gone
        and one.worker != had.get(one.grid_id or 0)
    }


class Replaced(NamedTuple):
    """A grid that goes on with another main worker, and who has it until then, if anybody."""

    planned: PlannedGrid
    worker: User
    before: Membership | None


def replaced_in(plan: GridPlan, on: datetime.date) -> list[Replaced]:
    """Return the grids of today for which the plan names another main worker.

    Whoever was assigned after the acceptance stays: that was decided later.
    """
    mains = {
        row.grid_id: row
        for row in Membership.objects.current(on)
        .filter(grid__community=plan.community_id, role=Role.GRID_WORKER, rank=Membership.Rank.MAIN)
        .select_related("user", "grid")
        .order_by("since", "pk")
    }
    named = named_workers(plan, on)
    accepted_on = timezone.localdate(plan.accepted_at) if plan.accepted_at else datetime.date.max
    found = []
    for planned in plan.grids.exclude(grid=None).select_related("grid"):
        worker, before = named.get(planned.pk), mains.get(planned.grid_id)
        is_later = before is not None and before.since > accepted_on
        if worker and not is_later and (before is None or before.user_id != worker.pk):
            found.append(Replaced(planned, worker, before))
    return found


def replace_workers(changes: Iterable[Replaced], on: datetime.date, carried: Carried) -> None:
    """Let others be the main workers from that day on, and add to `carried` what was done."""
    for planned, worker, _before in changes:
        own = Membership.objects.filter(grid=planned.grid, role=Role.GRID_WORKER)
        out = own.exclude(until__lt=on).filter(Q(rank=Membership.Rank.MAIN) | Q(user=worker))
        let_go(out, on - ONE_DAY, carried)
        carried.setdefault("made", []).append(make_main(planned, worker, on).pk)


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
