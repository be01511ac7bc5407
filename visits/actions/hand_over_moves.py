"""What moves when the day of a hand-over comes: open matters and pairings, there and back."""

import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from communities.models import Membership, User
from communities.staffing import places_visited
from households.models import GridPlan
from visits.actions.matter_steps import hand_over_matter
from visits.models import HandOver, Matter, Pairing

Reason = HandOver.Reason


def carry_out_due(rows: QuerySet[HandOver], *, at: datetime.datetime) -> int:
    """Carry out those of the rows whose day has come, give back after covers that are over.

    In the order of their days: a later one takes along what an earlier one has moved. Each in a
    transaction of its own: what was done before one that fails stays done.
    """
    today = timezone.localdate(at)
    in_order = rows.order_by("effective_on", "pk")
    due, over = list(in_order.due(today)), list(in_order.over(today))  # type: ignore[attr-defined] # a HandOverQuerySet
    for row in due:
        carry_out(row, at=at)
    for row in over:
        give_back(row, at=at)
    return len(due) + len(over)


@transaction.atomic
def carry_out(row: HandOver, *, at: datetime.datetime) -> None:
    """Move the giver's open matters once the day has come; without a receiver to who made it.

    Those of a plan of grids wait until it is carried out: until then the doors stay. After a
    leave nothing moves any more.
    """
    row = HandOver.objects.select_for_update(of=("self",)).get(pk=row.pk)
    to, today = holder_of(row), timezone.localdate(at)
    if row.effective_on > today or (row.until and row.until < today) or to is None:
        return
    if row.plan and row.plan.state == GridPlan.State.WAITING:
        return
    move_matters(row, matters_that_move(row), to=to, at=at)
    # What goes on to somebody else during a leave does not come back after it.
    for leave in row.giver.hand_overs_given.lending().exclude(pk=row.pk):
        leave.matters.remove(*row.matters.all())
    if row.receiver and not row.is_partial and row.reason != Reason.LEAVE:
        before = row.giver.hand_overs_given.superseded().filter(grid=row.grid_id)
        before.filter(effective_on__lte=row.effective_on).delete()
    if row.receiver:
        move_pairings(row, row.receiver)
    if row.carried_out_at is None:
        HandOver.objects.filter(pk=row.pk).update(carried_out_at=at)


@transaction.atomic
def give_back(row: HandOver, *, at: datetime.datetime) -> None:
    """After a cover let what went along and is still open go back to who was away.

    Where she has handed the grid over meanwhile, it goes on to whoever has it from her.
    """
    row = HandOver.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if row.given_back_at or row.carried_out_at is None:
        return
    still = row.matters.open().filter(assignee=holder_of(row))
    onward = passed_on(row)
    heir = onward and holder_of(onward)
    if onward and heir:
        move_matters(onward, still, to=heir, at=at)
    else:
        move_matters(row, still, to=row.giver, at=at)
    HandOver.objects.filter(pk=row.pk).update(given_back_at=at)


def passed_on(leave: HandOver) -> HandOver | None:
    """Return the hand-over by which who is away has given up the grid since her leave began."""
    given = HandOver.objects.filter(
        giver=leave.giver_id,
        grid=leave.grid_id,
        is_partial=False,
        effective_on__gte=leave.effective_on,
        carried_out_at__isnull=False,
    )
    return given.exclude(reason=Reason.LEAVE).order_by("effective_on", "pk").last()


def holder_of(row: HandOver) -> User | None:
    """Return who has the matters: without a receiver they are not left with who has gone."""
    return row.receiver or row.made_by


