"""The day on which grids change comes by itself: with the first page, or a timer."""

import pytest
from django.core.management import call_command
from django.db import IntegrityError, OperationalError
from django.urls import reverse
from django.utils import timezone

from communities.models import Grid, User
from households.actions import plan_effects
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
    monkeypatch.setattr(plan_effects, "MOST_GRIDS", 3)

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


@pytest.fixture
def stuck(cut, today, monkeypatch):
    """A plan whose day has come and that needs a grid number where none is left by now."""
    plan = cut.accept(cut.plan("aannb"), today, at=noon(today - DAY))
    monkeypatch.setattr(plan_effects, "MOST_GRIDS", 2)
    return plan


@pytest.mark.parametrize("place", ["plan", "change", "list", "dashboard"])
def test_officers_read_why_a_plan_could_not_be_carried_out(cut, stuck, as_user, place):
    address = {
        "plan": stuck.get_absolute_url(),
        "change": reverse("visits:plan_change", args=[stuck.pk]),
        "list": reverse("households:plan_list", args=[cut.community.code]),
        "dashboard": cut.community.get_absolute_url(),
    }[place]

    page = as_user(cut.world.officer).get(address).content.decode()

    assert cut.lie() == "aaaab"
    assert "could not change" in page
    assert "no free grid numbers left. Take the plan back" in page
    assert "change by themselves" not in page
    assert "from a later day" not in page
    assert reverse("visits:plan_take_back", args=[stuck.pk]) in page


def test_whoever_only_reads_is_not_sent_to_take_it_back(cut, stuck, as_user):
    page = as_user(cut.world.auditor).get(cut.community.get_absolute_url()).content.decode()
    assert "could not change" in page
    assert reverse("visits:plan_take_back", args=[stuck.pk]) not in page


def test_what_went_wrong_is_logged_once_and_tried_again_the_next_day(
    cut, stuck, as_user, monkeypatch, caplog
):
    today = timezone.localdate()
    for _page in range(3):
        doors_on_list(as_user(cut.ann))
    assert plan_changes.change_grids(at=timezone.now()) == 0
    assert caplog.text.count("grids could not be changed") == 1
    cut.community.refresh_from_db()
    assert cut.community.grids_change_on == today + DAY

    monkeypatch.undo()
    assert plan_changes.change_grids(at=noon(today + DAY)) == 1

    stuck.refresh_from_db()
    assert (stuck.failure, stuck.failed_at) == ("", None)
    assert stuck.effective_on == today
    page = as_user(cut.world.officer).get(stuck.get_absolute_url()).content.decode()
    assert "could not change" not in page


def test_a_plan_that_could_not_be_carried_out_can_be_taken_back(cut, stuck, as_user):
    doors_on_list(as_user(cut.ann))
    back = reverse("visits:plan_take_back", args=[stuck.pk])
    page = as_user(cut.world.officer).post(back, follow=True).content.decode()
    assert "The plan is taken back." in page
    assert "could not change" not in page
    cut.community.refresh_from_db()
    assert cut.community.grids_change_on is None


def test_no_door_comes_into_a_grid_that_was_closed_meanwhile(cut, due, as_user):
    Grid.objects.filter(pk=cut.b.pk).update(closed_on=timezone.localdate())
    doors_on_list(as_user(cut.ann))
    assert cut.lie() == "aaaab"
    due.refresh_from_db()
    assert due.failure == GridPlan.Failure.CLOSED


@pytest.mark.parametrize("error", [KeyError, AssertionError, IntegrityError])
def test_what_nobody_foresaw_stops_no_page(cut, due, as_user, monkeypatch, error):
    def fail(*_values, **_more):
        raise error

    monkeypatch.setattr(plan_changes, "move_doors", fail)
    assert str(cut.buildings[2]) in doors_on_list(as_user(cut.ann))
    page = as_user(cut.world.officer).get(due.get_absolute_url()).content.decode()
    assert "Something unforeseen" in page
