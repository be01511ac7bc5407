import datetime
import re

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from communities.models import Membership, User
from communities.roles import Role
from tests.factories import (
    CoverFactory,
    GridFactory,
    HouseholdFactory,
    MembershipFactory,
    UserFactory,
)


def url(name: str, place) -> str:
    app = "visits" if name in {"member_add", "person_add"} else "households"
    return reverse(f"{app}:{name}", args=[place.code])


def assignment(**changes) -> dict[str, str]:
    return {
        "role": Role.GRID_WORKER.value,
        "employment": "full_time",
        "rank": "main",
        "since": timezone.localdate().isoformat(),
        **changes,
    }


def test_list_shows_places_roles_caseload_and_second_offices(world, as_user):
    MembershipFactory(user=world.worker, role=Role.AREA_CADRE, grid=None, community=world.community)
    second = GridFactory(community=world.community, name="第二网格")
    MembershipFactory(user=world.worker, grid=second, rank=Membership.Rank.MAIN)
    HouseholdFactory(grid=second)
    HouseholdFactory(grid=second)
    MembershipFactory(grid=world.grid, until=datetime.date(2021, 1, 1), user__name="旧人")
    rows = as_user(world.officer).get(url("member_list", world.community)).context["rows"]
    shown = [
        (
            str(row["member"].place),
            row["member"].user.name,
            row["member"].role,
            (row["caseload"].as_main, row["caseload"].as_backup) if row["caseload"] else None,
            len(row["others"]),
            row["is_editable"],
        )
        for row in rows
    ]
    assert shown == [
        ("幸福社区", "worker", "area_cadre", None, 2, True),
        ("幸福社区", "officer", "community_officer", None, 0, False),
        ("第一网格", "worker", "grid_worker", (2, 1), 2, True),
        ("第一网格", "captain", "stair_captain", None, 0, True),
        ("第二网格", "worker", "grid_worker", (2, 1), 2, True),
    ]
    ended = as_user(world.officer).get(url("member_list", world.community) + "?ended")
    assert "旧人" in ended.content.decode()


def test_who_begins_tomorrow_is_said_to_work_here_from_then_and_has_no_doors_yet(world, as_user):
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    second = GridFactory(community=world.community, name="第二网格")
    for user in (world.worker, UserFactory(name="新来的")):
        MembershipFactory(user=user, grid=second, rank="backup", since=tomorrow)
    answer = as_user(world.officer).get(url("member_list", world.community))
    place = BeautifulSoup(answer.content, "html.parser").find("h2", string="第二网格")
    lines = [
        [" ".join(cell.get_text(" ").split()) for cell in line.find_all(["th", "td"])[:4]]
        for line in place.find_next("tbody").find_all("tr")
    ]
    assert [(name.split()[:5], caseload) for name, _role, _days, caseload in lines] == [
        (["worker", "Works", "here", "from", str(tomorrow)], "–"),
        (["新来的", "Works", "here", "from", str(tomorrow)], "–"),
    ]
    # What she has today stands with the grid she has today.
    rows = answer.context["rows"]
    assert [row["caseload"].as_backup for row in rows if row["caseload"]] == [1]


@pytest.mark.parametrize("people", [1, 3])
def test_list_asks_the_same_for_one_person_and_three(
    world, as_user, django_assert_num_queries, people
):
    for _ in range(people):
        MembershipFactory(grid=world.grid)
    client = as_user(world.officer)
    with django_assert_num_queries(9):
        client.get(url("member_list", world.community))


def test_who_covers_is_no_backup_in_the_list(world, as_user):
    away = world.worker.memberships.get()
    stand_in = MembershipFactory(grid=world.grid, rank="backup", employment="part_time")
    CoverFactory(away=away, user=stand_in.user, stand_in=stand_in)
    page = as_user(world.officer).get(url("member_list", world.community))
    row = page.content.decode().split(stand_in.user.username)[1].split("</tr>")[0]
    assert "cover" in row
    assert "Part-time" not in row


def test_assigning_shows_the_caseload_before_it_is_agreed_to(world, as_user):
    world.community.households_per_worker = 1
    world.community.save()
    second = GridFactory(community=world.community, name="第二网格")
    MembershipFactory(user=world.worker, grid=second, rank=Membership.Rank.MAIN)
    HouseholdFactory(grid=second)
    Membership.objects.filter(user=world.worker, grid=world.grid).delete()
    sent = assignment(user=world.worker.pk, place=world.grid.code)
    client = as_user(world.officer)
    summary = client.post(url("member_add", world.community), sent)
    text = re.sub(r"\s+", " ", summary.content.decode())
    assert "This makes 2 households for worker as main worker; the target is 1." in text
    assert "That is more than the target." in text
    assert world.grid.memberships.filter(user=world.worker).count() == 0
    change = client.post(url("member_add", world.community), {**sent, "step": "change"})
    assert f'value="{world.worker.pk}" selected' in change.content.decode()
    done = client.post(url("member_add", world.community), {**sent, "step": "confirmed"})
    assert done.url == url("member_list", world.community)
    stored = world.grid.memberships.get(user=world.worker)
    assert (stored.role, stored.rank, stored.employment, stored.until) == (
        "grid_worker",
        "main",
        "full_time",
        None,
    )


