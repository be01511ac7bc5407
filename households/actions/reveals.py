"""Showing one masked value in full, and keeping who saw it and why."""

import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from communities.models import Community, Disclosure, User
from households.models import Resident

MOST_PER_HOUR = 30
HOUR = datetime.timedelta(hours=1)


@transaction.atomic
def reveal_value(
    *,
    resident: Resident,
    field: str,
    reason: str,
    by: User,
    community: Community | None,
    at: datetime.datetime,
) -> str:
    """Return the value of "identity_number" or "phone:<key>", and record who asked and why.

    Refuses the 31st within an hour: nobody needs so many one by one.
    """
    record_reveal(
        by=by,
        community=community,
        subject=f"resident {resident.pk}",
        field=field,
        reason=reason,
        at=at,
    )
    if field == "identity_number":
        return resident.identity_number or ""
    return resident.phones.get(pk=int(field.removeprefix("phone:"))).number


def record_reveal(
    *,
    by: User,
    community: Community | None,
    subject: str,
    field: str,
    reason: str,
    at: datetime.datetime,
) -> None:
    """Record that somebody sees one value in full; refuse the 31st within an hour.

    Runs in the transaction that reads the value: without the record nobody sees it.
    """
    # Locked, so that two requests at once are counted one after the other.
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    revealed = Disclosure.objects.filter(by=by, kind=Disclosure.Kind.REVEAL, at__gt=at - HOUR)
    if revealed.count() >= MOST_PER_HOUR:
        raise ValidationError(
            _("You have shown %(number)s values within the hour. Wait a while, or ask for a list.")
            % {"number": MOST_PER_HOUR}
        )
    Disclosure.objects.create(
        kind=Disclosure.Kind.REVEAL,
        by=by,
        community=community,
        subject=subject,
        field=field,
        reason=reason,
    )
