"""Entering people, tying them to doors, and letting them go."""

import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from households.actions.care import homes_of
from households.models import (
    Care,
    Household,
    Phone,
    Residency,
    Resident,
    identity_index,
    phone_index,
)
from households.rhythm import reschedule_households


@transaction.atomic
def enter_resident(
    *, resident: Resident, residency: Residency, phone: str = "", phone_label: str = ""
) -> Resident:
    """Put a new person into the register, at the door that the unsaved residency names.

    Somebody with the same name, identity number and birth date who is entered at that door
    already is returned instead; whom another door has entered meanwhile is refused.
    """
    # Locked, so that the same form sent twice enters her once.
    door = Household.objects.select_for_update(no_key=True).get(pk=residency.household_id)
    present = Resident.objects.filter(
        pk__in=Residency.objects.current().filter(household=door).values("resident"),
        name=resident.name,
        identity_index=identity_index(resident.identity_number),
        birth_date=resident.birth_date,
    ).first()
    if present:
        return present
    try:
        with transaction.atomic():
            resident.save()
    except IntegrityError:
        refuse_known(resident)
        raise
    residency.resident = resident
    tie(residency)
    if phone:
        Phone.objects.create(resident=resident, number=phone, label=phone_label)
    return resident


def refuse_known(resident: Resident) -> None:
    """Refuse somebody whom the register came to know since the form was checked."""
    if Resident.objects.filter(identity_index=resident.identity_index).exists():
        raise ValidationError(
            {
                "identity_number": _(
                    "Somebody entered this person a moment ago. "
                    "Save again to enter her at this door as well."
                )
            }
        )


@transaction.atomic
def link_resident(*, resident: Resident, residency: Residency) -> Residency:
    """Tie somebody whom the register knows already to one more door.

    Linking somebody who is entered at that door already returns that residency.
    """
    # Locked, so that the same form sent twice ties her once.
    Resident.objects.select_for_update(no_key=True).get(pk=resident.pk)
    present = Residency.objects.current().filter(resident=resident, household=residency.household)
    known = present.first()
    if known:
        return known
    residency.resident = resident
    tie(residency)
    return residency


@transaction.atomic
def change_residency(*, residency: Residency) -> None:
    """Save a changed residency; who lives at a door decides when it is due."""
    tie(residency)


def tie(residency: Residency) -> None:
    """Save the residency, keep one head per door, and set anew when the door is due."""
    residency.save()
    if residency.is_head:
        others = Residency.objects.current().filter(household=residency.household_id, is_head=True)
        others.exclude(pk=residency.pk).update(is_head=False, changed_at=timezone.now())
    reschedule_households(Household.objects.filter(pk=residency.household_id))


@transaction.atomic
def end_residency(*, residency: Residency, on: datetime.date) -> None:
    """Let the person leave the door with that day; left before, it stays as it was."""
    current = Residency.objects.select_for_update(of=("self",), no_key=True).get(pk=residency.pk)
    if current.until is not None:
        return
    if current.since and on < current.since:
        raise ValidationError(_("The day of leaving cannot be before the day of arrival."))
    current.until = on
    current.save(update_fields=["until", "changed_at"])
    reschedule_households(Household.objects.filter(pk=current.household_id))


@transaction.atomic
def change_resident(*, resident: Resident) -> None:
    """Save a changed person; of somebody who died, residencies and care end with that day."""
    resident.save()
    if resident.died_on is None:
        return
    homes = list(homes_of(resident).values_list("pk", flat=True))
    day = resident.died_on
    end_with(Residency.objects.current().filter(resident=resident), day, changed_at=timezone.now())
    end_with(Care.objects.current().filter(resident=resident), day)
    reschedule_households(Household.objects.filter(pk__in=homes))


def end_with(rows: models.QuerySet[Any], day: datetime.date, **values: object) -> None:
    """End each row with the day, one that began later with the day it began."""
    rows.filter(models.Q(since=None) | models.Q(since__lte=day)).update(until=day, **values)
    rows.filter(since__gt=day).update(until=models.F("since"), **values)


@transaction.atomic
def add_phone(*, resident: Resident, number: str, label: str) -> Phone:
    """Add the number, or confirm one she has already and give it its new label."""
    phone, _created = Phone.objects.update_or_create(
        resident=resident,
        number_index=phone_index(number),
        defaults={"label": label, "confirmed_on": timezone.localdate()},
        create_defaults={"number": number, "label": label},
    )
    return phone
