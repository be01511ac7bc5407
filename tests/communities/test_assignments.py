import datetime

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from communities.actions import assign_member
from communities.models import Membership, User
from communities.roles import Role
from communities.staffing import candidates, roles_handed_out
from tests.factories import MembershipFactory, UserFactory
from visits.models import HandOver


def worker_at(grid, **values) -> Membership:
    values = {
        "user": UserFactory(),
        "role": Role.GRID_WORKER,
        "employment": Membership.Employment.FULL_TIME,
        "rank": Membership.Rank.MAIN,
        "since": timezone.localdate(),
        **values,
    }
    return Membership(grid=grid, **values)


def test_nobody_assigns_herself(world):
    with pytest.raises(ValidationError, match="不能给自己安排岗位"):
        assign_member(membership=worker_at(world.grid, user=world.officer), by=world.officer)
    assert not Membership.objects.filter(user=world.officer, grid=world.grid).exists()


def test_second_main_worker_is_refused_in_the_words_of_the_constraint(world):
    assign_member(membership=worker_at(world.grid), by=world.officer)
    with pytest.raises(ValidationError, match="主责"):
        assign_member(membership=worker_at(world.grid), by=world.officer)
    assert world.grid.memberships.filter(rank="main").count() == 1


def test_main_worker_who_comes_first_wins_and_the_other_hears_why(world, monkeypatch):
    """The check of the second runs before the first is stored; the database decides."""
    late = worker_at(world.grid)
    full_clean = Membership.full_clean

    def overtaken(membership, *args, **kwargs):
        full_clean(membership, *args, **kwargs)
        worker_at(world.grid).save()

    monkeypatch.setattr(Membership, "full_clean", overtaken)
    with pytest.raises(ValidationError, match="主责"):
        assign_member(membership=late, by=world.officer)
    assert late.pk is None


def test_same_role_twice_at_one_place_is_refused_for_overlapping_days_only(world):
    today = timezone.localdate()
    day = datetime.timedelta(days=1)
    person = UserFactory()
    backup = {"user": person, "rank": Membership.Rank.BACKUP}
    assign_member(membership=worker_at(world.grid, until=today, **backup), by=world.officer)
    with pytest.raises(ValidationError, match="已有这个岗位"):
        assign_member(membership=worker_at(world.grid, **backup), by=world.officer)
    assign_member(membership=worker_at(world.grid, since=today + day, **backup), by=world.officer)
    assert person.memberships.count() == 2


def test_each_manager_hands_out_fewer_roles_than_could_raise_her(world):
    code = world.community.code
    field = {
        Role.GRID_WORKER,
        Role.GRID_LEADER,
        Role.AREA_CADRE,
        Role.STAIR_CAPTAIN,
        Role.INFO_VOLUNTEER,
    }
    assert roles_handed_out(world.officer, code) == field
    assert roles_handed_out(world.street_officer, code) == field | {
        Role.COMMUNITY_OFFICER,
        Role.DEPARTMENT_HANDLER,
    }
    assert roles_handed_out(world.admin, code) == set(Role)
    for name in ("worker", "captain", "department", "auditor", "outsider"):
        assert roles_handed_out(getattr(world, name), code) == set()


def test_officer_ends_and_resets_neither_colleague_nor_administrator(world):
    colleague = MembershipFactory(role=Role.COMMUNITY_OFFICER, community=world.community, grid=None)
    keeper = MembershipFactory(role=Role.ADMINISTRATOR, community=world.community, grid=None)
    mine = Membership.objects.editable_by(world.officer)
    assert set(mine.values_list("user__username", flat=True)) == {"worker", "captain"}
    assert set(User.objects.editable_by(world.officer)) == {world.worker, world.captain}
    assert colleague in Membership.objects.editable_by(world.street_officer)
    assert keeper not in Membership.objects.editable_by(world.street_officer)
    assert {colleague, keeper} <= set(Membership.objects.editable_by(world.admin))


def test_candidates_are_active_people_of_the_street_within_sight(world):
    gone = MembershipFactory(grid=world.grid, user__is_active=False).user
    assert set(candidates(world.officer, world.community)) == {world.worker, world.captain}
    assert set(candidates(world.street_officer, world.community)) == set(
        User.objects.exclude(pk__in=[world.street_officer.pk, gone.pk])
    )


def test_membership_ends_with_the_day_typed(world, as_user):
    membership = world.worker.memberships.get()
    url = reverse("visits:member_end", args=[membership.pk])
    client = as_user(world.officer)
    assert b"First day" in client.get(url).content
    response = client.post(url, {"until": "2019-12-31"})
    assert b"The last day cannot be before the first." in response.content
    membership.refresh_from_db()
    assert membership.until is None
    today = timezone.localdate()
    response = client.post(url, {"until": today.isoformat()})
    assert response.url == HandOver.objects.get().get_absolute_url()
    membership.refresh_from_db()
    assert membership.until == today


def test_ended_membership_and_ones_out_of_reach_cannot_be_ended(world, as_user):
    ended = MembershipFactory(grid=world.grid, until=datetime.date(2021, 1, 1))
    officer = world.officer.memberships.get()
    worker = world.worker.memberships.get()

    def status(user, membership) -> int:
        url = reverse("visits:member_end", args=[membership.pk])
        return as_user(user).post(url, {"until": timezone.localdate().isoformat()}).status_code

    assert [
        status(world.officer, ended),
        status(world.officer, officer),
        status(world.outsider, worker),
        status(world.auditor, worker),
        status(world.worker, worker),
    ] == [404] * 5
    worker.refresh_from_db()
    assert worker.until is None


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_day_with_a_slip_in_its_year_is_refused_wherever_people_are_arranged(world, as_user, day):
    client, membership = as_user(world.officer), world.worker.memberships.get()
    community = [world.community.code]
    assignment = {"role": "captain", "place": world.grid.code, "user": world.captain.pk}
    for url, values in (
        (reverse("visits:member_end", args=[membership.pk]), {"until": day}),
        (reverse("visits:member_add", args=community), {**assignment, "since": day}),
        (reverse("visits:reassign_grids", args=community), {"first": day}),
        (reverse("visits:cover_add", args=community), {"since": day, "until": day}),
        (reverse("households:grid_edit", args=[world.grid.code]), {"opened_on": day}),
    ):
        assert "Choose a day from 1949 to 2099." in client.post(url, values).content.decode(), url
