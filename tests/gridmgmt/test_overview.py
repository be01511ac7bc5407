import datetime
import uuid
from io import BytesIO

import openpyxl
import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from communities.models import Disclosure
from communities.roles import Role
from households.models import Household
from tests.factories import (
    AreaFactory,
    BuildingFactory,
    CommunityFactory,
    CoverFactory,
    GridFactory,
    HouseholdFactory,
    MatterFactory,
    MembershipFactory,
    UserFactory,
)
from visits.actions.visits import record_visit
from visits.models import Matter, Outcome, Way
from visits.models.visit import day_start

TODAY = timezone.localdate()


def days_ago(days):
    return timezone.now() - datetime.timedelta(days=days)


def visit(household, by, days, outcome=Outcome.MET):
    record_visit(
        id=uuid.uuid4(),
        household=household,
        by=by,
        done_at=days_ago(days),
        outcome=outcome,
        way=Way.DOOR,
    )


@pytest.fixture
def busy(world):
    """Fill both communities: every state of a door, several outcomes, matters, empty grids."""
    second = GridFactory(community=world.community, name="第二网格")
    GridFactory(community=world.community, name="空网格")
    closed = GridFactory(community=world.community, name="旧网格", closed_on=TODAY)
    holding = world.community.holding_grid()
    for grid in (world.grid, second, world.next_grid, holding):
        building = BuildingFactory(community=grid.community)
        doors = [
            HouseholdFactory(
                grid=grid,
                building=building,
                room=str(room),
                registered_on=TODAY - datetime.timedelta(days=30 * room),
            )
            for room in range(1, 9)
        ]
        doors[0].occupancy = Household.Occupancy.VACANT
        for door in doors:
            door.reschedule(rhythm_days=90)
            door.save()
        visit(doors[1], world.officer, 0)
        visit(doors[2], world.officer, 100)
        for days in (3, 2, 1):
            visit(doors[3], world.officer, days, Outcome.NOBODY_HOME)
        visit(doors[4], world.officer, 20, Outcome.DECLINED)
        for days in (-3, 3):
            MatterFactory(grid=grid, due_at=day_start(TODAY + datetime.timedelta(days=days)))
        MatterFactory(grid=grid, status=Matter.Status.CLOSED)
    world.leader = MembershipFactory(
        user=UserFactory(username="leader"), role=Role.GRID_LEADER, grid=world.grid
    ).user
    world.cadre = MembershipFactory(
        user=UserFactory(username="cadre"), role=Role.AREA_CADRE, grid=world.grid
    ).user
    MembershipFactory(user=world.cadre, role=Role.AREA_CADRE, grid=second)
    world.second, world.closed, world.holding = second, closed, holding
    return world


def page_of(client, place):
    response = client.get(place.get_absolute_url())
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def numbers(soup):
    """Every number of the page that opens a list: its address and what it says."""
    lists = tuple(
        reverse(name)
        for name in ("households:household_list", "visits:visit_list", "visits:matter_list")
    )
    main = soup.find("main")
    return [
        (link["href"], link.text)
        for link in main.find_all("a")
        if link["href"].startswith(lists) and "%" not in link.text
    ]


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("officer", "community"),
        ("leader", "community"),
        ("cadre", "community"),
        ("auditor", "community"),
        ("street_officer", "street"),
        ("admin", "street"),
    ],
)
def test_every_number_opens_exactly_its_rows(busy, as_user, name, place):
    assert_numbers_are_rows(as_user(getattr(busy, name)), getattr(busy, place))


def test_numbers_of_a_street_open_the_rows_of_that_street_alone(busy, as_user):
    county = AreaFactory(code="990101", name="示范区", level=6)
    other = AreaFactory(code="990101002", name="西风街道", parent=county)
    busy.street.parent = county
    busy.street.save()
    door = HouseholdFactory(
        grid=GridFactory(community=CommunityFactory(code="990101002001", area=other))
    )
    visit(door, busy.officer, 1)
    MatterFactory(grid=door.grid)
    governor = MembershipFactory(
        user=UserFactory(username="governor"), role=Role.AUDITOR, grid=None, area=county
    ).user
    for place in (county, busy.street, other):
        assert_numbers_are_rows(as_user(governor), place)


