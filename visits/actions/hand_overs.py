"""Handing work over: who gets whose doors from which day, and the open matters with them."""

import datetime
from collections.abc import Collection
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Min, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from communities.models import Grid, Membership, User
from communities.roles import Role
from communities.staffing import places_visited
from households.models import GridPlan
from visits.actions.matter_steps import hand_over_matter
from visits.models import HandOver, HandOverDoor, Matter, Pairing

BATCH = 1000
State = HandOver.State
Reason = HandOver.Reason


@transaction.atomic
def hand_over(
    *,
    giver: User,
    receiver: User | None,
    grid: Grid,
    reason: str,
    on: datetime.date,
    by: User | None,
    at: datetime.datetime,
    doors: Collection[int] | None = None,
    until: datetime.date | None = None,
    plan: GridPlan | None = None,
    **made: object,
) -> HandOver:
    """Say that the giver's doors in the grid go to the receiver from that day on.

    `doors` are the keys of those that move; without them it is the whole grid.
    Nobody as receiver leaves it to an officer to name one. Once the day has come the giver's
    open matters move in the same transaction; else `carry_out` moves them. Said twice it is
    said once; further doors join those that nobody has accepted yet. `plan` is the change of
    grids it comes from; `made` names the membership or cover that was made for it.
    """
    keys = sorted(set(doors or ()))
    # Whoever says the same at this moment waits here, and then finds it.
    Grid.objects.select_for_update(no_key=True).get(pk=grid.pk)
    said = HandOver.objects.filter(
        giver=giver,
        receiver=receiver,
        grid=grid,
        effective_on=on,
        is_partial=doors is not None,
        plan=plan,
    )
    row = said.open().first() or said.filter(reason=reason, until=until).last()
    if row and row.state == State.ACCEPTED and not row.names_all(keys):
        row = None
    if row is None:
        row = HandOver(
            giver=giver,
            receiver=receiver,
            grid=grid,
            is_partial=doors is not None,
            reason=reason,
            effective_on=on,
            until=until,
            plan=plan,
            made_by=by,
            made_at=at,
            **made,
        )
        row.validate_constraints()
        row.save()
    rows = [HandOverDoor(hand_over=row, household_id=key) for key in keys]
    HandOverDoor.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    carry_out(row, at=at)
    relight(row)
    return row


@transaction.atomic
def carry_out(row: HandOver, *, at: datetime.datetime) -> None:
    """Move the giver's open matters once the day has come; without a receiver to who made it.

    Those of a plan of grids wait until it is carried out: until then the doors stay.
    """
    row = HandOver.objects.select_for_update(of=("self",)).get(pk=row.pk)
    to = holder_of(row)
    if row.effective_on > timezone.localdate(at) or to is None:
        return
    if row.plan and row.plan.state == GridPlan.State.WAITING:
        return
    move_matters(row, matters_that_move(row), to=to, at=at)
    # What goes on to somebody else during a leave does not come back after it.
    for leave in row.giver.hand_overs_given.lending().exclude(pk=row.pk):
        leave.matters.remove(*row.matters.all())
    if row.receiver:
        move_pairings(row, row.receiver)
    if row.carried_out_at is None:
        HandOver.objects.filter(pk=row.pk).update(carried_out_at=at)


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


def works_in_community(row: HandOver) -> bool:
    """Say whether the giver has a role in the community from the day of the hand-over on."""
    return (
        row.giver.is_active
        and Membership.objects.filter(user=row.giver_id)
        .exclude(until__lt=row.effective_on)
        .filter(Q(grid__community=row.grid.community_id) | Q(community=row.grid.community_id))
        .exists()
    )


def holder_of(row: HandOver) -> User | None:
    """Return who has the matters: without a receiver they are not left with who has gone."""
    return row.receiver or row.made_by


def matters_that_move(row: HandOver) -> QuerySet[Matter]:
    """Return the open matters of the giver that follow these doors.

    Among them is what a colleague has for the days of her leave; as long as nobody receives
    the grid, that stays with the colleague. With the last role in a community goes whatever she
    still has there, and with the last role of all whatever she has.
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
    """Return the keys of the matters that others have for the days of her leave."""
    lent = Matter.objects.filter(
        hand_overs__in=HandOver.objects.lending().filter(giver=giver),
        assignee=F("hand_overs__receiver"),
    )
    return lent.values_list("pk", flat=True)


def move_matters(
    row: HandOver, matters: QuerySet[Matter], *, to: User, at: datetime.datetime
) -> None:
    """Let these matters go to `to`, each by a step of its history, and name them in the row.

    What `to` has already is named as well. History is written in the language of the place, whoever looks at it first.
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


