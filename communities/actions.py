"""Assigning people, ending assignments, covering for those away, opening accounts, being back."""

import datetime
import secrets
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from communities.models import Cover, ExpectedBack, Membership, User
from communities.roles import Role

# Without the characters that are mistaken for one another on paper: 0 O o, 1 l I.
SMALL = "abcdefghijkmnpqrstuvwxyz"
CAPITAL = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DIGITS = "23456789"
PASSWORD_GROUPS = 4


def initial_password() -> str:
    """Return a random password that can be read out loud and satisfies every rule.

    >>> initial_password()  # doctest: +SKIP
    'Tk7-Hm3-Qz9-Wc4'
    """
    return "-".join(
        secrets.choice(CAPITAL) + secrets.choice(SMALL) + secrets.choice(DIGITS)
        for _group in range(PASSWORD_GROUPS)
    )


@transaction.atomic
def assign_member(*, membership: Membership, by: User) -> Membership:
    """Store a new membership, or refuse in the words of the constraint it breaks."""
    if membership.user_id == by.pk:
        raise ValidationError(_("Nobody assigns herself. Ask another officer."))
    membership.full_clean()
    refuse_twice(membership)
    try:
        with transaction.atomic():
            membership.save()
    except IntegrityError:
        # Somebody else was a moment faster; the check now sees the other row.
        membership.validate_constraints()
        raise
    return membership


def refuse_twice(membership: Membership) -> None:
    """Refuse a role that the person holds at this place already, on a day of the new one."""
    same = Membership.objects.filter(
        user=membership.user_id,
        role=membership.role,
        grid=membership.grid_id,
        community=membership.community_id,
        area=membership.area_id,
        department=membership.department_id,
    ).exclude(until__lt=membership.since)
    if membership.until:
        same = same.filter(since__lte=membership.until)
    if same.exists():
        raise ValidationError(
            _("This person holds this role here already. End that assignment first.")
        )


@transaction.atomic
def create_account(*, user: User, membership: Membership, by: User) -> str:
    """Store a new account with its first assignment; return the initial password.

    The password is known nowhere else, and must be changed at the first login.
    """
    password = initial_password()
    user.must_change_password = True
    user.set_password(password)
    user.full_clean()
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        # Somebody else took the login name a moment ago; the check now sees it.
        user.full_clean()
        raise
    membership.user = user
    assign_member(membership=membership, by=by)
    return password


@transaction.atomic
def renew_password(*, user: User) -> str:
    """Return a new initial password; every session of the person ends."""
    password = initial_password()
    user.must_change_password = True
    user.set_password(password)
    user.save(update_fields=["password", "must_change_password"])
    return password


@transaction.atomic
def end_membership(*, membership: Membership, on: datetime.date) -> None:
    """Let the membership end with that day; the person keeps its rights until then.

    A cover it was made for ends with it.
    """
    membership.until = on
    membership.validate_constraints()
    membership.save(update_fields=["until"])
    Cover.objects.filter(stand_in=membership, until__gt=on).update(until=on)


@transaction.atomic
def set_cover(*, cover: Cover, by: User) -> Cover:
    """Let a colleague go for somebody away on these days, and see her doors on all of them."""
    if cover.user_id == by.pk:
        raise ValidationError(_("Nobody assigns herself. Ask another officer."))
    cover.full_clean(exclude=["stand_in"])
    # Whoever sets another cover of the same assignment waits here, and then sees this one.
    away = Membership.objects.select_for_update().get(pk=cover.away_id)
    refuse_cover(cover, away)
    if not works_all_days(cover, away):
        cover.stand_in = Membership(
            user=cover.user,
            role=Role.GRID_WORKER,
            grid_id=away.grid_id,
            # A cover makes nobody a further full-time worker of the community.
            employment=Membership.Employment.PART_TIME,
            rank=Membership.Rank.BACKUP,
            since=cover.since,
            until=cover.until,
        )
        cover.stand_in.full_clean()
        cover.stand_in.save()
    cover.save()
    return cover


def refuse_cover(cover: Cover, away: Membership) -> None:
    """Refuse a cover that could not work, in a sentence that says why."""
    days = Cover.objects.filter(since__lte=cover.until, until__gte=cover.since)
    if away.role != Role.GRID_WORKER:
        raise ValidationError(_("Only grid workers are covered for."))
    if away.user_id == cover.user_id:
        raise ValidationError(_("Nobody covers for herself. Choose another person."))
    if cover.since < away.since or (away.until and cover.until > away.until):
        raise ValidationError(
            _("%(person)s does not work in this grid on all of these days. Choose other days."),
            params={"person": away.user},
        )
    if days.filter(away=away).exists():
        raise ValidationError(
            _("Somebody covers on some of these days already. End that cover first."),
        )
    if days.filter(away__user=cover.user_id).exists():
        raise ValidationError(
            _("%(person)s is away herself on some of these days. Choose another person."),
            params={"person": cover.user},
        )


def works_all_days(cover: Cover, away: Membership) -> bool:
    """Say whether who covers is a worker of the grid anyway, from the first day to the last."""
    own = Membership.objects.filter(
        user=cover.user_id, role=Role.GRID_WORKER, grid=away.grid_id, since__lte=cover.since
    )
    return own.exclude(until__lt=cover.until).exists()


@transaction.atomic
def end_cover(*, cover: Cover, on: datetime.date) -> None:
    """Let the cover end with that day; before its first day it is as if never set."""
    if on < cover.since:
        stand_in = cover.stand_in
        cover.delete()
        if stand_in:
            stand_in.delete()
        return
    if cover.stand_in:
        end_membership(membership=cover.stand_in, on=on)
    cover.until = on
    cover.save(update_fields=["until"])


@transaction.atomic
def expect_back(
    *, by: User, back_at: datetime.datetime, colleagues: Iterable[User], note: str
) -> None:
    """Store when she means to be back, in place of what she said before; twice at once is once."""
    said, _is_new = ExpectedBack.objects.update_or_create(
        by=by, defaults={"back_at": back_at, "note": note}
    )
    said.colleagues.set(colleagues)
