"""The day's list: which doors, in which order, what it says, and the two buttons."""

import datetime
import gzip
import re
import uuid
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.urls import reverse

from communities.roles import Role
from households.actions.households import rename_building
from households.models import Household
from tests.factories import (
    BuildingFactory,
    CareFactory,
    CareTagFactory,
    GridFactory,
    HouseholdFactory,
    MembershipFactory,
    ResidencyFactory,
    ResidentFactory,
    VisitFactory,
)
from visits.models import Outcome, Visit, Way

SHANGHAI = ZoneInfo("Asia/Shanghai")
# A Wednesday.
TODAY = datetime.date(2026, 3, 11)
NOW = datetime.datetime(2026, 3, 11, 10, 5, tzinfo=SHANGHAI)
URL = "/work/today/"


def days(count: int) -> datetime.date:
    return TODAY + datetime.timedelta(days=count)


@pytest.fixture(autouse=True)
def _wednesday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def building(world):
    return world.household.building


def add_door(world, room, **values):
    """Add a door due today in the worker's grid, at the named building unless told."""
    values = {"due_from": TODAY, "due_by": days(15), "unit": "2", **values}
    values.setdefault("building", world.household.building)
    return HouseholdFactory(grid=world.grid, room=room, **values)


def soup_of(client, url=URL, **query):
    response = client.get(url, query)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def text(node) -> str:
    return " ".join(node.get_text(" ").split())


def rooms(soup) -> list[str]:
    return [link.get_text() for link in soup.select(".door h3 a")]


def door_text(soup, household) -> str:
    return text(soup.select_one(f"#door-{household.pk}"))


def press(client, household, outcome, *, visit_id=None, query=""):
    url = reverse("visits:visit_quick", args=[household.pk]) + query
    return client.post(url, {"outcome": outcome, "visit_id": visit_id or uuid.uuid4()})


def test_today_holds_the_doors_due_and_not_put_off(world, as_user):
    add_door(world, "101", due_from=days(-20), due_by=days(-1))
    add_door(world, "201", due_from=days(1))
    add_door(world, "301", retry_on=TODAY)
    add_door(world, "401", retry_on=days(1))
    add_door(world, "601", closed_on=days(-1))
    assert rooms(soup_of(as_user(world.worker))) == ["101室", "301室", "502室"]


def test_today_goes_by_estate_building_unit_and_floor(world, as_user):
    for name, unit, room in [
        ("10号楼", "1", "101"),
        ("2号楼", "2", "101"),
        ("2号楼", "1", "1101"),
        ("2号楼", "1", "202"),
    ]:
        house, _ = world.community.buildings.get_or_create(estate="安宁里", name=name)
        add_door(world, room, building=house, unit=unit)
    soup = soup_of(as_user(world.worker))
    assert [heading.get_text() for heading in soup.select(".stairwell h2")] == [
        "安宁里2号楼1单元",
        "安宁里2号楼2单元",
        "安宁里10号楼1单元",
        "幸福家园3号楼2单元",
    ]
    assert rooms(soup) == ["202室", "1101室", "101室", "101室", "502室"]


def test_today_says_what_is_special_at_a_door(world, as_user):
    door = add_door(
        world,
        "101",
        visit_in_pairs=True,
        has_dog=True,
        safety_note="楼道灯坏了",
        due_from=days(-9),
        due_by=days(-3),
        unanswered=2,
        retry_on=TODAY,
        retry_part=Household.PartOfDay.EVENING,
    )
    resident = ResidentFactory(name="王秀英")
    ResidencyFactory(resident=resident, household=door, is_head=True)
    CareFactory(resident=resident, tag=CareTagFactory(name="需要送药"))
    CareFactory(resident=resident, tag=CareTagFactory(name="保密标签", is_sensitive=True))
    CareFactory(resident=resident, tag=CareTagFactory(name="已结束"), until=days(-1))
    VisitFactory(household=door, done_at=NOW - datetime.timedelta(days=5), outcome="met")
    VisitFactory(household=door, done_at=NOW - datetime.timedelta(days=2), outcome="nobody_home")
    asked = add_door(world, "201", asked_for_on=days(-1), due_by=days(-1), due_from=days(-1))
    soup = soup_of(as_user(world.worker))
    assert door_text(soup, door) == (
        "101室 王秀英 Visit in pairs Dog 楼道灯坏了 Overdue, days: 3 "
        "Evening about 6 in 10, not sure 需要送药 "
        "March 9 Nobody home (2 times in a row) Met, nothing unusual Nobody home Other"
    )
    assert door_text(soup, asked) == (
        "201室 Asked for March 10 Overdue, days: 1 Evening about 6 in 10, not sure No visit yet "
        "Met, nothing unusual Nobody home Other"
    )


