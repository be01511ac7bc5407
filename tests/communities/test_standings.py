import datetime

import pytest
from django.utils import timezone

from communities.models import Membership, User
from communities.roles import Role
from tests.factories import MembershipFactory, UserFactory

DAY = datetime.timedelta(days=1)


@pytest.mark.parametrize(
    "name",
    ["worker", "captain", "officer", "street_officer", "department", "auditor", "admin"],
)
def test_user_comes_with_the_standings_she_would_ask_for(world, name):
    user = getattr(world, name)
    read = User.objects.with_standings(user.pk, timezone.localdate(), timezone.now())
    asked = User.objects.get(pk=user.pk)
    assert read == asked
    assert {field.name: getattr(read, field.attname) for field in User._meta.fields} == {
        field.name: getattr(asked, field.attname) for field in User._meta.fields
    }
    assert read.standings
    assert sorted(read.standings) == sorted(asked.standings)


def test_standings_hold_from_the_first_day_to_the_last(world):
    today = timezone.localdate()
    user = UserFactory()
    MembershipFactory(user=user, grid=world.grid, since=today - DAY, until=today + DAY)
    codes = {
        offset: [
            standing.code
            for standing in User.objects.with_standings(
                user.pk, today + offset * DAY, timezone.now()
            ).standings
        ]
        for offset in (-2, -1, 0, 1, 2)
    }
    code = world.grid.code
    assert codes == {-2: [], -1: [code], 0: [code], 1: [code], 2: []}


def test_unknown_user_is_nobody_and_one_without_roles_has_none(db):
    today, now = timezone.localdate(), timezone.now()
    assert User.objects.with_standings(0, today, now) is None
    assert User.objects.with_standings(UserFactory().pk, today, now).standings == ()


def test_next_page_knows_of_every_change(world, as_user):
    client = as_user(world.worker)
    assert client.get("/work/today/").status_code == 200
    Membership.objects.filter(user=world.worker).update(until=timezone.localdate() - DAY)
    assert client.get("/work/today/").status_code == 302
    MembershipFactory(user=world.worker, role=Role.GRID_WORKER, grid=world.next_grid)
    assert client.get("/work/today/").status_code == 200
    User.objects.filter(pk=world.worker.pk).update(is_active=False)
    assert client.get("/work/today/").status_code == 302


def test_logout_ends_the_session_for_whoever_kept_its_cookie(world, as_user):
    client, copy = as_user(world.worker), as_user(world.worker)
    copy.cookies["session"] = client.cookies["session"].value
    assert copy.get("/work/today/").status_code == 200
    client.post("/logout/")
    assert copy.get("/work/today/").status_code == 302


def test_session_ends_at_its_hour(world, as_user):
    client = as_user(world.worker)
    client.session.model.objects.update(expire_date=timezone.now() - datetime.timedelta(seconds=1))
    assert client.get("/work/today/").status_code == 302
