import datetime
import importlib
from types import SimpleNamespace

import pytest
import time_machine
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import reverse

from households.actions.care import end_care, give_care
from households.models import Care, CareTag, Household
from tests.factories import CareFactory, CareTagFactory, HouseholdFactory, ResidencyFactory

TODAY = datetime.date(2026, 5, 20)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(datetime.datetime(2026, 5, 20, 4, tzinfo=datetime.UTC), tick=False):
        yield


@pytest.fixture
def homes(world):
    """The resident lives at one door and another, is registered at a third, left a fourth."""
    made = [world.household, *(HouseholdFactory(grid=world.grid) for _ in range(3))]
    ties = ({"kind": "lives"}, {"kind": "registered"}, {"kind": "lives", "until": "2026-01-01"})
    for household, tie in zip(made[1:], ties, strict=True):
        ResidencyFactory(resident=world.resident, household=household, **tie)
    Household.objects.update(registered_on=TODAY, due_from=TODAY, due_by="2026-08-18")
    return made


def days(homes):
    """Return in how many days each door is due."""
    due = dict(Household.objects.values_list("pk", "due_by"))
    return [(due[household.pk] - TODAY).days for household in homes]


def test_care_hastens_every_door_where_the_person_lives(world, homes):
    care = give_care(resident=world.resident, tag=CareTagFactory(visit_every_days=30), since=TODAY)
    assert days(homes) == [30, 30, 90, 90]
    sensitive = CareTagFactory(visit_every_days=7, is_sensitive=True)
    hidden = give_care(resident=world.resident, tag=sensitive, since=TODAY)
    assert days(homes) == [7, 7, 90, 90]
    end_care(care=hidden, on=TODAY)
    assert days(homes) == [30, 30, 90, 90]
    end_care(care=care, on=TODAY)
    assert days(homes) == [90, 90, 90, 90]


def test_care_slower_than_usual_changes_nothing(world, homes):
    give_care(resident=world.resident, tag=CareTagFactory(visit_every_days=180), since=TODAY)
    assert days(homes) == [90, 90, 90, 90]


def test_the_same_tag_given_twice_is_one(world):
    tag = CareTagFactory()
    made = {give_care(resident=world.resident, tag=tag, since=TODAY).pk for _click in range(2)}
    assert len(made) == Care.objects.count() == 1


def test_care_ends_once_and_not_before_it_began(world):
    care = CareFactory(resident=world.resident, since=TODAY)
    with pytest.raises(ValidationError):
        end_care(care=care, on=TODAY - datetime.timedelta(days=1))
    end_care(care=care, on=TODAY)
    end_care(care=care, on=TODAY + datetime.timedelta(days=5))
    care.refresh_from_db()
    assert care.until == TODAY


def test_pages_give_and_end_care(world, as_user):
    tag = CareTagFactory(name="卧床")
    client = as_user(world.worker)
    address = reverse("households:care_add", args=[world.resident.pk])
    assert "卧床" in client.get(address).content.decode()
    response = client.post(address, {"tag": tag.pk, "since": "2026-05-01"})
    care = world.resident.care.get()
    assert (response.url, care.tag, care.since) == (
        reverse("households:resident", args=[world.resident.pk]),
        tag,
        datetime.date(2026, 5, 1),
    )
    # What she has already is not offered again.
    assert "卧床" not in client.get(address).content.decode()
    client.post(reverse("households:care_end", args=[care.pk]))
    care.refresh_from_db()
    assert care.until == TODAY


def test_sensitive_tag_is_given_only_by_those_who_may_know(world, as_user):
    tag = CareTagFactory(name="卧床", is_sensitive=True)
    address = reverse("households:care_add", args=[world.resident.pk])
    data = {"tag": tag.pk, "since": "2026-05-01"}
    refused = as_user(world.worker).post(address, data)
    assert list(refused.context["form"].errors) == ["tag"]
    assert "卧床" not in refused.content.decode()
    assert as_user(world.officer).post(address, data).status_code == 302
    assert world.resident.care.get().tag == tag


def test_worker_cannot_end_what_she_may_not_know(world, as_user):
    tag = CareTagFactory(is_sensitive=True)
    care = CareFactory(resident=world.resident, tag=tag)
    address = reverse("households:care_end", args=[care.pk])
    assert as_user(world.worker).post(address).status_code == 404
    assert as_user(world.officer).post(address).status_code == 302
    care.refresh_from_db()
    assert care.until == TODAY


def test_community_starts_with_the_usual_tags(db):
    tags = {tag.name: (tag.visit_every_days, tag.is_sensitive) for tag in CareTag.objects.all()}
    assert tags == {
        "独居老人": (30, False),
        "空巢老人": (30, False),
        "高龄老人": (30, False),
        "残疾人": (30, False),
        "困难家庭": (30, False),
        "留守儿童": (30, False),
        "孕产妇": (30, False),
        "流动人口": (90, False),
        "社区矫正": (30, True),
        "严重精神障碍": (90, True),
    }


def test_default_tags_are_taken_back_unless_given(world):
    migration = importlib.import_module("households.migrations.0005_default_care_tags")
    given = CareTag.objects.get(name="残疾人")
    CareFactory(resident=world.resident, tag=given)
    own = CareTagFactory(name="自定")
    editor = SimpleNamespace(connection=connection)
    migration.remove(apps, editor)
    assert set(CareTag.objects.all()) == {given, own}
    migration.add(apps, editor)
    assert CareTag.objects.count() == len(migration.TAGS) + 1
