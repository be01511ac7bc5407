"""Questions of departments: defined once, asked when due, answered into one fact."""

import datetime
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone, translation

from communities.models import User
from communities.roles import Role
from households.actions.facts import Answer, confirm_facts
from households.forms.facts import read_answer
from households.models import Fact, FactEntry, Question
from households.topics import Asked, age_words, due_questions, known_facts
from tests.at_once import at_once
from tests.factories import (
    CareFactory,
    CareTagFactory,
    FactFactory,
    HouseholdFactory,
    MembershipFactory,
    QuestionFactory,
    TopicDepartmentFactory,
)

TODAY = datetime.date(2026, 11, 26)


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def days_ago(days: int) -> datetime.datetime:
    return timezone.make_aware(
        datetime.datetime.combine(TODAY - datetime.timedelta(days=days), datetime.time(12))
    )


def due(world, household=None, user=None) -> list[Question]:
    household = household or world.household
    asked = due_questions(user or world.worker, [household], TODAY)
    return [one.question for one in asked[household.pk]]


def test_question_is_due_until_confirmed_and_again_after_its_rhythm(world, no_questions):
    question = QuestionFactory(every_days=90)
    assert due(world) == [question]
    fact = FactFactory(household=world.household, question=question, confirmed_at=days_ago(90))
    assert due(world) == []
    Fact.objects.filter(pk=fact.pk).update(confirmed_at=days_ago(91))
    assert due(world) == [question]
    Question.objects.update(is_active=False)
    assert due(world) == []


def test_question_applies_by_care_tag_and_by_occupancy(world, no_questions):
    tag = CareTagFactory()
    by_care = QuestionFactory(applies_to="care")
    by_care.tags.add(tag)
    QuestionFactory(applies_to="occupancy", occupancies=["rented"])
    assert due(world) == []
    care = CareFactory(resident=world.resident, tag=tag)
    assert due(world) == [by_care]
    care.until = TODAY
    care.save()
    assert due(world) == []
    world.household.occupancy = "rented"
    assert [question.applies_to for question in due(world)] == ["occupancy"]


def leader(world):
    return MembershipFactory(role=Role.GRID_LEADER, grid=world.grid, employment="", rank="").user


def test_sensitive_question_is_asked_by_those_who_may_know(world, no_questions):
    QuestionFactory(is_sensitive=True)
    assert due(world) == []
    assert len(due(world, user=leader(world))) == 1
    assert len(due(world, user=world.officer)) == 1


def test_leader_of_another_grid_is_not_asked_about_sensitive_things_here(world, no_questions):
    QuestionFactory(is_sensitive=True)
    both = MembershipFactory(grid=world.grid).user
    MembershipFactory(
        user=both, role=Role.GRID_LEADER, grid=world.next_grid, employment="", rank=""
    )
    assert due(world, user=both) == []
    fact = FactFactory(household=world.household, question=Question.objects.get())
    assert fact not in Fact.objects.visible_to(both)
    assert fact in Fact.objects.visible_to(world.officer)


def test_question_that_would_tell_a_sensitive_tag_is_hidden(world, no_questions):
    tag = CareTagFactory(is_sensitive=True)
    question = QuestionFactory(applies_to="care")
    question.tags.add(tag)
    CareFactory(resident=world.resident, tag=tag)
    fact = FactFactory(household=world.household, question=question, confirmed_at=days_ago(500))
    assert due(world) == []
    assert fact not in Fact.objects.visible_to(world.worker)
    assert due(world, user=world.officer) == [question]


def test_neighbours_who_help_ask_nothing_and_read_nothing(world, no_questions):
    fact = FactFactory(household=world.household, confirmed_at=days_ago(500))
    assert due(world, user=world.captain) == []
    # Not even where she is a worker in the grid beside.
    MembershipFactory(user=world.captain, grid=world.next_grid)
    captain = User.objects.get(pk=world.captain.pk)
    assert due(world, user=captain) == []
    assert fact not in Fact.objects.visible_to(captain)


def confirm(world, question, value, *, days=0, source=None, by=None):
    return confirm_facts(
        household=world.household,
        answers=[Answer(question, value)],
        by=by or world.worker,
        at=days_ago(days),
        source=source or uuid.uuid4(),
    )


def test_answer_becomes_the_one_fact_and_a_line_of_history(world):
    question = QuestionFactory()
    confirm(world, question, "no", days=100)
    confirm(world, question, "yes", by=world.officer)
    fact = Fact.objects.get(question=question)
    assert (fact.value, fact.confirmed_by, fact.confirmed_at) == ("yes", world.officer, days_ago(0))
    assert [entry.value for entry in FactEntry.objects.order_by("pk")] == ["no", "yes"]


