"""Questions of a category: told in the service definition, answered in the form."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from visits.models import Matter, ServiceAttribute


@pytest.fixture
def ask(category):
    def ask(code: str, kind: str = "string", **more) -> ServiceAttribute:
        question = ServiceAttribute(
            category=category, code=code, question=f"问题{code}", kind=kind, **more
        )
        question.full_clean()
        question.save()
        return question

    return ask


@pytest.fixture
def place(world) -> dict[str, str]:
    return {"service_code": "street-light", "address_id": world.grid.code}


def test_definition_tells_the_questions_in_their_order(city, ask):
    ask("pole", order=2)
    ask("colour", "singlevaluelist", choices="白\n 黄 \n白\n", is_required=True, order=1)
    [service] = [
        row for row in city.get("services").content if row["service_code"] == "street-light"
    ]
    assert service["metadata"] is True
    assert city.get("services/street-light").content["attributes"] == [
        {
            "variable": True,
            "code": "colour",
            "datatype": "singlevaluelist",
            "required": True,
            "datatype_description": None,
            "order": 1,
            "description": "问题colour",
            "values": [{"key": "白", "name": "白"}, {"key": "黄", "name": "黄"}],
        },
        {
            "variable": True,
            "code": "pole",
            "datatype": "string",
            "required": False,
            "datatype_description": None,
            "order": 2,
            "description": "问题pole",
        },
    ]


def test_answers_join_the_description(city, ask, place):
    ask("pole", order=1)
    ask("count", "number", order=2)
    ask("since", "datetime", order=3)
    ask("seen", "multivaluelist", choices="早\n中\n晚", order=4)
    ask("empty", order=5)
    sent = {
        "attribute[pole]": "A-17",
        "attribute[count]": "3",
        "attribute[since]": "2026-03-01T08:00:00+08:00",
        "attribute[seen][]": ["早", "晚"],
        "attribute[empty]": " ",
        "attribute[unknown]": "x",
    }
    assert city.post(**place, description="灯坏了", **sent).status == 201
    assert Matter.objects.get().description == (
        "灯坏了\n问题pole：A-17\n问题count：3\n问题since：2026-03-01T08:00:00+08:00\n问题seen：早、晚"
    )


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("string", ""),
        ("string", "a\nb"),
        ("string", "长" * 501),
        ("string", ["a", "b"]),
        ("text", "长" * 501),
        ("number", "many"),
        ("number", "inf"),
        ("datetime", "yesterday"),
        ("datetime", "2026-02-30T00:00:00Z"),
        ("singlevaluelist", "蓝"),
        ("singlevaluelist", ["白", "黄"]),
        ("multivaluelist", ["白", "蓝"]),
    ],
)
def test_wrong_answers_are_refused_by_name(kind, answer, city, ask, place):
    ask("x", kind, is_required=True, choices="白\n黄" if kind.endswith("list") else "")
    found = city.post(**place, **{"attribute[x]": answer})
    assert (found.status, Matter.objects.count()) == (400, 0)
    assert "attribute[x]" in found.content[0]["description"]


def test_lists_have_answers_and_only_lists(ask):
    for kind, choices in (("singlevaluelist", " \n"), ("string", "白")):
        with pytest.raises(ValidationError) as caught:
            ask("x", kind, choices=choices)
        assert set(caught.value.message_dict) == {"choices"}


def test_services_take_as_many_queries_with_more_questions(city, ask):
    counts = []
    for code in ("a", "b"):
        ask(code)
        with CaptureQueriesContext(connection) as queries:
            city.get("services")
        counts.append(len(queries))
    assert counts == [2, 2]


def test_questions_are_kept_with_their_category(as_user, world, ask, category):
    ask("pole")
    page = as_user(world.admin).get(
        reverse("admin:visits_mattercategory_change", args=[category.pk])
    )
    assert page.status_code == 200
    assert "问题pole" in page.content.decode()