def carry_out_due(rows: QuerySet[HandOver], *, at: datetime.datetime) -> int:
    """Carry out those of the rows whose day has come, give back after covers that are over.

    Each in a transaction of its own: what was done before one that fails stays done.
    """
    today = timezone.localdate(at)
    due, over = list(rows.due(today)), list(rows.over(today))  # type: ignore[attr-defined] # a HandOverQuerySet
    for row in due:
        carry_out(row, at=at)
    for row in over:
        give_back(row, at=at)
    return len(due) + len(over)


@transaction.atomic
def accept(*, row: HandOver, by: User, at: datetime.datetime) -> None:
    """Say that the receiver has taken the work over; said twice it is said once."""
    answer(row, by, at, State.ACCEPTED)


@transaction.atomic
def send_back(*, row: HandOver, by: User, at: datetime.datetime, reason: str) -> None:
    """Return it to the officers with a reason; what holds meanwhile stays as it is."""
    if not reason.strip():
        raise ValidationError(_("Say in a few words why you return it."))
    answer(row, by, at, State.RETURNED, reason.strip())


def answer(
    row: HandOver, by: User, at: datetime.datetime, state: HandOver.State, reason: str = ""
) -> None:
    waiting = HandOver.objects.answerable_by(by).filter(pk=row.pk)
    said = {"return_reason": reason} if reason else {}
    if not waiting.update(state=state, answered_at=at, **said):
        now = HandOver.objects.get(pk=row.pk)
        if (now.receiver_id, now.state) != (by.pk, state):
            raise ValidationError(_("This has been decided otherwise meanwhile. Look again."))
    relight(row)


@transaction.atomic
def insist(*, row: HandOver, by: User, at: datetime.datetime, word: str) -> None:
    """Give a returned hand-over once more to the same person, with a word that says why."""
    if not word.strip():
        raise ValidationError(_("Say in a few words why it stays as it is."))
    give_again(row, row.receiver, by=by, at=at, word=word.strip())


@transaction.atomic
def give_again(
    row: HandOver,
    receiver: User | None,
    *,
    by: User,
    at: datetime.datetime,
    word: str,
    membership: Membership | None = None,
) -> None:
    """Let somebody be the receiver from now on, with what was moved for this hand-over."""
    row = HandOver.objects.select_for_update(of=("self",)).get(pk=row.pk)
    row.membership = membership or row.membership
    if row.state == State.ACCEPTED:
        raise ValidationError(_("It has been accepted. Make a new hand-over from her to others."))
    before = holder_of(row)
    row.receiver, row.state, row.word = receiver, State.WAITING, word
    row.answered_at, row.made_by = None, by
    row.validate_constraints()
    row.save()
    if row.carried_out_at and receiver:
        move_matters(row, row.matters.open().filter(assignee=before), to=receiver, at=at)
    carry_out(row, at=at)
    relight(row, before)


def relight(row: HandOver, *more: User | None) -> None:
    """Set for the receiver and the officers since when a hand-over waits for their word.

    Stored with the account, which every page has read anyway, so that the word costs no query.
    """
    community = row.grid.community_id
    officers = Membership.objects.current(timezone.localdate()).filter(
        role=Role.COMMUNITY_OFFICER, community=community
    )
    people = {row.receiver_id, *(person.pk for person in more if person)}
    people |= set(officers.values_list("user", flat=True))
    people.discard(None)
    # Locked in one order, as `notices.notify` does.
    found = User.objects.filter(pk__in=people).order_by("pk").select_for_update(no_key=True)
    for person in found:
        since = waiting_for(person).aggregate(since=Min("effective_on"))["since"]
        if since != person.hand_over_on:
            User.objects.filter(pk=person.pk).update(hand_over_on=since)


def drop(rows: QuerySet[HandOver]) -> None:
    """Remove hand-overs that no longer are any; nobody is asked for a word any more."""
    for row in list(rows.select_related("grid", "receiver", "made_by")):
        HandOver.objects.filter(pk=row.pk).delete()
        relight(row)


def waiting_for(user: User) -> QuerySet[HandOver]:
    """Return the hand-overs that wait for the user: to be answered, or as an officer decided."""
    rows = HandOver.objects.open()
    communities = user.memberships.current(timezone.localdate()).filter(role=Role.COMMUNITY_OFFICER)
    return rows.filter(
        Q(receiver=user, state=State.WAITING)
        | Q(grid__community__in=communities.values("community"))
        & (Q(receiver=None) | Q(state=State.RETURNED))
    )