def test_today_shows_sensitive_tags_to_those_who_may_know(world, as_user):
    leader = MembershipFactory(role=Role.GRID_LEADER, grid=world.grid).user
    CareFactory(resident=world.resident, tag=CareTagFactory(name="保密标签", is_sensitive=True))
    assert "保密标签" in door_text(soup_of(as_user(leader)), world.household)
    assert "保密标签" not in door_text(soup_of(as_user(world.worker)), world.household)


def test_today_counts_the_day_and_the_quarter(world, as_user):
    quarter = {"due_from": days(30), "due_by": days(60)}
    add_door(world, "101", last_visited_on=datetime.date(2026, 1, 1), **quarter)
    add_door(world, "201", last_visited_on=datetime.date(2025, 12, 31), **quarter)
    add_door(world, "301", due_from=days(-9), due_by=days(-1))
    add_door(world, "401", due_from=days(-9), due_by=days(-1), retry_on=days(1))
    add_door(world, "501", occupancy=Household.Occupancy.VACANT, last_visited_on=TODAY, **quarter)
    client = as_user(world.worker)
    other = VisitFactory(household=world.household)
    for minute in (1, 2):
        VisitFactory(
            household=world.household,
            by=world.worker,
            done_at=NOW - datetime.timedelta(minutes=minute),
        )
    VisitFactory(household=world.household, by=world.worker, done_at=NOW.replace(day=10))
    assert other.by != world.worker
    soup = soup_of(client)
    # 502 and 301 are on the list, of them 301 overdue; 401 is overdue too and rests until tomorrow.
    assert text(soup.select_one("dl.day")) == "Done today 1 Still to visit 2 Of these overdue 1"
    assert text(soup.select_one(".day__quarter")) == "This quarter 1 of 5 households visited"
    assert soup.progress.attrs == {"id": "quarter", "value": "1", "max": "5"}


def test_today_of_a_captain_is_her_stairwell(world, as_user):
    add_door(world, "101")
    add_door(world, "102", unit="1")
    add_door(world, "103", building=BuildingFactory(community=world.community))
    assert rooms(soup_of(as_user(world.captain))) == ["101室", "502室"]


def test_today_of_a_cadre_is_her_community(world, as_user):
    cadre = MembershipFactory(role=Role.AREA_CADRE, grid=None, community=world.community).user
    HouseholdFactory(grid=GridFactory(community=world.community), room="901", due_from=TODAY)
    HouseholdFactory(grid=world.next_grid, room="902", due_from=TODAY)
    assert sorted(rooms(soup_of(as_user(cadre)))) == ["502室", "901室"]


def test_today_is_not_for_those_who_visit_nobody(world, as_user):
    for user in (world.auditor, world.department, world.admin):
        assert as_user(user).get(URL).status_code == 404


def test_today_says_when_nothing_is_due(world, as_user):
    Household.objects.update(due_from=days(1))
    soup = soup_of(as_user(world.worker))
    assert "No door is due now." in text(soup.main)
    assert soup.progress.attrs["max"] == "1"


