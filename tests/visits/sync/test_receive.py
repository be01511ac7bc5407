"""What `/sync/visits/` stores once, keeps for review and answers: docs/sync.md, section 3."""

import json
import uuid

import pytest
from django.utils import timezone

from households.models import Household
from tests.factories import GridFactory, HouseholdFactory, MatterCategoryFactory
from tests.visits.sync.phone import issue, statuses, visit
from visits.models import BurdenWeek, HeldItem, Matter, Visit


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


def test_what_writing_took_is_added_once_to_the_week_of_the_community(world, phone):
    effort = {"taps": 2, "seconds": 9, "prefilled": 2, "typed": 1}
    item = phone.item(visit(world.household, effort=effort))
    other = phone.item(visit(world.household, note="x", effort={"taps": 5}))
    phone.send(item, other)
    phone.send(item)
    week = BurdenWeek.objects.get()
    assert (week.community, week.visits, week.taps, week.seconds) == (world.community, 1, 2, 9)


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
