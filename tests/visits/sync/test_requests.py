"""Before an item is read: greeting, tokens, limits and the numbers of a device."""

import json
import uuid

import pytest
from django.test import Client
from django.utils import timezone

from tests.visits.sync.phone import Phone, milliseconds, visit
from visits.models import SyncDevice, Visit
from visits.sync.devices import note_device


def test_limits_and_broken_requests(world, phone):
    items = [phone.item(visit(world.household), sealed=False) for _ in range(201)]
    client, json_type = phone.client, "application/json"

    def code(response):
        return response.status_code, response.json()["code"]

    assert code(phone.post(items)) == (413, "items")
    assert code(client.post("/sync/visits/", "x" * 2_000_001, content_type=json_type)) == (
        413,
        "bytes",
    )
    assert code(client.post("/sync/visits/", '{"items": [', content_type=json_type)) == (
        400,
        "json",
    )
    assert code(client.post("/sync/visits/", "[" * 100_000, content_type=json_type)) == (
        400,
        "json",
    )
    assert code(client.post("/sync/visits/", "[]", content_type=json_type)) == (400, "shape")
    assert code(phone.post([], schema=0)) == (400, "schema")
    assert code(phone.post([], schema=99)) == (400, "schema")
    assert phone.send() == {}
    assert not Visit.objects.exists()


def test_csrf_is_asked_for_and_refused_in_json(world):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.worker, backend="communities.authentication.AccountBackend")
    phone = Phone(client)
    token = phone.hello()["csrf"]
    item = phone.item(visit(world.household))
    refused = phone.post([item])
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf")
    body = json.dumps({"schema": 1, "items": [item]})
    taken = client.post(
        "/sync/visits/", body, content_type="application/json", headers={"X-CSRFToken": token}
    )
    assert taken.status_code == 207
    assert Visit.objects.count() == 1


def test_hello_knows_the_user_and_is_never_kept(world, as_user):
    known = as_user(world.worker).get("/sync/hello/")
    unknown = as_user(None).get("/sync/hello/").json()
    assert known.headers["Cache-Control"].startswith("no-store")
    answer = known.json()
    assert answer["user"]["id"] == world.worker.pk
    assert set(answer) == {
        *("service", "epoch", "now", "schema", "csrf", "key", "limits", "user", "left"),
    }
    assert (unknown["user"], unknown["epoch"]) == (None, answer["epoch"])
    assert abs(answer["now"] - milliseconds()) < 5000


def test_a_gap_in_the_numbers_of_a_device_stays_visible(world, phone):
    first, _lost, third = (phone.item(visit(world.household, note=str(n))) for n in range(3))
    phone.send(first)
    phone.send(third)
    phone.send(third)
    device = SyncDevice.objects.get()
    assert (device.highest, device.gaps, device.missing) == (3, [[2, 2]], 1)
    assert device.community == world.community


@pytest.mark.parametrize(
    ("arrivals", "gaps"),
    [
        ([[1], [2, 3]], []),
        ([[5]], [[1, 4]]),
        ([[5], [2]], [[1, 1], [3, 4]]),
        ([[5], [2], [9, 7], [1, 3, 4], [4]], [[6, 6], [8, 8]]),
        ([[1], [1], [1, 3]], [[2, 2]]),
    ],
)
def test_gaps_follow_from_the_numbers_that_are_here(db, arrivals, gaps):
    key, now = uuid.uuid4(), timezone.now()
    for numbers in arrivals:
        note_device(key, numbers, community="", now=now)
    device = SyncDevice.objects.get()
    assert (device.gaps, device.missing) == (gaps, sum(b - a + 1 for a, b in gaps))
