"""Switching to emergency and back, the roll call, and what several people do at once."""

import datetime
import random
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from communities.models import Disclosure
from households.models import Household
from tests.at_once import at_once
from tests.factories import (
    CareFactory,
    CareTagFactory,
    EmergencyFactory,
    EmergencyGridFactory,
    GridFactory,
    HouseholdFactory,
)
from visits.actions.emergencies import (
    call_for_help,
    end_emergency,
    enter_roll_call,
    start_emergency,
)
from visits.models import Emergency, EmergencyGrid, Matter, RollCall, RollCallEntry

MINUTE = datetime.timedelta(minutes=1)


def switch(world, *, by=None, name="台风", grids=None, at=None) -> Emergency:
    emergency = Emergency(community=world.community, name=name, asked="关好门窗")
    return start_emergency(
        emergency=emergency,
        grids=grids or [world.grid],
        by=by or world.officer,
        at=at or timezone.now(),
    )


def say(world, emergency, state="safe", *, at=None, key=None, household=None, **values):
    entry = RollCallEntry(
        id=key or uuid.uuid4(), state=state, by=world.worker, at=at or timezone.now(), **values
    )
    return enter_roll_call(entry=entry, emergency=emergency, household=household or world.household)


def test_switch_calls_the_roll_of_actual_households(world):
    HouseholdFactory(grid=world.grid, occupancy=Household.Occupancy.VACANT)
    HouseholdFactory(grid=world.grid, closed_on=timezone.localdate())
    HouseholdFactory(grid=GridFactory(community=world.community))
    emergency = switch(world)
    assert [(call.household, call.grid, call.state) for call in emergency.roll_calls.all()] == [
        (world.household, world.grid, "pending")
    ]


def test_switch_sent_twice_is_one_emergency(world):
    assert switch(world) == switch(world)
    assert Emergency.objects.count() == 1


def test_second_switch_of_a_grid_is_told_who_did(world):
    switch(world)
    with pytest.raises(ValidationError, match=r"第一网格.*台风.*officer"):
        switch(world, by=world.street_officer, name="停水")
    assert Emergency.objects.get().name == "台风"
    other = GridFactory(community=world.community)
    assert switch(world, name="停水", grids=[other]).is_running


def test_grid_takes_one_running_emergency_only(world):
    EmergencyGridFactory(grid=world.grid)
    with pytest.raises(IntegrityError), transaction.atomic():
        EmergencyGridFactory(grid=world.grid)
    EmergencyGrid.objects.update(is_running=False)
    EmergencyGridFactory(grid=world.grid)


def test_grid_can_be_switched_again_after_the_end(world):
    first = switch(world)
    end_emergency(emergency=first, by=world.officer, at=timezone.now())
    again = switch(world)
    assert again != first
    assert again.roll_calls.get().state == "pending"


def test_entry_is_what_the_door_says(world):
    emergency = switch(world)
    entry = say(world, emergency, "needs_help", people=3, note="断水断电")
    door = RollCall.objects.get()
    assert (door.state, door.people, door.note, door.by, door.entry) == (
        "needs_help",
        3,
        "断水断电",
        world.worker,
        entry.pk,
    )


def test_note_is_ciphertext_in_the_database(world):
    say(world, switch(world), note="王奶奶行动不便")
    for table in ("visits_rollcall", "visits_rollcallentry"):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT note FROM {table}")
            assert "王" not in cursor.fetchone()[0]


def test_same_entry_twice_is_one_row(world):
    emergency, key = switch(world), uuid.uuid4()
    for _time in range(2):
        say(world, emergency, key=key)
    assert RollCallEntry.objects.count() == 1
    with pytest.raises(ValidationError) as refusal:
        say(world, emergency, "needs_help", key=key)
    assert refusal.value.code == "key_taken"


