"""Reporting a matter: what is stored, the form, and who may."""

import datetime
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from communities.models import Area
from communities.roles import Role
from tests.at_once import at_once
from tests.factories import (
    AreaFactory,
    HouseholdFactory,
    MatterCategoryFactory,
    MembershipFactory,
    PostFactory,
)
from tests.visits.matters.conftest import ADD, jpeg
from visits.actions.matter_steps import take_step
from visits.forms.matters import MatterForm
from visits.models import Matter, MatterCategory, Photo, Step


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
    assert at_once(lambda _n: report(id=key).pk, 6) == [key] * 6
    assert Matter.objects.get().events.count() == 1


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
