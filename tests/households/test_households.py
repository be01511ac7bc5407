import datetime
import io

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import translation
from openpyxl import load_workbook

from communities.models import Disclosure, Grid
from households.actions.households import change_household, enter_household
from households.models import Household, Residency, Resident
from tests.factories import (
    BuildingFactory,
    CareFactory,
    CareTagFactory,
    GridFactory,
    HouseholdFactory,
    MatterFactory,
    MembershipFactory,
    PhoneFactory,
    ResidencyFactory,
    ResidentFactory,
    UserFactory,
    VisitFactory,
)

TODAY = datetime.date(2026, 5, 20)
LIST = reverse("households:household_list")
NUMBER = "11010519491231002X"


@pytest.fixture(autouse=True)
def _today():
    at = datetime.datetime(2026, 5, 20, 4, tzinfo=datetime.UTC)
    with time_machine.travel(at, tick=False), translation.override("en"):
        yield


@pytest.fixture
def leader(world):
    """Reads sensitive tags and edits the register of the grid."""
    return MembershipFactory(
        user=UserFactory(username="leader"), role="grid_leader", grid=world.grid
    ).user


def rooms(response):
    return [line.household.room for line in response.context["lines"]]


def door(world, room, **facts):
    return HouseholdFactory(
        grid=world.grid, building=world.household.building, unit="2", room=room, **facts
    )


@pytest.fixture
def doors(world):
    """One door for each state, all in the worker's grid."""
    Household.objects.all().update(occupancy="vacant", due_from="2026-09-01", due_by="2026-09-15")
    later = {"due_from": "2026-09-01", "due_by": "2026-09-15"}
    seen = {"last_visited_on": "2026-03-31"}
    return [
        door(world, "101", due_from="2026-05-20", due_by="2026-06-04", **seen),
        door(world, "102", due_from="2026-05-01", due_by="2026-05-19", **seen),
        door(world, "103", **later, last_visited_on="2026-04-01"),
        door(world, "104", **later),
        door(world, "105", **later, **seen, unanswered=3, visit_in_pairs=True),
        door(world, "106", **later, **seen, occupancy="rented", has_dog=True),
        door(world, "107", **later, **seen, safety_note="楼道有积水"),
        door(world, "108", **later, occupancy="registration_only"),
        door(world, "109", due_from="2026-01-01", due_by="2026-01-15", closed_on="2026-05-01"),
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "101 102 103 104 105 106 107 108 502"),
        ("state=due", "101 102"),
        ("state=overdue", "102"),
        ("state=actual", "101 102 103 104 105 106 107"),
        ("state=covered", "103"),
        ("state=uncovered", "101 102 104 105 106 107"),
        ("state=never", "104"),
        ("state=unanswered", "105"),
        ("occupancy=rented", "106"),
        ("occupancy=vacant", "502"),
        ("safety=pairs", "105"),
        ("safety=dog", "106"),
        ("safety=any", "105 106 107"),
        ("state=uncovered&safety=any", "105 106 107"),
        ("grid=990101001001001", "101 102 103 104 105 106 107 108 502"),
        ("community=990101001001&state=overdue", "102"),
        ("area=990101001&state=overdue", "102"),
    ],
)
def test_list_narrows_by_the_names_dashboards_use(world, as_user, doors, query, expected):
    for user in (world.worker, world.officer):
        assert " ".join(rooms(as_user(user).get(f"{LIST}?{query}"))) == expected


@pytest.mark.parametrize(
    "query", ["state=x", "grid=990101001002001", "tag=999999", "q_building=x", "occupancy=1"]
)
def test_list_says_so_when_it_cannot_narrow(world, as_user, query):
    response = as_user(world.worker).get(f"{LIST}?{query}")
    assert response.context["filter"].form.errors
    assert response.status_code == 200


def test_list_narrows_by_building(world, as_user, doors):
    other = HouseholdFactory(grid=world.grid, room="301")
    response = as_user(world.worker).get(LIST, {"q_building": other.building_id})
    assert rooms(response) == ["301"]


