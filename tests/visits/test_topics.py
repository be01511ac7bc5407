"""The questions of departments in the form of a visit, and several matters of one visit."""

import datetime
import uuid

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from communities.roles import Role
from households.models import Fact, FactEntry, Question
from tests.factories import (
    CareTagFactory,
    FactFactory,
    HouseholdFactory,
    MatterCategoryFactory,
    MembershipFactory,
    QuestionFactory,
)
from tests.visits.visit_pages.pages import NOW, add_url, errors, filled, soup_of
from visits.models import Matter, Visit


@pytest.fixture(autouse=True)
def _wednesday(db):
    Question.objects.all().delete()
    with time_machine.travel(NOW, tick=False):
        yield


def known(world, value="yes", *, days=100, **question) -> Fact:
    return FactFactory(
        household=world.household,
        question=QuestionFactory(**{"every_days": 90, **question}),
        value=value,
        confirmed_by=world.officer,
        confirmed_at=NOW - datetime.timedelta(days=days),
    )


def sent(fact_or_question, said=None, **values) -> dict:
    """Return what the form sends of a question: what it showed, and what is in its field."""
    is_fact = isinstance(fact_or_question, Fact)
    question = fact_or_question.question if is_fact else fact_or_question
    shown = fact_or_question.value if is_fact else ""
    name = f"fact-q{question.pk}"
    return {f"initial-{name}": shown, name: shown if said is None else said, **values}


def test_form_shows_what_is_due_by_topic_with_what_is_known(world, as_user):
    fact = known(world, "no", name="低保情况")
    fresh = known(world, days=10, name="刚问过")
    page = soup_of(as_user(world.worker).get(add_url(world.household)))
    [group] = page.select(".topics__group")
    assert fact.question.topic.name in group.legend.get_text()
    assert "Known: No, confirmed 3 months ago" in group.get_text()
    [chosen] = group.select("input[type=radio][checked]")
    assert chosen["value"] == "no"
    # It comes back with the form, to know what she saw.
    shown = page.select_one(f"[name=initial-fact-q{fact.question.pk}]")
    assert (shown["type"], shown["value"]) == ("hidden", "no")
    assert fresh.question.text not in page.get_text()


def test_form_without_a_question_due_has_no_section(world, as_user):
    known(world, days=10)
    page = soup_of(as_user(world.worker).get(add_url(world.household)))
    assert page.select("#topics") == []


def test_one_tap_confirms_everything_that_was_known(world, as_user):
    facts = [known(world, "yes"), known(world, "3", kind="number"), known(world, "甲", kind="text")]
    unknown = QuestionFactory()
    data = filled(**{"fact-same": "on"})
    for one in (*facts, unknown):
        data |= sent(one)
    as_user(world.worker).post(add_url(world.household), data)
    assert [
        (fact.value, fact.confirmed_by, fact.confirmed_at) for fact in Fact.objects.order_by("pk")
    ] == [(value, world.worker, Visit.objects.get().done_at) for value in ("yes", "3", "甲")]
    assert FactEntry.objects.count() == 3


def test_answers_left_as_they_stood_are_not_confirmed_without_the_tap(world, as_user):
    fact, changed = known(world, "yes"), known(world, "yes")
    data = filled(**sent(fact), **sent(changed, "no"))
    as_user(world.worker).post(add_url(world.household), data)
    fact.refresh_from_db()
    changed.refresh_from_db()
    assert (fact.confirmed_by, changed.confirmed_by) == (world.officer, world.worker)
    assert changed.value == "no"


def test_one_topic_is_confirmed_alone(world, as_user):
    one, other = known(world), known(world)
    data = filled(**{f"fact-same{one.question.topic_id}": "on"}, **sent(one), **sent(other))
    as_user(world.worker).post(add_url(world.household), data)
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.confirmed_by, other.confirmed_by) == (world.worker, world.officer)


def test_what_somebody_else_stored_meanwhile_is_not_confirmed_unseen(world, as_user):
    fact = known(world, "yes")
    data = filled(**{"fact-same": "on"}, **sent(fact))
    Fact.objects.update(value="no", confirmed_at=NOW - datetime.timedelta(hours=1))
    untouched = filled(**sent(fact))
    as_user(world.worker).post(add_url(world.household), untouched)
    assert Fact.objects.get().value == "no"
    # The page had shown "yes", and that is what was confirmed now.
    as_user(world.worker).post(add_url(world.household), data)
    assert Fact.objects.get().value == "yes"


def test_answer_is_kept_though_the_question_is_no_longer_due(world, as_user):
    fact = known(world, "yes")
    data = filled(**sent(fact, "no"))
    Fact.objects.update(confirmed_at=NOW - datetime.timedelta(days=1))
    as_user(world.worker).post(add_url(world.household), data)
    assert Fact.objects.get().value == "no"


def test_form_sent_twice_confirms_once(world, as_user):
    data = filled(**sent(QuestionFactory(), "yes"))
    for _time in range(2):
        as_user(world.worker).post(add_url(world.household), data)
    assert (Fact.objects.count(), FactEntry.objects.count(), Visit.objects.count()) == (1, 1, 1)
    page = soup_of(as_user(world.worker).get(Visit.objects.get().get_absolute_url()))
    assert Fact.objects.get().question.name in page.get_text()


