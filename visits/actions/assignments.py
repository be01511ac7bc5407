"""Assigning people, ending assignments and covering, with the work that changes hands by it."""

import datetime
from collections.abc import Iterable
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from communities.actions import (
    assign_member,
    create_account,
    end_cover,
    end_membership,
    set_cover,
)
from communities.models import Cover, Membership, User
from communities.roles import Role
from visits.actions.hand_over_moves import give_back, pass_on_matters
from visits.actions.hand_overs import drop, give_again, hand_over, relight
from visits.actions.leaving import call_back
from visits.actions.waiting_doors import receive_waiting_doors
from visits.models import HandOver

ONE_DAY = datetime.timedelta(days=1)


class Move(NamedTuple):
    """An assignment that goes to somebody else."""

    membership: Membership
    receiver: User


@transaction.atomic
def assign(*, membership: Membership, by: User, at: datetime.datetime) -> Membership:
    """Store an assignment; a main worker receives what waits in her grid for somebody."""
    membership = assign_member(membership=membership, by=by)
    receive_what_waits(membership, by=by, at=at)
    return membership


@transaction.atomic
def open_account(*, user: User, membership: Membership, by: User, at: datetime.datetime) -> str:
    """Store a new account with its first assignment, as `assign`; return the initial password."""
    password = create_account(user=user, membership=membership, by=by)
    receive_what_waits(membership, by=by, at=at)
    return password


def receive_what_waits(membership: Membership, *, by: User, at: datetime.datetime) -> None:
    """Make a new main worker the receiver of her grid, and of doors in it, that wait for one.

    What waits since she gave it herself is hers again.
    """
    grid, person = membership.grid, membership.user
    if grid is None or membership.rank != Membership.Rank.MAIN:
        return
    rows = HandOver.objects.filter(grid=grid, receiver=None, is_partial=False)
    call_back(rows.filter(giver=person), at=at)
    for row in rows.exclude(giver=person).order_by("pk"):
        give_again(row, person, by=by, at=at, word="", membership=membership)
    receive_waiting_doors(grid=grid, receiver=person, by=by, at=at)


@transaction.atomic
def end_assignment(
    *,
    membership: Membership,
    on: datetime.date,
    by: User,
    at: datetime.datetime,
    receiver: User | None = None,
) -> HandOver | None:
    """Let an assignment end with that day and hand over the work the day after.

    A grid worker's goes to `receiver`, who is assigned in her place unless she works there as
    such already; to nobody yet, until an officer names somebody. Of other roles only the open
    matters move, to `receiver` or else to who ended it. A last day to come may be set anew.
    """
    call_off_last_day(membership, timezone.localdate(at))
    end_membership(membership=membership, on=on)
    person, first = membership.user, on + ONE_DAY
    if membership.role != Role.GRID_WORKER or membership.grid is None:
        if first <= timezone.localdate(at) and not keeps_a_role(person, first):
            pass_on_matters(person, to=receiver or by, by=by, at=at)
        return None
    made = take_place(membership, receiver, first, by) if receiver else None
    return hand_over_grid(membership, receiver, made, by=by, at=at)


def call_off_last_day(membership: Membership, today: datetime.date) -> None:
    """Forget what was to happen after a last day that is set anew: hand-over and who comes."""
    if membership.until is None:
        return
    rows = HandOver.objects.filter(
        giver=membership.user_id,
        grid=membership.grid_id,
        is_partial=False,
        effective_on=membership.until + ONE_DAY,
        carried_out_at=None,
    ).exclude(reason=HandOver.Reason.LEAVE)
    for row in rows.select_related("membership"):
        if row.membership and row.membership.since > today:
            row.membership.delete()
    drop(rows)


def hand_over_grid(
    membership: Membership,
    receiver: User | None,
    made: Membership | None,
    *,
    by: User,
    at: datetime.datetime,
) -> HandOver:
    """Hand over the grid of a membership that has its last day, from the next day on."""
    assert membership.grid  # noqa: S101 - of a grid worker
    assert membership.until  # noqa: S101 - just ended
    first = membership.until + ONE_DAY
    stays = keeps_a_role(membership.user, first)
    return hand_over(
        giver=membership.user,
        receiver=receiver,
        grid=membership.grid,
        reason=HandOver.Reason.REASSIGNMENT if stays else HandOver.Reason.RESIGNATION,
        on=first,
        by=by,
        at=at,
        membership=made,
    )


def keeps_a_role(person: User, on: datetime.date) -> bool:
    return Membership.objects.filter(user=person).exclude(until__lt=on).exists()