def test_list_stops_at_the_scope(world, as_user):
    HouseholdFactory(grid=world.next_grid, room="901")
    HouseholdFactory(grid=world.grid, building=world.household.building, unit="1", room="101")
    found = {
        user.username: rooms(as_user(user).get(LIST))
        for user in (world.worker, world.captain, world.officer, world.auditor, world.outsider)
    }
    assert found == {
        "worker": ["101", "502"],
        "captain": ["502"],
        "officer": ["101", "502"],
        "auditor": ["101", "502", "901"],
        "outsider": ["901"],
    }


def test_list_goes_on_by_key_in_walking_order(world, as_user):
    for number in range(1, 61):
        door(world, f"{number}01")
    client = as_user(world.worker)
    first = client.get(LIST)
    second = client.get(LIST + first.context["page"].next_query)
    assert (len(rooms(first)), len(rooms(second))) == (50, 11)
    expected = sorted([*range(1, 61), 5.1])
    assert [*rooms(first), *rooms(second)] == ["502" if n == 5.1 else f"{n}01" for n in expected]


def test_list_costs_the_same_for_one_row_and_three(world, as_user, django_assert_num_queries):
    client = as_user(world.officer)
    tag = CareTagFactory(name="独居")
    CareFactory(resident=world.resident, tag=tag)
    client.get(LIST)
    with django_assert_num_queries(9):
        assert len(rooms(client.get(LIST))) == 1
    for room in ("601", "602"):
        person = ResidentFactory()
        ResidencyFactory(resident=person, household=door(world, room))
        CareFactory(resident=person, tag=tag)
    with django_assert_num_queries(9):
        assert len(rooms(client.get(LIST))) == 3
    with django_assert_num_queries(10):
        assert len(sheet(client)) == 4


def sheet(client, query=""):
    """Return the rows of the exported list."""
    response = client.get(f"{LIST}?export=xlsx&{query}")
    content = io.BytesIO(b"".join(response.streaming_content))
    return [list(row) for row in load_workbook(content).active.iter_rows(values_only=True)]


def test_a_community_of_more_than_a_thousand_people_is_exported(world, as_user):
    """SQLite takes a thousand conditions at most beside each other."""
    people = [ResidentFactory.build() for _ in range(1100)]
    Resident.objects.bulk_create(people)
    Residency.objects.bulk_create(
        Residency(resident=person, household=world.household) for person in people
    )
    [_heading, row] = sheet(as_user(world.officer))
    assert row[5] == 1101


def test_export_holds_the_list_with_names_masked_and_is_recorded(world, as_user):
    world.resident.identify(NUMBER)
    world.resident.save()
    PhoneFactory(resident=world.resident, number="13800138000")
    CareFactory(resident=world.resident, tag=CareTagFactory(name="独居"))
    world.household.has_dog = True
    world.household.due_from, world.household.due_by = (
        datetime.date(2026, 5, 1),
        datetime.date(2026, 5, 2),
    )
    world.household.save()
    HouseholdFactory(grid=world.next_grid)
    assert sheet(as_user(world.officer), "state=overdue") == [
        ["Grid number", "Grid", "Address", "Occupancy", "Head of household", "People living here",
         "Care tags", "Safety", "Last visited", "Due by", "Overdue", "Unanswered tries"],
        ["990101001001001", "第一网格", "幸福家园3号楼2单元502室", "Owner-occupied", "张**", 1,
         "独居", "Dog", None, "2026-05-02", "Yes", 0],
    ]  # fmt: skip
    record = Disclosure.objects.get()
    assert (record.kind, record.by, record.subject, record.rows, record.community) == (
        "export",
        world.officer,
        "households",
        1,
        world.community,
    )