def assert_numbers_are_rows(client, place):
    found = numbers(page_of(client, place))
    assert len(found) > 20
    wrong = []
    for href, number in found:
        rows = client.get(href).context["page"].rows
        if len(rows) != int(number):
            wrong.append((href, number, len(rows)))
    assert wrong == []


def table(soup, caption):
    """The rows of a table as lists of words."""
    found = next(t for t in soup.find_all("table") if t.caption and t.caption.text == caption)
    return [
        [cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])]
        for row in found.tbody.find_all("tr")
    ]


def test_officer_sees_her_community_by_grid(busy, as_user):
    soup = page_of(as_user(busy.officer), busy.community)
    assert [row[0] for row in table(soup, "Coverage and open work")] == [
        "Not yet in a grid",
        "第一网格",
        "第二网格",
        "空网格",
        "Total",
    ]
    # 8 doors, of them 1 vacant; the first grid also has the world's own household.
    coverage = {row[0]: row[1:4] for row in table(soup, "Coverage and open work")}
    assert coverage == {
        "Not yet in a grid": ["14 %", "7", "1"],
        "第一网格": ["12 %", "8", "1"],
        "第二网格": ["14 %", "7", "1"],
        "空网格": ["–", "0", "0"],
        "Total": ["13 %", "22", "3"],
    }


def test_page_says_that_more_doors_can_be_due_than_there_are_households(world, as_user):
    GridFactory(community=world.community)
    Household.objects.update(
        occupancy=Household.Occupancy.VACANT, due_from=TODAY, due_by=TODAY, unanswered=3
    )
    soup = page_of(as_user(world.officer), world.community)
    [first, *_rest] = table(soup, "Coverage and open work")
    assert first == ["第一网格", "–", "0", "0", "0", "1", "0", "1", "0", "0"]
    assert "include vacant and registration-only doors" in soup.text


def test_staffing_counts_people_once_and_names_gaps(busy, as_user):
    MembershipFactory(user=busy.worker, grid=busy.second, rank="main")
    MembershipFactory(grid=busy.second, employment="part_time")
    # Who goes for somebody on leave is nobody more.
    CoverFactory(
        away=busy.worker.memberships.first(),
        stand_in=MembershipFactory(grid=busy.second, rank="backup", employment="part_time"),
    )
    soup = page_of(as_user(busy.officer), busy.community)
    assert table(soup, "Staffing") == [
        ["Not yet in a grid", "–", "0", "0", "0"],
        ["第一网格", "8", "1", "0", "1"],
        ["第二网格", "7", "1", "1", "0"],
        ["空网格", "–", "0", "0", "1"],
        ["Total", "22", "1", "1", "2"],
    ]


def test_staffing_numbers_open_the_grids_and_their_people(busy, as_user):
    grids = reverse("households:grid_list", args=[busy.community.code])
    for user in (busy.officer, busy.street_officer, busy.auditor):
        client = as_user(user)
        links = [
            link["href"] for link in page_of(client, busy.community).find("main").find_all("a")
        ]
        assert links.count(grids) == 2
        assert client.get(grids).status_code == 200


def test_leader_sees_her_grid_alone(busy, as_user):
    soup = page_of(as_user(busy.leader), busy.community)
    assert [row[0] for row in table(soup, "Coverage and open work")] == ["第一网格"]
    assert "第二网格" not in soup.text


def test_cadre_of_two_grids_gets_a_total_without_links(busy, as_user):
    soup = page_of(as_user(busy.cadre), busy.community)
    rows = soup.find("table").tbody.find_all("tr")
    assert [row.th.text for row in rows] == ["第一网格", "第二网格", "Total"]
    assert rows[0].find_all("a")
    assert not rows[2].find_all("a")


