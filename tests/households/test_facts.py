"""The day each fact was last confirmed: set when told or checked, and by nothing else."""

import datetime
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.urls import reverse
from django.utils import timezone

from households.actions.grids import give_households
from households.models import Household, Phone
from tests.factories import (
    GridFactory,
    HouseholdFactory,
    PhoneFactory,
    ResidencyFactory,
    ResidentFactory,
)

OLD = datetime.date(2025, 1, 1)
TODAY = datetime.date(2026, 3, 2)


@pytest.fixture(autouse=True)
def _day():
    with time_machine.travel(datetime.datetime(2026, 3, 2, 4, tzinfo=datetime.UTC), tick=False):
        yield


@pytest.fixture
def door(world) -> Household:
    Household.objects.filter(pk=world.household.pk).update(occupancy_confirmed_on=OLD)
    world.household.refresh_from_db()
    return world.household


def edit(client, door: Household, **fields) -> datetime.date | None:
    values = {"unit": door.unit, "room": door.room, "occupancy": door.occupancy, "note": door.note}
    answer = client.post(reverse("households:household_edit", args=[door.pk]), values | fields)
    assert answer.status_code == 302
    door.refresh_from_db()
    return door.occupancy_confirmed_on


@pytest.mark.django_db
def test_occupancy_is_confirmed_by_changing_or_checking_it(world, door, as_user):
    client = as_user(world.worker)
    assert edit(client, door, note="x") == OLD
    assert edit(client, door, occupancy_checked="on") == TODAY
    Household.objects.update(occupancy_confirmed_on=OLD)
    assert edit(client, door, occupancy="rented") == TODAY
    assert edit(client, door, occupancy="unknown") is None
    assert edit(client, door, occupancy_checked="on") is None


@pytest.mark.django_db
def test_moving_a_door_to_another_grid_confirms_nothing(world, door):
    give_households(
        households=Household.objects.filter(pk=door.pk),
        grid=GridFactory(community=world.community),
        at=timezone.now(),
    )
    door.refresh_from_db()
    assert (door.occupancy_confirmed_on, timezone.localdate(door.changed_at)) == (OLD, TODAY)


@pytest.mark.django_db
def test_a_new_door_is_confirmed_when_its_occupancy_is_known(world, as_user):
    client = as_user(world.worker)
    building = world.household.building
    for room, occupancy in (("901", "owner"), ("902", "unknown")):
        client.post(
            reverse("households:household_add") + f"?building={building.pk}",
            {"grid": world.grid.pk, "unit": "2", "room": room, "occupancy": occupancy},
        )
    assert dict(
        Household.objects.filter(room__startswith="90").values_list(
            "room", "occupancy_confirmed_on"
        )
    ) == {"901": TODAY, "902": None}


@pytest.mark.django_db
def test_a_number_given_again_is_confirmed(world, as_user):
    phone = PhoneFactory(resident=world.resident, number="13800138000", confirmed_on=OLD)
    as_user(world.worker).post(
        reverse("households:phone_add", args=[world.resident.pk]),
        {"number": "13800138000", "label": "本人"},
    )
    phone.refresh_from_db()
    assert (phone.confirmed_on, Phone.objects.count()) == (TODAY, 1)


@pytest.mark.django_db
def test_rows_of_before_get_the_day_their_door_came_into_the_register():
    """As late as is certain: a phone is no older than the first door of its person."""
    early, late = OLD, OLD + datetime.timedelta(days=99)
    first = HouseholdFactory(registered_on=early)
    second = HouseholdFactory(registered_on=late)
    unknown = HouseholdFactory(occupancy=Household.Occupancy.UNKNOWN, registered_on=early)
    moved = ResidentFactory()
    ResidencyFactory(resident=moved, household=first, until=late)
    ResidencyFactory(resident=moved, household=second)
    phone, lost = PhoneFactory(resident=moved), PhoneFactory()
    Household.objects.update(occupancy_confirmed_on=None)
    import_module("households.migrations.0008_confirmed_facts").fill(apps, None)
    days = dict(Household.objects.values_list("pk", "occupancy_confirmed_on"))
    assert days == {first.pk: early, second.pk: late, unknown.pk: None}
    assert dict(Phone.objects.values_list("pk", "confirmed_on")) == {phone.pk: early, lost.pk: None}
    assert PhoneFactory(resident=moved).confirmed_on == TODAY
