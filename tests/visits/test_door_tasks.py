"""Everything open at one door is one entry of the day's list, with its reasons."""

import datetime
import uuid
from zoneinfo import ZoneInfo

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from communities.models import Community
from communities.roles import Role
from households.models import Household
from tests.factories import (
    CampaignDoorFactory,
    CampaignFactory,
    HouseholdFactory,
    MatterFactory,
    MembershipFactory,
    PairingFactory,
    VisitFactory,
)
from visits.door_tasks import is_to_knock_at, tasks_at
from visits.models import Matter, MatterCategory, Pairing, Visit

NOW = datetime.datetime(2026, 3, 11, 10, 5, tzinfo=ZoneInfo("Asia/Shanghai"))
TODAY = NOW.date()
URL = "/work/today/"


def days(count: int) -> datetime.date:
    return TODAY + datetime.timedelta(days=count)


@pytest.fixture(autouse=True)
def _wednesday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def door(world):
    """The world's door, visited a week ago and not due for a long time."""
    Household.objects.update(due_from=days(60), due_by=days(83), last_visited_on=days(-7))
    world.household.refresh_from_db()
    return world.household


def listed(user) -> list[Household]:
    doors = Household.objects.visitable_by(user)
    return list(doors.filter(is_to_knock_at(user, TODAY)).in_walking_order())


def reasons(user, door) -> list[str]:
    with override("en"):
        return tasks_at(user, [door], TODAY)[door.pk].reasons()


def solved(door, by, **values):
    category, _ = MatterCategory.objects.get_or_create(name="公共设施")
    values = {"category": category, **values}
    return MatterFactory(
        grid=door.grid, household=door, reported_by=by, status=Matter.Status.RESOLVED, **values
    )


def test_a_door_with_four_reasons_stands_once_with_all_of_them(world, door, as_user):
    campaign = CampaignFactory(
        community=world.community, name="冬季用气安全", first_on=days(-3), last_on=days(10)
    )
    CampaignDoorFactory(campaign=campaign, household=door)
    CampaignDoorFactory(campaign__community=world.community, household=door)
    PairingFactory(household=door, every_days=Pairing.Rhythm.WEEK)
    PairingFactory(household=None, grid=world.grid, unit_name="结对银行", every_days=7)
    solved(door, world.worker)
    solved(door, world.worker)
    Household.objects.update(due_from=TODAY, due_by=days(9))
    client = as_user(world.worker)
    soup = BeautifulSoup(client.get(URL).content, "html.parser")
    assert [entry["id"] for entry in soup.select(".door")] == [f"door-{door.pk}"]
    tags = [tag.get_text() for tag in soup.select(".door .tag")]
    assert tags[0] == "冬季用气安全, until March 21"
    assert tags[2:] == [
        "Paired: 区税务局, every week",
        "Paired: 结对银行, every week",
        "Tell them: 公共设施",
        "Tell them: 公共设施",
    ]
    assert soup.select("dl.day dd")[1].get_text() == "1"


def test_campaigns_list_doors_until_they_are_reached(world, door):
    campaign = CampaignFactory(community=world.community, first_on=days(-3))
    CampaignDoorFactory(campaign=campaign, household=door)
    assert listed(world.worker) == [door]
    assert listed(world.outsider) == []
    Household.objects.update(retry_on=days(2))
    assert listed(world.worker) == []
    Household.objects.update(retry_on=None, last_visited_on=days(-2))
    assert listed(world.worker) == []
    assert reasons(world.worker, Household.objects.get()) == []


def test_pairings_list_doors_of_the_partner_at_their_own_rhythm(world, door):
    other = MembershipFactory(grid=world.grid).user
    pairing = PairingFactory(household=door, user=other, unit_name="", every_days=7)
    assert (listed(other), listed(world.worker)) == ([door], [])
    assert (reasons(other, door), reasons(world.worker, door)) == (
        [f"Paired: {other}, every week"],
        [],
    )
    for change in ({"every_days": 14}, {"until": days(-1)}, {"since": days(1)}):
        Pairing.objects.filter(pk=pairing.pk).update(
            **{"every_days": 7, "until": None, "since": days(-30), **change}
        )
        assert listed(other) == []
    Pairing.objects.filter(pk=pairing.pk).update(every_days=180, since=TODAY, until=TODAY)
    assert listed(other) == []
    Household.objects.update(last_visited_on=None)
    assert listed(other) == [door]
    # Anybody's visit counts.
    Household.objects.update(last_visited_on=days(-1))
    assert listed(other) == []


