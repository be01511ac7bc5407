"""Reporting matters, their pages, and who sees what of them."""

import datetime
import threading
import uuid
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connections, transaction
from django.utils import timezone
from openpyxl import load_workbook
from PIL import Image

from communities.models import Area, Disclosure
from communities.roles import Role
from tests.factories import (
    AreaFactory,
    BuildingFactory,
    DepartmentFactory,
    GridFactory,
    HouseholdFactory,
    MatterCategoryFactory,
    MatterFactory,
    MembershipFactory,
    PostFactory,
    ResidencyFactory,
    ResidentFactory,
)
from visits.actions.matter_steps import take_step
from visits.actions.matters import report_matter
from visits.forms.matters import MatterForm
from visits.models import Matter, MatterCategory, Photo, Step

LIST, ADD = "/work/matters/", "/work/matters/add/"


def jpeg(name: str = "p.jpg", colour: str = "green") -> SimpleUploadedFile:
    out = BytesIO()
    Image.new("RGB", (60, 40), colour).save(out, "JPEG")
    return SimpleUploadedFile(name, out.getvalue(), "image/jpeg")


@pytest.fixture
def category(db) -> MatterCategory:
    return MatterCategoryFactory(name="路灯")


@pytest.fixture
def report(world, category):
    """Report a matter in the grid; any argument of `report_matter` may be given."""

    def send(**values: object) -> Matter:
        return report_matter(
            **{
                "by": world.worker,
                "category": category,
                "grid": world.grid,
                "description": "路灯不亮",
                "at": timezone.now(),
                **values,
            }
        )

    return send


@pytest.fixture
def typed(category):
    """Give what a worker types into the form, with her own additions."""

    def values(**more: object) -> dict[str, object]:
        return {
            "id": str(uuid.uuid4()),
            "category": category.pk,
            "grid": "990101001001001",
            "place": "东门",
            "description": "路灯不亮",
            "urgency": "normal",
            **more,
        }

    return values


# Reporting.


def test_report_is_to_be_accepted_within_its_categorys_working_days(report):
    """In 2026 the second of January is a Friday; the clock starts on the day after."""
    category = MatterCategoryFactory(accept_working_days=2)
    late_evening = datetime.datetime(2026, 1, 7, 15, 30, tzinfo=datetime.UTC)
    after_midnight = datetime.datetime(2026, 1, 7, 16, 30, tzinfo=datetime.UTC)
    due = [report(category=category, at=at).due_at for at in (late_evening, after_midnight)]
    assert due == [
        datetime.datetime(2026, 1, 9, 9, 30, tzinfo=datetime.UTC),
        datetime.datetime(2026, 1, 12, 9, 30, tzinfo=datetime.UTC),
    ]


@pytest.mark.django_db
def test_category_without_a_day_is_refused_by_form_and_database():
    with pytest.raises(ValidationError):
        MatterCategory(name="x", accept_working_days=0).full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        MatterCategory.objects.create(name="x", accept_working_days=0)


def test_report_begins_the_history(report, world):
    matter = report()
    assert list(matter.events.values_list("step", "status", "by__name")) == [
        ("reported", "received", "worker")
    ]


def test_report_solved_on_the_spot_is_closed_at_once(report, world):
    matter = report(is_solved=True)
    assert (matter.status, matter.assignee) == ("closed", world.worker)
    assert list(matter.events.values_list("step", flat=True)) == ["reported", "solve"]


def test_report_sent_twice_is_one_matter(report):
    key = uuid.uuid4()
    photo = b"\xff\xd8 small"
    matters = [report(id=key, photos=[photo]) for _twice in range(2)]
    assert matters[0] == matters[1]
    assert (matters[0].events.count(), matters[0].photos.count()) == (1, 1)


def test_report_sent_again_after_the_matter_moved_on_changes_nothing(report, world):
    key = uuid.uuid4()
    matter = report(id=key)
    take_step(matter=matter, step=Step.TAKE, by=world.worker, at=timezone.now())
    assert report(id=key).status == "in_progress"
    assert list(matter.events.values_list("step", flat=True)) == ["reported", "take"]


def test_report_cannot_take_over_the_key_of_another(report, world):
    key = uuid.uuid4()
    report(id=key)
    for change in ({"by": world.officer}, {"description": "别的"}, {"grid": world.next_grid}):
        with pytest.raises(ValidationError) as caught:
            report(id=key, **change)
        assert caught.value.code == "key_taken"
    stored = Matter.objects.get(pk=key)
    assert (stored.reported_by, stored.description, stored.grid) == (
        world.worker,
        "路灯不亮",
        world.grid,
    )


