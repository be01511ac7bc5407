"""Questions of departments: defined once, asked when due, answered into one fact."""

import datetime
import threading
import uuid

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone, translation

from communities.models import User
from communities.roles import Role
from households.actions.facts import Answer, confirm_facts
from households.forms.facts import read_answer
from households.models import Fact, FactEntry, Question, Topic
from households.topics import Asked, age_words, due_questions, known_facts
from households.wording import held_by_register, is_same
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


@pytest.fixture
def no_questions(db):
    """Leave the questions of the migration out, so that a test names all there are."""
    Question.objects.all().delete()


def define(**values: object) -> Question:
    question = Question(topic=Topic.objects.get(name="住房"), **values)
    question.full_clean(exclude=["name_key", "text_key"])
    question.save()
    return question


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("老人人数", "随便问一句别的话？"),
        ("老 人 人 数 ", "随便问一句别的话？"),
        ("别的", "家里有几位老人?"),
        ("别的", "家里有几位老人！"),
        ("别的", "请问您家里有几位老人呢"),
        ("别的", "家里的老人有几位？"),
    ],
)
def test_question_held_by_another_topic_is_refused_by_name(no_questions, name, text):
    QuestionFactory(topic__name="民生", name="老人人数", text="家里有几位老人？")
    with pytest.raises(ValidationError) as refusal:
        define(name=name, text=text)
    [message] = refusal.value.messages
    assert "民生" in message
    assert "家里有几位老人？" in message


def test_wording_ignores_width_and_case(no_questions):
    QuestionFactory(topic__name="通信", name="宽带", text="家里有ＷＩＦＩ吗？")
    with pytest.raises(ValidationError, match="通信"):
        define(name="无线网", text="家里有 wifi 吗?")


def test_question_out_of_use_is_to_be_used_again(no_questions):
    QuestionFactory(name="老人人数", text="家里有几位老人？", is_active=False)
    with pytest.raises(ValidationError, match="put it into use again"):
        define(name="老人人数", text="问点什么？")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("联系电话", "怎么找到您？"),
        ("联络", "您家的联系电话是多少？"),
        ("人数", "家里住几个人？"),
        ("证件", "请问您的身份证号码是什么？"),
        ("用途", "房屋是自住还是出租？"),
        ("口数", "您家有多少人？"),
        ("关爱", "家里有没有残疾人？"),
        ("独居老人", "老人一个人过吗？"),
        ("Phone number", "How can you be reached?"),
    ],
)
def test_question_held_by_the_register_is_refused(no_questions, name, text):
    with pytest.raises(ValidationError, match="The register holds this already"):
        define(name=name, text=text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("家里有没有70岁以上的老人？", "家里有没有80岁以上的老人？"),
        ("是否参加城乡居民医疗保险？", "是否参加城乡居民养老保险？"),
        ("家里有几名党员？", "家里有几名团员？"),
        ("愿意接受电话回访吗？", "电话"),
        ("家里有没有人想学电脑？", "家里有没有人想学开车？"),
    ],
)
def test_different_questions_stay_different(one, other):
    assert not is_same(one, other)
    assert not held_by_register(one)


def test_question_may_keep_its_own_words(no_questions):
    question = define(name="宠物", text="家里养宠物吗？")
    question.every_days = 90
    question.full_clean(exclude=["name_key", "text_key"])


def test_default_questions_are_none_that_would_be_refused(db):
    for question in Question.objects.all():
        question.full_clean(exclude=["name_key", "text_key"])
    assert Topic.objects.count() == 6


def test_default_topics_go_to_the_departments_that_are_there(db):
    assert {row.name for row in Topic.objects.all()} >= {"民政", "党建", "住房"}


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
    start = threading.Barrier(2)
    failures = []

    def say(value: str, days: int) -> None:
        try:
            start.wait()
            confirm(world, question, value, days=days)
        except Exception as error:  # noqa: BLE001 - told below
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=say, args=pair) for pair in (("yes", 2), ("no", 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
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


def question_data(**extra: object) -> dict[str, object]:
    return {
        "topic": Topic.objects.get(name="住房").pk,
        "name": "电梯",
        "text": "楼里装电梯了吗？",
        "kind": "yes_no",
        "choices": "",
        "applies_to": "everyone",
        "every_days": 365,
        "order": 100,
        "is_active": "on",
        **extra,
    }


def test_administrator_adds_a_question_and_is_told_who_holds_it(world, as_user):
    client, address = as_user(world.admin), reverse("admin:households_question_add")
    assert client.post(address, question_data()).status_code == 302
    again = client.post(address, question_data(name="升降机", text="楼里有没有装电梯？"))
    assert again.status_code == 200
    assert "楼里装电梯了吗？" in again.content.decode()
    assert Question.objects.filter(name="升降机").count() == 0


def test_question_defined_a_moment_ago_by_somebody_else_is_named(world, as_user, monkeypatch):
    check, checks = Question.refuse_held, []
    QuestionFactory(name="电梯", text="楼里有电梯吗？", topic__name="别的专题")

    def late(question):
        """Check as if the other one were not stored yet, the first time."""
        checks.append(question)
        if len(checks) > 1:
            check(question)

    monkeypatch.setattr(Question, "refuse_held", late)
    address = reverse("admin:households_question_add")
    page = as_user(world.admin).post(address, question_data())
    assert page.status_code == 200
    assert "别的专题" in page.content.decode()


def test_question_by_a_sensitive_tag_must_be_sensitive(world, as_user):
    tag = CareTagFactory(is_sensitive=True)
    client, address = as_user(world.admin), reverse("admin:households_question_add")
    data = question_data(applies_to="care", tags=[tag.pk])
    refused = client.post(address, data).context["adminform"].form
    assert list(refused.errors) == ["is_sensitive"]
    assert client.post(address, {**data, "is_sensitive": "on"}).status_code == 302


def test_answered_question_keeps_its_kind(world, as_user):
    fact = FactFactory()
    address = reverse("admin:households_question_change", args=[fact.question.pk])
    as_user(world.admin).post(address, question_data(kind="number", name="甲", text="全新的问法？"))
    fact.question.refresh_from_db()
    assert (fact.question.kind, fact.question.name) == ("yes_no", "甲")


def test_migration_of_topics_can_be_taken_back(db):
    migration = __import__("households.migrations.0012_default_topics", fromlist=["x"])

    class Editor:
        pass

    Editor.connection = connection
    kept = FactFactory(question=Question.objects.get(name="党员人数"))
    migration.remove(apps, Editor)
    assert list(Question.objects.all()) == [kept.question]
    migration.add(apps, Editor)
    migration.add(apps, Editor)
    assert (Topic.objects.count(), Question.objects.count()) == (6, 8)
