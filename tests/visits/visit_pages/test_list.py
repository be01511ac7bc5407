"""The list of visits: order, filters, and the export."""

import datetime
import io

import openpyxl

from communities.models import Disclosure
from households.models import Household
from tests.factories import HouseholdFactory, VisitFactory
from tests.visits.visit_pages.pages import LIST, NOW, row_texts, soup_of
from visits.models import Outcome

# Session, user with standings; communities, grids and people counted, people listed; rows.
LIST_QUERIES = 7


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
