"""Who stands beside a grid: kept by officers, seen on its page and with every door."""

import datetime
import re

import pytest
from bs4 import BeautifulSoup
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from communities.models import GridContact
from communities.roles import Role
from tests.factories import (
    GridContactFactory,
    GridFactory,
    HouseholdFactory,
    MembershipFactory,
    PostFactory,
)

SENT = {
    "kind": "property",
    "name": "王经理",
    "unit_name": "红星物业",
    "phone": "0512-63123456",
    "reach": "grid",
}


def url(world, name: str = "contact_list", *more) -> str:
    return reverse(f"communities:{name}", args=[world.grid.code, *more])


def day(distance: int) -> datetime.date:
    return timezone.localdate() + datetime.timedelta(days=distance)


def words(page) -> str:
    return " ".join(BeautifulSoup(page.content, "html.parser").find("main").get_text().split())


def test_officer_adds_changes_and_ends_a_contact(world, as_user):
    client = as_user(world.officer)
    assert client.post(url(world), SENT).status_code == 302
    assert "stands here already" in client.post(url(world), SENT).content.decode()
    contact = GridContact.objects.get()
    assert (contact.grid, contact.community, contact.since) == (world.grid, None, day(0))
    changed = SENT | {"reach": "community", "phone": "400 123 4567"}
    client.post(url(world, "contact_edit", contact.pk), changed)
    contact.refresh_from_db()
    assert (contact.grid, contact.community, contact.phone) == (
        None,
        world.community,
        "400 123 4567",
    )
    client.post(url(world, "contact_end", contact.pk))
    client.post(url(world, "contact_end", contact.pk))
    contact.refresh_from_db()
    assert contact.until == day(0)
    # Gone today, it may come back.
    assert client.post(url(world), changed).status_code == 302


@pytest.mark.parametrize(
    "wrong", [{"phone": "call me"}, {"phone": ""}, {"name": ""}, {"kind": "x"}, {"reach": "x"}]
)
def test_what_makes_no_contact_is_refused_and_stays_in_the_form(world, as_user, wrong):
    page = as_user(world.officer).post(url(world), SENT | wrong)
    assert page.status_code == 200
    assert "红星物业" in page.content.decode()
    assert not GridContact.objects.exists()


def test_two_alike_at_the_same_moment_are_one(world):
    contact = GridContactFactory(grid=world.grid)
    for place in ({"grid": world.grid}, {"grid": None, "community": world.community}):
        first = GridContactFactory(**place, name="李警官")
        with pytest.raises(IntegrityError), transaction.atomic():
            GridContactFactory(**place, name=first.name)
    assert GridContact.objects.filter(grid=world.grid).count() == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        GridContact.objects.filter(pk=contact.pk).update(community=world.community)


def test_contacts_stop_at_the_scope(world):
    mine = GridContactFactory(grid=world.grid)
    wide = GridContactFactory(grid=None, community=world.community)
    theirs = GridContactFactory(grid=world.next_grid)
    beside = GridContactFactory(grid=GridFactory(community=world.community))
    contacts = GridContact.objects
    assert set(contacts.visible_to(world.worker)) == {mine, wide}
    assert set(contacts.visible_to(world.officer)) == {mine, wide, beside}
    assert set(contacts.visible_to(world.captain)) == set()
    assert set(contacts.editable_by(world.worker)) == set()
    assert set(contacts.editable_by(world.officer)) == {mine, wide, beside}
    assert set(contacts.editable_by(world.outsider)) == {theirs}


def test_a_contact_of_another_grid_is_not_reached_through_this_one(world, as_user):
    beside = GridContactFactory(grid=GridFactory(community=world.community))
    for name in ("contact_edit", "contact_end"):
        assert as_user(world.officer).post(url(world, name, beside.pk)).status_code == 404


def test_worker_sees_whom_to_call_with_the_door_and_on_the_grid(world, as_user):
    GridContactFactory(grid=world.grid, name="赵警官", phone="0512-63000001")
    GridContactFactory(grid=None, community=world.community, kind="property", name="钱经理")
    GridContactFactory(grid=world.grid, name="已调离", since=day(-9), until=day(-1))
    GridContactFactory(grid=world.grid, name="下周来", since=day(7))
    for place in (world.household, world.grid):
        page = as_user(world.worker).get(place.get_absolute_url())
        text = words(page)
        assert [name in text for name in ("赵警官", "钱经理", "已调离", "下周来")] == [
            True,
            True,
            False,
            False,
        ]
        assert 'href="tel:0512-63000001"' in page.content.decode()
    door = as_user(world.worker).get(world.household.get_absolute_url()).content.decode()
    assert f'href="{world.grid.get_absolute_url()}#team"' in door
    door = as_user(world.captain).get(world.household.get_absolute_url()).content.decode()
    assert world.grid.get_absolute_url() not in door


