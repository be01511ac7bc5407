"""Handing work over: who gives whose doors to whom from which day, and what both say of it."""

import datetime
from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Min, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from communities.models import Grid, Membership, User
from communities.roles import Role
from households.models import GridPlan
from visits.actions.hand_over_moves import carry_out, holder_of, move_matters
from visits.models import HandOver, HandOverDoor

BATCH = 1000
State = HandOver.State


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
    rows = HandOver.objects.open().exclude(pk__in=HandOver.objects.superseded().values("pk"))
    communities = user.memberships.current(timezone.localdate()).filter(role=Role.COMMUNITY_OFFICER)
    return rows.filter(
        Q(receiver=user, state=State.WAITING)
        | Q(grid__community__in=communities.values("community"))
        & (Q(receiver=None) | Q(state=State.RETURNED))
    )