def test_older_answer_arriving_late_joins_the_history_only(world):
    question = QuestionFactory()
    confirm(world, question, "yes", days=1)
    confirm(world, question, "no", days=5)
    assert Fact.objects.get(question=question).value == "yes"
    assert FactEntry.objects.count() == 2


def test_same_visit_handed_over_twice_is_one_entry(world):
    question, source = QuestionFactory(), uuid.uuid4()
    assert confirm(world, question, "yes", source=source) == 1
    assert confirm(world, question, "yes", source=source) == 0
    assert confirm(world, question, "no", source=source) == 1
    assert Fact.objects.get(question=question).value == "no"
    assert FactEntry.objects.count() == 2


def test_answers_are_ciphertext_in_the_database(world):
    confirm(world, QuestionFactory(kind="text"), "租住地下室")
    with connection.cursor() as cursor:
        for table in ("households_fact", "households_factentry"):
            cursor.execute(f"SELECT value FROM {table}")
            [(stored,)] = cursor.fetchall()
            assert stored.startswith("v1:")


def test_history_is_never_rewritten(world):
    confirm(world, QuestionFactory(), "yes")
    with pytest.raises(IntegrityError), transaction.atomic():
        FactEntry.objects.update(value="no")
    assert FactEntry.objects.get().value == "yes"


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_confirmations_at_once_leave_the_newer(world):
    question = QuestionFactory()
    said = (("yes", 2), ("no", 1))
    at_once(lambda n: confirm(world, question, said[n][0], days=said[n][1]), 2)
    assert Fact.objects.get(question=question).value == "no"
    assert FactEntry.objects.count() == 2


def test_answers_are_read_by_their_kind():
    number = Question(kind="number", text="x")
    day = Question(kind="date", text="x")
    choice = Question(kind="choice", choices="甲\n乙\n", text="x")
    yes = Question(kind="yes_no", text="x")
    read = [
        read_answer(number, "3.00"),
        read_answer(number, "100"),
        read_answer(day, "2026-01-02"),
        read_answer(choice, "乙"),
        read_answer(yes, "no"),
    ]
    assert read == ["3", "100", "2026-01-02", "乙", "no"]
    for question, value in ((number, "drei"), (day, "gestern"), (choice, "丙"), (yes, "maybe")):
        with pytest.raises(ValidationError):
            read_answer(question, value)


def test_age_is_said_in_its_largest_unit():
    ages = [age_words(TODAY - datetime.timedelta(days=days), TODAY) for days in (-1, 0, 1, 95, 800)]
    assert ages == [
        "confirmed today",
        "confirmed today",
        "confirmed 1 day ago",
        "confirmed 3 months ago",
        "confirmed 2 years ago",
    ]
    assert (
        Asked(Question(kind="yes_no"), "yes", TODAY).known(TODAY) == "Known: Yes, confirmed today"
    )
    assert Asked(Question()).known(TODAY) == "Not asked yet"


def test_department_reads_its_topics_in_its_place(world):
    topic = TopicDepartmentFactory(department=world.department_office).topic
    mine = FactFactory(household=world.household, question__topic=topic)
    other_topic = FactFactory(household=world.household)
    elsewhere = FactFactory(
        question=mine.question,
        household=HouseholdFactory(
            grid__community__code="880101001001", grid__code="880101001001001"
        ),
    )
    sensitive = FactFactory(
        household=world.household, question__topic=topic, question__is_sensitive=True
    )
    seen = set(Fact.objects.visible_to(world.department))
    assert seen == {mine}
    assert {other_topic, elsewhere, sensitive}.isdisjoint(seen)
    assert set(Question.objects.visible_to(world.department)) == {mine.question}


def test_household_page_shows_what_is_known(world, as_user):
    fact = FactFactory(
        household=world.household, question__name="低保情况", confirmed_by=world.worker
    )
    hidden = FactFactory(
        household=world.household, question__name="绝密", question__is_sensitive=True
    )
    page = as_user(world.worker).get(world.household.get_absolute_url()).content.decode()
    assert fact.question.name in page
    assert "confirmed today" in page
    assert hidden.question.name not in page
    assert known_facts(world.captain, world.household, TODAY) == []
    officer = as_user(world.officer).get(world.household.get_absolute_url()).content.decode()
    assert hidden.question.name in officer


def test_history_page_tells_what_may_be_read(world, as_user):
    plain, secret = (
        QuestionFactory(text="平常的？"),
        QuestionFactory(text="敏感的？", is_sensitive=True),
    )
    confirm(world, plain, "no", days=3)
    confirm(world, secret, "yes")
    address = reverse("households:fact_list", args=[world.household.pk])
    page = as_user(world.worker).get(address).content.decode()
    assert "平常的？" in page
    assert "敏感的？" not in page
    assert "敏感的？" in as_user(world.officer).get(address).content.decode()