def test_captain_goes_on_to_her_stairwells(world, as_user):
    sent = assignment(
        user=world.worker.pk, place=world.grid.code, role="stair_captain", step="confirmed"
    )
    response = as_user(world.officer).post(url("member_add", world.community), sent)
    stored = Membership.objects.get(user=world.worker, role=Role.STAIR_CAPTAIN)
    assert response.url == reverse("households:post_list", args=[stored.pk])
    assert (stored.rank, stored.employment) == ("", "")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "This grid has a main worker. End that assignment first"),
        ({"role": "area_cadre", "place": "x"}, "Select a valid choice"),
        ({"role": "stair_captain", "place": "990101001001"}, "is not a role at this kind of place"),
        ({"role": "administrator"}, "Select a valid choice"),
        ({"role": "community_officer", "place": "990101001001"}, "Select a valid choice"),
        ({"place": "990101001002001"}, "Select a valid choice"),
        ({"rank": "backup", "until": "2020-01-01"}, "The last day cannot be before the first."),
        ({"since": "soon"}, "Enter a valid date."),
    ],
)
def test_wrong_assignments_are_refused_in_words(world, as_user, changes, words):
    MembershipFactory(grid=world.grid, rank=Membership.Rank.MAIN)
    before = Membership.objects.count()
    sent = assignment(
        **{"user": world.captain.pk, "place": world.grid.code, "step": "confirmed", **changes}
    )
    page = as_user(world.officer).post(url("member_add", world.community), sent)
    assert words in page.content.decode()
    assert Membership.objects.count() == before


def test_nobody_can_choose_herself_a_stranger_or_a_closed_account(world, as_user):
    stranger = UserFactory()
    gone = MembershipFactory(grid=world.grid, user__is_active=False).user
    client = as_user(world.officer)
    for person in (world.officer, stranger, world.outsider, gone):
        sent = assignment(user=person.pk, place=world.grid.code, rank="backup", step="confirmed")
        page = client.post(url("member_add", world.community), sent)
        assert "Select a valid choice" in page.content.decode()
        assert not world.grid.memberships.filter(user=person, rank="backup", until=None).exclude(
            user=gone
        )


def test_department_handler_names_her_office(world, as_user):
    sent = assignment(
        user=world.worker.pk,
        place=world.community.code,
        role="department_handler",
        step="confirmed",
    )
    client = as_user(world.street_officer)
    refused = client.post(url("member_add", world.community), sent)
    assert "A department handler, and nobody else, names a department." in refused.content.decode()
    client.post(
        url("member_add", world.community), {**sent, "department": world.department_office.pk}
    )
    stored = Membership.objects.get(user=world.worker, role=Role.DEPARTMENT_HANDLER)
    assert (stored.department, stored.community) == (world.department_office, world.community)


def new_person(world, **changes) -> dict[str, str]:
    return assignment(
        **{
            "name": "李新人",
            "username": "lixinren",
            "phone": "0411-84668888",
            "place": world.grid.code,
            **changes,
        }
    )


def test_new_person_gets_account_assignment_and_password_at_once(world, as_user):
    client = as_user(world.officer)
    summary = client.post(url("person_add", world.community), new_person(world))
    assert "This makes 1 households for 李新人 as main worker" in re.sub(
        r"\s+", " ", summary.content.decode()
    )
    assert not User.objects.filter(username="lixinren").exists()
    done = client.post(url("person_add", world.community), new_person(world, step="confirmed"))
    password = re.search(r"<code>(.+)</code>", done.content.decode()).group(1)
    person = User.objects.get(username="lixinren")
    assert (person.name, person.phone, person.must_change_password, person.is_staff) == (
        "李新人",
        "0411-84668888",
        True,
        False,
    )
    assert person.check_password(password)
    assert person.memberships.get().grid == world.grid
    login = as_user(None)
    login.post(reverse("login"), {"username": "lixinren", "password": password})
    assert login.get(reverse("visits:today")).url == reverse("password_change")


def test_refused_assignment_leaves_no_account(world, as_user):
    MembershipFactory(grid=world.grid, rank=Membership.Rank.MAIN)
    client = as_user(world.officer)
    page = client.post(url("person_add", world.community), new_person(world, step="confirmed"))
    assert "This grid has a main worker." in page.content.decode()
    taken = new_person(world, username="worker", rank="backup", step="confirmed")
    page = client.post(url("person_add", world.community), taken)
    assert "This login name is taken." in page.content.decode()
    assert not User.objects.filter(name="李新人").exists()


def test_everything_wrong_with_a_new_person_is_said_in_one_summary(world, as_user):
    sent = new_person(world, name="", since="", step="confirmed")
    response = as_user(world.officer).post(url("person_add", world.community), sent)
    soup = BeautifulSoup(response.content, "html.parser")
    [summary] = soup.select(".notice--error")
    assert [row.get_text() for row in summary.select("li")] == [
        "Full name: This field is required.",
        "First day: This field is required.",
    ]
    assert all(soup.find(id=link["href"][1:]) for link in summary.select("a"))


def test_account_takes_no_more_than_the_form_offers(world, as_user):
    sent = new_person(
        world, step="confirmed", is_superuser="on", is_staff="on", is_demo="on", password="x"
    )
    as_user(world.officer).post(url("person_add", world.community), sent)
    person = User.objects.get(username="lixinren")
    assert (person.is_superuser, person.is_staff, person.is_demo) == (False, False, False)
