"""How long what somebody wrote still goes up once she has left.

Her pages close with her last day, or when her account is switched off. What her phone holds
from before goes up for seven days more, without a login; what comes later is held for an
officer. Somebody who only changes grids is at work here still: for her nothing runs out but
the 90 days that hold for everybody.
"""

import datetime

from django.utils import timezone

from communities.models import User
from visits.models import HeldItem
from visits.sync.held import Refusal

GRACE = datetime.timedelta(days=7)
Reason = HeldItem.Reason


def refuse_after_leaving(
    author: User,
    last_day: datetime.date | None,
    *,
    written_at: datetime.datetime,
    now: datetime.datetime,
) -> None:
    """Refuse what was written after an account was closed, or arrives too long after she left.

    `last_day` is that of her last role, None while she has one.
    """
    if author.is_superuser and author.is_active:
        return
    if not author.is_active:
        if author.closed_at is None or written_at > author.closed_at:
            raise Refusal(Reason.ACCOUNT)
        if now > author.closed_at + GRACE:
            raise Refusal(Reason.LATE)
    if last_day and timezone.localdate(now) > last_day + GRACE:
        raise Refusal(Reason.LATE)