def test_sensitive_tag_shows_to_those_who_may_know_and_to_nobody_else(world, as_user, leader):
    """In the list, its filter, its export, on both pages; the rhythm stays unexplained."""
    tag = CareTagFactory(name="严重障碍", visit_every_days=14, is_sensitive=True)
    CareFactory(resident=world.resident, tag=tag)
    pages = {
        "list": LIST,
        "filtered": f"{LIST}?tag={tag.pk}",
        "household": world.household.get_absolute_url(),
        "resident": reverse("households:resident", args=[world.resident.pk]),
    }
    knowing = {"leader": leader, "officer": world.officer, "street": world.street_officer}
    others = {
        "worker": world.worker,
        "captain": world.captain,
        "department": world.department,
        "auditor": world.auditor,
        "admin": world.admin,
    }
    shown = {
        (name, page)
        for name, user in {**knowing, **others}.items()
        for page, address in pages.items()
        if "严重障碍" in as_user(user).get(address).content.decode()
    }
    assert shown == {(name, page) for name in knowing for page in pages}
    for user in (world.worker, world.auditor):
        assert "严重障碍" not in str(sheet(as_user(user)))
        refused = as_user(user).get(f"{LIST}?tag={tag.pk}")
        assert refused.context["filter"].form.errors
    assert "严重障碍" in str(sheet(as_user(world.officer)))
    for name, address in (
        ("care_add", reverse("households:care_add", args=[world.resident.pk])),
        ("search", reverse("households:search")),
    ):
        client = as_user(world.worker)
        response = client.post(address, {"q": "张伟明", "tag": tag.pk, "since": "2026-05-20"})
        assert ("严重障碍" in response.content.decode(), name) == (False, name)
    assert world.resident.care.count() == 1


def test_page_says_why_without_naming_what_may_not_be_known(world, as_user):
    visible = CareTagFactory(name="独居", visit_every_days=30)
    hidden = CareTagFactory(name="严重障碍", visit_every_days=14, is_sensitive=True)
    address = world.household.get_absolute_url()

    def reasons():
        return {
            user.username: as_user(user).get(address).context["due_reason"]
            for user in (world.worker, world.officer)
        }

    usual = "Every 90 days, like most households."
    assert reasons() == {"worker": usual, "officer": usual}
    CareFactory(resident=world.resident, tag=visible)
    named = "Every 30 days because of: 独居."
    assert reasons() == {"worker": named, "officer": named}
    CareFactory(resident=world.resident, tag=hidden)
    assert reasons() == {
        "worker": "Every 14 days: somebody here needs closer care.",
        "officer": "Every 14 days because of: 严重障碍.",
    }
    Household.objects.update(asked_for_on="2026-06-01")
    asked = "The household asked for this day."
    assert reasons() == {"worker": asked, "officer": asked}


def test_page_shows_what_a_worker_needs_at_the_door(world, as_user):
    world.resident.identify(NUMBER)
    world.resident.save()
    PhoneFactory(resident=world.resident, number="13800138000", label="女儿")
    tenant = ResidentFactory(name="李小龙")
    ResidencyFactory(resident=tenant, household=world.household, kind="registered")
    gone = ResidentFactory(name="王五")
    ResidencyFactory(resident=gone, household=world.household, until="2026-01-01")
    Household.objects.update(
        has_dog=True, visit_in_pairs=False, safety_note="先打电话", unanswered=2
    )
    VisitFactory(household=world.household, by=world.worker, note="老人身体好")
    MatterFactory(household=world.household, grid=world.grid, description="x")
    MatterFactory(household=world.household, grid=world.grid, status="closed", description="y")
    response = as_user(world.worker).get(world.household.get_absolute_url())
    page = response.content.decode()
    for text in (
        "幸福家园3号楼2单元502室", "Before you knock", "Dog", "先打电话", "张伟明", "76 years old",
        "女儿 138****8000", "李小龙", "Lives elsewhere", "老人身体好", "Nobody home",
        reverse("visits:visit_add", args=[world.household.pk]),
        reverse("visits:visit_quick", args=[world.household.pk]),
        f"{reverse('visits:matter_add')}?household={world.household.pk}",
        reverse("households:resident_add", args=[world.household.pk]),
        reverse("households:household_edit", args=[world.household.pk]),
    ):  # fmt: skip
        assert text in page, text
    for text in (NUMBER, "13800138000", "王五"):
        assert text not in page, text
    assert (len(response.context["visits"]), len(response.context["matters"])) == (1, 1)


