"""Nobody home at several doors of one stairwell, saved with one tap."""

import datetime
import uuid
from zoneinfo import ZoneInfo

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.urls import reverse

from communities.models import Community
from households.models import Household
from tests.factories import HouseholdFactory, VisitFactory
from visits.models import Visit

NOW = datetime.datetime(2026, 3, 11, 10, 5, tzinfo=ZoneInfo("Asia/Shanghai"))
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def _wednesday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def doors(world):
    """Three more doors of the stairwell of 502; one is for two, one is not due."""
    common = {"grid": world.grid, "building": world.household.building, "unit": "2"}
    later = TODAY + datetime.timedelta(days=30)
    HouseholdFactory(room="101", due_from=TODAY, **common)
    HouseholdFactory(room="201", due_from=TODAY, visit_in_pairs=True, **common)
    HouseholdFactory(room="301", due_from=later, due_by=later, **common)
    HouseholdFactory(room="401", due_from=TODAY, **(common | {"unit": "1"}))
    return {door.room: door for door in Household.objects.all()}


def url_of(world) -> str:
    return reverse("visits:stairwell_unanswered", args=[world.household.building_id]) + "?unit=2"


def page_of(client, world) -> BeautifulSoup:
    return BeautifulSoup(client.get(url_of(world)).content, "html.parser")


def test_the_list_leads_to_the_doors_of_the_stairwell(world, doors, as_user):
    client = as_user(world.worker)
    today = BeautifulSoup(client.get("/work/today/?building=x").content, "html.parser")
    assert url_of(world) + "&building=x" in [
        link["href"] for link in today.select(".stairwell__link")
    ]
    soup = page_of(client, world)
    boxes = soup.select("[type=checkbox]")
    assert [box["value"].split(":")[0] for box in boxes] == [
        str(doors["101"].pk), str(doors["502"].pk)
    ]  # fmt: skip
    assert not any(box.has_attr("checked") for box in boxes)
    assert len(soup.select("main form button")) == 1
    link = soup.select_one("fieldset a")["href"]
    assert link == f"/work/households/{doors['201'].pk}/visit/?list=1&outcome=nobody_home"


def test_ticked_doors_are_saved_once_however_often_they_are_sent(world, doors, as_user):
    client = as_user(world.worker)
    ticks = [box["value"] for box in page_of(client, world).select("[type=checkbox]")]
    for _ in range(2):
        answer = client.post(url_of(world) + "&after=3", {"door": ticks})
        assert answer.url == "/work/today/?after=3"
    assert "Saved as nobody home, doors: 2." in client.get(answer.url).content.decode()
    assert {(v.household.room, v.outcome, v.way, v.by) for v in Visit.objects.all()} == {
        ("101", "nobody_home", "door", world.worker),
        ("502", "nobody_home", "door", world.worker),
    }
    assert {f"{v.household_id}:{v.pk}" for v in Visit.objects.all()} == set(ticks)


def test_a_door_refused_loses_none_of_the_others(world, doors, as_user):
    stored = VisitFactory(household=doors["101"], outcome="met")
    ticks = [f"{doors['101'].pk}:{stored.pk}", f"{doors['502'].pk}:{uuid.uuid4()}"]
    answer = as_user(world.worker).post(url_of(world), {"door": ticks}, follow=True)
    words = answer.content.decode()
    assert "Saved as nobody home, doors: 1." in words
    assert "2单元101室" in words
    assert Visit.objects.count() == 2


def test_ticks_from_elsewhere_and_nonsense_are_left_out(world, doors, as_user):
    elsewhere = HouseholdFactory(grid=world.next_grid)
    key = uuid.uuid4()
    for tick in (
        f"{elsewhere.pk}:{key}",
        f"{doors['401'].pk}:{key}",
        f"{doors['201'].pk}:{key}",
        f"{doors['101'].pk}:x",
        "x:y",
        "",
        "9" * 40 + f":{key}",
    ):
        answer = as_user(world.worker).post(url_of(world), {"door": [tick]})
        assert "Tick the doors where nobody was home." in answer.content.decode()
    assert not Visit.objects.exists()


def test_a_tick_with_an_endless_number_is_left_out(world, doors, as_user):
    tick = f"{'9' * 5000}:{uuid.uuid4()}"
    answer = as_user(world.worker).post(url_of(world), {"door": [tick]})
    assert answer.status_code == 200
    assert not Visit.objects.exists()


def test_at_night_one_reason_is_asked_for_all_of_them(world, doors, as_user):
    Community.objects.update(quiet_from=datetime.time(9), quiet_until=datetime.time(12))
    client = as_user(world.worker)
    soup = page_of(client, world)
    assert soup.select_one("[name=reason]")
    ticks = [box["value"] for box in soup.select("[type=checkbox]")]
    answer = client.post(url_of(world), {"door": ticks[:1]})
    again = BeautifulSoup(answer.content, "html.parser")
    assert "The quiet hours here are from 09:00 to 12:00." in again.main.get_text()
    assert [box["value"] for box in again.select("[checked]")] == ticks[:1]
    client.post(url_of(world), {"door": ticks, "reason": "停水通知"})
    assert {visit.reason for visit in Visit.objects.all()} == {"停水通知"}
    assert Visit.objects.count() == 2


def test_the_page_costs_the_same_for_more_doors(world, doors, as_user, django_assert_num_queries):
    client = as_user(world.worker)
    with django_assert_num_queries(5):
        page_of(client, world)
    for number in range(5):
        HouseholdFactory(
            grid=world.grid, building=world.household.building, unit="2", room=f"7{number}1"
        )
    with django_assert_num_queries(5):
        page_of(client, world)