def test_today_narrows_to_a_building(world, as_user):
    other = BuildingFactory(community=world.community, estate="安宁里", name="1号楼")
    add_door(world, "101", building=other)
    add_door(world, "102", building=other)
    soup = soup_of(as_user(world.worker))
    assert [(option["value"], option.get_text()) for option in soup.select("option")] == [
        ("", "All buildings"),
        (str(other.pk), "安宁里1号楼 (2)"),
        (str(world.household.building_id), "幸福家园3号楼 (1)"),
    ]
    narrowed = soup_of(as_user(world.worker), building=other.pk)
    assert rooms(narrowed) == ["101室", "102室"]
    assert narrowed.select_one("option[selected]").get_text() == "安宁里1号楼 (2)"
    for nonsense in ("x", "-1", "9" * 30):
        assert len(rooms(soup_of(as_user(world.worker), building=nonsense))) == 3


def test_today_pages_by_key(world, as_user, monkeypatch):
    monkeypatch.setattr("visits.views.today.DOORS_PER_PAGE", 2)
    for room in ("101", "201", "301"):
        add_door(world, room)
    client = as_user(world.worker)
    first = soup_of(client)
    assert rooms(first) == ["101室", "201室"]
    saved = VisitFactory(household=world.household, by=world.worker).pk
    for soup in (first, soup_of(client, saved=saved)):
        following = soup.select_one("a[rel=next]")["href"]
        assert "saved" not in following
    second = soup_of(client, URL + following)
    assert rooms(second) == ["301室", "502室"]
    assert second.select_one("a[rel=next]") is None


def test_today_costs_the_same_with_one_door_and_with_three(
    world, as_user, django_assert_num_queries
):
    client = as_user(world.worker)
    # What the first look of a day counts and keeps is not the list's own cost.
    soup_of(client)
    # Session, user with standings; doors, heads, tags, care, last visits, campaigns,
    # matters, pairings, knocks, openings; day, states, buildings.
    with django_assert_num_queries(17):
        assert len(rooms(soup_of(client))) == 1
    for room in ("101", "201"):
        door = add_door(world, room, building=BuildingFactory(community=world.community))
        ResidencyFactory(resident=ResidentFactory(), household=door, is_head=True)
        VisitFactory(household=door)
    with django_assert_num_queries(17):
        assert len(rooms(soup_of(client))) == 3


def test_today_takes_one_tap_for_each_everyday_answer(world, as_user):
    add_door(world, "601")
    client = as_user(world.worker)
    soup = soup_of(client)
    form = soup.select_one(f"#door-{world.household.pk} form")
    fields = {field["name"]: field["value"] for field in form.select("input")}
    buttons = {button.get_text(): (button["name"], button["value"]) for button in form("button")}
    assert form["method"] == "post"
    assert buttons == {
        "Met, nothing unusual": ("outcome", "met"),
        "Nobody home": ("outcome", "nobody_home"),
    }
    name, value = buttons["Nobody home"]
    response = client.post(form["action"], {**fields, name: value}, follow=True)
    visit = Visit.objects.get()
    assert (visit.outcome, visit.way, visit.by, visit.done_at) == (
        "nobody_home",
        "door",
        world.worker,
        NOW,
    )
    assert str(visit.pk) == fields["visit_id"]
    assert response.redirect_chain == [(f"/work/today/?saved={visit.pk}#saved", 302)]
    page = BeautifulSoup(response.content, "html.parser")
    assert rooms(page) == ["601室"]
    assert text(page.select_one("#saved")) == (
        "Saved 10:05 幸福家园3号楼2单元502室 · Nobody home "
        "Comes back on the list on March 12 · Evening Wrong? Correct it"
    )
    assert page.select_one("#saved a")["href"] == f"/work/visits/{visit.pk}/correct/"
    assert page.select_one(".doors").find("li")["id"] == "saved"
    assert text(page.select_one("dl.day")) == "Done today 1 Still to visit 1 Of these overdue 0"


