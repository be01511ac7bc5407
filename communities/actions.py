"""Assigning people, ending assignments, opening accounts."""

import datetime
import secrets

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from communities.models import Membership, User

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
    user.save()
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
    """Let the membership end with that day; the person keeps its rights until then."""
    membership.until = on
    membership.validate_constraints()
    membership.save(update_fields=["until"])