def test_report_sent_by_six_threads_is_one_matter(database_of_many, world, report):
    key = uuid.uuid4()
    together = threading.Barrier(6)
    seen: list[uuid.UUID] = []

    def send() -> None:
        try:
            together.wait(timeout=20)
            seen.append(report(id=key).pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _six in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [key] * 6
    assert Matter.objects.get().events.count() == 1


# The form.


def test_add_stores_what_was_typed(as_user, world, typed, category):
    response = as_user(world.worker).post(ADD, typed(urgency="urgent", photos=[jpeg(), jpeg()]))
    matter = Matter.objects.get()
    assert (response.status_code, response.url) == (302, matter.get_absolute_url())
    assert (matter.category, matter.grid, matter.place, matter.description, matter.urgency) == (
        category,
        world.grid,
        "东门",
        "路灯不亮",
        "urgent",
    )
    assert (matter.reported_by, matter.photos.count()) == (world.worker, 2)


def test_add_at_a_household_asks_no_place(as_user, world, typed):
    address = f"{ADD}?household={world.household.pk}"
    page = as_user(world.worker).get(address).content.decode()
    assert "幸福家园3号楼2单元502室" in page
    assert 'name="grid"' not in page
    as_user(world.worker).post(address, typed(place="", grid=""))
    matter = Matter.objects.get()
    assert (matter.household, matter.grid) == (world.household, world.grid)


def test_add_double_clicked_makes_one_matter(as_user, world, typed):
    values = typed()
    client = as_user(world.worker)
    answers = [client.post(ADD, values) for _twice in range(2)]
    assert Matter.objects.count() == 1
    assert {answer.url for answer in answers} == {Matter.objects.get().get_absolute_url()}


def test_add_changed_after_going_back_is_kept_and_can_be_sent(as_user, world, typed):
    values = typed()
    client = as_user(world.worker)
    client.post(ADD, values)
    answer = client.post(ADD, {**values, "description": "门也坏了"})
    assert "already sent" in answer.content.decode()
    assert "门也坏了" in answer.content.decode()
    key = answer.context["form"]["id"].value()
    assert key != values["id"]
    client.post(ADD, {**values, "description": "门也坏了", "id": key})
    assert sorted(Matter.objects.values_list("description", flat=True)) == ["路灯不亮", "门也坏了"]


def test_add_refuses_grids_beyond_ones_own(as_user, world, typed):
    answer = as_user(world.worker).post(ADD, typed(grid=world.next_grid.code))
    assert list(answer.context["form"].errors) == ["grid"]
    assert not Matter.objects.exists()


def test_add_with_a_damaged_photo_keeps_the_rest_and_goes_without(as_user, world, typed):
    client = as_user(world.worker)
    values = typed(description="水管漏水")
    damaged = SimpleUploadedFile("x.jpg", b"\xff\xd8\xff broken")
    heic = SimpleUploadedFile("y.heic", b"\0\0\0\x18ftypheic" + b"\0" * 50)
    answer = client.post(ADD, {**values, "photos": [jpeg(), damaged, heic]})
    page = answer.content.decode()
    assert "Photo 2 is damaged or not a picture" in page
    assert "Photo 3 is in a format only its phone can read (HEIC)" in page
    assert "Photo 1 " not in page
    assert "水管漏水" in page
    assert not Matter.objects.exists()
    assert client.post(ADD, values).status_code == 302


def test_add_says_that_photos_must_be_chosen_again(as_user, world, typed):
    answer = as_user(world.worker).post(ADD, typed(description="", photos=[jpeg()]))
    assert list(answer.context["form"].errors) == ["description", "photos"]


def test_add_takes_four_photos_and_no_fifth(as_user, world, typed):
    client = as_user(world.worker)
    answer = client.post(ADD, typed(photos=[jpeg() for _five in range(5)]))
    assert list(answer.context["form"].errors) == ["photos"]
    client.post(ADD, typed(photos=[jpeg() for _four in range(4)]))
    assert Photo.objects.count() == 4


def test_add_for_a_captain_offers_her_stairwell_and_its_doors(as_user, world, typed):
    other_unit = HouseholdFactory(
        grid=world.grid, building=world.household.building, unit="1", room="101"
    )
    form = MatterForm(user=world.captain)
    options = dict(form.fields["door"].choices[1][1])
    whole = next(iter(options))
    assert list(options) == [whole, f"door-{world.household.pk}"]
    client = as_user(world.captain)
    client.post(ADD, typed(door=whole, place="门禁坏了"))
    client.post(ADD, typed(door=f"door-{world.household.pk}", place=""))
    stairwell, door = Matter.objects.order_by("reported_at")
    assert (stairwell.household, stairwell.grid, stairwell.where) == (
        None,
        world.grid,
        "幸福家园3号楼2单元 门禁坏了",
    )
    assert (door.household, door.grid) == (world.household, world.grid)
    refused = client.post(ADD, typed(door=f"door-{other_unit.pk}"))
    assert list(refused.context["form"].errors) == ["door"]


def test_add_for_a_captain_of_two_stairwells_groups_the_doors(world):
    other = HouseholdFactory(
        grid=world.grid, building=world.household.building, unit="1", room="101"
    )
    membership = world.captain.memberships.get()
    PostFactory(membership=membership, building=world.household.building, unit="1")
    PostFactory(membership=membership, building=world.household.building, unit="9")
    choices = MatterForm(user=world.captain).fields["door"].choices[1:]
    doors = {str(group): [value for value, _label in options[1:]] for group, options in choices}
    assert doors == {
        "幸福家园3号楼2单元": [f"door-{world.household.pk}"],
        "幸福家园3号楼1单元": [f"door-{other.pk}"],
    }


def test_add_lets_whoever_governs_more_than_a_street_type_the_number(as_user, world, typed):
    city = AreaFactory(code="9901", name="某市", level=Area.Level.CITY)
    MembershipFactory(user=world.admin, role=Role.ADMINISTRATOR, grid=None, area=city)
    client = as_user(world.admin)
    assert client.get(ADD).context["form"].fields["grid"].widget.input_type == "text"
    refused = client.post(ADD, typed(grid="999999999999999"))
    assert "None of your grids has this number." in refused.content.decode()
    client.post(ADD, typed())
    assert Matter.objects.get().grid == world.grid


def test_form_left_empty_inside_another_is_no_matter(world):
    for data in (
        {"matter-urgency": "normal"},
        {"matter-urgency": "normal", "matter-id": uuid.uuid4()},
    ):
        form = MatterForm(
            data,
            user=world.worker,
            household=world.household,
            prefix="matter",
            empty_permitted=True,
            use_required_attribute=False,
        )
        assert (form.is_valid(), form.has_changed()) == (True, False)


# Who sees what.


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("worker", 200),
        ("captain", 200),
        ("officer", 200),
        ("street_officer", 200),
        ("admin", 200),
        ("department", 404),
        ("auditor", 404),
    ],
)
def test_add_is_for_those_who_report(as_user, world, who, status):
    assert as_user(getattr(world, who)).get(ADD).status_code == status