def test_today_returns_to_where_she_was(world, as_user, monkeypatch):
    monkeypatch.setattr("visits.views.today.DOORS_PER_PAGE", 2)
    doors = [add_door(world, room) for room in ("101", "201", "301")]
    client = as_user(world.worker)
    building = world.household.building_id
    page = soup_of(client, building=building, after=doors[1].pk)
    form = page.select_one(f"#door-{doors[2].pk} form")
    response = client.post(
        form["action"],
        {"outcome": "met", "visit_id": form.select_one("[name=visit_id]")["value"]},
        follow=True,
    )
    visit = Visit.objects.get()
    assert response.redirect_chain[0][0] == (
        f"/work/today/?building={building}&after={doors[1].pk}&saved={visit.pk}#saved"
    )
    page = BeautifulSoup(response.content, "html.parser")
    assert [item["id"] for item in page.select(".doors > li")] == [
        "saved",
        f"door-{world.household.pk}",
    ]


def test_today_confirms_the_last_door_too(world, as_user):
    response = as_user(world.worker).get(
        URL, {"saved": VisitFactory(household=world.household, by=world.worker).pk}
    )
    assert "Saved 10:05" in response.content.decode()
    client = as_user(world.worker)
    press(client, world.household, Outcome.MET)
    page = soup_of(client, saved=Visit.objects.latest("received_at").pk)
    assert rooms(page) == []
    assert "Saved 10:05" in text(page.main)
    assert "No door is due now." in text(page.main)


def test_today_confirms_only_her_own_visits(world, as_user):
    other = VisitFactory(household=world.household)
    for key in (other.pk, uuid.uuid4(), "nonsense"):
        assert soup_of(as_user(world.worker), saved=key).select_one("#saved") is None


def test_quick_visit_pressed_twice_is_one(world, as_user):
    client, key = as_user(world.worker), uuid.uuid4()
    first = press(client, world.household, Outcome.MET, visit_id=key)
    second = press(client, world.household, Outcome.MET, visit_id=key)
    assert (first.status_code, first.url) == (second.status_code, second.url)
    assert Visit.objects.count() == 1


def test_quick_visit_from_a_page_already_used_shows_what_is_stored(world, as_user):
    client, key = as_user(world.worker), uuid.uuid4()
    press(client, world.household, Outcome.NOBODY_HOME, visit_id=key)
    response = client.post(
        reverse("visits:visit_quick", args=[world.household.pk]),
        {"outcome": Outcome.MET, "visit_id": key},
        follow=True,
    )
    assert response.redirect_chain == [(f"/work/visits/{key}/", 302)]
    assert "had already saved a visit" in response.content.decode()
    assert Visit.objects.get().outcome == "nobody_home"


def test_quick_visit_with_a_key_of_somebody_elses_visit_tells_nothing(world, as_user):
    stored = VisitFactory(household=HouseholdFactory(grid=world.next_grid))
    response = press(as_user(world.worker), world.household, Outcome.MET, visit_id=stored.pk)
    assert response.url == "/work/today/"
    assert Visit.objects.count() == 1


def test_quick_visit_at_a_door_for_two_asks_first(world, as_user):
    Household.objects.update(visit_in_pairs=True)
    client = as_user(world.worker)
    response = press(client, world.household, Outcome.MET, query="?after=7")
    assert (
        response.url == f"/work/households/{world.household.pk}/visit/?list=1&outcome=met&after=7"
    )
    assert Visit.objects.count() == 0
    form = soup_of(client, response.url).select_one("form.visit-form")
    assert form.select_one("[name=outcome][checked]")["value"] == "met"
    assert form.select_one("[name=went_alone]")


@pytest.mark.parametrize(
    "data", [{}, {"outcome": "met"}, {"outcome": "declined", "visit_id": uuid.uuid4()}]
)
def test_quick_visit_not_understood_leads_to_the_full_form(world, as_user, data):
    url = reverse("visits:visit_quick", args=[world.household.pk])
    response = as_user(world.worker).post(url, data)
    assert response.status_code == 302
    assert response.url.startswith(f"/work/households/{world.household.pk}/visit/?list=1")
    assert Visit.objects.count() == 0


