"""What `/sync/visits/` stores, holds back and answers: docs/sync.md, sections 3 and 4."""

import datetime
import json
import uuid

import pytest
from django.test import Client
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
from tests.visits.sync.phone import Phone, issue, milliseconds, visit
from visits.models import BurdenWeek, HeldItem, Matter, SyncDevice, Visit
from visits.sync.devices import note_device

DAY = 24 * 3600 * 1000


@pytest.fixture
def phone(world, as_user) -> Phone:
    phone = Phone(as_user(world.worker))
    phone.hello()
    return phone


def statuses(answers) -> list[int]:
    return [answer["status"] for answer in answers.values()]


@pytest.mark.parametrize("sealed", [True, False], ids=["sealed", "plain"])
def test_a_visit_is_stored_and_its_door_follows(world, phone, sealed):
    item = phone.item(visit(world.household, note="都好", companions="小王"), sealed=sealed)
    assert phone.send(item) == {item["id"]: {"id": item["id"], "status": 201}}
    stored = Visit.objects.get()
    assert (str(stored.pk), stored.household, stored.by, stored.grid) == (
        item["id"],
        world.household,
        world.worker,
        world.grid,
    )
    assert (stored.note, stored.companions, stored.counts) == ("都好", "小王", True)
    world.household.refresh_from_db()
    assert world.household.last_visited_on == timezone.localdate()


def test_the_same_item_again_is_one_row_and_the_same_answer(world, phone):
    item = phone.item(visit(world.household))
    answers = [phone.send(item) for _ in range(3)]
    assert answers == [answers[0]] * 3
    assert statuses(answers[0]) == [201]
    assert Visit.objects.count() == 1


def test_sealed_anew_with_the_same_content_it_is_the_same_item(world, phone):
    """A phone that logged in again seals with another author pass and another key."""
    content, key = visit(world.household, effort={"taps": 2}), uuid.uuid4()
    phone.send(phone.item(content, key=key))
    phone.hello()
    assert statuses(phone.send(phone.item(content | {"effort": None}, key=key))) == [201]
    assert Visit.objects.count() == 1


def test_other_content_under_the_same_key_is_kept_for_review(world, phone):
    key = uuid.uuid4()
    phone.send(phone.item(visit(world.household, note="一"), key=key))
    answer = phone.send(phone.item(visit(world.household, note="二"), key=key))
    assert statuses(answer) == [422]
    assert Visit.objects.get().note == "一"
    held = HeldItem.objects.get()
    assert (held.reason, held.by, held.community) == ("conflict", world.worker, world.community)
    assert json.loads(held.content)["visit"]["note"] == "二"


def test_one_bad_item_never_blocks_the_others(world, phone):
    good = [phone.item(visit(world.household, note=str(number))) for number in range(3)]
    bad = [
        phone.item(visit(world.household, outcome="danced")),
        {"id": str(uuid.uuid4()), "seq": None, "sealed": "AAAA"},
        {"id": str(uuid.uuid4()), "seq": None, "content": [1, 2]},
        phone.item({"visit": None, "issue": None}),
        {"id": "not a uuid"},
        "not even an object",
    ]
    answers = phone.post([bad[0], good[0], *bad[1:4], good[1], *bad[4:], good[2]]).json()["items"]
    by_status = {}
    for answer in answers:
        by_status.setdefault(answer["status"], []).append(answer["id"])
    assert sorted(by_status[201]) == sorted(item["id"] for item in good)
    assert sorted(by_status[202]) == sorted(item["id"] for item in bad[:4])
    assert by_status[400] == ["not a uuid", None]
    assert Visit.objects.count() == 3
    assert HeldItem.objects.count() == 4


def test_a_poison_visit_that_only_the_database_refuses_is_held_alone(world, phone, monkeypatch):
    """Whatever a later version fails to check is met one visit at a time."""
    from django.db import DataError

    from visits.sync import receive

    stores = receive.store

    def refuse(visits):
        if any(visit.note == "poison" for visit in visits):
            raise DataError("too long for the column")
        stores(visits)

    monkeypatch.setattr(receive, "store", refuse)
    items = [phone.item(visit(world.household, note=note)) for note in ("a", "poison", "b")]
    answers = phone.send(*items)
    assert [answers[item["id"]]["status"] for item in items] == [201, 202, 201]
    assert HeldItem.objects.get().detail == "database"


def test_a_busy_database_puts_off_and_never_acknowledges(world, phone, monkeypatch):
    from django.db import OperationalError

    from visits.sync import receive

    def busy(visits):
        raise OperationalError("database is locked")

    monkeypatch.setattr(receive, "store", busy)
    answer = next(iter(phone.send(phone.item(visit(world.household))).values()))
    assert (answer["status"], answer["retry_after"]) == (503, 30)
    assert not Visit.objects.exists()