def test_add_at_a_door_out_of_reach_is_not_found(as_user, world):
    beyond = HouseholdFactory(grid=world.next_grid)
    client = as_user(world.worker)
    for key in (beyond.pk, "x", "", 10**30):
        assert client.get(f"{ADD}?household={key}").status_code == 404


@pytest.fixture
def three(report, world):
    """One matter at a captain's door, one handed to a department, one next door."""
    door = report(household=world.household, description="门口堆物")
    handed = report(description="申请低保")
    take_step(
        matter=handed,
        step=Step.ASSIGN,
        by=world.officer,
        at=timezone.now(),
        department=world.department_office,
    )
    beyond = report(by=world.outsider, grid=world.next_grid, description="邻居的事")
    return {"door": door, "handed": handed, "beyond": beyond}


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("worker", {"door", "handed"}),
        ("captain", {"door"}),
        ("officer", {"door", "handed"}),
        ("street_officer", {"door", "handed", "beyond"}),
        ("department", {"handed"}),
        ("auditor", {"door", "handed", "beyond"}),
        ("admin", {"door", "handed", "beyond"}),
        ("outsider", {"beyond"}),
    ],
)
def test_matters_are_seen_within_scope(as_user, world, three, who, seen):
    client = as_user(getattr(world, who))
    rows = {row.pk for row, _late in client.get(LIST).context["rows"]}
    assert rows == {three[name].pk for name in seen}
    pages = {
        name for name, row in three.items() if client.get(row.get_absolute_url()).status_code == 200
    }
    assert pages == seen