def test_quick_visit_is_for_visitors_of_the_door(world, as_user):
    for user in (world.auditor, world.department, world.admin, world.outsider):
        assert press(as_user(user), world.household, Outcome.MET).status_code == 404
    for user in (world.worker, world.captain, world.officer, world.street_officer):
        assert press(as_user(user), world.household, Outcome.MET).status_code == 302
    url = reverse("visits:visit_quick", args=[world.household.pk])
    assert as_user(world.worker).get(url).status_code == 405
    assert Visit.objects.count() == 4
    assert {visit.way for visit in Visit.objects.all()} == {Way.DOOR}


def test_today_weighs_at_most_14_kb_with_forty_doors(world, as_user, settings):
    tag = CareTagFactory(name="需要送药")
    for number in range(60):
        unit, floor = "12"[number % 2], number // 2 + 1
        door = add_door(
            world,
            f"{floor}01",
            unit=unit,
            due_by=days(-number),
            due_from=days(-90),
            has_dog=number % 9 == 0,
            unanswered=number % 4,
            retry_part=Household.PartOfDay.EVENING if number % 3 else "",
        )
        resident = ResidentFactory(
            name="王李张刘陈杨赵黄周吴"[number % 10] + "秀英建国"[number % 4]
        )
        ResidencyFactory(resident=resident, household=door, is_head=True)
        if number % 4 == 0:
            CareFactory(resident=resident, tag=tag)
        VisitFactory(household=door, done_at=NOW - datetime.timedelta(days=number))
    client = as_user(world.worker)
    client.cookies["django_language"] = "zh-hans"
    html = client.get(URL).content
    assert len(BeautifulSoup(html, "html.parser").select(".door")) == 40
    weight = len(gzip.compress(html))
    for sheet in re.findall(rb'href="/static/(css/[^"]+)"', html):
        weight += len(
            gzip.compress((Path(settings.BASE_DIR) / "static" / sheet.decode()).read_bytes())
        )
    assert weight <= 14 * 1024, weight


def test_today_goes_down_or_up_by_her_own_choice(world, as_user, monkeypatch):
    monkeypatch.setattr("visits.views.today.DOORS_PER_PAGE", 2)
    for unit, room in [("1", "101"), ("1", "1101"), ("2", "101"), ("2", "501")]:
        add_door(world, room, unit=unit)
    client = as_user(world.worker)
    up = ["101室", "1101室", "101室", "501室", "502室"]
    down = ["1101室", "101室", "501室", "502室", "101室"]

    def walk() -> list[str]:
        found, address = [], URL
        while True:
            page = soup_of(client, address)
            found += rooms(page)
            following = page.select_one("a[rel=next]")
            if following is None:
                return found
            address = URL + following["href"]

    assert walk() == up
    choice = soup_of(client).select_one(".day__walk button")
    assert (choice["value"], choice.get_text()) == ("down", "Downwards")
    url = reverse("visits:today_walk")
    assert client.post(url + "?building=x", {"walk": "down"}).url == URL
    assert walk() == down
    # Another worker of the grid, and she herself elsewhere, keep their own way.
    assert rooms(soup_of(as_user(world.officer))) == up[:2]
    assert rooms(soup_of(as_user(world.worker))) == down[:2]
    client.post(url, {"walk": "up"})
    assert walk() == up


def test_today_confirms_in_the_order_of_her_walk(world, as_user):
    world.worker.walks_down = True
    world.worker.save()
    add_door(world, "401")
    add_door(world, "601")
    saved = VisitFactory(household=world.household, by=world.worker)
    Household.objects.filter(pk=world.household.pk).update(due_from=days(30), due_by=days(60))
    page = soup_of(as_user(world.worker), saved=saved.pk)
    texts = [item.get("id", "")[:5] for item in page.select(".doors > li")]
    assert texts == ["door-", "saved", "door-"]
    assert rooms(page) == ["601室", "401室"]


def test_today_keeps_the_way_down_when_a_building_is_renamed(world):
    building = world.household.building
    building.name = "12号楼"
    rename_building(building=building)
    world.household.refresh_from_db()
    assert world.household.walk_down == world.household.compute_walk_down()
    assert world.household.walk_down == "幸福家园|000012号楼|000002|094|000502"
