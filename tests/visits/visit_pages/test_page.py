"""Reading a visit."""

import datetime

from communities.roles import Role
from tests.factories import MatterFactory, MembershipFactory, VisitFactory
from tests.visits.visit_pages.pages import correct_url, soup_of, text
from visits.models import Way


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
