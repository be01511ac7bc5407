"""Saved exports: always what is known now, for those who may read it, with a record of each."""

import io
import zipfile

import pytest
from django.urls import reverse
from django.utils import translation

from communities.models import Disclosure
from households.models import Fact, SavedExport
from tests.factories import (
    FactFactory,
    HouseholdFactory,
    QuestionFactory,
    SavedExportFactory,
    TopicDepartmentFactory,
)


@pytest.fixture
def topic(world):
    """The topic of the world's department."""
    return TopicDepartmentFactory(department=world.department_office).topic


@pytest.fixture
def question(topic):
    return QuestionFactory(topic=topic, name="低保情况")


def take(client, export) -> str:
    """Download the export and return its sheet as text."""
    response = client.get(export.get_absolute_url(), {"export": "xlsx"})
    assert response.status_code == 200
    file = zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))
    return "".join(
        file.read(name).decode()
        for name in file.namelist()
        if "sheet1" in name or "sharedStrings" in name
    )


def define(client, **values: object):
    data = {"name": "低保名单", "columns": ["address", "grid", "head", "people"], **values}
    return client.post(reverse("households:export_add"), data)


def test_department_defines_and_takes_its_own_list(world, as_user, question):
    FactFactory(household=world.household, question=question)
    client = as_user(world.department)
    answer = define(
        client,
        code=world.community.code,
        department=world.department_office.pk,
        questions=[question.pk],
    )
    export = SavedExport.objects.get()
    assert answer.headers["Location"] == export.get_absolute_url()
    sheet = take(client, export)
    for expected in ("低保情况", "幸福家园3号楼2单元502室", "Yes", "张**", "第一网格"):
        assert expected in sheet
    assert "张伟明" not in sheet


def test_export_is_always_current(world, as_user, question):
    fact = FactFactory(household=world.household, question=question, value="no")
    export = SavedExportFactory(department=world.department_office)
    export.questions.add(question)
    client = as_user(world.department)
    assert "Yes" not in take(client, export)
    Fact.objects.filter(pk=fact.pk).update(value="yes")
    assert "Yes" in take(client, export)


def test_every_download_is_recorded_and_shown(world, as_user, question):
    FactFactory(household=world.household, question=question)
    export = SavedExportFactory(department=world.department_office)
    export.questions.add(question)
    take(as_user(world.department), export)
    take(as_user(world.street_officer), export)
    taken = [(row.by, row.rows, row.subject) for row in Disclosure.objects.order_by("pk")]
    subject = f"export {export.pk}"
    assert taken == [(world.department, 1, subject), (world.street_officer, 1, subject)]
    page = as_user(world.department).get(export.get_absolute_url()).content.decode()
    assert "street" in page
    with translation.override("en"):
        assert Disclosure.objects.first().subject_words() == f"Saved export {export.pk}"


def test_department_gets_neither_other_topics_nor_other_places(world, as_user, question):
    foreign = FactFactory(household=world.household, question__name="别家的事").question
    FactFactory(
        question=question,
        household=HouseholdFactory(
            grid__community__code="880101001001", grid__code="880101001001001", room="999"
        ),
    )
    export = SavedExportFactory(department=world.department_office, code="99")
    export.questions.set([question, foreign])
    sheet = take(as_user(world.department), export)
    assert "别家的事" not in sheet
    assert "999" not in sheet
    page = as_user(world.department).get(export.get_absolute_url()).content.decode()
    assert "1 question is left out" in page
    assert "别家的事" not in page


def test_sensitive_answers_go_only_to_those_who_may_know(world, as_user, topic):
    secret = QuestionFactory(topic=topic, name="重大疾病史", is_sensitive=True)
    FactFactory(household=world.household, question=secret)
    export = SavedExportFactory(department=world.department_office, code=world.community.code)
    export.questions.add(secret)
    assert "重大疾病史" not in take(as_user(world.department), export)
    assert "重大疾病史" not in take(as_user(world.admin), export)
    assert "重大疾病史" in take(as_user(world.officer), export)


def test_exports_of_others_do_not_exist(world, as_user, question):
    export = SavedExportFactory(code=world.community.code, name="本社区名单")
    export.questions.add(question)
    answers = [
        as_user(person).get(export.get_absolute_url()).status_code
        for person in (world.officer, world.auditor, world.outsider, world.worker, world.department)
    ]
    assert answers == [200, 200, 404, 404, 404]
    listed = as_user(world.outsider).get(reverse("households:export_list")).content.decode()
    assert "本社区名单" not in listed


def test_department_is_offered_its_own_questions_and_places(world, as_user, question):
    QuestionFactory(name="别家的事")
    form = as_user(world.department).get(reverse("households:export_add")).context["form"]
    assert list(form.fields["questions"].queryset) == [question]
    assert [code for code, _name in form.fields["code"].choices] == [
        world.street.code,
        world.community.code,
        world.grid.code,
        world.next_community.code,
        world.next_grid.code,
    ]
    answer = define(
        as_user(world.department), code="110101001", department="", questions=[question.pk]
    )
    assert set(answer.context["form"].errors) == {"code", "department"}


def test_form_sent_twice_is_one_export(world, as_user, question):
    client = as_user(world.officer)
    define(client, code=world.community.code, questions=[question.pk])
    again = define(client, code=world.community.code, questions=[question.pk])
    assert again.status_code == 200
    assert "There is an export of this name for this place." in again.content.decode()
    assert SavedExport.objects.count() == 1


def test_editing_keeps_the_questions_that_the_editor_may_not_see(world, as_user, question):
    other = QuestionFactory()
    export = SavedExportFactory(department=world.department_office)
    export.questions.set([question, other])
    as_user(world.department).post(
        reverse("households:export_edit", args=[export.pk]),
        {
            "name": "改名",
            "code": export.code,
            "department": world.department_office.pk,
            "questions": [question.pk],
            "columns": ["address"],
        },
    )
    export.refresh_from_db()
    assert export.name == "改名"
    assert set(export.questions.all()) == {question, other}


def test_removed_export_leaves_its_record(world, as_user, question):
    export = SavedExportFactory(department=world.department_office)
    export.questions.add(question)
    take(as_user(world.department), export)
    as_user(world.department).post(reverse("households:export_remove", args=[export.pk]))
    assert not SavedExport.objects.exists()
    assert Disclosure.objects.count() == 1


def test_household_without_an_answer_is_not_taken(world, as_user, question):
    export = SavedExportFactory(department=world.department_office)
    export.questions.add(question)
    assert "幸福家园" not in take(as_user(world.department), export)