def take_place(
    membership: Membership, receiver: User, first: datetime.date, by: User
) -> Membership | None:
    """Assign the receiver in place of a membership that ended; None if she stands there already."""
    if receiver == membership.user:
        raise ValidationError(_("Nobody hands over to herself."))
    own = Membership.objects.filter(user=receiver, role=Role.GRID_WORKER).exclude(until__lt=first)
    # Asked before her assignment here ends: as backup she may be full-time here alone.
    latest = own.filter(cover=None).order_by("-since", "-pk").first()
    here = own.filter(grid=membership.grid_id)
    if here.filter(Q(rank=membership.rank) | Q(rank=Membership.Rank.MAIN)).exists():
        return None
    # From backup to main worker: one assignment ends, the other begins.
    for backup in here:
        if backup.since < first:
            end_membership(membership=backup, on=first - ONE_DAY)
        else:
            backup.delete()
    made = Membership(
        user=receiver,
        role=Role.GRID_WORKER,
        grid=membership.grid,
        employment=latest.employment if latest else membership.employment,
        rank=membership.rank,
        since=first,
    )
    return assign_member(membership=made, by=by)


@transaction.atomic
def reassign(
    moves: Iterable[Move], *, first: datetime.date, by: User, at: datetime.datetime
) -> list[HandOver]:
    """Give these assignments to others from that day on: all of them, or none."""
    moves = list(moves)
    for move in moves:
        if move.membership.since >= first:
            raise ValidationError(
                _("%(person)s only begins in %(grid)s on that day. Choose a later one."),
                params={"person": move.membership.user, "grid": move.membership.grid},
            )
        end_membership(membership=move.membership, on=first - ONE_DAY)
    # Only when everybody stands where she will, it is known who still works here.
    made = [take_place(move.membership, move.receiver, first, by) for move in moves]
    return [
        hand_over_grid(move.membership, move.receiver, one, by=by, at=at)
        for move, one in zip(moves, made, strict=True)
    ]


@transaction.atomic
def give_to_other(
    *, row: HandOver, receiver: User, by: User, at: datetime.datetime, word: str
) -> None:
    """Let somebody else be the receiver, assigned in the grid in place of the one before.

    In place of the giver, where nobody was yet: closing her account has ended no assignment.
    Of some doors alone only the hand-over changes: who minds them follows from their grid.
    """
    if row.reason == HandOver.Reason.LEAVE:
        raise ValidationError(_("End this cover and set one with another person."))
    today = timezone.localdate(at)
    first = max(row.effective_on, today)
    if row.receiver is None and not row.is_partial:
        end_places(row, first)
    place = row.membership or last_membership(row)
    made = None
    if place and not row.is_partial:
        if row.membership and place.since > today:
            place.delete()
        elif row.membership:
            end_membership(membership=place, on=today)
        made = take_place(place, receiver, first, by)
    give_again(row, receiver, by=by, at=at, word=word, membership=made)


def end_places(row: HandOver, first: datetime.date) -> None:
    """Let what the giver still is in the grid end before that day."""
    own = Membership.objects.filter(user=row.giver_id, grid=row.grid_id, role=Role.GRID_WORKER)
    for place in own.exclude(until__lt=first).order_by("pk"):
        end_membership(membership=place, on=max(place.since, first - ONE_DAY))


def last_membership(row: HandOver) -> Membership | None:
    """Return the assignment that the giver gives up."""
    own = Membership.objects.filter(
        user=row.giver_id, grid=row.grid_id, role=Role.GRID_WORKER, until__isnull=False
    )
    return own.order_by("-until", "-pk").first()


@transaction.atomic
def cover_for(*, cover: Cover, by: User, at: datetime.datetime) -> Cover:
    """Let a colleague go for somebody away, and hand over to her for these days."""
    cover = set_cover(cover=cover, by=by)
    grid = cover.away.grid
    assert grid  # noqa: S101 - only grid workers are covered for
    hand_over(
        giver=cover.away.user,
        receiver=cover.user,
        grid=grid,
        reason=HandOver.Reason.LEAVE,
        on=cover.since,
        until=cover.until,
        by=by,
        at=at,
        cover=cover,
        membership=cover.stand_in,
    )
    return cover


@transaction.atomic
def stop_cover(*, cover: Cover, on: datetime.date, at: datetime.datetime) -> None:
    """End a cover with that day, or call off one that has not begun, and the hand-over with it."""
    row = HandOver.objects.filter(cover=cover).first()
    has_begun = cover.since <= on
    end_cover(cover=cover, on=on)
    if row is None:
        return
    if not has_begun:
        row.delete()
    else:
        HandOver.objects.filter(pk=row.pk).update(until=on)
        if on < timezone.localdate(at):
            give_back(row, at=at)
    relight(row)
