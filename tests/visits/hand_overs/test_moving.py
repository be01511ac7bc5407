"""Work that changes hands: what moves, when, and what is said of it."""

import pytest
from django.utils import timezone, translation

from communities.models import Membership
from communities.roles import Role
from households.models import Household
from tests.factories import (
    GridFactory,
    HouseholdFactory,
    MatterFactory,
    MembershipFactory,
    PairingFactory,
)
from tests.visits.hand_overs.conftest import DAY, OPEN, held_by, holders, main
from visits.actions.assignments import end_assignment
from visits.actions.grid_filling import give_doors
from visits.actions.hand_over_moves import carry_out_due
from visits.actions.hand_overs import accept, hand_over
from visits.models import HandOver, HandOverDoor, Matter, MatterEvent, Notice


def test_open_matters_of_every_status_move_and_history_says_so(world, colleague, give):
    matters = held_by(world, world.worker)
    closed = MatterFactory(grid=world.grid, assignee=world.worker, status="closed")
    others = MatterFactory(grid=world.grid, assignee=world.captain, status="assigned")
    before = list(Matter.objects.order_by("pk").values_list("pk", "status", "due_at", "handle_by"))
    row = give(reason="reassignment")
    assert holders(matters) == {colleague}
    assert (holders([closed]), holders([others])) == ({world.worker}, {world.captain})
    # No status changes, and nobody gains time by it.
    after = Matter.objects.order_by("pk").values_list("pk", "status", "due_at", "handle_by")
    assert list(after) == before
    events = MatterEvent.objects.filter(step="hand_over")
    assert set(events.values_list("matter", "by", "assignee")) == {
        (matter.pk, world.officer.pk, colleague.pk) for matter in matters
    }
    assert set(row.matters.all()) == set(matters)
    assert Notice.objects.filter(user=colleague).count() == len(matters)


def test_history_is_written_in_the_language_of_the_place(world, colleague, give, today, now):
    matter = MatterFactory(grid=world.grid, assignee=world.worker, status="assigned")
    with translation.override("en"):
        give(reason="reassignment")
        cadre = MembershipFactory(
            user=colleague, role=Role.AREA_CADRE, grid=None, community=world.community
        )
        Membership.objects.filter(user=colleague).exclude(pk=cadre.pk).update(until=today - DAY)
        end_assignment(membership=cadre, on=today - DAY, by=world.officer, at=now)
    notes = MatterEvent.objects.filter(matter=matter, step="hand_over").values_list(
        "note", flat=True
    )
    assert list(notes) == ["随第一网格的住户一起交接。", "本人已不在这里工作。"]


def test_said_twice_it_is_said_once(world, colleague, today, now):
    said = {
        "giver": world.worker,
        "receiver": colleague,
        "grid": world.grid,
        "reason": "recut",
        "on": today,
        "by": world.officer,
        "at": now,
    }
    doors = [HouseholdFactory(grid=world.grid).pk for _ in range(3)]
    held_by(world, world.worker, household_id=doors[0])
    rows = {hand_over(**said, doors=doors).pk for _ in range(2)}
    assert len(rows) == 1
    assert HandOverDoor.objects.count() == 3
    assert MatterEvent.objects.filter(step="hand_over").count() == len(OPEN)
    row = HandOver.objects.get()
    accept(row=row, by=colleague, at=now)
    assert hand_over(**said, doors=doors) == row


def test_doors_given_after_it_was_accepted_are_asked_for_anew(world, colleague, give, now):
    first, second = HouseholdFactory(grid=world.grid), HouseholdFactory(grid=world.grid)
    accepted = give(reason="recut", doors=[first.pk])
    accept(row=accepted, by=colleague, at=now)

    row = give(reason="recut", doors=[first.pk, second.pk])

    assert row.state == "waiting"
    assert set(row.doors()) == {first, second}
    assert set(accepted.doors()) == {first}


def test_the_rest_of_a_grid_follows_on_the_day_some_doors_went(world, colleague, today, now):
    said = {
        "giver": world.worker,
        "receiver": colleague,
        "grid": world.grid,
        "on": today,
        "by": world.officer,
        "at": now,
    }
    door = HouseholdFactory(grid=world.grid)
    rows = [
        hand_over(**said, reason="recut", doors=[door.pk]),
        hand_over(**said, reason="reassignment"),
    ]
    assert [row.is_partial for row in rows] == [True, False]


def test_only_the_matters_of_the_doors_named_move(world, colleague, give):
    here, there = HouseholdFactory(grid=world.grid), HouseholdFactory(grid=world.grid)
    moving = MatterFactory(
        grid=world.grid, household=here, assignee=world.worker, status="assigned"
    )
    staying = MatterFactory(
        grid=world.grid, household=there, assignee=world.worker, status="assigned"
    )
    give(reason="recut", doors=[here.pk])
    assert (holders([moving]), holders([staying])) == ({colleague}, {world.worker})


def test_nothing_moves_before_its_day_and_all_of_it_on_the_day(world, colleague, give, today, now):
    matters = held_by(world, world.worker)
    give(reason="reassignment", on=today + 3 * DAY)
    carry_out_due(HandOver.objects.all(), at=now + 2 * DAY)
    assert holders(matters) == {world.worker}
    carry_out_due(HandOver.objects.all(), at=now + 3 * DAY)
    assert holders(matters) == {colleague}


@pytest.mark.parametrize(
    ("stays_as", "keeps"), [(Role.AREA_CADRE, True), (Role.GRID_WORKER, False), (None, False)]
)
def test_who_goes_to_a_door_no_longer_gives_her_pairing_there_too(
    world, today, now, stays_as, keeps
):
    receiver = MembershipFactory(grid=world.grid).user
    door = PairingFactory(
        household=world.household, user=world.worker, unit_name="", since=today - 9 * DAY
    )
    unit = PairingFactory(household=world.household)
    if stays_as == Role.AREA_CADRE:
        MembershipFactory(user=world.worker, role=stays_as, grid=None, community=world.community)
    elif stays_as:
        MembershipFactory(user=world.worker, grid=GridFactory(community=world.community))
    end_assignment(
        membership=main(world), on=today - DAY, receiver=receiver, by=world.officer, at=now
    )
    paired = world.household.pairings.current(today).exclude(pk=unit.pk).get()
    door.refresh_from_db()
    if keeps:
        assert (paired, door.until) == (door, None)
    else:
        assert (paired.user, paired.every_days) == (receiver, door.every_days)
        assert (paired.since, door.until) == (today, today - DAY)


def test_doors_given_to_another_grid_by_hand_are_handed_over(world, colleague, as_user):
    main(world)
    other = Membership.objects.get(user=colleague)
    other.rank = "main"
    other.save()
    matter = MatterFactory(
        grid=world.grid, household=world.household, assignee=world.worker, status="assigned"
    )
    staying = HouseholdFactory(grid=world.grid)
    chosen = Household.objects.filter(pk=world.household.pk)
    give_doors(households=chosen, grid=other.grid, by=world.officer, at=timezone.now())
    row = HandOver.objects.get()
    assert (row.giver, row.receiver, row.reason) == (world.worker, colleague, "recut")
    assert set(row.doors()) == {world.household}
    assert holders([matter]) == {colleague}
    # Doors nobody minded are given without a word.
    imported = HouseholdFactory(grid=world.community.holding_grid())
    first = Household.objects.filter(pk__in=[imported.pk, staying.pk])
    give_doors(households=first, grid=world.grid, by=world.officer, at=timezone.now())
    assert HandOver.objects.count() == 1
