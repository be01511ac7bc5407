"""Writing a visit down in full, reading it, correcting it, and the list."""

import datetime
import io
import uuid
from zoneinfo import ZoneInfo

import openpyxl
import pytest
import time_machine
from bs4 import BeautifulSoup
from django.urls import reverse

from communities.models import Disclosure
from communities.roles import Role
from households.models import Household
from tests.factories import (
    HouseholdFactory,
    MatterCategoryFactory,
    MatterFactory,
    MembershipFactory,
    VisitFactory,
)
from visits.models import Matter, Outcome, Visit, Way

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime.datetime(2026, 3, 11, 10, 5, tzinfo=SHANGHAI)
LIST = "/work/visits/"
# Session, user with standings; communities, grids and people counted, people listed; rows.
LIST_QUERIES = 7


@pytest.fixture(autouse=True)
def _wednesday():
    with time_machine.travel(NOW, tick=False):
        yield


def add_url(household) -> str:
    return reverse("visits:visit_add", args=[household.pk])


def correct_url(visit) -> str:
    return reverse("visits:visit_correct", args=[visit.pk])


def filled(**values) -> dict:
    """Return what the browser sends when she has chosen an outcome and nothing else."""
    return {
        "visit_id": str(uuid.uuid4()),
        "outcome": "met",
        "way": "door",
        "done_at": "2026-03-11T10:05",
        "companions": "",
        "note": "",
        "next_on": "",
        "matter-id": str(uuid.uuid4()),
        "matter-category": "",
        "matter-place": "",
        "matter-description": "",
        "matter-urgency": "normal",
        **values,
    }


def soup_of(response) -> BeautifulSoup:
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def errors(response) -> list[str]:
    return [item.get_text() for item in soup_of(response).select("#error-summary li")]


def text(node) -> str:
    return " ".join(node.get_text(" ").split())


def row_texts(soup) -> list[str]:
    return [text(row) for row in soup.select("tbody tr")]


def test_form_starts_with_now_and_its_own_key(world, as_user):
    client = as_user(world.worker)
    first, second = (soup_of(client.get(add_url(world.household))) for _ in range(2))
    assert first.select_one("[name=done_at]")["value"] == "2026-03-11T10:05"
    assert first.select_one("[name=way][checked]")["value"] == "door"
    assert first.select_one("[name=outcome][checked]") is None
    assert first.details.get("open") is None
    keys = [page.select_one("[name=visit_id]")["value"] for page in (first, second)]
    assert keys[0] != keys[1]


def test_form_stores_everything_said(world, as_user):
    data = filled(
        outcome="met",
        way="neighbour",
        done_at="2026-03-10T19:30",
        companions="老王",
        note="想办居住证",
        next_on="2026-03-20",
    )
    response = as_user(world.worker).post(add_url(world.household), data, follow=True)
    visit = Visit.objects.get()
    assert response.redirect_chain == [(f"/work/visits/{visit.pk}/", 302)]
    assert "The visit is saved." in response.content.decode()
    assert (
        str(visit.pk),
        visit.household,
        visit.by,
        visit.done_at,
        visit.outcome,
        visit.way,
        visit.companions,
        visit.note,
        visit.next_on,
    ) == (
        data["visit_id"],
        world.household,
        world.worker,
        datetime.datetime(2026, 3, 10, 19, 30, tzinfo=SHANGHAI),
        "met",
        "neighbour",
        "老王",
        "想办居住证",
        datetime.date(2026, 3, 20),
    )
    assert Matter.objects.count() == 0


def test_form_sent_twice_is_one_visit_and_one_matter(world, as_user):
    data = filled(
        **{"matter-category": MatterCategoryFactory().pk, "matter-description": "楼道堆物"}
    )
    client = as_user(world.worker)
    answers = [client.post(add_url(world.household), data).url for _ in range(2)]
    assert answers[0] == answers[1]
    assert (Visit.objects.count(), Matter.objects.count()) == (1, 1)


