import datetime
import logging

import pytest
import time_machine
from django.urls import reverse

from communities.models import Disclosure
from households.actions.reveals import MOST_PER_HOUR
from tests.factories import PhoneFactory, ResidencyFactory, ResidentFactory

NUMBER = "11010519491231002X"
REASON = "为街道办填养老金表"


@pytest.fixture
def person(world):
    world.resident.identify(NUMBER)
    world.resident.save()
    PhoneFactory(resident=world.resident, number="13800138000", label="女儿")
    return world.resident


def address(person):
    return reverse("households:reveal", args=[person.pk])


def records():
    return [
        (
            row.kind,
            row.by.username,
            row.community.name,
            row.subject,
            row.field,
            row.reason,
            row.rows,
        )
        for row in Disclosure.objects.order_by("pk")
    ]


def test_one_value_is_shown_once_for_a_reason_and_recorded(world, as_user, person):
    client = as_user(world.worker)
    asked = client.get(address(person), {"field": "identity_number"})
    assert NUMBER not in asked.content.decode()
    response = client.post(address(person), {"field": "identity_number", "reason": REASON})
    page = response.content.decode()
    assert (NUMBER in page, "13800138000" in page) == (True, False)
    assert response.headers["Cache-Control"] == "no-store, private"
    phone = person.phones.get()
    page = client.post(
        address(person), {"field": f"phone:{phone.pk}", "reason": REASON}
    ).content.decode()
    assert (NUMBER in page, "13800138000" in page) == (False, True)
    subject = f"resident {person.pk}"
    assert records() == [
        ("reveal", "worker", "幸福社区", subject, "identity_number", REASON, 1),
        ("reveal", "worker", "幸福社区", subject, f"phone:{phone.pk}", REASON, 1),
    ]
    assert NUMBER not in client.get(address(person)).content.decode()


@pytest.mark.parametrize(
    "data",
    [
        {"field": "identity_number"},
        {"field": "identity_number", "reason": "   "},
        {"field": "identity_number", "reason": "abc"},
        {"field": "identity_number", "reason": "x" * 201},
        {"field": "name", "reason": REASON},
        {"field": "phone:999999", "reason": REASON},
        {"reason": REASON},
    ],
)
def test_nothing_is_shown_without_field_and_reason(world, as_user, person, data):
    response = as_user(world.worker).post(address(person), data)
    page = response.content.decode()
    assert response.context["form"].errors
    assert (NUMBER in page, "13800138000" in page, records()) == (False, False, [])


def test_phone_of_somebody_else_is_not_reached_through_this_person(world, as_user, person):
    other = PhoneFactory(resident=ResidentFactory(), number="13900139000")
    response = as_user(world.worker).post(
        address(person), {"field": f"phone:{other.pk}", "reason": REASON}
    )
    assert "13900139000" not in response.content.decode()


def test_readers_see_no_way_to_reveal_and_have_none(world, as_user, person):
    page = reverse("households:resident", args=[person.pk])
    for user in (world.captain, world.auditor):
        client = as_user(user)
        assert address(person) not in client.get(page).content.decode()
        data = {"field": "identity_number", "reason": REASON}
        assert client.post(address(person), data).status_code == 404
    assert address(person) in as_user(world.worker).get(page).content.decode()


def test_after_thirty_in_an_hour_one_waits(world, as_user, person):
    client = as_user(world.worker)
    data = {"field": "identity_number", "reason": REASON}
    start = datetime.datetime(2026, 5, 20, 4, tzinfo=datetime.UTC)
    with time_machine.travel(start, tick=False) as clock:
        for _time in range(MOST_PER_HOUR):
            assert client.post(address(person), data).context["value"] == NUMBER
        refused = client.post(address(person), data)
        assert "You have shown 30 values within the hour." in refused.content.decode()
        assert NUMBER not in refused.content.decode()
        # What was typed stays; a colleague is not held up.
        assert REASON in refused.content.decode()
        assert as_user(world.officer).post(address(person), data).context["value"] == NUMBER
        clock.shift(datetime.timedelta(minutes=61))
        assert client.post(address(person), data).context["value"] == NUMBER
    assert Disclosure.objects.count() == MOST_PER_HOUR + 2


def test_record_names_the_community_the_person_is_known_in(world, as_user):
    person = ResidentFactory(name="李四", identity_number=NUMBER)
    ResidencyFactory(resident=person, household=world.household, until="2020-01-01")
    as_user(world.officer).post(address(person), {"field": "identity_number", "reason": REASON})
    assert records()[0][2] == "幸福社区"


def test_value_reaches_no_log_and_no_address(world, as_user, person, caplog):
    caplog.set_level(logging.DEBUG)
    client = as_user(world.worker)
    client.post(address(person), {"field": "identity_number", "reason": REASON})
    logged = " ".join(
        record.getMessage() for record in caplog.records if record.name != "django.db.backends"
    )
    assert NUMBER not in logged
    assert NUMBER not in str(dict(client.session))
