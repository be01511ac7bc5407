"""Keys of city services: made by administrators, shown once, renewed, switched off."""

import re

import pytest
from django.urls import reverse

from communities.roles import Role
from tests.factories import MembershipFactory, UserFactory
from tests.visits.open311.city import CityClient
from visits.models import ApiClient

ADD = "admin:visits_apiclient_add"
CHANGE = "admin:visits_apiclient_change"


@pytest.fixture
def keeper(world, as_user):
    """The administrator of the community alone."""
    user = MembershipFactory(
        user=UserFactory(username="keeper"),
        role=Role.ADMINISTRATOR,
        grid=None,
        community=world.community,
    ).user
    return as_user(user)


def form(world, **more) -> dict[str, str]:
    return {
        "name": "市民热线",
        "code": world.community.code,
        "is_active": "on",
        "may_file": "on",
        "reads_all": "on",
        **more,
    }


def key_on(response) -> str:
    [key] = re.findall(r"<code>([\w-]{43})</code>", response.content.decode())
    return key


def test_a_new_service_shows_its_key_once(world, keeper):
    response = keeper.post(reverse(ADD), form(world))
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store, private"
    key = key_on(response)
    assert CityClient(key, "json").get("requests").status == 200
    client = ApiClient.objects.get()
    later = keeper.get(reverse(CHANGE, args=[client.pk])).content.decode()
    assert key not in later
    assert client.key_hash not in later


def test_a_new_key_ends_the_old_one(world, keeper):
    old = key_on(keeper.post(reverse(ADD), form(world)))
    change = reverse(CHANGE, args=[ApiClient.objects.get().pk])
    assert keeper.post(change, form(world)).status_code == 302
    assert CityClient(old, "json").get("requests").status == 200
    new = key_on(keeper.post(change, form(world, new_key="on")))
    assert CityClient(old, "json").get("requests").status == 403
    assert CityClient(new, "json").get("requests").status == 200


def test_a_double_click_makes_one_service(world, keeper):
    keeper.post(reverse(ADD), form(world))
    assert "new_key" not in keeper.post(reverse(ADD), form(world)).content.decode()
    assert ApiClient.objects.count() == 1


def test_nobody_hands_out_a_place_that_is_not_hers(world, keeper):
    for code in (world.street.code, world.next_community.code):
        assert keeper.post(reverse(ADD), form(world, code=code)).status_code == 403
    for code in ("990101001999", "99010100100", "990101001001001", "x"):
        assert keeper.post(reverse(ADD), form(world, code=code)).status_code == 200
    assert not ApiClient.objects.exists()


def test_services_are_not_deleted(world, keeper):
    keeper.post(reverse(ADD), form(world))
    delete = reverse("admin:visits_apiclient_delete", args=[ApiClient.objects.get().pk])
    assert keeper.post(delete, {"post": "yes"}).status_code == 403
    assert ApiClient.objects.exists()
