"""A partner of a door or of a heavy grid: who may be one, and where the door says so."""

import datetime

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from communities.roles import Role
from households.heavy_grids import grid_load
from households.models import Household
from tests.factories import GridFactory, HouseholdFactory, MembershipFactory, PairingFactory
from visits.models import Pairing

DOOR = "幸福家园3号楼2单元502"


def words(page) -> str:
    return " ".join(BeautifulSoup(page.content, "html.parser").find("main").get_text().split())


def url(world) -> str:
    return reverse("visits:pairing_list", args=[world.grid.code])


@pytest.mark.parametrize(
    ("person", "address", "is_paired"),
    [
        ("worker", "", True),
        ("worker", DOOR, True),
        ("officer_beside", "", True),
        # Of another community of the street: the door would come onto nobody's list.
        ("outsider", "", False),
        ("outsider", DOOR, False),
        # A captain goes to the doors of her stairwell, not to every one of the grid.
        ("captain", "", False),
        ("captain", DOOR, True),
    ],
)
def test_a_partner_is_somebody_who_goes_to_the_door(world, as_user, person, address, is_paired):
    beside = MembershipFactory(
        role=Role.COMMUNITY_OFFICER, grid=None, community=world.community
    ).user
    partner = beside if person == "officer_beside" else getattr(world, person)
    page = as_user(world.street_officer).post(
        url(world), {"address": address, "user": partner.pk, "every_days": 14}
    )
    assert page.status_code == (302 if is_paired else 200)
    assert Pairing.objects.exists() == is_paired
    if not is_paired:
        assert "does not go to this door" in page.content.decode()


def test_the_door_says_who_keeps_in_touch_how_often_and_when_next(world, as_user):
    PairingFactory(household=world.household, unit_name="市图书馆", every_days=14)
    PairingFactory(household=None, grid=world.grid, unit_name="区税务局", every_days=90)
    PairingFactory(
        household=world.household,
        unit_name="已结束",
        since=datetime.date(2024, 1, 1),
        until=datetime.date(2024, 2, 1),
    )
    PairingFactory(household=HouseholdFactory(grid=world.grid), unit_name="别家的")
    Household.objects.filter(pk=world.household.pk).update(last_visited_on="2026-03-01")
    for person in (world.worker, world.captain, world.auditor):
        text = words(as_user(person).get(world.household.get_absolute_url()))
        assert "市图书馆 · Every two weeks · next from March 15, 2026" in text
        assert "区税务局 · Every quarter · next from May 30, 2026" in text
        assert "已结束" not in text
        assert "别家的" not in text


def test_the_form_of_a_visit_names_the_partners_of_the_door(world, as_user):
    PairingFactory(household=world.household, unit_name="市图书馆", every_days=14)
    other = MembershipFactory(grid=world.grid).user
    PairingFactory(household=world.household, user=other, unit_name="")
    address = reverse("visits:visit_add", args=[world.household.pk])
    assert "Paired: 市图书馆, every two weeks" in words(as_user(world.worker).get(address))
    assert f"Paired: {other}, every month" in words(as_user(other).get(address))
    assert str(other) not in words(as_user(world.worker).get(address))


def loads(world) -> tuple[int, int | None, int | None, bool]:
    load = grid_load(world.grid, world.officer, timezone.localdate())
    return load.workload, load.per_worker, load.average, load.is_heavy


def test_a_grid_is_heavy_above_the_target_and_the_average(world):
    """Three doors here for one worker; elsewhere one door for one and a half."""
    world.community.households_per_worker = 2
    world.community.save()
    for _ in range(2):
        HouseholdFactory(grid=world.grid)
    assert loads(world) == (3, 3, 3, False)
    light = GridFactory(community=world.community)
    HouseholdFactory(grid=light)
    MembershipFactory(grid=light)
    MembershipFactory(grid=light, employment="part_time")
    assert loads(world) == (3, 3, 2, True)
    MembershipFactory(grid=world.grid, employment="part_time")
    assert loads(world) == (3, 2, 1, False)
    world.worker.memberships.all().delete()
    MembershipFactory.create_batch(2, grid=light)
    assert loads(world) == (3, 6, 1, True)
    world.grid.memberships.all().delete()
    assert loads(world) == (3, None, 0, True)


def test_pairings_say_why_a_grid_is_heavy_until_it_has_a_partner(world, as_user):
    HouseholdFactory(grid=world.grid)
    MembershipFactory(grid=GridFactory(community=world.community))
    client = as_user(world.officer)
    heavy = "This is a heavy grid"
    figures = "Workload per worker: 2. Average of the community: 1. Target: "
    text = words(client.get(url(world)))
    assert (heavy in text, figures + "100." in text) == (False, True)
    world.community.households_per_worker = 1
    world.community.save()
    # A partner of one door relieves the grid of little.
    PairingFactory(household=world.household)
    text = words(client.get(url(world)))
    assert (heavy in text, figures + "1." in text) == (True, True)
    PairingFactory(household=None, grid=world.grid)
    text = words(client.get(url(world)))
    assert (heavy in text, figures + "1." in text) == (False, True)


def test_officer_is_told_of_a_partner_who_goes_there_no_longer(world, as_user):
    beside = GridFactory(community=world.community)
    moved = MembershipFactory(grid=world.grid).user
    cadre = MembershipFactory(role=Role.AREA_CADRE, grid=None, community=world.community).user
    for partner in (moved, cadre, world.captain):
        PairingFactory(household=world.household, user=partner, unit_name="")
    PairingFactory(household=world.household)
    warning = "No longer goes there"
    client = as_user(world.officer)
    assert words(client.get(url(world))).count(warning) == 0
    moved.memberships.update(grid=beside)
    page = client.get(url(world))
    assert words(page).count(warning) == 1
    assert page.context["stays_away"] == {moved.pk}
