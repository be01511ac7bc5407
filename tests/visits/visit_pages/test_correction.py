"""Correcting a visit, or saying that it never was."""

import datetime

from communities.roles import Role
from tests.factories import MembershipFactory, VisitFactory
from tests.visits.visit_pages.pages import (
    LIST,
    NOW,
    correct_url,
    errors,
    filled,
    row_texts,
    soup_of,
    text,
)
from visits.models import Visit


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