def test_street_is_shown_by_community_and_county_by_street(busy, as_user):
    county = AreaFactory(code="990101", name="示范区", level=6)
    busy.street.parent = county
    busy.street.save()
    governor = MembershipFactory(
        user=UserFactory(username="governor"), role=Role.AUDITOR, grid=None, area=county
    ).user
    client = as_user(governor)
    by_street = table(page_of(client, county), "Coverage and open work")
    by_community = table(page_of(client, busy.street), "Coverage and open work")
    assert [row[0] for row in by_street] == ["东风街道"]
    assert [row[0] for row in by_community] == ["幸福社区", "光明社区", "Total"]
    assert by_street[0][1:] == by_community[-1][1:]


def test_overview_leads_everybody_to_her_own_place(busy, as_user):
    address = reverse("overview")
    for name, place in (
        ("officer", busy.community),
        ("leader", busy.community),
        ("cadre", busy.community),
        ("street_officer", busy.street),
        ("auditor", busy.street),
    ):
        response = as_user(getattr(busy, name)).get(address)
        assert (response.status_code, response.url) == (302, place.get_absolute_url()), name
    MembershipFactory(
        user=busy.officer, role=Role.COMMUNITY_OFFICER, grid=None, community=busy.next_community
    )
    response = as_user(busy.officer).get(address)
    assert list(response.context["places"]) == [busy.community, busy.next_community]
    assert as_user(busy.worker).get(address).context["places"] == []


def test_dashboards_of_others_are_not_found(busy, as_user):
    county = AreaFactory(code="990101", name="示范区", level=6)
    for name, place in (
        ("officer", busy.next_community),
        ("officer", busy.street),
        ("leader", busy.next_community),
        ("worker", busy.community),
        ("captain", busy.community),
        ("department", busy.community),
        ("department", busy.street),
        ("outsider", busy.community),
        ("street_officer", county),
    ):
        response = as_user(getattr(busy, name)).get(place.get_absolute_url())
        assert response.status_code == 404, (name, place)


@pytest.mark.parametrize("grids", [1, 3])
def test_community_takes_the_same_queries_however_many_grids(
    world, as_user, django_assert_num_queries, grids
):
    for _grid in range(grids - 1):
        HouseholdFactory(grid=GridFactory(community=world.community))
    client = as_user(world.officer)
    page_of(client, world.community)
    with django_assert_num_queries(8):
        page_of(client, world.community)
    HouseholdFactory(grid=world.grid)
    with django_assert_num_queries(COUNTING_AGAIN[connection.vendor]):
        page_of(client, world.community)


# SQLite is told twice how long to wait for another writer.
COUNTING_AGAIN = {"sqlite": 23, "postgresql": 21}


@pytest.mark.parametrize("communities", [1, 3])
def test_street_takes_the_same_queries_however_many_communities(
    world, as_user, django_assert_num_queries, communities
):
    for _community in range(communities - 1):
        grid = GridFactory(community=CommunityFactory(area=world.street))
        HouseholdFactory(grid=grid)
    client = as_user(world.street_officer)
    page_of(client, world.street)
    with django_assert_num_queries(9):
        page_of(client, world.street)


def test_export_holds_every_line_and_is_recorded(busy, as_user):
    response = as_user(busy.officer).get(busy.community.get_absolute_url() + "?export=xlsx")
    sheet = openpyxl.load_workbook(BytesIO(b"".join(response.streaming_content))).active
    rows = list(sheet.values)
    assert rows[0][:5] == (
        "Number",
        "Place",
        "Actual households",
        "Visited this quarter",
        "Coverage in percent",
    )
    assert [row[:5] for row in rows[1:]] == [
        (busy.holding.code, "Not yet in a grid", 7, 1, 14),
        (busy.grid.code, "第一网格", 8, 1, 12),
        (busy.second.code, "第二网格", 7, 1, 14),
        (busy.community.code + "003", "空网格", 0, 0, None),
        (busy.community.code, "幸福社区", 22, 3, 13),
    ]
    record = Disclosure.objects.get()
    assert (record.by, record.community, record.rows) == (busy.officer, busy.community, 5)


def test_page_speaks_chinese(busy, as_user):
    client = as_user(busy.officer)
    client.cookies["django_language"] = "zh-hans"
    soup = page_of(client, busy.community)
    assert table(soup, "人员配备")[0][0] == "未划入网格"
    assert "Coverage" not in soup.text
