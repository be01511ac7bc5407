"""Counting what each phone says it saved, so that a loss is noticed."""

import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from communities.models import Community
from visits.models import SyncDevice


def note_device(
    device: UUID, *, highest: int, received: int, community: str, now: datetime.datetime
) -> None:
    """Note the highest number the device has given away, and how many items arrived."""
    row = SyncDevice.objects.filter(pk=device)
    change = {
        "highest": Greatest("highest", highest),
        "received": F("received") + received,
        "seen_on": timezone.localdate(now),
    }
    if row.update(**change):
        return
    try:
        with transaction.atomic():
            SyncDevice.objects.create(
                pk=device,
                highest=highest,
                received=received,
                seen_on=timezone.localdate(now),
                community=Community.objects.filter(code=community).first(),
            )
    except IntegrityError:
        row.update(**change)