def test_the_same_key_twice_in_one_batch(world, phone):
    key = uuid.uuid4()
    same = phone.item(visit(world.household), key=key)
    other = phone.item(visit(world.household, note="other"), key=key)
    answers = phone.post([same, same, other]).json()["items"]
    assert [answer["status"] for answer in answers] == [201, 201, 422]
    assert Visit.objects.count() == 1


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


@pytest.mark.parametrize(
    ("offset_days", "measured"), [(1, True), (-1, True), (1, False), (-1, False)]
)
def test_a_clock_off_by_a_day_is_set_right_and_flagged(world, phone, offset_days, measured):
    """The offset measured before saving counts; without one, that of this exchange."""
    wrong = milliseconds() + offset_days * DAY
    offset = -offset_days * DAY // 1000 if measured else None
    item = phone.item(visit(world.household, saved_at=wrong, clock_offset=offset))
    assert statuses(phone.send(item, sent_at=wrong)) == [201]
    stored = Visit.objects.get()
    assert abs((stored.done_at - timezone.now()).total_seconds()) < 5
    assert abs((stored.phone_done_at - stored.done_at).total_seconds() - offset_days * 86400) < 5
    assert abs(stored.clock_offset + offset_days * 86400) < 5
    assert stored.clock_was_wrong


def test_a_clock_at_1970_is_taken_as_now(world, phone):
    item = phone.item(visit(world.household, saved_at=86_400_000, clock_offset=None))
    assert statuses(phone.send(item, sent_at=milliseconds())) == [201]
    stored = Visit.objects.get()
    assert abs((stored.done_at - timezone.now()).total_seconds()) < 5
    assert stored.clock_was_wrong


def test_a_clock_at_1970_that_was_measured_is_set_right(world, phone):
    began = milliseconds() // 1000
    item = phone.item(visit(world.household, saved_at=5000, clock_offset=began))
    assert statuses(phone.send(item, sent_at=5000)) == [201]
    stored = Visit.objects.get()
    assert abs((stored.done_at - timezone.now()).total_seconds()) < 15
    assert stored.clock_was_wrong


@pytest.mark.parametrize("years", [-250, 200])
def test_no_clock_is_too_wrong(world, phone, years):
    wrong = milliseconds() + years * 365 * DAY
    assert statuses(phone.send(phone.item(visit(world.household, saved_at=wrong)))) == [201]
    assert abs((Visit.objects.get().done_at - timezone.now()).total_seconds()) < 5


def test_a_right_clock_is_not_flagged_and_a_visit_of_91_days_ago_is_held(world, phone):
    phone.send(phone.item(visit(world.household)))
    assert not Visit.objects.get().clock_was_wrong
    old = phone.send(phone.item(visit(world.household, saved_at=milliseconds() - 91 * DAY)))
    assert next(iter(old.values()))["code"] == "old"


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": "x"},
        {"way": None},
        {"done_at": "now"},
        {"done_at": 10**18},
        {"note": "x" * 2001},
        {"note": "a\0b"},
        {"note": "\ud800"},
        {"note": 5},
        {"companions": "x" * 101},
        {"reason": "x" * 201},
        {"next_on": "2026-02-30"},
        {"next_on": "1999-01-01"},
        {"next_on": "2999-01-01"},
    ],
    ids=str,
)
def test_what_is_not_allowed_is_kept_word_for_word(world, phone, change):
    content = visit(world.household, **change)
    answer = next(iter(phone.send(phone.item(content, sealed=False)).values()))
    assert (answer["status"], answer["code"]) == (202, "invalid")
    held = HeldItem.objects.get()
    assert held.detail == next(iter(change))
    assert json.loads(held.content) == content


def test_an_issue_comes_along_and_alone(world, phone):
    category = MatterCategoryFactory()
    with_visit = phone.item(visit(world.household, issue=issue(category)))
    alone = issue(category, grid=world.grid.code, place="院子")
    only = phone.item(
        {**visit(None), "visit": None, "household": None, "issue": alone}, key=alone["id"]
    )
    for _again in range(2):
        assert statuses(phone.send(with_visit, only)) == [201, 201]
    noticed = Matter.objects.get(visit__isnull=False)
    assert (str(noticed.visit_id), noticed.household, noticed.grid) == (
        with_visit["id"],
        world.household,
        world.grid,
    )
    yard = Matter.objects.get(visit=None)
    assert (str(yard.pk), yard.place, yard.reported_by) == (alone["id"], "院子", world.worker)
    assert Matter.objects.count() == 2


def test_a_visit_stands_whatever_becomes_of_its_issue(world, phone):
    category = MatterCategoryFactory()
    item = phone.item(visit(world.household, issue=issue(category)))
    category.delete()
    answer = phone.send(item)[item["id"]]
    assert (answer["status"], answer["issue"]["status"]) == (201, 202)
    assert Visit.objects.count() == 1
    assert HeldItem.objects.get().detail == "category"


