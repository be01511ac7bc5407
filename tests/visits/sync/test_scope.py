"""Whose visit it is and whether the door was in her care that day: docs/sync.md, section 4."""

import datetime
import uuid

from django.utils import timezone

from communities.models import Membership
from communities.roles import Role
from households.models import FormerGrid, Household
from tests.factories import (
    GridFactory,
    HouseholdFactory,
    MatterCategoryFactory,
    MembershipFactory,
    PostFactory,
    UserFactory,
)
from tests.visits.sync.phone import DAY, Phone, issue, milliseconds, statuses, visit
from visits.models import HeldItem, Visit


def test_judged_by_the_membership_of_the_day_of_the_visit(world, phone):
    """Handed over yesterday while she was offline: her visit of the day before counts."""
    today = timezone.localdate()
    membership = world.worker.memberships.get()
    membership.until = today - datetime.timedelta(days=2)
    membership.save()
    ago = [milliseconds() - days * DAY for days in (3, 1)]
    before, after = (phone.item(visit(world.household, saved_at=moment)) for moment in ago)
    answers = phone.send(before, after)
    assert answers[before["id"]]["status"] == 201
    assert (answers[after["id"]]["status"], answers[after["id"]]["code"]) == (202, "scope")


def test_judged_by_the_grid_of_the_day_of_the_visit(world, phone):
    """The border moved while she was offline: the visit stays in the grid of its day."""
    today = timezone.localdate()
    new_grid = GridFactory(community=world.community)
    FormerGrid.objects.create(
        household=world.household,
        grid=world.grid,
        since=today - datetime.timedelta(days=400),
        until=today - datetime.timedelta(days=2),
    )
    Household.objects.filter(pk=world.household.pk).update(
        grid=new_grid, grid_since=today - datetime.timedelta(days=1)
    )
    before = phone.item(visit(world.household, saved_at=milliseconds() - 3 * DAY))
    after = phone.item(visit(world.household))
    answers = phone.send(before, after)
    assert [answers[item["id"]]["status"] for item in (before, after)] == [201, 202]
    assert Visit.objects.get().grid == world.grid


def test_a_captain_is_judged_by_her_stairwell(world, as_user):
    phone = Phone(as_user(world.captain))
    other_unit = HouseholdFactory(grid=world.grid, building=world.household.building, unit="9")
    own, other = phone.item(visit(world.household)), phone.item(visit(other_unit))
    answers = phone.send(own, other)
    assert [answers[item["id"]]["status"] for item in (own, other)] == [201, 202]


def test_others_doors_unknown_doors_and_auditors_are_held_back(world, as_user):
    elsewhere = HouseholdFactory(grid=world.next_grid)
    worker, auditor = Phone(as_user(world.worker)), Phone(as_user(world.auditor))
    ghost = visit(world.household) | {"household": 10**9}
    answers = [
        worker.send(worker.item(visit(elsewhere))),
        worker.send(worker.item(ghost)),
        auditor.send(auditor.item(visit(world.household))),
    ]
    assert [next(iter(answer.values()))["code"] for answer in answers] == [
        "scope",
        "household",
        "scope",
    ]
    assert not Visit.objects.exists()
    assert HeldItem.objects.filter(community=world.next_community).count() == 1


def test_a_queue_goes_up_after_logout_and_is_credited_to_its_author(world, phone, as_user):
    item = phone.item(visit(world.household))
    logged_out = Phone(as_user(None), device=phone.device, ticket=phone.ticket)
    assert statuses(logged_out.send(item)) == [201]
    assert Visit.objects.get().by == world.worker
    other = Phone(as_user(world.officer), device=phone.device)
    item = phone.item(visit(world.household, note="2"))
    assert statuses(other.send(item)) == [201]
    assert set(Visit.objects.values_list("by", flat=True)) == {world.worker.pk}


def test_strangers_hand_over_nothing(world, phone, as_user):
    item = phone.item(visit(world.household))
    for ticket in (None, "", "forged", 7, phone.author):
        response = Phone(as_user(None), ticket=ticket).post([item])
        assert (response.status_code, response.json()["code"]) == (401, "ticket")
    plain = phone.item(visit(world.household), sealed=False)
    response = Phone(as_user(None), ticket=phone.ticket).post([plain])
    assert response.status_code == 401
    assert not Visit.objects.exists()


def test_nobody_writes_in_anothers_name(world, phone, as_user):
    """An author pass that is forged, or a ticket in its place, opens nothing."""
    thief = Phone(as_user(world.outsider))
    thief.hello()
    for author in ("", "x", thief.ticket, thief.author + "x"):
        thief.author = author or "-"
        answer = thief.send(thief.item(visit(world.household)))
        assert next(iter(answer.values()))["code"] == "sealed"
    plain = thief.item(visit(world.household) | {"author": phone.author}, sealed=False)
    assert next(iter(thief.send(plain).values()))["code"] == "scope"
    assert not Visit.objects.exists()


def test_an_envelope_for_one_item_does_not_open_for_another(world, phone):
    item = phone.item(visit(world.household))
    answer = phone.send(item | {"id": str(uuid.uuid4())})
    assert next(iter(answer.values()))["code"] == "sealed"
    assert HeldItem.objects.get().by is None


def test_a_closed_account_is_held_for_the_officer(world, phone, as_user):
    item = phone.item(visit(world.household))
    world.worker.is_active = False
    world.worker.save()
    anonymous = Phone(as_user(None), ticket=phone.ticket)
    assert next(iter(anonymous.send(item).values()))["code"] == "account"
    assert HeldItem.objects.get().by == world.worker


def test_an_issue_in_another_grid_is_held(world, phone):
    alone = issue(MatterCategoryFactory(), grid=world.next_grid.code, place="院子")
    only = phone.item({**visit(None), "visit": None, "issue": alone}, key=alone["id"])
    assert next(iter(phone.send(only).values()))["code"] == "scope"


def test_an_ended_membership_of_another_place_changes_nothing(world, phone):
    """A worker with a second, ended assignment is judged by each for its own days."""
    MembershipFactory(
        user=world.worker,
        grid=world.next_grid,
        since=datetime.date(2020, 1, 1),
        until=datetime.date(2020, 2, 1),
    )
    elsewhere = HouseholdFactory(grid=world.next_grid)
    assert next(iter(phone.send(phone.item(visit(elsewhere))).values()))["code"] == "scope"


def test_a_post_that_was_given_to_another_person_is_not_hers(world, as_user):
    stranger = MembershipFactory(user=UserFactory(), role=Role.INFO_VOLUNTEER, grid=world.grid)
    PostFactory(membership=stranger, building=world.household.building, unit="8")
    phone = Phone(as_user(stranger.user))
    assert next(iter(phone.send(phone.item(visit(world.household))).values()))["code"] == "scope"
    assert Membership.objects.filter(user=stranger.user).count() == 1