def test_pairings_of_a_grid_hold_for_each_of_its_doors(world, door):
    neighbour = HouseholdFactory(
        grid=world.grid, building=door.building, unit="2", room="101", due_from=days(60),
        due_by=days(83), last_visited_on=days(-40),
    )  # fmt: skip
    PairingFactory(household=None, grid=world.grid, every_days=Pairing.Rhythm.MONTH)
    assert listed(world.worker) == [neighbour]
    assert listed(world.captain) == [neighbour]
    assert reasons(world.captain, neighbour) == ["Paired: 区税务局, every month"]


def test_a_partner_without_a_role_at_the_door_sees_nothing(world, door):
    PairingFactory(household=door, user=world.outsider, unit_name="", every_days=7)
    assert listed(world.outsider) == []


def test_matters_come_back_to_those_who_may_close_them(world, door):
    matter = solved(door, world.worker)
    assert listed(world.worker) == listed(world.officer) == [door]
    assert listed(world.captain) == []
    Matter.objects.filter(pk=matter.pk).update(reported_by=world.captain)
    assert listed(world.captain) == [door]
    Matter.objects.filter(pk=matter.pk).update(
        status=Matter.Status.CLOSED, moves=1, due_at=None, closed_at=NOW
    )
    assert listed(world.worker) == []


def test_every_door_that_reported_a_merged_matter_hears_of_it(world, door, as_user):
    """Two doors report one leak; it is merged, resolved, and told and closed at either."""
    other = HouseholdFactory(
        grid=world.grid, building=door.building, room="777", due_from=days(60), due_by=days(90)
    )
    matter = solved(door, world.worker)
    MatterFactory(
        grid=world.grid,
        household=other,
        reported_by=world.officer,
        status=Matter.Status.MERGED,
        merged_into=matter,
    )
    assert sorted(row.pk for row in listed(world.worker)) == sorted([door.pk, other.pk])
    assert reasons(world.worker, other) == reasons(world.worker, door)
    name = f"matter-told_{matter.pk}"
    send(as_user(world.worker), other, **{name: "close"})
    matter.refresh_from_db()
    assert matter.status == "closed"
    assert listed(world.worker) == []


def test_a_door_that_answered_lately_rests(world, door):
    Community.objects.update(knock_gap_days=3)
    solved(door, world.worker)
    VisitFactory(household=door, outcome="declined", done_at=NOW - datetime.timedelta(days=2))
    assert listed(world.worker) == []
    Community.objects.filter(pk=world.community.pk).update(knock_gap_days=2)
    assert listed(world.worker) == [door]
    Community.objects.update(knock_gap_days=3)
    for change in (
        {"asked_for_on": TODAY},
        # Care asks for it daily.
        {"due_from": TODAY, "due_by": TODAY, "last_visited_on": days(-1)},
    ):
        unchanged = {"asked_for_on": None, "due_from": days(60), "due_by": days(83)}
        Household.objects.update(**{**unchanged, **change})
        assert listed(world.worker) == [door]
    Household.objects.update(due_from=days(-9), due_by=TODAY, last_visited_on=days(-90))
    assert listed(world.worker) == []


def test_progress_counts_every_door_once(world, door, as_user):
    Household.objects.update(due_from=days(-20), due_by=days(-1))
    for _ in range(2):
        CampaignDoorFactory(campaign__community=world.community, household=door)
        solved(door, world.worker)
    soup = BeautifulSoup(as_user(world.worker).get(URL).content, "html.parser")
    assert [figure.get_text() for figure in soup.select("dl.day dd")] == ["0", "1", "1"]


def visit_page(client, door) -> BeautifulSoup:
    page = client.get(reverse("visits:visit_add", args=[door.pk]))
    return BeautifulSoup(page.content, "html.parser")


def send(client, door, **values):
    data = {
        "visit_id": uuid.uuid4(),
        "outcome": "met",
        "way": "door",
        "done_at": "2026-03-11T10:00",
        "matter-id": uuid.uuid4(),
        "matter-urgency": "normal",
        **values,
    }
    return client.post(reverse("visits:visit_add", args=[door.pk]), data, follow=True)