def test_form_sent_with_a_used_key_and_other_content_shows_what_is_stored(world, as_user):
    client, data = as_user(world.worker), filled()
    client.post(add_url(world.household), data)
    response = client.post(add_url(world.household), {**data, "outcome": "declined"}, follow=True)
    assert response.redirect_chain == [(f"/work/visits/{data['visit_id']}/", 302)]
    assert Visit.objects.get().outcome == "met"


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("met", ["Category：This field is required."]),
        ("", ["What happened：This field is required.", "Category：This field is required."]),
    ],
)
def test_form_says_all_that_is_wrong_once_at_its_head(world, as_user, outcome, expected):
    data = filled(outcome=outcome, **{"matter-description": "楼道堆物"})
    response = as_user(world.worker).post(add_url(world.household), data)
    assert errors(response) == expected
    form = soup_of(response).select_one("form.visit-form")
    assert form.select(".notice--error") == [form.select_one("#error-summary")]
    assert form.find(["fieldset", "details"]).find_previous(id="error-summary")
    assert all(form.find(id=link["href"][1:]) for link in form.select("#error-summary a"))
    assert Visit.objects.count() == 0


def test_form_reports_an_matter_noticed(world, as_user):
    category = MatterCategoryFactory(name="消防隐患")
    data = filled(
        **{
            "matter-category": category.pk,
            "matter-place": "二楼拐角",
            "matter-description": "楼道堆物",
            "matter-urgency": "urgent",
        }
    )
    client = as_user(world.worker)
    response = client.post(add_url(world.household), data, follow=True)
    visit, matter = Visit.objects.get(), Matter.objects.get()
    assert (
        matter.visit,
        matter.household,
        matter.grid,
        matter.category,
        matter.place,
        matter.description,
        matter.urgency,
        matter.reported_by,
        matter.reported_at,
    ) == (
        visit,
        world.household,
        world.grid,
        category,
        "二楼拐角",
        "楼道堆物",
        "urgent",
        world.worker,
        NOW,
    )
    assert matter.reference in text(soup_of(response).main)


def test_form_with_half_an_matter_keeps_all_and_says_what_is_missing(world, as_user):
    response = as_user(world.worker).post(
        add_url(world.household), filled(note="记得带表", **{"matter-description": "楼道堆物"})
    )
    assert errors(response) == ["Category：This field is required."]
    soup = soup_of(response)
    assert soup.details.get("open") == ""
    assert soup.select_one("[name=note]").get_text().strip() == "记得带表"
    assert soup.select_one("[name=outcome][checked]")["value"] == "met"
    assert (Visit.objects.count(), Matter.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"outcome": ""}, "What happened：This field is required."),
        (
            {"done_at": "2026-03-11T10:11"},
            "When：This time has not come yet. Give the time of the visit.",
        ),
        (
            {"done_at": "2026-03-04T10:04"},
            "When：A visit can be entered up to 7 days afterwards.",
        ),
        (
            {"done_at": "9999-12-31T23:59"},
            "When：This time has not come yet. Give the time of the visit.",
        ),
        ({"done_at": "gestern"}, "When：Enter a valid date/time."),
        (
            {"next_on": "2026-03-10"},
            "Asked to come again on：Choose a day from today on, within three months.",
        ),
        (
            {"next_on": "2026-06-10"},
            "Asked to come again on：Choose a day from today on, within three months.",
        ),
    ],
)
def test_form_refuses_in_words(world, as_user, values, expected):
    response = as_user(world.worker).post(add_url(world.household), filled(**values))
    assert errors(response) == [expected]
    assert Visit.objects.count() == 0


def test_form_takes_the_edges_of_what_it_allows(world, as_user):
    client = as_user(world.worker)
    for values in (
        {"done_at": "2026-03-11T10:10"},
        {"done_at": "2026-03-04T10:05"},
        {"next_on": "2026-03-11"},
        {"next_on": "2026-06-09"},
    ):
        assert client.post(add_url(world.household), filled(**values)).status_code == 302
    assert Visit.objects.count() == 4