def test_officer_is_told_who_is_missing_and_led_to_the_page_that_names_one(world, as_user):
    client = as_user(world.officer)
    page = client.get(world.grid.get_absolute_url())
    row = page.context["row"]
    # What cannot wait is a warning; the rest is one quiet line.
    assert row.gaps == ["No main worker", "No grid leader"]
    assert [one.words for one in row.unnamed] == [
        "area cadre",
        "community police officer",
        "property management",
        "Party group",
    ]
    for words_, address in page.context["places_to_fill"]:
        assert address.replace("&", "&amp;") in page.content.decode()
        form = client.get(address.partition("#")[0]).context["form"]
        if words_ == "area cadre":
            assert (form["place"].value(), form["role"].value()) == (world.grid.code, "area_cadre")
        else:
            assert form["kind"].value() in GridContact.Kind.values
    MembershipFactory(role=Role.AREA_CADRE, grid=None, community=world.community)
    GridContactFactory(grid=world.grid)
    GridContactFactory(grid=None, community=world.community, kind="property")
    row = client.get(world.grid.get_absolute_url()).context["row"]
    assert [one.words for one in row.unnamed] == ["Party group"]
    assert [member.role for member in row.team] == ["grid_worker", "area_cadre", "stair_captain"]
    world.worker.memberships.update(rank="main")
    row = client.get(world.grid.get_absolute_url()).context["row"]
    assert [one.words for one in row.unnamed] == ["backup worker", "Party group"]


def test_worker_is_not_told_of_gaps_she_cannot_fill(world, as_user):
    page = as_user(world.worker).get(world.grid.get_absolute_url())
    assert "Not named yet" not in page.content.decode()


def test_stairwells_without_a_captain_are_counted_and_the_number_opens_them(world, as_user):
    building = world.household.building
    for unit in ("1", "3"):
        HouseholdFactory(grid=world.grid, building=building, unit=unit, room="101")
    HouseholdFactory(
        grid=world.grid, building=building, unit="9", room="101", closed_on=day(-1)
    )  # fmt: skip
    client = as_user(world.officer)
    page = client.get(world.grid.get_absolute_url())
    assert page.context["row"].uncaptained == 2
    assert "Stairwells without a captain: 2" in words(page)
    opened = client.get(world.grid.get_absolute_url() + "?uncaptained")
    assert [row.unit for row in opened.context["stairwells"]] == ["1", "3"]
    assert [row.captains for row in page.context["stairwells"]] == ["", "captain", ""]
    captaincy = world.captain.memberships.get()
    whole = PostFactory(membership=captaincy, building=building, unit="")
    assert client.get(world.grid.get_absolute_url()).context["row"].uncaptained == 0
    whole.delete()
    captaincy.until = day(-1)
    captaincy.save()
    assert client.get(world.grid.get_absolute_url()).context["row"].uncaptained == 3


def test_list_of_grids_counts_what_is_not_named_and_exports_it(world, as_user):
    client = as_user(world.officer)
    address = reverse("households:grid_list", args=[world.community.code])
    page = client.get(address)
    assert "not named yet: 4" in words(page)
    [row] = page.context["rows"]
    assert row.unnamed_words == (
        "area cadre; community police officer; property management; Party group"
    )


def test_phone_keeps_whom_to_call_of_her_own_grids_for_where_there_is_no_signal(world, as_user):
    """As the grid says it with signal: contacts, and who is on the team with her."""

    def kept(user):
        page = as_user(user).get(reverse("visits:offline_today"))
        section = BeautifulSoup(page.content, "html.parser").find(id="whom")
        return [] if section is None else [link["href"] for link in section.find_all("a")]

    GridContactFactory(grid=world.grid, name="赵警官", phone="0512-63000001")
    GridContactFactory(grid=None, community=world.community, kind="property", phone="63000002")
    GridContactFactory(grid=world.grid, phone="63000003", since=day(-9), until=day(-1))
    GridContactFactory(grid=world.grid, phone="63000004", since=day(7))
    GridContactFactory(grid=GridFactory(community=world.community), phone="63000005")
    for role, phone in (
        (Role.GRID_LEADER, "15400000001"),
        (Role.STAIR_CAPTAIN, "15400000002"),
        (Role.GRID_LEADER, ""),
    ):
        MembershipFactory(grid=world.grid, role=role, user__phone=phone)
    cadre = MembershipFactory(
        grid=None, community=world.community, role=Role.AREA_CADRE, user__phone="15400000003"
    )
    MembershipFactory(
        grid=world.grid, role=Role.GRID_LEADER, user__phone="15400000004", until=day(-1)
    )
    # Who works for the whole community is not in the sight of one grid.
    assert kept(world.worker) == ["tel:15400000001", "tel:0512-63000001", "tel:63000002"]
    grid = as_user(world.worker).get(world.grid.get_absolute_url())
    team = BeautifulSoup(grid.content, "html.parser").find(id="team")
    shown = [link["href"] for link in team.find_all("a", href=re.compile("^tel:"))]
    assert [phone for phone in shown if phone != "tel:15400000002"] == kept(world.worker)
    # A cadre is on the team of each grid of her community.
    assert kept(cadre.user) == [*kept(world.worker), "tel:63000005", "tel:63000002"]
    # Her scope is a stairwell; officers have the pages of their office.
    assert kept(world.captain) == []
    assert kept(world.officer) == []