def test_page_offers_each_role_what_it_may_do(world, as_user):
    address = world.household.get_absolute_url()
    offered = {}
    for user in (world.worker, world.captain, world.officer, world.admin, world.auditor):
        context = as_user(user).get(address).context
        offered[user.username] = (context["is_visitable"], context["is_editable"])
    assert offered == {
        "worker": (True, True),
        "captain": (True, False),
        "officer": (True, True),
        "admin": (False, True),
        "auditor": (False, False),
    }


def test_one_tap_on_the_page_logs_a_visit_once(world, as_user):
    client = as_user(world.worker)
    page = client.get(world.household.get_absolute_url())
    data = {"outcome": "met", "visit_id": page.context["visit_id"]}
    for _tap in range(2):
        client.post(reverse("visits:visit_quick", args=[world.household.pk]), data)
    assert world.household.visits.get().pk == page.context["visit_id"]


def test_door_to_be_visited_in_pairs_is_logged_in_full(world, as_user):
    Household.objects.update(visit_in_pairs=True)
    page = as_user(world.worker).get(world.household.get_absolute_url()).content.decode()
    assert reverse("visits:visit_quick", args=[world.household.pk]) not in page
    assert reverse("visits:visit_add", args=[world.household.pk]) in page


def test_closed_door_takes_no_visits_and_no_people(world, as_user):
    Household.objects.update(closed_on="2026-05-01")
    client = as_user(world.worker)
    response = client.get(world.household.get_absolute_url())
    assert "This door is closed since May 1, 2026." in response.content.decode()
    assert not response.context["is_visitable"]
    assert (
        client.get(reverse("households:resident_add", args=[world.household.pk])).status_code == 404
    )


def test_page_costs_the_same_for_one_person_and_three(world, as_user, django_assert_num_queries):
    client = as_user(world.worker)
    address = world.household.get_absolute_url()

    def fill(person):
        PhoneFactory(resident=person)
        CareFactory(resident=person)
        VisitFactory(household=world.household, by=UserFactory())
        MatterFactory(household=world.household, grid=world.grid)

    fill(world.resident)
    client.get(address)
    with django_assert_num_queries(16):
        client.get(address)
    for _more in range(2):
        person = ResidentFactory()
        ResidencyFactory(resident=person, household=world.household)
        fill(person)
    with django_assert_num_queries(16):
        assert len(client.get(address).context["people"]) == 3


def add(client, **data):
    return client.post(reverse("households:household_add"), data)


def test_worker_adds_a_door_in_her_grid(world, as_user):
    client = as_user(world.worker)
    building = world.household.building
    response = add(
        client, building=building.pk, grid=world.grid.pk, unit="二单元", room="６０３室",
        occupancy="rented", has_dog="on",
    )  # fmt: skip
    made = Household.objects.exclude(pk=world.household.pk).get()
    assert response.url == made.get_absolute_url()
    assert (made.address, made.grid, made.occupancy, made.has_dog) == (
        "幸福家园3号楼2单元603室",
        world.grid,
        "rented",
        True,
    )
    assert (made.registered_on, made.due_from, made.due_by) == (
        TODAY,
        TODAY,
        TODAY + datetime.timedelta(days=90),
    )


def test_first_due_day_follows_the_rhythm_of_the_community(world):
    world.community.visit_every_days = 60
    world.community.save()
    household = HouseholdFactory.build(grid=world.grid, building=world.household.building, room="7")
    enter_household(household=household)
    household.refresh_from_db()
    assert household.due_by == TODAY + datetime.timedelta(days=60)


