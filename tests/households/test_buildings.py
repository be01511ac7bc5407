import pytest
from django.urls import reverse
from django.utils import translation

from households.actions.households import rename_building
from households.models import Building, Household
from tests.factories import BuildingFactory, HouseholdFactory, ResidencyFactory

LIST = reverse("households:building_list")


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def test_list_shows_the_buildings_and_doors_in_scope(world, as_user):
    shared = world.household.building
    HouseholdFactory(grid=world.community.holding_grid(), building=shared, room="101")
    BuildingFactory(community=world.community, estate="安居苑", name="1号楼")
    HouseholdFactory(
        grid=world.next_grid,
        building=BuildingFactory(community=world.next_community, estate="", name="2号楼"),
    )
    found = {
        user.username: [
            (str(building), doors) for building, doors in as_user(user).get(LIST).context["rows"]
        ]
        for user in (world.worker, world.officer, world.auditor)
    }
    assert found == {
        "worker": [("幸福家园3号楼", 1)],
        "officer": [("安居苑1号楼", 0), ("幸福家园3号楼", 2)],
        "auditor": [("安居苑1号楼", 0), ("幸福家园3号楼", 2), ("2号楼", 1)],
    }
    one = as_user(world.auditor).get(LIST, {"community": world.next_community.code})
    assert [str(building) for building, _doors in one.context["rows"]] == ["2号楼"]


def test_list_costs_the_same_for_one_row_and_three(world, as_user, django_assert_num_queries):
    client = as_user(world.officer)
    client.get(LIST)
    with django_assert_num_queries(5):
        assert len(client.get(LIST).context["rows"]) == 1
    for _more in range(2):
        HouseholdFactory(grid=world.grid)
    with django_assert_num_queries(5):
        assert len(client.get(LIST).context["rows"]) == 3


def test_page_shows_the_doors_in_scope(world, as_user, django_assert_num_queries):
    building = world.household.building
    HouseholdFactory(grid=world.community.holding_grid(), building=building, unit="1", room="101")
    address = building.get_absolute_url()
    seen = {
        user.username: [line.household.room for line in as_user(user).get(address).context["lines"]]
        for user in (world.worker, world.officer)
    }
    assert seen == {"worker": ["502"], "officer": ["101", "502"]}
    client = as_user(world.worker)
    with django_assert_num_queries(8):
        client.get(address)
    for room in ("601", "602"):
        ResidencyFactory(household=HouseholdFactory(grid=world.grid, building=building, room=room))
    with django_assert_num_queries(8):
        assert len(client.get(address).context["lines"]) == 3


def test_officer_adds_a_building_of_her_own_community_only(world, as_user):
    client = as_user(world.officer)
    address = reverse("households:building_add")
    data = {
        "community": world.community.pk,
        "estate": "安居 苑",
        "name": "１２号楼",
        "floors": "18",
    }
    response = client.post(address, data)
    made = Building.objects.get(floors=18)
    assert (response.url, str(made)) == (made.get_absolute_url(), "安居苑12号楼")
    refused = client.post(address, {**data, "community": world.next_community.pk})
    assert "community" in refused.context["form"].errors


@pytest.mark.parametrize("name", ["3号楼", "3栋", "三号楼", "3#"])
def test_one_building_is_not_entered_twice_under_two_spellings(world, as_user, name):
    response = as_user(world.officer).post(
        reverse("households:building_add"),
        {"community": world.community.pk, "estate": "幸福家园", "name": name},
    )
    assert response.context["form"].errors == {
        "__all__": ["The register already has this building."]
    }


def test_renaming_a_building_moves_its_doors_in_the_walking_order(world, as_user):
    building = world.household.building
    first = BuildingFactory(community=world.community, estate="幸福家园", name="5号楼")
    other = HouseholdFactory(grid=world.grid, building=first)
    assert list(Household.objects.in_walking_order()) == [world.household, other]
    client = as_user(world.officer)
    response = client.post(
        reverse("households:building_edit", args=[building.pk]),
        {"estate": "幸福家园", "name": "10号楼"},
    )
    assert response.url == building.get_absolute_url()
    assert list(Household.objects.in_walking_order()) == [other, world.household]
    world.household.refresh_from_db()
    assert world.household.walk_order == world.household.compute_walk_order()
    assert world.household.address == "幸福家园10号楼2单元502室"


def test_renaming_to_the_same_order_moves_nothing(world):
    assert rename_building(building=world.household.building) == 0


def test_building_keeps_its_own_name(world, as_user):
    building = world.household.building
    response = as_user(world.officer).post(
        reverse("households:building_edit", args=[building.pk]),
        {"estate": "幸福家园", "name": "3栋", "street_address": "东风路12号"},
    )
    building.refresh_from_db()
    assert (response.status_code, building.name, building.street_address) == (
        302,
        "3栋",
        "东风路12号",
    )
