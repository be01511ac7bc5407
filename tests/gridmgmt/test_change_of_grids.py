"""The day on which grids change comes by itself: with the first page, or a timer."""

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.urls import reverse
from django.utils import timezone

from communities.models import User, place
from households.models import GridPlan, PlannedGrid, PlannedMove, PlannedPart
from tests.cut import DAY, Cut, noon
from tests.factories import CommunityFactory, GridFactory, HouseholdFactory
from visits.actions import plan_changes


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def cut(world):
    return Cut(world)


@pytest.fixture
def due(cut, today):
    """A plan accepted yesterday for today, and nobody has looked yet."""
    return cut.accept(cut.plan("aaabb"), today, at=noon(today - DAY))


def doors_on_list(client) -> str:
    return client.get(reverse("visits:today")).content.decode()


def test_the_first_page_of_the_day_carries_it_out(cut, due, as_user):
    assert cut.lie() == "aaaab"

    page = doors_on_list(as_user(cut.bea))

    assert cut.lie() == "aaabb"
    assert str(cut.buildings[2]) in page
    assert str(cut.buildings[2]) not in doors_on_list(as_user(cut.ann))


def test_whoever_gets_a_grid_with_it_sees_it_on_that_page(cut, as_user, today):
    cay = cut.world.captain
    cut.accept(cut.plan("aannb", n={"worker": cay}), today, at=noon(today - DAY))

    assert str(cut.buildings[2]) in doors_on_list(as_user(cay))


def test_before_the_day_the_workers_concerned_are_told(cut, as_user, today):
    assert "Until then everything stays" not in doors_on_list(as_user(cut.ann))
    cut.accept(cut.plan("aaabb"), today + 3 * DAY)
    for person in (cut.ann, cut.bea):
        assert "2 households go from 第一网格 to 第二网格" in doors_on_list(as_user(person))
    assert "Until then everything stays" not in doors_on_list(as_user(cut.world.outsider))
    assert cut.lie() == "aaaab"


def test_where_the_database_is_busy_the_page_comes_all_the_same(cut, due, as_user, monkeypatch):
    def busy(**_values):
        raise OperationalError("database is locked")

    monkeypatch.setattr(plan_changes, "carry_out", busy)
    assert str(cut.buildings[2]) in doors_on_list(as_user(cut.ann))
    assert cut.lie() == "aaaab"
    monkeypatch.undo()
    doors_on_list(as_user(cut.ann))
    assert cut.lie() == "aaabb"


def test_a_plan_that_fails_keeps_no_other(cut, due, today, monkeypatch, caplog):
    other = GridFactory(community=CommunityFactory(area=cut.community.area))
    door = HouseholdFactory(grid=other)
    bad = GridPlan.objects.create(
        community=other.community,
        name="方案二",
        accepted_at=noon(today - 2 * DAY),
        accepted_by=cut.world.officer,
        effective_on=today - DAY,
    )
    new = PlannedGrid.objects.create(plan=bad, number=0, name="新网格")
    PlannedPart.objects.create(plan=bad, building=door.building, today=other, planned_grid=new)
    PlannedMove.objects.create(plan=bad, household=door, left=other, entered=new)
    GridFactory.create_batch(2, community=other.community)
    # Its numbers ran out since it was accepted.
    monkeypatch.setattr(place, "MOST_GRIDS", 3)

    assert plan_changes.change_grids(at=timezone.now()) == 1

    assert cut.lie() == "aaabb"
    assert "grids could not be changed" in caplog.text


def test_a_timer_carries_it_out(cut, due, capsys):
    call_command("change_grids")
    assert capsys.readouterr().out == "1 plans took effect.\n"
    assert cut.lie() == "aaabb"
    call_command("change_grids")
    assert capsys.readouterr().out == "0 plans took effect.\n"


def test_the_day_comes_with_the_user(cut, today):
    def read():
        return User.objects.with_standings(cut.ann.pk, today, timezone.now()).grids_change_on

    assert read() is None
    cut.accept(cut.plan("aaabb"), today + 3 * DAY)
    assert read() == today + 3 * DAY


def test_accepting_by_the_page(cut, as_user, today):
    plan = cut.plan("aannb")
    officer = as_user(cut.world.officer)
    address = reverse("visits:plan_accept", args=[plan.pk])

    page = officer.get(address).content.decode()
    assert "4 households change their grid" in page
    assert "Without a main worker" in page
    assert officer.post(address, {"effective_on": "1999-01-01"}).status_code == 200
    done = officer.post(address, {"effective_on": str(today + DAY)}, follow=True)
    assert "Accepted. The grids change by themselves" in done.content.decode()
    again = officer.post(address, {"effective_on": str(today + DAY)}, follow=True)
    assert "has been accepted already" in again.content.decode()

    back = reverse("visits:plan_take_back", args=[plan.pk])
    assert "Nothing has changed yet" in officer.get(back).content.decode()
    assert "The plan is taken back." in officer.post(back, follow=True).content.decode()
    assert GridPlan.objects.get().taken_back_by == cut.world.officer


def test_a_draft_that_does_not_fit_says_why_instead_of_a_button(cut, as_user):
    plan = cut.plan("aaaab")
    page = as_user(cut.world.officer).get(reverse("visits:plan_accept", args=[plan.pk]))
    assert "every household stays in its grid" in page.content.decode()
    assert "effective_on" not in page.content.decode()
