"""Answers and several matters of one visit, as a phone hands them over: docs/sync.md."""

import datetime
import json
import uuid

import pytest
from django.utils import timezone

from households.models import Fact, FactEntry
from tests.factories import FactFactory, MatterCategoryFactory, QuestionFactory
from tests.visits.sync.phone import Phone, issue, milliseconds, visit
from visits.models import HeldItem, Matter, Visit

HOUR = 3600 * 1000


@pytest.fixture
def phone(world, as_user):
    return Phone(as_user(world.worker))


@pytest.fixture
def question(db):
    return QuestionFactory()


def said(question, value: str) -> dict:
    return {"question": question.pk, "value": value}


def told(world, facts, **values) -> dict:
    return {**visit(world.household, **values), "facts": facts}


def test_answers_come_with_their_visit(phone, world, question):
    number = QuestionFactory(kind="number")
    item = phone.item(told(world, [said(question, "no"), said(number, "3.0")]))
    assert phone.send(item)[item["id"]] == {"id": item["id"], "status": 201}
    stored = Visit.objects.get()
    assert {
        (fact.question, fact.value, fact.confirmed_by, fact.confirmed_at)
        for fact in Fact.objects.all()
    } == {
        (question, "no", world.worker, stored.done_at),
        (number, "3", world.worker, stored.done_at),
    }


def test_item_sent_again_leaves_one_of_everything(phone, world, question):
    category = MatterCategoryFactory()
    content = told(world, [said(question, "yes")], issue=issue(category))
    content["issues"] = [issue(category), issue(category)]
    item = phone.item(content)
    for _time in range(3):
        assert phone.send(item)[item["id"]]["status"] == 201
    counts = [model.objects.count() for model in (Visit, Fact, FactEntry, Matter)]
    assert counts == [1, 1, 1, 3]
    assert {matter.visit_id for matter in Matter.objects.all()} == {Visit.objects.get().pk}


def test_same_key_with_other_answers_is_a_conflict(phone, world, question):
    key = uuid.uuid4()
    content = told(world, [said(question, "yes")])
    phone.send(phone.item(content, key=key))
    other = {**content, "facts": [said(question, "no")]}
    [answer] = phone.send(phone.item(other, key=key)).values()
    assert answer["status"] == 422
    assert Fact.objects.get().value == "yes"


def test_older_answer_arriving_late_overwrites_nothing_newer(phone, world, question):
    newer = timezone.now() - datetime.timedelta(hours=1)
    FactFactory(household=world.household, question=question, value="yes", confirmed_at=newer)
    late = told(world, [said(question, "no")], saved_at=milliseconds() - 3 * HOUR)
    [answer] = phone.send(phone.item(late)).values()
    assert answer["status"] == 201
    assert Fact.objects.get().value == "yes"
    assert FactEntry.objects.get().value == "no"


def test_answer_that_fits_no_question_is_held_beside_its_visit(phone, world, question):
    number = QuestionFactory(kind="number")
    facts = [said(question, "yes"), said(number, "many"), {"question": 999, "value": "x"}]
    item = phone.item(told(world, facts))
    for _time in range(2):
        answer = phone.send(item)[item["id"]]
        assert (answer["status"], answer["facts"]["status"]) == (201, 202)
    assert Visit.objects.count() == 1
    assert [fact.question for fact in Fact.objects.all()] == [question]
    held = HeldItem.objects.get()
    assert (held.detail, json.loads(held.content)["facts"]) == ("facts", facts)


def test_held_answers_are_shown_to_be_looked_at(phone, world, as_user):
    number = QuestionFactory(kind="number", name="猫的只数")
    phone.send(phone.item(told(world, [said(number, "许多")])))
    page = as_user(world.officer).get(HeldItem.objects.get().get_absolute_url())
    assert "猫的只数" in page.content.decode()
    assert "许多" in page.content.decode()


def test_sensitive_answers_and_those_of_neighbours_are_not_taken(phone, world, question, as_user):
    secret = QuestionFactory(is_sensitive=True)
    [answer] = phone.send(phone.item(told(world, [said(secret, "yes")]))).values()
    assert answer["facts"]["status"] == 202
    captain = Phone(as_user(world.captain))
    [answer] = captain.send(captain.item(told(world, [said(question, "yes")]))).values()
    assert (answer["status"], answer["facts"]["status"]) == (201, 202)
    assert not Fact.objects.exists()


@pytest.mark.parametrize(
    "facts",
    [
        "yes",
        [5],
        [{"question": "5", "value": "yes"}],
        [{"question": 5}],
        [{"question": 5, "value": " "}],
        [{"question": 5, "value": "x" * 201}],
        [{"question": 5, "value": "x"}] * 201,
    ],
)
def test_answers_of_the_wrong_shape_are_held_back_whole(phone, world, facts):
    [answer] = phone.send(phone.item(told(world, facts))).values()
    assert answer["status"] == 202
    assert not Visit.objects.exists()
    assert HeldItem.objects.count() == 1


def test_further_matter_that_cannot_be_stored_is_named(phone, world):
    category = MatterCategoryFactory()
    good, bad = issue(category), {**issue(category), "category": 999}
    content = {**visit(world.household, issue=good), "issues": [bad, issue(category)]}
    item = phone.item(content)
    answer = phone.send(item)[item["id"]]
    assert answer["status"] == 201
    assert "issue" not in answer
    assert [(part["id"], part["status"]) for part in answer["issues"]] == [(bad["id"], 202)]
    assert Matter.objects.count() == 2
    held = json.loads(HeldItem.objects.get().content)
    assert (held["issue"]["id"], held["issues"], held["visit"]) == (bad["id"], [], None)


def test_mended_visit_brings_its_answers_and_matters(phone, world, question, as_user):
    category = MatterCategoryFactory()
    content = told(world, [said(question, "yes")], way="by pigeon", issue=issue(category))
    content["issues"] = [issue(category)]
    phone.send(phone.item(content))
    held = HeldItem.objects.get()
    as_user(world.worker).post(
        held.get_absolute_url(),
        {"outcome": "met", "way": "door", "done_at": f"{timezone.localtime():%Y-%m-%dT%H:%M}"},
    )
    assert Visit.objects.get().pk == held.item
    assert Fact.objects.get().value == "yes"
    assert Matter.objects.count() == 2


def test_mended_visit_of_a_neighbour_brings_no_answers(world, question, as_user):
    captain = Phone(as_user(world.captain))
    captain.send(captain.item(told(world, [said(question, "yes")], way="by pigeon")))
    as_user(world.captain).post(
        HeldItem.objects.get().get_absolute_url(),
        {"outcome": "met", "way": "door", "done_at": f"{timezone.localtime():%Y-%m-%dT%H:%M}"},
    )
    assert Visit.objects.get().by == world.captain
    assert not Fact.objects.exists()


def test_older_letter_without_lists_is_taken_as_ever(phone, world):
    category = MatterCategoryFactory()
    item = phone.item(visit(world.household, issue=issue(category)))
    assert phone.send(item)[item["id"]] == {"id": item["id"], "status": 201}
    nulls = {**visit(world.household), "facts": None, "issues": None}
    [answer] = phone.send(phone.item(nulls)).values()
    assert answer["status"] == 201
