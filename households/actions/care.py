"""Giving and ending care tags; both change how soon a door is due."""

import datetime

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from households.models import Care, CareTag, Household, Residency, Resident
from households.rhythm import reschedule_households


def homes_of(resident: Resident) -> models.QuerySet[Household]:
    """Return the households where the person lives today."""
    living = Residency.objects.living().filter(resident=resident)
    return Household.objects.filter(pk__in=living.values("household"))


@transaction.atomic
def give_care(*, resident: Resident, tag: CareTag, since: datetime.date) -> Care:
    """Give the tag from that day on; her doors are due by its rhythm at once.

    Giving a tag that she already has changes nothing.
    """
    # Locked, so that two people giving the same tag at once make one.
    Resident.objects.select_for_update(no_key=True).get(pk=resident.pk)
    care = Care.objects.current().filter(resident=resident, tag=tag).first()
    if care is None:
        care = Care.objects.create(resident=resident, tag=tag, since=since)
    reschedule_households(homes_of(resident))
    return care


@transaction.atomic
def end_care(*, care: Care, on: datetime.date) -> Care:
    """End the tag with that day; ended before, it stays as it was."""
    current = Care.objects.select_for_update(of=("self",), no_key=True).get(pk=care.pk)
    if current.until is not None:
        return current
    if on < current.since:
        raise ValidationError(_("This care began after that day."))
    current.until = on
    current.save(update_fields=["until"])
    reschedule_households(homes_of(current.resident))
    return current