def matters_that_move(row: HandOver) -> QuerySet[Matter]:
    """Return the open matters of the giver that follow these doors.

    Among them is what a colleague has for the days of her leave, or an officer until somebody
    receives it; as long as nobody does, that stays where it is. With the last role in a
    community goes whatever she still has there, and with the last role of all whatever she has.
    """
    own = Matter.objects.open().filter(assignee=row.giver_id)
    if row.receiver or row.is_partial:
        own = Matter.objects.open().filter(Q(assignee=row.giver_id) | Q(pk__in=lent_by(row.giver)))
    if row.is_partial:
        return own.filter(household__in=row.door_rows.values("household"))
    if row.reason == Reason.LEAVE:
        return own.filter(grid=row.grid_id)
    left = Membership.objects.filter(user=row.giver_id).exclude(until__lt=row.effective_on)
    if not left.exists() or not row.giver.is_active:
        return own
    if not works_in_community(row):
        return own.filter(grid__community=row.grid.community_id)
    return own.filter(grid=row.grid_id)


def lent_by(giver: User) -> QuerySet[Matter, UUID]:
    """Return the keys of the matters that others have for her leave, or for her successor."""
    given = HandOver.objects.filter(giver=giver)
    lent = Matter.objects.filter(
        hand_overs__in=given.lending() | given.superseded(),
        assignee=Coalesce("hand_overs__receiver", "hand_overs__made_by"),
    )
    return lent.values_list("pk", flat=True)


def works_in_community(row: HandOver) -> bool:
    """Say whether the giver has a role in the community from the day of the hand-over on."""
    return (
        row.giver.is_active
        and Membership.objects.filter(user=row.giver_id)
        .exclude(until__lt=row.effective_on)
        .filter(Q(grid__community=row.grid.community_id) | Q(community=row.grid.community_id))
        .exists()
    )


def move_matters(
    row: HandOver, matters: QuerySet[Matter], *, to: User, at: datetime.datetime
) -> None:
    """Let these matters go to `to`, each by a step of its history, and name them in the row.

    What `to` has already is named as well. History is written in the language of the place,
    whoever looks at it first.
    """
    with translation.override(settings.LANGUAGE_CODE):
        note = _("With the doors of %(grid)s.") % {"grid": row.grid}
    moved = [
        matter
        for matter in matters.order_by("pk")
        if matter.assignee_id == to.pk
        or hand_over_matter(matter=matter, to=to, by=row.made_by, at=at, note=note)
    ]
    row.matters.add(*moved)


def move_pairings(row: HandOver, to: User) -> None:
    """Let the giver's own pairings at these doors go on with `to` where she goes no longer.

    A pairing is with a person, not with her grid: who still goes there in another role, or is
    only on leave, keeps hers. One of the whole grid moves with the whole grid.
    """
    if row.reason == Reason.LEAVE:
        return
    last_day = row.effective_on - datetime.timedelta(days=1)
    places = tuple(places_visited([row.giver_id], row.effective_on)[row.giver_id])
    here = Q(household__in=row.doors())
    if not row.is_partial:
        here |= Q(grid=row.grid_id)
    own = Pairing.objects.current(row.effective_on).filter(here, user=row.giver_id)
    for pairing in own.select_related("grid", "household__grid").order_by("pk"):
        if pairing.home.code.startswith(places):
            continue
        place = {"grid": pairing.grid_id, "household": pairing.household_id}
        if not Pairing.objects.current(row.effective_on).filter(user=to, **place).exists():
            Pairing.objects.create(
                grid_id=pairing.grid_id,
                household_id=pairing.household_id,
                user=to,
                every_days=pairing.every_days,
                since=row.effective_on,
                until=pairing.until,
            )
        if pairing.since > last_day:
            pairing.delete()
        else:
            pairing.until = last_day
            pairing.save(update_fields=["until"])


@transaction.atomic
def pass_on_matters(
    giver: User, *, to: User, by: User | None, at: datetime.datetime
) -> list[Matter]:
    """Give whatever somebody still has, whose last role has ended, to somebody else."""
    with translation.override(settings.LANGUAGE_CODE):
        note = _("She no longer works here.")
    return [
        matter
        for matter in Matter.objects.open().filter(assignee=giver).order_by("pk")
        if to != giver and hand_over_matter(matter=matter, to=to, by=by, at=at, note=note)
    ]
