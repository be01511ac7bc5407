"""The list of matters: narrowed, paged and exported."""

import datetime
from io import BytesIO

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from communities.models import Disclosure
from tests.factories import (
    BuildingFactory,
    GridFactory,
    HouseholdFactory,
    MatterCategoryFactory,
    MatterFactory,
)
from tests.visits.matters.conftest import LIST
from visits.actions.matter_steps import take_step
from visits.models import Step


def listed(as_user, user, query: str) -> set[str]:
    return {row.description for row, _late in as_user(user).get(LIST + query).context["rows"]}


def test_list_is_narrowed_by_every_filter(as_user, world, report):
    second = GridFactory(community=world.community)
    other = MatterCategoryFactory()
    long_ago = timezone.now() - datetime.timedelta(days=20)
    report(description="旧", at=long_ago)
    report(description="结", is_solved=True)
    report(description="急", urgency="urgent", category=other, by=world.officer)
    handed = report(description="交", grid=second)
    take_step(
        matter=handed, step=Step.ASSIGN, by=world.officer, at=timezone.now(), assignee=world.officer
    )
    sent = report(description="部", grid=world.next_grid)
    take_step(
        matter=sent,
        step=Step.ASSIGN,
        by=world.street_officer,
        at=timezone.now(),
        department=world.department_office,
    )
    found = {
        query: listed(as_user, world.officer, query)
        for query in (
            "",
            "?status=",
            "?status=open",
            "?status=late",
            "?status=closed",
            "?urgency=urgent",
            f"?category={other.pk}",
            f"?grid={second.code}",
            "?mine=assigned",
            "?mine=reported",
            "?grid=nonsense",
        )
    }
    assert found == {
        "": {"旧", "急", "交"},
        "?status=": {"旧", "结", "急", "交"},
        "?status=open": {"旧", "急", "交"},
        "?status=late": {"旧"},
        "?status=closed": {"结"},
        "?urgency=urgent": {"急"},
        f"?category={other.pk}": {"急"},
        f"?grid={second.code}": {"交"},
        "?mine=assigned": {"交"},
        "?mine=reported": {"急"},
        "?grid=nonsense": {"旧", "结", "急", "交"},
    }
    street = world.street_officer
    assert listed(as_user, street, f"?department={world.department_office.pk}") == {"部"}
    assert listed(as_user, street, f"?community={world.next_community.code}") == {"部"}
    assert listed(as_user, world.department, "") == {"部"}


def test_list_marks_the_late_in_words(as_user, world, report):
    report(description="旧", at=timezone.now() - datetime.timedelta(days=20))
    report(description="新")
    client = as_user(world.officer)
    assert [(row.description, light) for row, light in client.get(LIST).context["rows"]] == [
        ("新", ""),
        ("旧", "late"),
    ]
    assert client.get(LIST).content.decode().count(">Late</span>") == 1


def test_list_pages_by_key(as_user, world, category):
    moment = timezone.now()
    for number in range(53):
        MatterFactory(
            grid=world.grid, category=category, description=f"n{number}", reported_at=moment
        )
    client = as_user(world.officer)
    first = client.get(LIST)
    second = client.get(LIST + first.context["page"].next_query)
    names = [row.description for page in (first, second) for row, _late in page.context["rows"]]
    assert (len(first.context["rows"]), len(names), len(set(names))) == (50, 53, 53)


def test_export_holds_the_rows_of_the_list_and_is_recorded(as_user, world, three):
    answer = as_user(world.officer).get(f"{LIST}?status=open&export=xlsx")
    sheet = load_workbook(BytesIO(b"".join(answer.streaming_content))).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][:3] == ("Number", "Status", "Light")
    words = rows[0].index("What is wrong")
    assert {row[words] for row in rows[1:]} == {"门口堆物", "申请低保"}
    record = Disclosure.objects.get()
    assert (record.kind, record.by, record.subject, record.rows) == (
        "export",
        world.officer,
        "matters",
        2,
    )


def test_export_is_not_for_captains(as_user, world, three):
    client = as_user(world.captain)
    assert client.get(f"{LIST}?export=xlsx")["Content-Type"].startswith("text/html")
    assert "export=xlsx" not in client.get(LIST).content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_list_and_export_ask_the_same_whatever_their_length(
    as_user, world, report, django_assert_num_queries, rows
):
    for number in range(rows):
        building = BuildingFactory(community=world.community)
        household = HouseholdFactory(grid=world.grid, building=building)
        matter = report(household=household, category=MatterCategoryFactory())
        holder = {"department": world.department_office} if number else {"assignee": world.worker}
        take_step(matter=matter, step=Step.ASSIGN, by=world.officer, at=timezone.now(), **holder)
    client = as_user(world.officer)
    with django_assert_num_queries(9):
        client.get(LIST)
    with django_assert_num_queries(6):
        b"".join(client.get(f"{LIST}?export=xlsx"))