@pytest.mark.parametrize(
    "case",
    [
        ("close", "closed", ""),
        ("rework", "in_progress", "Told at the door: not solved, they say."),
        ("", "resolved", None),
    ],
)
def test_the_visit_closes_the_loop(world, door, as_user, case):
    answer, status, note = case
    matter = solved(door, world.worker)
    client = as_user(world.worker)
    name = f"matter-told_{matter.pk}"
    offered = [radio["value"] for radio in visit_page(client, door).select(f"[name={name}]")]
    assert offered == ["", "close", "rework"]
    assert send(client, door, **{name: answer}).status_code == 200
    matter.refresh_from_db()
    assert matter.status == status
    event = matter.events.last()
    assert (event and event.note) == note
    assert Visit.objects.count() == 1


def test_a_matter_closed_meanwhile_loses_no_visit(world, door, as_user, monkeypatch):
    matter = solved(door, world.worker)
    client = as_user(world.worker)
    monkeypatch.setattr("visits.views.visit_add.save_visit", closing_first(matter))
    answer = send(client, door, **{f"matter-told_{matter.pk}": "rework"})
    assert "公共设施：" in answer.content.decode()
    assert Visit.objects.count() == 1


def closing_first(matter):
    from visits.views.visit_add import save_visit

    def saving(*arguments):
        Matter.objects.filter(pk=matter.pk).update(
            status=Matter.Status.CLOSED, moves=1, due_at=None, closed_at=timezone.now()
        )
        return save_visit(*arguments)

    return saving


def test_met_in_one_tap_asks_whether_they_were_told(world, door, as_user):
    solved(door, world.worker)
    client = as_user(world.worker)
    url = reverse("visits:visit_quick", args=[door.pk])
    met = client.post(url, {"outcome": "met", "visit_id": uuid.uuid4()})
    assert met.url == f"/work/households/{door.pk}/visit/?list=1&outcome=met"
    nobody = client.post(url, {"outcome": "nobody_home", "visit_id": uuid.uuid4()})
    assert nobody.url.startswith(URL)


def test_officers_pair_a_door_or_a_grid_and_end_it(world, door, as_user):
    client = as_user(world.officer)
    url = reverse("visits:pairing_list", args=[world.grid.code])
    assert url in client.get(world.grid.get_absolute_url()).content.decode()
    sent = {"address": "幸福家园3号楼2单元502", "user": world.worker.pk, "every_days": 14}
    grid = {"unit_name": "区税务局", "every_days": 90}
    for data in (sent, grid):
        assert client.post(url, data).status_code == 302
        assert "paired already" in client.post(url, data).content.decode()
    rows = Pairing.objects.order_by("pk").values_list(
        "household", "grid", "user", "unit_name", "every_days", "since"
    )
    assert list(rows) == [
        (door.pk, None, world.worker.pk, "", 14, TODAY),
        (None, world.grid.pk, None, "区税务局", 90, TODAY),
    ]
    page = client.get(url).content.decode()
    assert "the whole grid" in page
    first = Pairing.objects.earliest("pk")
    client.post(reverse("visits:pairing_end", args=[first.pk]))
    first.refresh_from_db()
    assert first.until == TODAY


@pytest.mark.parametrize(
    "data",
    [
        {"every_days": 14},
        {"every_days": 14, "unit_name": "x", "user": "worker"},
        {"every_days": 15, "unit_name": "x"},
        {"every_days": 14, "unit_name": "x", "address": "光明里1号楼101"},
        {"every_days": 14, "user": "outsider"},
    ],
)
def test_pairings_that_make_no_sense_are_refused(world, as_user, data):
    if "user" in data:
        data = data | {"user": getattr(world, data["user"]).pk}
    if data.get("user") == world.outsider.pk:
        world.outsider.is_active = False
        world.outsider.save()
    url = reverse("visits:pairing_list", args=[world.grid.code])
    assert as_user(world.officer).post(url, data).status_code == 200
    assert not Pairing.objects.exists()


def test_pairings_stop_at_the_scope(world, door):
    elsewhere = HouseholdFactory(grid=world.next_grid)
    mine = PairingFactory(household=door)
    theirs = PairingFactory(household=elsewhere)
    assert set(Pairing.objects.visible_to(world.worker)) == {mine}
    assert set(Pairing.objects.editable_by(world.officer)) == {mine}
    assert set(Pairing.objects.editable_by(world.outsider)) == {theirs}
    assert not Pairing.objects.editable_by(world.worker).exists()
    leader = MembershipFactory(role=Role.GRID_LEADER, grid=world.grid).user
    assert set(Pairing.objects.visible_to(leader)) == {mine}