def test_form_at_a_door_for_two_asks_who_came_along(world, as_user):
    Household.objects.update(visit_in_pairs=True)
    client = as_user(world.worker)
    response = client.post(add_url(world.household), filled())
    asked = "This door is to be visited in pairs. Tick this box, or write who came along."
    assert errors(response) == [f"I went alone this time：{asked}"]
    assert Visit.objects.count() == 0
    for values in ({"went_alone": "on"}, {"companions": "老王"}, {"way": "phone"}):
        assert client.post(add_url(world.household), filled(**values)).status_code == 302
    assert Visit.objects.count() == 3


def test_form_opened_from_the_list_returns_there(world, as_user):
    client = as_user(world.worker)
    url = add_url(world.household) + "?list=1&building=3&after=9"
    cancel = soup_of(client.get(url)).find("a", string="Cancel")["href"]
    assert cancel == f"/work/today/?building=3&after=9#door-{world.household.pk}"
    response = client.post(url, filled())
    visit = Visit.objects.get()
    assert response.url == f"/work/today/?building=3&after=9&saved={visit.pk}#saved"


def test_form_is_for_visitors_of_the_door(world, as_user):
    for user in (world.auditor, world.department, world.admin, world.outsider):
        client = as_user(user)
        assert client.get(add_url(world.household)).status_code == 404
        assert client.post(add_url(world.household), filled()).status_code == 404
    for user in (world.worker, world.captain, world.officer, world.street_officer):
        assert as_user(user).post(add_url(world.household), filled()).status_code == 302
    assert Visit.objects.count() == 4


def test_visit_page_tells_it_whole(world, as_user):
    visit = VisitFactory(
        household=world.household,
        by=world.worker,
        way=Way.OFFICE,
        companions="老王",
        note="第一行\n第二行",
        next_on=datetime.date(2026, 3, 20),
    )
    MatterFactory(visit=visit, grid=world.grid, household=world.household)
    soup = soup_of(as_user(world.worker).get(visit.get_absolute_url()))
    assert text(soup.select_one("dl.facts")) == (
        "Done at March 11, 2026, 10:05 a.m. How At the office Counts as a visit Yes By worker "
        "Who came along 老王 Asked to come again on March 20, 2026 Grid 第一网格 "
        "Note 第一行 第二行"
    )
    assert len(soup.select(".rows li")) == 1
    assert correct_url(visit) in [link["href"] for link in soup.select("a[href]")]


def test_visit_page_is_read_within_scope(world, as_user):
    visit = VisitFactory(household=world.household, by=world.worker)
    for user in (world.worker, world.captain, world.officer, world.street_officer, world.auditor):
        assert as_user(user).get(visit.get_absolute_url()).status_code == 200
    for user in (world.department, world.outsider):
        assert as_user(user).get(visit.get_absolute_url()).status_code == 404


def test_visit_page_offers_a_report_where_one_may_be_made(world, as_user):
    visit = VisitFactory(household=world.household, by=world.worker)
    reads_here = MembershipFactory(
        role=Role.AUDITOR, grid=None, area=world.street, employment="", rank=""
    ).user
    MembershipFactory(user=reads_here, grid=world.next_grid)
    offered = {
        user: "Report a matter here"
        in text(soup_of(as_user(user).get(visit.get_absolute_url())).main)
        for user in (world.worker, world.captain, world.auditor, reads_here)
    }
    assert offered == {
        world.worker: True,
        world.captain: True,
        world.auditor: False,
        reads_here: False,
    }


def test_correction_starts_from_what_was_written(world, as_user):
    visit = VisitFactory(
        household=world.household, by=world.worker, outcome="declined", way="phone", note="不需要"
    )
    soup = soup_of(as_user(world.worker).get(correct_url(visit)))
    assert soup.select_one("[name=outcome][checked]")["value"] == "declined"
    assert soup.select_one("[name=way][checked]")["value"] == "phone"
    assert soup.select_one("[name=note]").get_text().strip() == "不需要"
    assert soup.select_one("[name=done_at]")["value"] == "2026-03-11T10:05"