def test_department_reads_the_address_and_nothing_else_of_the_register(as_user, world, report):
    resident = ResidentFactory(name="欧阳小红")
    ResidencyFactory(resident=resident, household=world.household)
    matter = report(household=world.household)
    take_step(
        matter=matter,
        step=Step.ASSIGN,
        by=world.officer,
        at=timezone.now(),
        department=world.department_office,
    )
    page = as_user(world.department).get(matter.get_absolute_url()).content.decode()
    assert "幸福家园3号楼2单元502室" in page
    assert "欧阳小红" not in page
    assert world.household.get_absolute_url() not in page
    worker_page = as_user(world.worker).get(matter.get_absolute_url()).content.decode()
    assert world.household.get_absolute_url() in worker_page


def test_anonymous_is_sent_to_the_login(as_user, three):
    client = as_user(None)
    for address in (LIST, ADD, three["door"].get_absolute_url()):
        assert client.get(address).status_code == 302


# The page of a matter and its steps.


def offered(as_user, user, matter: Matter) -> list[str]:
    page = as_user(user).get(matter.get_absolute_url())
    shown = [*page.context["steps"], *page.context["other_steps"]]
    return [form.initial["step"] for form, _open in shown]


def test_page_offers_the_steps_of_the_table(as_user, world, three):
    door = three["door"]
    usual = ["take", "solve", "assign"]
    assert offered(as_user, world.worker, door) == [*usual, "accept", "decline", "comment"]
    assert offered(as_user, world.officer, door) == [
        *usual,
        *("accept", "whistle", "merge", "escalate", "decline", "comment"),
    ]
    assert offered(as_user, world.captain, door) == []
    assert offered(as_user, world.auditor, door) == []
    assert offered(as_user, world.department, three["handed"]) == [
        *("start", "resolve", "wait", "ask_extension", "return", "comment"),
    ]


def test_step_post_assigns_to_a_person_or_department(as_user, world, three):
    matter = three["door"]
    client = as_user(world.officer)
    address = f"{matter.get_absolute_url()}step/"
    choices = client.get(matter.get_absolute_url()).context["steps"][2][0].fields["to"].choices
    people, departments = dict(choices[1][1]), dict(choices[2][1])
    assert people == {
        f"person-{world.captain.pk}": "captain · Stairwell captain",
        f"person-{world.officer.pk}": "officer · Community officer",
        f"person-{world.worker.pk}": "worker · Grid worker",
    }
    assert list(departments.values()) == ["民政办"]
    beyond = client.post(
        address, {"step": "assign", "seen": 0, "to": f"person-{world.outsider.pk}"}
    )
    assert "to" in beyond.context["steps"][2][0].errors
    answer = client.post(address, {"step": "assign", "seen": 0, "to": next(iter(departments))})
    assert answer.url == matter.get_absolute_url()
    matter.refresh_from_db()
    assert (matter.status, matter.department) == ("assigned", world.department_office)


def test_step_post_of_an_old_page_says_who_was_quicker_and_keeps_the_words(as_user, world, report):
    matter = report()
    take_step(matter=matter, step=Step.TAKE, by=world.worker, at=timezone.now())
    answer = as_user(world.officer).post(
        f"{matter.get_absolute_url()}step/",
        {"step": "decline", "seen": 0, "note": "重复上报，已处理"},
    )
    page = answer.content.decode()
    assert "worker was quicker" in page
    assert "重复上报，已处理" in page
    form, is_open = answer.context["other_steps"][-1]
    assert (form.initial["step"], form.initial["seen"], is_open) == ("comment", 1, True)
    matter.refresh_from_db()
    assert matter.status == "in_progress"


def test_step_post_without_needed_words_shows_the_form_again(as_user, world, report):
    matter = report(is_solved=True)
    answer = as_user(world.officer).post(
        f"{matter.get_absolute_url()}step/", {"step": "reopen", "seen": 1, "note": ""}
    )
    forms = {
        form.data.get("step") or form.initial["step"]: is_open
        for form, is_open in (*answer.context["steps"], *answer.context["other_steps"])
    }
    assert forms == {"reopen": True, "comment": False}


@pytest.mark.parametrize("who", ["auditor", "outsider", "captain", "department"])
def test_step_post_of_those_without_a_step_is_not_found(as_user, world, three, who):
    address = f"{three['door'].get_absolute_url()}step/"
    client = as_user(getattr(world, who))
    assert client.post(address, {"step": "comment", "seen": 0, "note": "x"}).status_code == 404
    assert three["door"].events.count() == 1


