"""What a colleague has for the days of a leave, and where it goes when more changes meanwhile."""

import pytest

from communities.models import Cover, Membership
from households.models import Household
from tests.cut import noon
from tests.factories import GridFactory, HouseholdFactory, MembershipFactory, UserFactory
from tests.visits.hand_overs.conftest import DAY, held_by, holders, main
from visits.actions.assignments import assign, cover_for, end_assignment
from visits.actions.grid_filling import give_doors
from visits.actions.hand_over_moves import carry_out_due
from visits.actions.hand_overs import insist, send_back
from visits.models import HandOver


@pytest.fixture
def away(world, colleague, today, now):
    """Let the worker be away for some days, the colleague go for her; return her assignment."""

    def say(*, since=today, until=today + 5 * DAY, user=colleague) -> Membership:
        membership = main(world)
        cover = Cover(away=membership, user=user, reason="leave", since=since, until=until)
        cover_for(cover=cover, by=world.officer, at=now)
        return membership

    return say


def days_pass(day) -> None:
    carry_out_due(HandOver.objects.all(), at=noon(day))


def test_the_successor_of_who_leaves_while_away_has_what_the_cover_had(world, away, today, now):
    matters = held_by(world, world.worker)
    membership, successor = away(), UserFactory(name="赵敏")
    MembershipFactory(user=successor, grid=GridFactory(community=world.community))
    end_assignment(
        membership=membership, on=today + DAY, receiver=successor, by=world.officer, at=now
    )
    assert successor not in holders(matters)

    days_pass(today + 2 * DAY)

    assert holders(matters) == {successor}
    row = HandOver.objects.get(giver=world.worker, receiver=successor)
    assert set(row.matters.all()) == set(matters)
    days_pass(today + 6 * DAY)
    assert holders(matters) == {successor}


def test_who_covers_for_who_leaves_and_is_her_successor_keeps_what_she_has(
    world, colleague, away, today, now
):
    matters = held_by(world, world.worker)
    end_assignment(membership=away(), on=today + DAY, receiver=colleague, by=world.officer, at=now)
    for passed in (2, 6):
        days_pass(today + passed * DAY)
        assert holders(matters) == {colleague}


def test_without_a_successor_the_cover_keeps_them_to_her_last_day(
    world, colleague, away, today, now
):
    matters = held_by(world, world.worker)
    end_assignment(membership=away(), on=today + DAY, by=world.officer, at=now)
    days_pass(today + 2 * DAY)
    assert holders(matters) == {colleague}

    days_pass(today + 6 * DAY)

    assert holders(matters) == {world.officer}
    coming = UserFactory(name="赵敏")
    place = MembershipFactory.build(
        user=coming, grid=world.grid, rank="main", since=today + 6 * DAY
    )
    assign(membership=place, by=world.officer, at=noon(today + 6 * DAY))
    assert holders(matters) == {coming}


def test_a_successor_named_during_the_cover_has_them_at_once(world, away, today, now):
    matters = held_by(world, world.worker)
    end_assignment(membership=away(), on=today, by=world.officer, at=now)
    coming = UserFactory(name="赵敏")
    place = MembershipFactory.build(user=coming, grid=world.grid, rank="main", since=today + DAY)
    assign(membership=place, by=world.officer, at=noon(today + DAY))
    assert holders(matters) == {coming}


def test_what_was_given_back_to_who_has_gone_by_then_goes_to_the_successor(world, away, today, now):
    """As where the hand-over to her was carried out by a program that left them to the cover."""
    matters = held_by(world, world.worker)
    membership, successor = away(), UserFactory(name="赵敏")
    MembershipFactory(user=successor, grid=GridFactory(community=world.community))
    row = end_assignment(
        membership=membership, on=today + DAY, receiver=successor, by=world.officer, at=now
    )
    HandOver.objects.filter(pk=row.pk).update(carried_out_at=now)

    days_pass(today + 6 * DAY)

    assert holders(matters) == {successor}
    assert set(row.matters.all()) == set(matters)


def test_a_door_that_changes_grid_during_a_leave_takes_its_matters_to_its_worker(
    world, away, today, now
):
    door = HouseholdFactory(grid=world.grid)
    matters = held_by(world, world.worker, household=door)
    away()
    other = MembershipFactory(
        user=UserFactory(name="赵敏"), grid=GridFactory(community=world.community), rank="main"
    )
    give_doors(
        households=Household.objects.filter(pk=door.pk),
        grid=other.grid,
        by=world.officer,
        at=now,
    )
    assert holders(matters) == {other.user}
    days_pass(today + 6 * DAY)
    assert holders(matters) == {other.user}


def test_a_door_that_comes_to_the_cover_for_good_stays_with_her(world, colleague, away, today, now):
    door = HouseholdFactory(grid=world.grid)
    matters = held_by(world, world.worker, household=door)
    away()
    theirs = colleague.memberships.exclude(grid=world.grid).get()
    Membership.objects.filter(pk=theirs.pk).update(rank="main")
    give_doors(
        households=Household.objects.filter(pk=door.pk), grid=theirs.grid, by=world.officer, at=now
    )
    days_pass(today + 6 * DAY)
    assert holders(matters) == {colleague}


def test_the_next_cover_has_what_the_one_before_had(world, colleague, away, today):
    matters = held_by(world, world.worker)
    away(until=today)
    other = MembershipFactory(user=UserFactory(name="赵敏"), grid=world.next_grid).user
    away(since=today + DAY, until=today + 2 * DAY, user=other)

    days_pass(today + DAY)
    assert holders(matters) == {other}
    days_pass(today + 3 * DAY)
    assert holders(matters) == {world.worker}


def test_a_word_after_the_leave_moves_nothing_any_more(world, colleague, away, today, now):
    away(until=today)
    row = HandOver.objects.get()
    days_pass(today + DAY)
    send_back(row=row, by=colleague, at=noon(today + DAY), reason="ill myself")
    matters = held_by(world, world.worker)

    insist(row=row, by=world.officer, at=noon(today + DAY), word="it is over")

    assert holders(matters) == {world.worker}