def test_correction_replaces_the_visit_once(world, as_user):
    visit = VisitFactory(household=world.household, by=world.worker)
    client, data = as_user(world.worker), filled(outcome="nobody_home")
    first = client.post(correct_url(visit), data)
    again = client.post(correct_url(visit), data)
    corrected = Visit.objects.get(corrects=visit)
    assert first.url == again.url == corrected.get_absolute_url()
    refused = client.post(correct_url(visit), filled(outcome="vacant"))
    assert errors(refused) == [
        "This visit was corrected already. Open the correction to change it."
    ]
    assert list(Visit.objects.standing().values_list("outcome", flat=True)) == ["nobody_home"]
    old = soup_of(client.get(visit.get_absolute_url()))
    assert old.find("a", string="Open the correction")["href"] == corrected.get_absolute_url()
    assert old.find("a", string="Correct this visit") is None
    new = soup_of(client.get(corrected.get_absolute_url()))
    assert new.find("a", string="Correct this visit")
    assert world.household.visits.count() == 2


def test_correction_can_say_that_it_never_was(world, as_user):
    visit = VisitFactory(
        household=world.household, by=world.worker, note="原话", done_at=NOW.replace(second=41)
    )
    client = as_user(world.worker)
    response = client.post(
        correct_url(visit), filled(withdrawn="on", outcome="vacant", note="改了"), follow=True
    )
    gone = Visit.objects.get(corrects=visit)
    assert (gone.withdrawn, gone.counts, gone.outcome, gone.note, gone.done_at) == (
        True,
        False,
        "met",
        "原话",
        visit.done_at,
    )
    assert "This visit was entered by mistake and did not take place." in text(
        soup_of(response).main
    )
    assert Visit.objects.standing().count() == 0
    assert row_texts(soup_of(client.get(LIST))) == []


def test_correction_of_an_old_visit_may_keep_its_time(world, as_user):
    old = NOW - datetime.timedelta(days=40)
    visit = VisitFactory(household=world.household, by=world.worker, done_at=old)
    client = as_user(world.worker)
    data = filled(outcome="vacant", done_at=f"{old:%Y-%m-%dT%H:%M}")
    assert client.post(correct_url(visit), data).status_code == 302


def test_correction_is_for_her_own_and_for_leaders(world, as_user):
    leader = MembershipFactory(role=Role.GRID_LEADER, grid=world.grid).user
    colleague = MembershipFactory(grid=world.grid).user
    visit = VisitFactory(household=world.household, by=world.worker)
    users = [world.worker, leader, world.officer, world.street_officer]
    assert [as_user(user).get(correct_url(visit)).status_code for user in users] == [200] * 4
    others = [colleague, world.captain, world.auditor, world.admin, world.outsider]
    assert [as_user(user).get(correct_url(visit)).status_code for user in others] == [404] * 5
    assert as_user(world.auditor).post(correct_url(visit), filled()).status_code == 404


def test_correction_is_not_for_who_no_longer_works_there(world, as_user):
    yesterday = NOW.date() - datetime.timedelta(days=1)
    former = MembershipFactory(grid=world.grid, until=yesterday).user
    # She works next door; without any role she would be asked to log in.
    MembershipFactory(user=former, grid=world.next_grid)
    visit = VisitFactory(household=world.household, by=former)
    assert as_user(former).get(correct_url(visit)).status_code == 404


def test_list_is_newest_first_and_within_scope(world, as_user):
    VisitFactory(household=world.household, by=world.worker, done_at=NOW.replace(hour=8))
    VisitFactory(
        household=world.household,
        by=world.worker,
        outcome="nobody_home",
        counts=False,
        note="门口有快递",
    )
    VisitFactory(household=HouseholdFactory(grid=world.next_grid))
    place = "幸福家园3号楼2单元502室"
    assert row_texts(soup_of(as_user(world.worker).get(LIST))) == [
        f"03/11/2026 10:05 a.m. {place} Nobody home At the door No worker 门口有快递",
        f"03/11/2026 8:05 a.m. {place} Met At the door Yes worker —",
    ]
    assert len(row_texts(soup_of(as_user(world.captain).get(LIST)))) == 2
    assert len(row_texts(soup_of(as_user(world.street_officer).get(LIST)))) == 3