@pytest.mark.parametrize(
    ("unit", "room"), [("2", "502"), ("2单元", "502室"), ("二单元", "５０２"), ("2", " 502 ")]
)
def test_one_door_is_not_entered_twice_under_two_spellings(world, as_user, unit, room):
    response = add(
        as_user(world.worker), building=world.household.building_id, grid=world.grid.pk,
        unit=unit, room=room, occupancy="owner",
    )  # fmt: skip
    assert response.context["form"].errors == {"room": ["The register already has this door."]}
    assert Household.objects.count() == 1


def test_choices_of_a_new_door_stop_at_the_scope(world, as_user):
    elsewhere = BuildingFactory(community=world.next_community)
    HouseholdFactory(grid=world.next_grid, building=elsewhere)
    other_grid = GridFactory(community=world.community)
    for building, grid in (
        (elsewhere.pk, world.grid.pk),
        (world.household.building_id, other_grid.pk),
    ):
        response = add(
            as_user(world.worker),
            building=building,
            grid=grid,
            unit="1",
            room="9",
            occupancy="owner",
        )
        assert response.context["form"].errors
    address = reverse("households:household_add")
    assert as_user(world.worker).get(f"{address}?building={elsewhere.pk}").status_code == 404
    assert as_user(world.worker).get(f"{address}?building=x").status_code == 404
    assert (
        as_user(world.worker).get(f"{address}?building={world.household.building_id}").status_code
        == 200
    )


def test_grid_and_building_of_one_community_go_together(world, as_user):
    building = BuildingFactory(community=world.community)
    response = add(
        as_user(world.admin),
        building=building.pk,
        grid=world.next_grid.pk,
        room="9",
        occupancy="owner",
    )
    assert response.context["form"].errors == {"grid": ["This grid belongs to another community."]}


def test_officer_may_leave_the_grid_for_later(world, as_user):
    building = BuildingFactory(community=world.community)
    add(as_user(world.officer), building=building.pk, grid="", room="9", occupancy="owner")
    made = building.households.get()
    assert (made.grid.kind, made.grid.community) == (Grid.Kind.HOLDING, world.community)
    worker = as_user(world.worker)
    response = add(
        worker, building=world.household.building_id, grid="", room="9", occupancy="owner"
    )
    assert response.context["form"].errors == {"grid": ["Choose the grid of this door."]}


def test_an_edit_leaves_what_a_visit_has_set_meanwhile(world):
    opened = Household.objects.get(pk=world.household.pk)
    Household.objects.filter(pk=opened.pk).update(last_visited_on=TODAY, due_by=TODAY)
    opened.room = "503"
    change_household(household=opened, fields=["room"])
    stored = Household.objects.get(pk=opened.pk)
    assert (stored.room, stored.last_visited_on, stored.due_by) == ("503", TODAY, TODAY)
    assert stored.walk_order == stored.compute_walk_order()


def test_door_is_edited_and_moves_in_the_walking_order(world, as_user):
    before = world.household.walk_order
    address = reverse("households:household_edit", args=[world.household.pk])
    response = as_user(world.worker).post(
        address, {"unit": "2", "room": "1203", "occupancy": "rented", "visit_in_pairs": "on"}
    )
    world.household.refresh_from_db()
    assert response.url == world.household.get_absolute_url()
    assert (world.household.room, world.household.visit_in_pairs) == ("1203", True)
    assert world.household.walk_order > before


def test_nothing_typed_is_lost_when_a_door_is_refused(world, as_user):
    address = reverse("households:household_edit", args=[world.household.pk])
    response = as_user(world.worker).post(
        address, {"unit": "2", "room": "", "occupancy": "rented", "note": "钥匙在物业"}
    )
    assert "钥匙在物业" in response.content.decode()
    world.household.refresh_from_db()
    assert world.household.note == ""


def test_door_of_two_communities_is_refused_by_the_model(world):
    household = HouseholdFactory.build(grid=world.next_grid, building=world.household.building)
    with pytest.raises(ValidationError):
        household.clean()