def test_key_of_another_door_is_refused_and_changes_nothing(world):
    other = HouseholdFactory(grid=world.grid)
    emergency, key = switch(world), uuid.uuid4()
    say(world, emergency, key=key)
    with pytest.raises(ValidationError) as refusal:
        say(world, emergency, key=key, household=other)
    assert refusal.value.code == "key_taken"
    assert RollCall.objects.get(household=other).state == "pending"


@pytest.mark.parametrize("seed", range(6))
def test_order_of_arrival_does_not_matter(world, seed):
    """The newest entry wins, two of one moment by their keys."""
    emergency = switch(world, at=timezone.now() - 60 * MINUTE)
    start = timezone.now() - 30 * MINUTE
    entries = [
        (start + minute * MINUTE, uuid.UUID(int=number), state)
        for number, (minute, state) in enumerate(
            [(1, "safe"), (5, "not_reached"), (9, "needs_help"), (9, "safe"), (2, "needs_help")]
        )
    ]
    random.Random(seed).shuffle(entries)
    for at, key, state in entries:
        say(world, emergency, state, at=at, key=key)
    door = RollCall.objects.get()
    assert (door.state, door.entry.int, RollCallEntry.objects.count()) == ("safe", 3, 5)


def test_entry_of_before_the_end_counts_and_a_later_one_is_kept(world):
    emergency = switch(world, at=timezone.now() - 60 * MINUTE)
    end = timezone.now() - 10 * MINUTE
    ended = end_emergency(emergency=emergency, by=world.officer, at=end)
    say(world, ended, "safe", at=end - MINUTE)
    say(world, ended, "needs_help", at=end + MINUTE)
    assert RollCall.objects.get().state == "safe"
    assert RollCallEntry.objects.count() == 2


def test_end_twice_keeps_the_first(world):
    emergency = switch(world)
    ended = end_emergency(emergency=emergency, by=world.officer, at=timezone.now())
    again = end_emergency(emergency=emergency, by=world.street_officer, at=timezone.now())
    assert (again.ended_at, again.ended_by) == (ended.ended_at, world.officer)


def test_door_closed_meanwhile_is_not_waited_for(world, as_user):
    other = HouseholdFactory(grid=world.grid)
    emergency = switch(world)
    Household.objects.filter(pk=other.pk).update(closed_on=timezone.localdate())
    shown = as_user(world.officer).get(emergency.get_absolute_url())
    assert shown.context["total"].doors == 1
    say(world, emergency, "safe", household=other)
    shown = as_user(world.officer).get(emergency.get_absolute_url())
    assert (shown.context["total"].doors, shown.context["total"].safe) == (2, 1)


def test_figures_stay_after_the_end(world, as_user):
    other = HouseholdFactory(grid=world.grid)
    emergency = switch(world)
    say(world, emergency, "safe")
    end_emergency(emergency=emergency, by=world.officer, at=timezone.now())
    for household in (world.household, other):
        household.grid = GridFactory(community=world.community)
        household.closed_on = timezone.localdate()
        household.save()
    shown = as_user(world.street_officer).get(emergency.get_absolute_url())
    lines = [(line.place, line.counts.safe, line.counts.pending) for line in shown.context["lines"]]
    # The one nobody called was closed after the end.
    assert lines[0][:2] == (world.grid, 1)


def test_door_moved_to_another_grid_is_its_new_workers(world, as_user):
    emergency = switch(world)
    Household.objects.update(grid=world.next_grid)
    listed = as_user(world.outsider).get(reverse("visits:roll_call"))
    assert "502" in listed.content.decode()
    assert RollCall.objects.get(emergency=emergency).grid == world.grid


def test_history_cannot_be_changed(world):
    say(world, switch(world))
    with pytest.raises(TypeError):
        RollCallEntry.objects.update(state="needs_help")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE visits_rollcallentry SET people = 1")


