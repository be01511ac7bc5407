"""People, grids and departments in Django admin: who appoints whom, and what stays closed."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from communities.models import Area, Department, Grid, Membership, User
from communities.roles import Role
from tests.admin_forms import url
from tests.factories import AreaFactory, DepartmentFactory


def membership_rows(*memberships: dict[str, object]) -> dict[str, object]:
    data: dict[str, object] = {
        "memberships-TOTAL_FORMS": len(memberships),
        "memberships-INITIAL_FORMS": 0,
        "memberships-MIN_NUM_FORMS": 0,
        "memberships-MAX_NUM_FORMS": 1000,
    }
    for index, membership in enumerate(memberships):
        for name, value in {"since": "2026-01-01", **membership}.items():
            data[f"memberships-{index}-{name}"] = value
    return data


def new_person(**extra: object) -> dict[str, object]:
    return {
        "username": "newcomer",
        "name": "李新",
        "phone": "",
        "is_active": "on",
        "initial_password": "First-Day-2026",
        **extra,
    }


def test_new_person_gets_a_first_role_and_must_change_her_password(world, as_user):
    role = {"role": Role.COMMUNITY_OFFICER, "community": world.community.pk}
    answer = as_user(world.admin).post(url(User, "add"), new_person() | membership_rows(role))
    person = User.objects.get(username="newcomer")
    assert answer.status_code == 302
    assert person.must_change_password
    assert person.check_password("First-Day-2026")
    assert [(row.role, row.place) for row in person.memberships.all()] == [
        (Role.COMMUNITY_OFFICER, world.community)
    ]
    assert (person.is_superuser, person.is_staff) == (False, False)


def test_person_without_role_is_refused(world, as_user):
    answer = as_user(world.admin).post(url(User, "add"), new_person() | membership_rows())
    assert answer.status_code == 200
    assert not User.objects.filter(username="newcomer").exists()


def test_weak_initial_password_is_refused(world, as_user):
    role = {"role": Role.COMMUNITY_OFFICER, "community": world.community.pk}
    data = new_person(initial_password="grid-demo-2026") | membership_rows(role)
    assert as_user(world.admin).post(url(User, "add"), data).status_code == 200
    assert not User.objects.filter(username="newcomer").exists()


def test_nobody_appoints_beyond_her_own_places(world, as_user):
    city = AreaFactory(code="9901", name="上级市", level=Area.Level.CITY)
    role = {"role": Role.ADMINISTRATOR, "area": city.pk}
    answer = as_user(world.admin).post(url(User, "add"), new_person() | membership_rows(role))
    assert answer.status_code == 200
    assert not User.objects.filter(username="newcomer").exists()


def test_nobody_edits_herself(world, as_user):
    client = as_user(world.admin)
    own = world.admin.memberships.get()
    role = {"role": Role.ADMINISTRATOR, "area": world.street.pk}
    answers = (
        client.post(url(User, "change", world.admin.pk), new_person() | membership_rows(role)),
        client.post(url(Membership, "change", own.pk), {"role": Role.AUDITOR}),
        client.get(url(User, "change", world.admin.pk)),
    )
    assert [answer.status_code for answer in answers] == [403, 403, 200]
    assert world.admin.memberships.count() == 1


def test_posted_extras_are_ignored(world, as_user):
    data = new_person(
        username="worker", is_superuser="on", is_staff="on", initial_password="", user_permissions=1
    )
    answer = as_user(world.admin).post(
        url(User, "change", world.worker.pk), data | membership_rows()
    )
    worker = User.objects.get(pk=world.worker.pk)
    assert answer.status_code == 302
    assert (worker.is_superuser, worker.is_staff, worker.name) == (False, False, "李新")


def test_new_initial_password_ends_sessions_of_the_person(world, as_user):
    client = as_user(world.worker)
    data = new_person(username="worker", initial_password="Second-Day-2026")
    as_user(world.admin).post(url(User, "change", world.worker.pk), data | membership_rows())
    assert client.get(reverse("home")).headers["Location"].startswith(reverse("login"))
    assert User.objects.get(pk=world.worker.pk).must_change_password


def test_a_grid_is_closed_on_its_own_page_and_opened_again_here(world, as_user):
    client = as_user(world.admin)
    page = url(Grid, "change", world.grid.pk)
    data = {"name": "第一网格", "kind": world.grid.kind, "opened_on": ""}
    refused = client.post(page, {**data, "closed_on": "2026-01-31"})
    assert "on its own page" in refused.content.decode()
    Grid.objects.filter(pk=world.grid.pk).update(closed_on="2026-01-31")
    assert client.post(page, {**data, "closed_on": ""}).status_code == 302
    world.grid.refresh_from_db()
    assert world.grid.closed_on is None


def test_departments_stay_below_the_administrator(world, as_user):
    city = AreaFactory(code="9901", name="上级市", level=Area.Level.CITY)
    above = DepartmentFactory(area=city, name="市局")
    client = as_user(world.admin)
    assert client.get(url(Department, "change", above.pk)).status_code == 200
    assert client.post(url(Department, "change", above.pk), {"name": "改"}).status_code == 403
    assert client.post(url(Department, "delete", above.pk), {"post": "yes"}).status_code == 403
    posted = client.post(
        url(Department, "changelist"),
        {"action": "delete_selected", "_selected_action": [above.pk], "post": "yes", "index": 0},
    )
    assert posted.status_code in {200, 302}
    assert Department.objects.filter(pk=above.pk).exists()


def test_a_number_begins_with_that_of_the_place_around_it(world, as_user):
    """Scope goes by number: a grid under another community's would be read there."""
    client, other = as_user(world.admin), world.next_community
    grid = {"name": "第九网格", "kind": "general", "opened_on": "", "closed_on": ""}
    number = world.community.code + "009"
    answer = client.post(url(Grid, "add"), grid | {"code": number, "community": other.pk})
    assert f"begins with {other.code}" in answer.content.decode()
    assert not Grid.objects.filter(code=number).exists()
    world.community.area = AreaFactory(code="990101002", name="西风街道")
    with pytest.raises(ValidationError, match="990101002"):
        world.community.full_clean()
    inside = Area(code="990102001", name="南风街道", level=9, parent=AreaFactory(code="990101"))
    with pytest.raises(ValidationError, match="990101"):
        inside.full_clean()


def test_only_number_000_is_for_doors_that_wait_for_a_grid(world, as_user):
    data = {"name": "第九网格", "kind": "holding", "opened_on": "", "closed_on": ""}
    data |= {"code": world.community.code + "009", "community": world.community.pk}
    answer = as_user(world.admin).post(url(Grid, "add"), data)
    assert "ends in 000" in answer.content.decode()


def test_a_slip_in_the_year_of_a_role_is_refused(world, as_user):
    role = {"role": Role.COMMUNITY_OFFICER, "community": world.community.pk, "until": "9999-12-31"}
    answer = as_user(world.admin).post(url(User, "add"), new_person() | membership_rows(role))
    assert "Choose a day from 1949 to 2099." in answer.content.decode()
