"""Roll calls of an emergency, as a phone hands them over: docs/sync.md."""

import datetime
import uuid

import pytest
from django.utils import timezone

from communities.models import Membership
from tests.factories import EmergencyFactory, HouseholdFactory, RollCallFactory
from tests.visits.sync.phone import Phone, milliseconds, visit
from visits.actions.emergencies import end_emergency
from visits.models import HeldItem, RollCall, RollCallEntry, Visit

MINUTE = 60 * 1000


@pytest.fixture
def phone(world, as_user):
    return Phone(as_user(world.worker))


@pytest.fixture
def call(world):
    return RollCallFactory(household=world.household)


def said(call, **values) -> dict:
    at = values.pop("at", milliseconds())
    roll_call = {"emergency": call.emergency_id, "state": "safe", "people": None, "note": ""}
    return {
        "household": call.household_id,
        "saved_at": at,
        "clock_offset": values.pop("clock_offset", 0),
        "visit": None,
        "issue": None,
        "effort": None,
        "roll_call": {**roll_call, "at": at, **values},
    }


def test_entry_is_stored_once_however_often_it_is_sent(phone, world, call):
    item = phone.item(said(call, state="needs_help", people=2, note="要药"))
    for _time in range(3):
        assert phone.send(item)[item["id"]] == {"id": item["id"], "status": 201}
    entry = RollCallEntry.objects.get()
    assert (str(entry.pk), entry.by, entry.people, entry.note) == (
        item["id"],
        world.worker,
        2,
        "要药",
    )
    call.refresh_from_db()
    assert (call.state, call.at) == ("needs_help", entry.at)
    assert not Visit.objects.exists()


def test_late_older_entry_overwrites_nothing(phone, call):
    now = milliseconds()
    newer = phone.item(said(call, state="safe", at=now - MINUTE))
    older = phone.item(said(call, state="needs_help", at=now - 9 * MINUTE))
    assert {answer["status"] for answer in phone.send(newer, older).values()} == {201}
    call.refresh_from_db()
    assert (call.state, RollCallEntry.objects.count()) == ("safe", 2)


def test_time_is_set_right_by_the_clock_of_the_phone(phone, call):
    at = milliseconds() - 60 * MINUTE
    phone.send(phone.item(said(call, at=at, clock_offset=600)))
    told = datetime.datetime.fromtimestamp(at / 1000 + 600, datetime.UTC)
    assert RollCallEntry.objects.get().at == told


def test_entry_of_before_the_end_counts_when_it_arrives_after_it(phone, world, call):
    end_emergency(
        emergency=call.emergency,
        by=world.officer,
        at=timezone.now() - datetime.timedelta(minutes=5),
    )
    before = phone.item(said(call, state="safe", at=milliseconds() - 6 * MINUTE))
    after = phone.item(said(call, state="needs_help", at=milliseconds() - 4 * MINUTE))
    assert {answer["status"] for answer in phone.send(before, after).values()} == {201}
    call.refresh_from_db()
    assert (call.state, RollCallEntry.objects.count()) == ("safe", 2)


def test_other_words_under_one_key_are_held(phone, call):
    first = phone.item(said(call))
    phone.send(first)
    other = phone.item(said(call, state="needs_help"), key=first["id"])
    assert phone.send(other)[first["id"]]["status"] == 422
    assert HeldItem.objects.get().reason == "conflict"
    call.refresh_from_db()
    assert call.state == "safe"


@pytest.mark.parametrize(
    ("values", "detail"),
    [
        ({"state": "pending"}, "state"),
        ({"state": 3}, "state"),
        ({"people": 100}, "people"),
        ({"people": -1}, "people"),
        ({"people": "2"}, "people"),
        ({"note": "x" * 201}, "note"),
        ({"note": "\0"}, "note"),
        ({"emergency": None}, "emergency"),
        ({"emergency": 2**62}, "emergency"),
    ],
)
def test_what_is_not_allowed_is_held(phone, call, values, detail):
    item = phone.item(said(call, **values))
    assert phone.send(item)[item["id"]]["status"] == 202
    held = HeldItem.objects.get()
    assert (held.reason, held.detail) == ("invalid", detail)
    assert not RollCallEntry.objects.exists()


def test_roll_call_stands_alone(phone, call):
    both = {**visit(call.household), "roll_call": said(call)["roll_call"]}
    item = phone.item(both)
    assert phone.send(item)[item["id"]]["status"] == 202
    assert HeldItem.objects.get().detail == "roll_call"


def test_door_of_another_community_is_held(phone, world):
    item = phone.item(said(RollCallFactory(household=HouseholdFactory(grid=world.next_grid))))
    assert phone.send(item)[item["id"]]["code"] == "scope"
    elsewhere = EmergencyFactory(community=world.next_community)
    content = said(RollCallFactory(household=world.household))
    content["roll_call"]["emergency"] = elsewhere.pk
    item = phone.item(content)
    assert phone.send(item)[item["id"]]["code"] == "invalid"


def test_captain_answers_for_her_stairwell_alone(world, as_user, call):
    phone = Phone(as_user(world.captain))
    other = HouseholdFactory(grid=world.grid, building=world.household.building, unit="1")
    theirs = RollCallFactory(household=other, emergency=call.emergency)
    own, foreign = phone.item(said(call)), phone.item(said(theirs))
    answers = phone.send(own, foreign)
    assert (answers[own["id"]]["status"], answers[foreign["id"]]["code"]) == (201, "scope")


def test_door_that_came_after_the_start_joins(phone, world, call):
    new = HouseholdFactory(grid=world.grid)
    content = {**said(call), "household": new.pk}
    item = phone.item(content)
    assert phone.send(item)[item["id"]]["status"] == 201
    assert RollCall.objects.get(household=new).state == "safe"


def test_stored_entry_is_confirmed_after_its_author_left(phone, world, call):
    """A phone that never heard the answer asks again, however much later."""
    item = phone.item(said(call))
    phone.send(item)
    Membership.objects.filter(user=world.worker).delete()
    assert phone.send(item)[item["id"]] == {"id": item["id"], "status": 201}


def test_old_kinds_need_no_roll_call(phone, world):
    item = phone.item({**visit(world.household), "roll_call": None})
    assert phone.send(item)[item["id"]]["status"] == 201
    assert Visit.objects.get().pk == uuid.UUID(item["id"])


def test_held_entry_is_stored_by_an_officer_as_of_its_time(phone, world, call, as_user):
    """A neighbour's helper knocked beyond her stairwell; the officer lets it through."""
    captain = Phone(as_user(world.captain))
    other = HouseholdFactory(grid=world.grid, building=world.household.building, unit="1")
    theirs = RollCallFactory(household=other, emergency=call.emergency)
    at = milliseconds() - 5 * MINUTE
    item = captain.item(said(theirs, state="needs_help", note="要药", at=at))
    assert captain.send(item)[item["id"]]["code"] == "scope"
    held = HeldItem.objects.get()
    client = as_user(world.officer)
    page = client.get(held.get_absolute_url()).content.decode()
    assert "要药" in page
    assert call.emergency.name in page
    answer = client.post(held.get_absolute_url(), {"state": "needs_help", "note": "要药"})
    assert answer["Location"] == theirs.get_absolute_url()
    entry = RollCallEntry.objects.get()
    told = (str(entry.pk), entry.by, entry.at.timestamp())
    assert told == (item["id"], world.captain, at / 1000)
    assert captain.send(item)[item["id"]]["status"] == 201
    theirs.refresh_from_db()
    assert theirs.state == "needs_help"