def test_call_for_help_is_one_urgent_matter(world):
    emergency = switch(world)
    say(world, emergency, "needs_help", people=2, note="老人需要轮椅")
    door = RollCall.objects.get()
    first = call_for_help(roll_call=door, by=world.officer, at=timezone.now())
    second = call_for_help(roll_call=door, by=world.street_officer, at=timezone.now())
    assert first == second
    matter = Matter.objects.get()
    assert (matter.urgency, matter.household, matter.category.code) == (
        "urgent",
        world.household,
        "incidents",
    )
    # The note is ciphertext in the roll call and is not copied out of it.
    assert "台风" in matter.description
    assert "轮椅" not in matter.description


def test_call_for_help_refuses_a_door_that_is_safe(world):
    say(world, switch(world), "safe")
    with pytest.raises(ValidationError):
        call_for_help(roll_call=RollCall.objects.get(), by=world.officer, at=timezone.now())


def test_scope_of_a_captain_is_her_stairwell(world, as_user):
    other = HouseholdFactory(grid=world.grid, building=world.household.building, unit="1")
    switch(world)
    client = as_user(world.captain)
    shown = client.get(reverse("visits:roll_call"))
    assert [
        door.roll_call.household for well in shown.context["stairwells"] for door in well.doors
    ] == [world.household]
    theirs = RollCall.objects.get(household=other)
    answer = client.post(
        reverse("visits:roll_call_enter", args=[theirs.pk]),
        {"entry_id": uuid.uuid4(), "state": "safe"},
    )
    assert answer.status_code == 404


def test_first_are_those_with_care_one_may_see(world, as_user):
    tag = CareTagFactory(name="独居的人", is_sensitive=True)
    CareFactory(resident=world.resident, tag=tag)
    switch(world)

    def first(user, name):
        page = as_user(user).get(reverse(name))
        return page.context["stairwells"][0].doors[0].is_first

    assert first(world.officer, "visits:roll_call")
    assert not first(world.officer, "visits:offline_roll_call")
    assert not first(world.worker, "visits:roll_call")
    tag.is_sensitive = False
    tag.save()
    assert first(world.worker, "visits:offline_roll_call")


def test_today_tells_of_the_emergency_of_ones_doors(world, as_user):
    emergency = switch(world)
    say(world, emergency)
    told = "Emergency: 台风"
    for name in ("visits:today", "visits:offline_today"):
        page = as_user(world.worker).get(reverse(name)).content.decode()
        assert told in page
        assert f'<span data-called="{emergency.pk}">1</span> of 1 doors' in page
    assert told not in as_user(world.outsider).get(reverse("visits:today")).content.decode()
    end_emergency(emergency=emergency, by=world.officer, at=timezone.now())
    assert told not in as_user(world.worker).get(reverse("visits:today")).content.decode()


def test_form_of_a_door_saves_and_returns_there(world, as_user):
    emergency = switch(world)
    door = RollCall.objects.get()
    sent = {"entry_id": uuid.uuid4(), "state": "needs_help", "people": "2", "note": "要药"}
    address = reverse("visits:roll_call_enter", args=[door.pk]) + "?building=7"
    client = as_user(world.worker)
    for _time in range(2):
        answer = client.post(address, sent)
        assert answer["Location"] == f"/work/rollcall/?building=7#door-{world.household.pk}"
    assert RollCallEntry.objects.get().note == "要药"
    shown = as_user(world.officer).get(emergency.get_absolute_url()).content.decode()
    assert "要药" in shown


def test_preview_starts_nothing_and_shows_what_it_will_do(world, as_user):
    client = as_user(world.officer)
    typed = {"name": "停水", "asked": "送水到户", "grids": [world.grid.code]}
    shown = client.post(reverse("visits:emergency_add"), typed).content.decode()
    assert "停水: 1 doors" in shown
    assert not Emergency.objects.exists()
    answer = client.post(reverse("visits:emergency_add"), {**typed, "step": "start"})
    assert answer["Location"] == Emergency.objects.get().get_absolute_url()
    refused = client.post(
        reverse("visits:emergency_add"), {**typed, "name": "台风", "step": "start"}
    ).content.decode()
    assert "Already in emergency" in refused
    assert 'value="台风"' in refused


