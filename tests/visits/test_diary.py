"""The diary: its text in both languages, when it is composed, who reads it."""

import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import translation

from tests.factories import (
    DiaryEntryFactory,
    HouseholdFactory,
    MatterFactory,
    MembershipFactory,
    UserFactory,
    VisitFactory,
)
from visits.diary import Knock, Report, compose, written_by
from visits.models import DiaryEntry, Outcome, Way

DAY = datetime.date(2026, 3, 11)
NOW = datetime.datetime(2026, 3, 11, 18, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
URL = "/work/diary/"
KNOCKS = [
    Knock("幸福家园3号楼2单元", "302室", Outcome.NOBODY_HOME, Way.DOOR),
    Knock("幸福家园3号楼2单元", "502室", Outcome.NOBODY_HOME, Way.DOOR),
    Knock("幸福家园3号楼2单元", "502室", Outcome.MET, Way.DOOR, "老人腿不好，\n想装扶手", None),
    Knock("幸福家园5号楼", "101室", Outcome.MET, Way.PHONE, next_on=datetime.date(2026, 3, 14)),
    Knock("幸福家园5号楼", "201室", Outcome.DECLINED, Way.DOOR),
]
REPORTS = [Report("1A2B3C4D", "路灯不亮。", "幸福家园3号楼后院", "Received")]


@pytest.fixture(autouse=True)
def _evening():
    with time_machine.travel(NOW, tick=False):
        yield


def test_day_told_in_chinese():
    with translation.override("zh-hans"):
        text = compose(DAY, KNOCKS, [REPORTS[0]._replace(status="待处理")])
    assert text == (
        "2026年3月11日，星期三\n"
        "\n"
        "今天走访4户，前后去了5次：见到人2户、没人在家1户、不愿接待1户。\n"
        "幸福家园3号楼2单元：502室见到人；302室没人在家。\n"
        "幸福家园5号楼：101室（打电话）见到人；201室不愿接待。\n"
        "\n"
        "约好再去：\n"
        "3月14日去幸福家园5号楼101室。\n"
        "\n"
        "记下的情况：\n"
        "幸福家园3号楼2单元502室：老人腿不好， 想装扶手\n"
        "\n"
        "上报事项1件：\n"
        "幸福家园3号楼后院：路灯不亮（编号1A2B3C4D，待处理）"
    )


def test_day_told_in_english():
    with translation.override("en"):
        text = compose(DAY, KNOCKS, REPORTS)
    assert text == (
        "March 11, 2026, Wednesday\n"
        "\n"
        "Doors visited: 4, in 5 tries (met 2, nobody home 1, declined 1).\n"
        "幸福家园3号楼2单元: 502室 met; 302室 nobody home.\n"
        "幸福家园5号楼: 101室 (by phone) met; 201室 declined.\n"
        "\n"
        "Asked to come again:\n"
        "March 14: 幸福家园5号楼101室.\n"
        "\n"
        "What I noted:\n"
        "幸福家园3号楼2单元502室: 老人腿不好， 想装扶手\n"
        "\n"
        "Matters reported: 1\n"
        "幸福家园3号楼后院: 路灯不亮 (no. 1A2B3C4D, Received)"
    )


def test_empty_day():
    with translation.override("zh-hans"):
        text = compose(DAY, [], [])
    assert text == "2026年3月11日，星期三\n\n这一天没有走访和上报记录。"


def text_of(response) -> str:
    return BeautifulSoup(response.content, "html.parser").find("textarea").text.strip()


def at(hour: int, day: int = 11) -> datetime.datetime:
    return NOW.replace(day=day, hour=hour)


def test_rows_of_the_day_are_her_own_standing_ones(world):
    door = world.household
    wrong = VisitFactory(household=door, by=world.worker, done_at=at(9), outcome="vacant")
    # Set right by an officer it is still her visit.
    VisitFactory(household=door, by=world.officer, done_at=at(9), corrects=wrong, outcome="met")
    VisitFactory(household=door, by=world.worker, done_at=at(9, day=10), outcome="declined")
    VisitFactory(household=door, by=world.officer, done_at=at(9), outcome="not_safe")
    MatterFactory(
        grid=world.grid, household=door, reported_by=world.worker, reported_at=at(10), place="门口"
    )
    MatterFactory(grid=world.grid, reported_by=world.officer, reported_at=at(10))
    with translation.override("en"):
        lines = written_by(world.worker, DAY).splitlines()
    assert lines[2:4] == ["Doors visited: 1 (met 1).", "幸福家园3号楼2单元: 502室 met."]
    assert lines[5] == "Matters reported: 1"
    assert len(lines) == 7


def test_visits_of_doors_no_longer_in_her_care_are_not_told(world):
    VisitFactory(household=world.household, by=world.worker, done_at=at(9))
    world.worker.memberships.update(until=DAY - datetime.timedelta(days=1))
    with translation.override("en"):
        assert "502" not in written_by(world.worker, DAY)


def test_composed_anew_until_saved_then_says_what_came_since(world, as_user):
    client = as_user(world.worker)
    VisitFactory(household=world.household, by=world.worker, done_at=at(9))
    assert "Doors visited: 1 " in text_of(client.get(URL))
    other = HouseholdFactory(grid=world.grid, building=world.household.building, unit="2")
    VisitFactory(household=other, by=world.worker, done_at=at(10))
    assert "Doors visited: 2 " in text_of(client.get(URL))
    assert not DiaryEntry.objects.exists()
    answer = client.post(URL, {"text": "我的话"})
    assert answer.headers["Location"] == f"{URL}?day=2026-03-11"
    page = client.get(URL)
    assert text_of(page) == "我的话"
    assert "Since you saved it" not in page.content.decode()
    with time_machine.travel(NOW + datetime.timedelta(hours=1), tick=False):
        VisitFactory(household=other, by=world.worker, done_at=at(11))
        MatterFactory(grid=world.grid, reported_by=world.worker)
        page = client.get(URL)
        assert text_of(page) == "我的话"
        assert "Since you saved it: visits 1, matters 1." in page.content.decode()
        anew = client.get(f"{URL}?day=2026-03-11&anew=1")
    assert "in 3 tries" in text_of(anew)
    # Her own text is still there, to copy from, and still what is stored.
    assert BeautifulSoup(anew.content, "html.parser").select_one(".diary__text").text == "我的话"
    assert DiaryEntry.objects.get().text == "我的话"


def test_saved_twice_is_one_row_and_each_day_has_its_own(world, as_user):
    client = as_user(world.worker)
    for day, text in (("2026-03-11", "一"), ("2026-03-11", "二"), ("2026-03-10", "三")):
        client.post(f"{URL}?day={day}", {"text": text})
    rows = DiaryEntry.objects.order_by("day").values_list("user", "day", "text")
    assert list(rows) == [
        (world.worker.pk, datetime.date(2026, 3, 10), "三"),
        (world.worker.pk, DAY, "二"),
    ]


@pytest.mark.parametrize("asked", ["2026-03-12", "1999-12-31", "yesterday", "9" * 400])
def test_a_day_that_has_not_been_is_today(asked, world, as_user):
    page = as_user(world.worker).get(URL, {"day": asked})
    assert text_of(page).startswith("March 11, 2026")


def readers(world, entry) -> set[str]:
    names = ("worker", "captain", "officer", "street_officer", "department", "auditor", "admin")
    return {
        name
        for name in (*names, "outsider")
        if DiaryEntry.objects.visible_to(getattr(world, name)).contains(entry)
    }


def test_read_by_its_author_and_the_officers_of_her_places(world):
    assert readers(world, DiaryEntryFactory(user=world.worker)) == {
        "worker",
        "officer",
        "street_officer",
    }


def test_read_by_the_officers_of_the_places_of_that_day(world):
    """She moved: the new officer does not read what she wrote about the old doors."""
    person = UserFactory()
    moved = datetime.date(2026, 3, 1)
    MembershipFactory(user=person, grid=world.grid, until=moved - datetime.timedelta(days=1))
    MembershipFactory(user=person, grid=world.next_grid, since=moved)
    before = DiaryEntryFactory(user=person, day=datetime.date(2026, 2, 20))
    after = DiaryEntryFactory(user=person, day=DAY)
    assert readers(world, before) == {"officer", "street_officer"}
    assert readers(world, after) == {"outsider", "street_officer"}


def test_of_two_communities_only_an_officer_of_both_reads(world):
    person = UserFactory()
    MembershipFactory(user=person, grid=world.grid)
    MembershipFactory(user=person, grid=world.next_grid)
    assert readers(world, DiaryEntryFactory(user=person)) == {"street_officer"}


def test_nobody_edits_the_diary_of_another(world, as_user):
    entry = DiaryEntryFactory(user=world.worker)
    for name in ("officer", "street_officer", "admin", "captain"):
        assert not DiaryEntry.objects.editable_by(getattr(world, name)).exists()
    as_user(world.officer).post(URL, {"text": "干部的"})
    assert DiaryEntry.objects.get(pk=entry.pk).text == entry.text
    page = as_user(world.officer).get(reverse("visits:diary_entry", args=[entry.pk]))
    assert entry.text in page.content.decode()
    assert f"{URL}?day=" not in page.content.decode()


def test_list_names_authors_to_officers_only(world, as_user):
    DiaryEntryFactory(user=world.worker)
    rows = {}
    for name in ("worker", "officer", "outsider"):
        page = as_user(getattr(world, name)).get(reverse("visits:diary_list"))
        found = BeautifulSoup(page.content, "html.parser").select(".rows__link")
        rows[name] = [row.text for row in found]
    assert rows == {
        "worker": ["March 11, 2026"],
        "officer": ["March 11, 2026 · worker"],
        "outsider": [],
    }


def test_menu_has_the_diary_after_today(world, as_user):
    page = as_user(world.worker).get(URL)
    menu = BeautifulSoup(page.content, "html.parser").select(".site-menu a")
    assert [link["href"] for link in menu][:2] == ["/work/today/", URL]


def test_a_day_of_the_longest_notes_can_be_kept_as_composed(world, as_user):
    for number in range(8):
        VisitFactory(household=world.household, by=world.worker, note=f"{number}" * 2000)
    client = as_user(world.worker)
    text = client.get(URL).context["form"]["text"].value()
    assert len(text) > 16_000
    assert client.post(URL, {"text": text}).status_code == 302