def test_late_entry_of_an_earlier_visit_does_not_overwrite(world, as_user):
    fact = known(world, "yes", days=100)
    Fact.objects.update(confirmed_at=NOW - datetime.timedelta(hours=2))
    data = filled(done_at="2026-03-10T09:00", **sent(fact, "no"))
    as_user(world.worker).post(add_url(world.household), data)
    assert Fact.objects.get().value == "yes"
    assert FactEntry.objects.get().value == "no"


def test_wrong_answer_comes_back_with_everything_typed(world, as_user):
    number = QuestionFactory(kind="number", text="有几只猫？")
    data = filled(note="问了猫", **sent(number, "abc"))
    answer = as_user(world.worker).post(add_url(world.household), data)
    assert len(errors(answer)) == 1
    page = soup_of(answer)
    assert page.select_one(f"[name=fact-q{number.pk}]")["value"] == "abc"
    assert not Visit.objects.exists()


def test_everyday_visit_asks_nothing(world, as_user):
    question = QuestionFactory(text="这个问题不该出现？")
    client = as_user(world.worker)
    assert question.text not in client.get(reverse("visits:today")).content.decode()
    client.post(
        reverse("visits:visit_quick", args=[world.household.pk]),
        {"visit_id": str(uuid.uuid4()), "outcome": "met"},
    )
    assert Visit.objects.count() == 1
    assert not Fact.objects.exists()


def test_sensitive_question_stays_off_the_phone(world, as_user):
    question = QuestionFactory(is_sensitive=True, text="这是敏感的问题吗？")
    plain = QuestionFactory(text="这是普通的问题吗？")
    FactFactory(
        household=world.household, question=question, confirmed_at=NOW - datetime.timedelta(400)
    )
    leader = MembershipFactory(role=Role.GRID_LEADER, grid=world.grid, employment="", rank="").user
    client = as_user(leader)
    form = soup_of(client.get(add_url(world.household)))
    assert question.text in form.get_text()
    [block] = form.select("[data-sensitive]")
    assert question.text in block.get_text()
    assert block.select_one("[name^=initial-]")
    kept_form = client.get(reverse("visits:offline_visit")).content.decode()
    kept_list = client.get(reverse("visits:offline_today")).content.decode()
    assert question.text not in kept_form
    assert plain.text in kept_form
    assert f"[[{plain.pk}]]" in kept_list


def test_kept_list_names_the_questions_of_each_door(world, as_user):
    fact = known(world, "yes")
    tag = CareTagFactory()
    elsewhere = QuestionFactory(applies_to="care")
    elsewhere.tags.add(tag)
    page = soup_of(as_user(world.worker).get(reverse("visits:offline_today")))
    door = page.select_one(f"#door-{world.household.pk}")
    assert door["data-questions"] == (
        f'[[{fact.question.pk},"yes","Known: Yes, confirmed 3 months ago"]]'
    )


def test_kept_list_costs_as_many_queries_for_more_doors(world, as_user, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    known(world)
    client = as_user(world.worker)
    counts = []
    for _time in range(2):
        client.get(reverse("visits:offline_today"))
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("visits:offline_today"))
        counts.append(len(queries))
        for _door in range(3):
            HouseholdFactory(grid=world.grid)
    assert counts[0] == counts[1]


def matter_data(number: int, category, text: str) -> dict:
    prefix = f"matter{number}" if number > 1 else "matter"
    return {
        f"{prefix}-id": str(uuid.uuid4()),
        f"{prefix}-category": category.pk,
        f"{prefix}-description": text,
        f"{prefix}-urgency": "normal",
    }


def test_one_visit_carries_four_matters(world, as_user):
    category = MatterCategoryFactory()
    data = filled()
    for number in range(1, 5):
        data |= matter_data(number, category, f"第{number}件")
    for _time in range(2):
        as_user(world.worker).post(add_url(world.household), data)
    visit = Visit.objects.get()
    matters = Matter.objects.order_by("description")
    assert [(row.description, row.visit) for row in matters] == [
        (text, visit) for text in sorted(f"第{number}件" for number in range(1, 5))
    ]


def test_half_a_second_matter_is_asked_for_and_nothing_is_stored(world, as_user):
    category = MatterCategoryFactory()
    data = filled(**matter_data(1, category, "第一件"), **sent(QuestionFactory(), "yes"))
    data |= {"matter3-description": "没选类别", "matter3-urgency": "normal"}
    answer = as_user(world.worker).post(add_url(world.household), data)
    assert len(errors(answer)) == 1
    page = soup_of(answer)
    opened = [block["data-matter"] for block in page.select("details[data-matter][open]")]
    assert opened == ["matter", "matter3"]
    assert not Visit.objects.exists() | Matter.objects.exists() | Fact.objects.exists()


def test_withdrawn_visit_leaves_what_was_answered(world, as_user):
    data = filled(**sent(QuestionFactory(), "yes"))
    as_user(world.worker).post(add_url(world.household), data)
    visit = Visit.objects.get()
    as_user(world.worker).post(
        reverse("visits:visit_correct", args=[visit.pk]), filled(withdrawn="on")
    )
    assert Visit.objects.filter(withdrawn=True).exists()
    assert Fact.objects.get().value == "yes"
    assert timezone.localdate(Fact.objects.get().confirmed_at) == NOW.date()