def test_an_issue_of_a_door_sent_again_after_its_border_moved_is_the_same(world, phone):
    item = phone.item(visit(world.household, issue=issue(MatterCategoryFactory())))
    phone.send(item)
    new_grid = GridFactory(community=world.community)
    Household.objects.filter(pk=world.household.pk).update(grid=new_grid)
    assert phone.send(item) == {item["id"]: {"id": item["id"], "status": 201}}
    assert Matter.objects.count() == 1
    assert not HeldItem.objects.exists()


def test_an_issue_in_another_grid_is_held(world, phone):
    alone = issue(MatterCategoryFactory(), grid=world.next_grid.code, place="院子")
    only = phone.item({**visit(None), "visit": None, "issue": alone}, key=alone["id"])
    assert next(iter(phone.send(only).values()))["code"] == "scope"


def test_what_writing_took_is_added_once_to_the_week_of_the_community(world, phone):
    effort = {"taps": 2, "seconds": 9, "prefilled": 2, "typed": 1}
    item = phone.item(visit(world.household, effort=effort))
    other = phone.item(visit(world.household, note="x", effort={"taps": 5}))
    phone.send(item, other)
    phone.send(item)
    week = BurdenWeek.objects.get()
    assert (week.community, week.visits, week.taps, week.seconds) == (world.community, 1, 2, 9)


def test_limits_and_broken_requests(world, phone):
    items = [phone.item(visit(world.household), sealed=False) for _ in range(201)]
    client, json_type = phone.client, "application/json"

    def code(response):
        return response.status_code, response.json()["code"]

    assert code(phone.post(items)) == (413, "items")
    assert code(client.post("/sync/visits/", "x" * 2_000_001, content_type=json_type)) == (
        413,
        "bytes",
    )
    assert code(client.post("/sync/visits/", '{"items": [', content_type=json_type)) == (
        400,
        "json",
    )
    assert code(client.post("/sync/visits/", "[" * 100_000, content_type=json_type)) == (
        400,
        "json",
    )
    assert code(client.post("/sync/visits/", "[]", content_type=json_type)) == (400, "shape")
    assert code(phone.post([], schema=0)) == (400, "schema")
    assert code(phone.post([], schema=99)) == (400, "schema")
    assert phone.send() == {}
    assert not Visit.objects.exists()


def test_csrf_is_asked_for_and_refused_in_json(world):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.worker, backend="communities.authentication.AccountBackend")
    phone = Phone(client)
    token = phone.hello()["csrf"]
    item = phone.item(visit(world.household))
    refused = phone.post([item])
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf")
    body = json.dumps({"schema": 1, "items": [item]})
    taken = client.post(
        "/sync/visits/", body, content_type="application/json", headers={"X-CSRFToken": token}
    )
    assert taken.status_code == 207
    assert Visit.objects.count() == 1


def test_hello_knows_the_user_and_is_never_kept(world, as_user):
    known = as_user(world.worker).get("/sync/hello/")
    unknown = as_user(None).get("/sync/hello/").json()
    assert known.headers["Cache-Control"].startswith("no-store")
    answer = known.json()
    assert answer["user"]["id"] == world.worker.pk
    assert set(answer) == {
        *("service", "epoch", "now", "schema", "csrf", "key", "limits", "user", "left"),
    }
    assert (unknown["user"], unknown["epoch"]) == (None, answer["epoch"])
    assert abs(answer["now"] - milliseconds()) < 5000


def test_a_gap_in_the_numbers_of_a_device_stays_visible(world, phone):
    first, _lost, third = (phone.item(visit(world.household, note=str(n))) for n in range(3))
    phone.send(first)
    phone.send(third)
    phone.send(third)
    device = SyncDevice.objects.get()
    assert (device.highest, device.gaps, device.missing) == (3, [[2, 2]], 1)
    assert device.community == world.community


@pytest.mark.parametrize(
    ("arrivals", "gaps"),
    [
        ([[1], [2, 3]], []),
        ([[5]], [[1, 4]]),
        ([[5], [2]], [[1, 1], [3, 4]]),
        ([[5], [2], [9, 7], [1, 3, 4], [4]], [[6, 6], [8, 8]]),
        ([[1], [1], [1, 3]], [[2, 2]]),
    ],
)
def test_gaps_follow_from_the_numbers_that_are_here(db, arrivals, gaps):
    key, now = uuid.uuid4(), timezone.now()
    for numbers in arrivals:
        note_device(key, numbers, community="", now=now)
    device = SyncDevice.objects.get()
    assert (device.gaps, device.missing) == (gaps, sum(b - a + 1 for a, b in gaps))


def test_a_batch_costs_a_fixed_number_of_statements(world, phone, django_assert_max_num_queries):
    doors = [
        HouseholdFactory(grid=world.grid, building=world.household.building, unit="7", room=str(n))
        for n in range(20)
    ]
    phone.send(phone.item(visit(doors[0])))
    with django_assert_max_num_queries(24) as few:
        phone.send(*[phone.item(visit(door, note="a")) for door in doors[:2]])
    with django_assert_max_num_queries(24) as many:
        phone.send(*[phone.item(visit(door, note="b")) for door in doors])
    assert len(few) == len(many)


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
