"""The button "this wastes my time": on every page, without a name, answered in public."""

import pytest
from bs4 import BeautifulSoup
from django.contrib.sessions.models import Session
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from communities.models import User, WastedTime
from communities.models.wasted import place_spoken_for
from communities.roles import Role
from gridmgmt.page_names import PAGE_NAMES
from gridmgmt.wasted_views import MOST_A_DAY
from tests.browser.test_every_page import FILES
from tests.factories import AreaFactory, MembershipFactory, UserFactory, WastedTimeFactory
from tests.test_access import TABLE
from visits.models.burden import monday_of

SAY, LIST = "/wasted/say/", "/wasted/"


def soup(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def test_button_names_the_page_and_none_of_its_data(world, as_user):
    page = as_user(world.worker).get(f"/register/households/{world.household.pk}/?secret=1")
    links = [link["href"] for link in soup(page).select(".site-footer a")]
    assert links == [f"{SAY}?page=households%3Ahousehold", "/burden/"]
    form = soup(as_user(world.worker).get(links[0]))
    assert form.select_one("[name=page]")["value"] == "households:household"
    assert "About the page: Household" in form.text


def test_nobody_logged_in_no_button(db, as_user):
    assert soup(as_user(None).get("/login/")).select(".site-footer") == []


def test_one_tap_without_words_counts(world, as_user):
    as_user(world.worker).post(SAY, {"page": "visits:today", "text": ""})
    assert list(WastedTime.objects.values()) == [
        {
            "id": WastedTime.objects.get().pk,
            "code": world.community.code,
            "page": "visits:today",
            "text": "",
            "week": monday_of(timezone.localdate()),
            "answer": "",
            "answered_on": None,
        }
    ]


def test_raw_row_holds_nobody(world, as_user):
    """Every column as the database has it: no key of hers, no name, no moment."""
    as_user(world.worker).post(SAY, {"page": "visits:today", "text": "太慢"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM communities_wastedtime")
        row = dict(
            zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True)
        )
    assert set(row) == {"id", "code", "page", "text", "week", "answer", "answered_on"}
    assert world.worker.username not in str(row)
    assert not any(field.related_model is User for field in WastedTime._meta.get_fields())
    # Her session counts, and knows nothing of what she said.
    stored = [session.get_decoded() for session in Session.objects.all()]
    assert [said["wasted_time_said"][1] for said in stored if "wasted_time_said" in said] == [1]
    assert "太慢" not in str(stored)


@pytest.mark.parametrize("page", ["/register/residents/41/", "张伟明", "visits:nowhere"])
def test_anything_but_the_name_of_a_page_is_dropped(page, world, as_user):
    as_user(world.worker).post(SAY, {"page": page})
    assert WastedTime.objects.get().page == ""


def test_longer_than_five_hundred_is_refused(world, as_user):
    answer = as_user(world.worker).post(SAY, {"text": "慢" * 501})
    assert answer.status_code == 200
    assert not WastedTime.objects.exists()


def test_twenty_a_day_are_heard(world, as_user):
    client = as_user(world.worker)
    answers = [client.post(SAY, follow=True) for _ in range(MOST_A_DAY + 1)]
    assert WastedTime.objects.count() == MOST_A_DAY
    assert "Nobody can see that it was you" in answers[-2].content.decode()
    assert "say more tomorrow" in answers[-1].content.decode()


def test_place_is_the_one_community_or_the_area_around(world):
    several = UserFactory()
    MembershipFactory(user=several, grid=world.grid)
    MembershipFactory(user=several, grid=world.next_grid)
    far = UserFactory()
    MembershipFactory(user=far, grid=world.grid)
    other = AreaFactory(code="110101001", name="别处街道")
    MembershipFactory(user=far, grid=None, role=Role.AUDITOR, area=other)
    people = (
        world.worker,
        world.captain,
        world.officer,
        world.auditor,
        several,
        far,
        UserFactory(),
    )
    assert [place_spoken_for(person) for person in people] == [
        *[world.community.code] * 3,
        world.street.code,
        world.street.code,
        "",
        "",
    ]


def test_everybody_there_reads_and_officers_answer(world):
    rows = [
        WastedTimeFactory(code=code)
        for code in (world.community.code, world.next_community.code, world.street.code)
    ]
    names = ("worker", "captain", "officer", "department", "auditor", "outsider", "admin")
    found = {
        name: tuple(
            [rows.index(row) for row in phrase(getattr(world, name)).order_by("pk")]
            for phrase in (WastedTime.objects.visible_to, WastedTime.objects.editable_by)
        )
        for name in names
    }
    assert found == {
        "worker": ([0, 2], []),
        "captain": ([0, 2], []),
        "officer": ([0, 2], [0]),
        "department": ([0, 1, 2], []),
        "auditor": ([0, 1, 2], []),
        "outsider": ([1, 2], [1]),
        "admin": ([0, 1, 2], [0, 1, 2]),
    }


def test_list_counts_pages_in_words_and_shows_the_answer_to_all(world, as_user):
    for page in ("visits:today", "community", "area", ""):
        said = WastedTimeFactory(code=world.community.code, page=page)
    address = reverse("wasted_answer", args=[said.pk])
    as_user(world.officer).post(address, {"answer": "下周改"})
    page = soup(as_user(world.worker).get(LIST))
    rows = [[cell.text for cell in row.find_all(["th", "td"])] for row in page.select("tbody tr")]
    assert sorted(rows) == [["Another page", "1"], ["Overview", "2"], ["Today", "1"]]
    assert rows[0] == ["Overview", "2"]
    assert "下周改" in page.select_one(".rows li").text
    assert page.select(".rows a") == []
    assert WastedTime.objects.get(answer="下周改").answered_on == timezone.localdate()


def test_every_page_has_words():
    """Whatever page carries the button can be named, and no name is of a page that is gone."""
    pages = {
        row.name
        for row in TABLE
        if row.method == "GET" and set(row.answers) & {200} and row.answers[200] != "anonymous"
    }
    ours = {name for name in pages - FILES if not name.startswith("admin:")}
    assert ours - {"login", "wasted_add", "communities:person_photo"} == set(PAGE_NAMES)