@pytest.mark.parametrize(
    "data", [{}, {"step": "reported", "seen": "0"}, {"step": "x", "seen": "y"}]
)
def test_step_post_of_nonsense_changes_nothing(as_user, world, report, data):
    matter = report()
    assert as_user(world.officer).post(f"{matter.get_absolute_url()}step/", data).status_code == 200
    assert matter.events.count() == 1


def test_step_opened_again_after_a_refusal_leads_to_the_matter(as_user, world, report):
    page = report().get_absolute_url()
    officer = as_user(world.officer)
    refused = officer.post(f"{page}step/", {"step": "drop", "seen": "1", "note": ""})
    assert refused.request["PATH_INFO"] == f"{page}step/"
    reloaded = officer.get(f"{page}step/")
    assert (reloaded.status_code, reloaded["Location"]) == (302, page)
    assert officer.head(f"{page}step/").status_code == 302
    assert as_user(world.outsider).get(f"{page}step/").status_code == 404


# The list.


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


@pytest.mark.parametrize("rows", [1, 3])
def test_page_asks_the_same_whatever_its_history(
    as_user, world, report, django_assert_num_queries, rows
):
    matter = report(household=world.household, photos=[b"x"] * rows)
    for number in range(rows):
        worker = MembershipFactory(grid=world.grid).user
        DepartmentFactory(area=world.street)
        take_step(matter=matter, step=Step.COMMENT, by=worker, at=timezone.now(), note=f"n{number}")
    client = as_user(world.officer)
    with django_assert_num_queries(16):
        client.get(matter.get_absolute_url())


@pytest.mark.parametrize("rows", [1, 3])
def test_captains_form_asks_the_same_whatever_her_doors(
    as_user, world, django_assert_num_queries, rows
):
    for room in range(rows):
        HouseholdFactory(
            grid=world.grid, building=world.household.building, unit="2", room=f"90{room}"
        )
    client = as_user(world.captain)
    with django_assert_num_queries(5):
        client.get(ADD)


# Photos.


def test_photo_is_served_within_scope_as_a_picture_only(as_user, world, typed):
    as_user(world.worker).post(ADD, typed(photos=[jpeg()]))
    photo = Photo.objects.get()
    address = photo.get_absolute_url()
    answer = as_user(world.officer).get(address)
    assert b"".join(answer.streaming_content)[:3] == b"\xff\xd8\xff"
    assert {
        name: answer[name]
        for name in (
            "Content-Type",
            "Content-Disposition",
            "Content-Security-Policy",
            "X-Content-Type-Options",
            "Cache-Control",
        )
    } == {
        "Content-Type": "image/jpeg",
        "Content-Disposition": f'inline; filename="{photo.pk}.jpg"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store, private",
    }
    for person in (world.outsider, world.captain, world.department):
        assert as_user(person).get(address).status_code == 404
    assert as_user(None).get(address).status_code == 302
    assert as_user(world.officer).get(f"/media/{photo.image.name}").status_code == 404


def test_photo_whose_file_is_gone_is_not_found(as_user, world, typed):
    as_user(world.worker).post(ADD, typed(photos=[jpeg()]))
    photo = Photo.objects.get()
    photo.image.storage.delete(photo.image.name)
    assert as_user(world.worker).get(photo.get_absolute_url()).status_code == 404


def test_who_returns_a_matter_is_led_to_her_list_and_not_to_a_page_she_lost(as_user, world, three):
    matter = three["handed"]
    answer = as_user(world.department).post(
        f"{matter.get_absolute_url()}step/",
        {"step": "return", "seen": matter.moves, "note": "不属于本部门"},
    )
    assert (answer.status_code, answer.url) == (302, LIST)
    matter.refresh_from_db()
    assert (matter.status, matter.holder) == ("accepted", None)


def test_a_step_on_a_matter_given_to_others_meanwhile_is_told(as_user, world, three, monkeypatch):
    matter = three["handed"]

    def taken_away(**_step):
        current = Matter.objects.get(pk=matter.pk)
        take_step(
            matter=current,
            step=Step.ASSIGN,
            by=world.officer,
            at=timezone.now(),
            assignee=world.worker,
        )
        raise ValidationError("worker was quicker")

    monkeypatch.setattr("visits.views.matters.take_step", taken_away)
    answer = as_user(world.department).post(
        f"{matter.get_absolute_url()}step/",
        {"step": "resolve", "seen": matter.moves, "note": "修好了"},
        follow=True,
    )
    assert answer.redirect_chain == [(LIST, 302)]
    assert "worker was quicker" in answer.content.decode()