def test_doors_are_exported_and_noted(world, as_user):
    emergency = switch(world)
    answer = as_user(world.officer).get(
        reverse("visits:emergency_door_list", args=[emergency.pk]) + "?export=xlsx"
    )
    assert answer.status_code == 200
    b"".join(answer.streaming_content)
    noted = Disclosure.objects.get()
    assert (noted.subject, noted.rows, noted.by) == ("roll call", 1, world.officer)


def test_page_of_a_door_shows_what_was_said_after_the_end(world, as_user):
    emergency = switch(world, at=timezone.now() - 9 * MINUTE)
    ended = end_emergency(emergency=emergency, by=world.officer, at=timezone.now() - 5 * MINUTE)
    say(world, ended, "needs_help")
    client = as_user(world.officer)
    assert "after the end" in client.get(RollCall.objects.get().get_absolute_url()).content.decode()
    page = client.get(emergency.get_absolute_url())
    assert page.context["late"] == 1


# What several do at the same moment.


def or_refusal(work):
    """Let `work(n)` return the code of what refused it."""

    def run(place):
        try:
            return work(place)
        except ValidationError as error:
            return error.code or "refused"

    return run


def test_two_officers_at_once_make_one_emergency(database_of_many, world):
    officers = [world.officer, world.street_officer]
    found = at_once(or_refusal(lambda n: switch(world, by=officers[n], name=f"事件{n}")), 2)
    assert [value for value in found if value == "taken"] == ["taken"]
    assert Emergency.objects.count() == 1
    assert EmergencyGrid.objects.count() == 1


def test_six_entries_at_once_leave_the_newest(database_of_many, world):
    emergency = switch(world, at=timezone.now() - 60 * MINUTE)
    start = timezone.now() - 30 * MINUTE
    states = ["safe", "not_reached", "needs_help"] * 2
    at_once(lambda n: say(world, emergency, states[n], at=start + n * MINUTE), 6)
    assert RollCallEntry.objects.count() == 6
    assert RollCall.objects.get().at == start + 5 * MINUTE


def test_same_entry_at_once_is_one_row(database_of_many, world):
    emergency, key, at = switch(world), uuid.uuid4(), timezone.now()
    found = at_once(lambda _n: say(world, emergency, key=key, at=at), 6)
    assert {entry.pk for entry in found} == {key}
    assert RollCallEntry.objects.count() == 1


def test_two_officers_calling_for_help_at_once_make_one_matter(database_of_many, world):
    emergency = switch(world)
    say(world, emergency, "needs_help")
    door = RollCall.objects.get()
    officers = [world.officer, world.street_officer]
    at_once(
        or_refusal(lambda n: call_for_help(roll_call=door, by=officers[n], at=timezone.now())), 2
    )
    assert Matter.objects.count() == 1


def test_one_key_for_two_doors_at_once_is_stored_for_one(database_of_many, world):
    doors = [world.household, HouseholdFactory(grid=world.grid)]
    emergency, key = switch(world), uuid.uuid4()
    found = at_once(or_refusal(lambda n: say(world, emergency, key=key, household=doors[n])), 2)
    assert [value for value in found if value == "key_taken"] == ["key_taken"]
    assert RollCall.objects.filter(state="pending").count() == 1
    assert RollCallEntry.objects.count() == 1


def test_a_running_emergency_stands_on_the_dashboards_until_it_ends(world, as_user):
    emergency = EmergencyFactory(community=world.community, name="台风")
    pages = [
        as_user(world.officer).get(world.community.get_absolute_url()),
        as_user(world.street_officer).get(world.street.get_absolute_url()),
    ]
    assert all(emergency.get_absolute_url() in page.content.decode() for page in pages)
    Emergency.objects.update(ended_at=timezone.now(), ended_by=world.officer)
    page = as_user(world.officer).get(world.community.get_absolute_url())
    assert emergency.get_absolute_url() not in page.content.decode()
