"""Defining questions: once for everybody, by administrators, refused where the answer is."""

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import reverse
from django.utils import translation

from households.models import Question, Topic
from households.wording import held_by_register, is_same
from tests.factories import (
    CareTagFactory,
    FactFactory,
    QuestionFactory,
)


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


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
