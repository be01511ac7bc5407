"""Entering doors and buildings, and keeping what is derived from them in step."""

from collections.abc import Iterable

from django.db import transaction

from households.models import Building, Household
from households.rhythm import reschedule_households

BATCH = 1000
WALKS = ("walk_order", "walk_down")


@transaction.atomic
def enter_household(*, household: Household) -> Household:
    """Put a new door into the register and set when it is first due."""
    household.save()
    reschedule_households(Household.objects.filter(pk=household.pk))
    household.refresh_from_db()
    return household


def change_household(*, household: Household, fields: Iterable[str]) -> None:
    """Save these fields of a door and what is derived from them.

    Nothing else: a visit may have set meanwhile when the door is due.
    """
    household.save(update_fields=[*fields, *WALKS, "changed_at"])


@transaction.atomic
def rename_building(*, building: Building) -> int:
    """Save the building and bring the order of its doors in step; return how many moved."""
    building.save()
    moved = []
    for household in Household.objects.filter(building=building).iterator(chunk_size=BATCH):
        household.building = building
        order = household.compute_walk_order()
        if order != household.walk_order:
            household.walk_order = order
            household.walk_down = household.compute_walk_down()
            moved.append(household)
    Household.objects.bulk_update(moved, WALKS, batch_size=BATCH)
    return len(moved)