def test_list_narrows_by_every_name_dashboards_use(world, as_user):
    elsewhere = HouseholdFactory(grid=world.next_grid)
    VisitFactory(household=world.household, by=world.worker, done_at=NOW)
    VisitFactory(household=elsewhere, by=world.outsider, done_at=NOW.replace(hour=9))
    VisitFactory(
        household=world.household,
        by=world.officer,
        done_at=NOW - datetime.timedelta(days=3),
        outcome="nobody_home",
        way="phone",
        counts=False,
    )
    client = as_user(world.street_officer)

    def people(**query) -> list[str]:
        soup = soup_of(client.get(LIST, query))
        return [cell.get_text() for cell in soup.select("td[data-label=By]")]

    assert people() == ["worker", "outsider", "officer"]
    assert people(grid=world.grid.code) == ["worker", "officer"]
    assert people(community=world.next_community.code) == ["outsider"]
    assert people(outcome="nobody_home") == ["officer"]
    assert people(way="phone") == ["officer"]
    assert people(by=world.worker.pk) == ["worker"]
    assert people(counts="false") == ["officer"]
    assert people(counts="true", grid=world.grid.code) == ["worker"]
    assert people(since="2026-03-11", grid=world.grid.code) == ["worker"]
    assert people(until="2026-03-08") == ["officer"]
    assert people(since="2026-03-08", until="2026-03-08") == ["officer"]
    assert people(since="0001-01-01", until="9999-12-31", outcome="nobody_home") == ["officer"]


def test_list_keeps_the_grid_of_the_day(world, as_user):
    visit = VisitFactory(household=world.household, grid=world.grid)
    Household.objects.update(grid=HouseholdFactory(grid__community=world.community).grid)
    soup = soup_of(as_user(world.officer).get(LIST, {"grid": world.grid.code}))
    assert len(row_texts(soup)) == 1
    assert visit.grid == world.grid


def test_list_costs_the_same_with_one_row_and_with_three(world, as_user, django_assert_num_queries):
    client = as_user(world.officer)
    VisitFactory(household=world.household)
    with django_assert_num_queries(LIST_QUERIES):
        client.get(LIST)
    for _ in range(2):
        VisitFactory(household=HouseholdFactory(grid=world.grid))
    with django_assert_num_queries(LIST_QUERIES):
        assert len(row_texts(soup_of(client.get(LIST)))) == 3


def test_list_is_exported_by_those_who_read_dashboards(world, as_user):
    VisitFactory(household=world.household, by=world.worker, note="不外传", companions="老王")
    VisitFactory(household=world.household, by=world.worker, outcome=Outcome.DECLINED, counts=False)
    client = as_user(world.officer)
    response = client.get(LIST, {"export": "xlsx", "outcome": "met"})
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    assert list(sheet.values) == [
        (
            "Date",
            "Grid",
            "Household",
            "Outcome",
            "Way",
            "Counts as a visit",
            "By",
            "Who came along",
        ),
        (
            "2026-03-11 10:05",
            "第一网格",
            "幸福家园3号楼2单元502室",
            "Met",
            "At the door",
            "Yes",
            "worker",
            "老王",
        ),
    ]
    assert Disclosure.objects.values_list("subject", "rows").get() == ("visits", 1)
    assert "export=xlsx" in client.get(LIST).content.decode()
    for user in (world.worker, world.captain):
        response = as_user(user).get(LIST, {"export": "xlsx"})
        assert response.headers["Content-Type"].startswith("text/html")
        assert "export=xlsx" not in as_user(user).get(LIST).content.decode()
