import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from communities.models import Disclosure, Grid
from households.models import Household, Residency
from tests.factories import (
    CommunityFactory,
    GridFactory,
    HouseholdFactory,
    MembershipFactory,
    ResidencyFactory,
)


def url(name: str, place) -> str:
    app = (
        "visits"
        if name in {"member_add", "person_add", "grid_fill", "grid_close"}
        else "households"
    )
    return reverse(f"{app}:{name}", args=[place.code])


def test_list_counts_actual_households_and_residents_beside_the_limits(world, as_user):
    world.community.grid_size_min, world.community.grid_size = 2, 2
    world.community.grid_size_max = 2
    world.community.save()
    worker = world.worker.memberships.get()
    worker.rank = "main"
    worker.save()
    MembershipFactory(grid=world.grid, employment="part_time")
    HouseholdFactory(grid=world.grid, occupancy=Household.Occupancy.VACANT)
    HouseholdFactory(grid=world.grid, closed_on=datetime.date(2026, 1, 1))
    crowded = GridFactory(community=world.community, name="第二网格")
    for _ in range(3):
        HouseholdFactory(grid=crowded)
    ResidencyFactory(household=world.household, kind=Residency.Kind.REGISTERED)
    ResidencyFactory(household=world.household, until=datetime.date(2026, 1, 1))
    waiting = HouseholdFactory(grid=world.community.holding_grid())
    response = as_user(world.officer).get(url("grid_list", world.community))
    rows = [
        (
            row.grid.code[-3:],
            row.households,
            row.residents,
            str(row.main_worker or ""),
            row.full_time,
            row.share and row.share.number,
            row.notes,
        )
        for row in response.context["rows"]
    ]
    assert rows == [
        ("000", 1, 0, "", 0, None, ""),
        ("001", 1, 1, "worker", 1, 1, "Smaller than 2; No grid leader"),
        ("002", 3, 0, "", 0, None, "Larger than 2; No main worker; No grid leader"),
    ]
    totals = ("households", "residents", "full_time")
    assert [response.context[name] for name in totals] == [5, 1, 1]
    assert response.context["share"].number == 5
    text = response.content.decode()
    assert "Not yet in a grid" in text
    assert "Give to grids" in text
    assert url("grid", waiting.grid) in text


def test_worker_of_two_grids_is_one_full_time_worker(world, as_user):
    second = GridFactory(community=world.community)
    MembershipFactory(user=world.worker, grid=second)
    HouseholdFactory(grid=second)
    context = as_user(world.officer).get(url("grid_list", world.community)).context
    assert (context["full_time"], context["share"].number) == (1, 2)


def test_worker_reads_her_grid_and_no_other_in_the_list(world, as_user):
    MembershipFactory(grid=GridFactory(community=world.community, name="第二网格"))
    response = as_user(world.worker).get(url("grid_list", world.community))
    assert [row.grid for row in response.context["rows"]] == [world.grid]
    assert (response.context["full_time"], response.context["share"].number) == (1, 1)
    assert "Open a grid" not in response.content.decode()


def test_closed_grids_are_shown_on_request(world, as_user):
    GridFactory(community=world.community, name="旧网格", closed_on=datetime.date(2026, 1, 1))
    client = as_user(world.officer)
    assert "旧网格" not in client.get(url("grid_list", world.community)).content.decode()
    assert "旧网格" in client.get(url("grid_list", world.community) + "?closed").content.decode()


@pytest.mark.parametrize("grids", [1, 3])
def test_list_asks_the_same_for_one_grid_and_three(
    world, as_user, django_assert_num_queries, grids
):
    for _ in range(grids - 1):
        ResidencyFactory(household__grid=GridFactory(community=world.community))
    client = as_user(world.officer)
    with django_assert_num_queries(11):
        client.get(url("grid_list", world.community))


def test_export_of_grids_is_recorded(world, as_user):
    response = as_user(world.officer).get(url("grid_list", world.community) + "?export=xlsx")
    assert b"".join(response.streaming_content)[:2] == b"PK"
    taken = Disclosure.objects.get()
    assert (taken.subject, taken.rows, taken.community) == ("grids", 1, world.community)


def test_next_free_number_is_proposed_and_a_grid_opened(world, as_user):
    client = as_user(world.officer)
    page = client.get(url("grid_add", world.community))
    assert 'value="990101001001002"' in page.content.decode()
    response = client.post(
        url("grid_add", world.community),
        {"code": "990101001001007", "name": "第七网格", "kind": "dedicated"},
    )
    grid = Grid.objects.get(code="990101001001007")
    assert response.url == url("grid_fill", grid)
    assert (grid.name, grid.kind, grid.community, grid.opened_on) == (
        "第七网格",
        "dedicated",
        world.community,
        None,
    )


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"code": "990101001001001"}, "This grid number is taken. Use the next free one."),
        ({"code": "990101001002005"}, "Begin with the community"),
        ({"code": "990101001001000"}, "Begin with the community"),
        ({"code": "99010100100100"}, "15 digits."),
        ({"kind": "holding"}, "Select a valid choice"),
        ({"name": ""}, "This field is required."),
    ],
)
def test_wrong_grid_is_refused_with_what_to_do(world, as_user, values, words):
    sent = {"code": "990101001001007", "name": "第七网格", "kind": "general", **values}
    page = as_user(world.officer).post(url("grid_add", world.community), sent).content.decode()
    assert words in page
    assert f'value="{sent["code"]}"' in page
    assert Grid.objects.filter(community=world.community).count() == 1


def test_grid_is_renamed_and_keeps_its_number(world, as_user):
    client = as_user(world.officer)
    sent = {"name": "幸福一区", "kind": "general", "code": "990101001001009"}
    assert client.post(url("grid_edit", world.grid), sent).url == url("grid", world.grid)
    world.grid.refresh_from_db()
    assert (world.grid.name, world.grid.code) == ("幸福一区", "990101001001001")


def test_grid_page_shows_team_gaps_and_stairwells(world, as_user):
    HouseholdFactory(
        grid=world.grid,
        building=world.household.building,
        unit="2",
        room="601",
        occupancy=Household.Occupancy.VACANT,
    )
    response = as_user(world.officer).get(url("grid", world.grid))
    text = response.content.decode()
    assert [member.user for member in response.context["row"].team] == [
        world.worker,
        world.captain,
    ]
    assert "No main worker" in text
    assert "No grid leader" in text
    [stairwell] = response.context["stairwells"]
    assert (stairwell.building, stairwell.unit, stairwell.doors, stairwell.households) == (
        "幸福家园3号楼",
        "2",
        2,
        1,
    )


def test_holding_grid_offers_the_open_grids(world, as_user):
    holding = world.community.holding_grid()
    text = as_user(world.officer).get(url("grid", holding)).content.decode()
    assert url("grid_fill", world.grid) in text
    assert url("grid_close", holding) not in text


def test_closing_asks_first_and_says_what_happens(world, as_user):
    client = as_user(world.officer)
    text = client.get(url("grid_close", world.grid)).content.decode()
    assert "nobody visits them: 1." in text
    assert "worker（Grid worker）" in text
    world.grid.refresh_from_db()
    assert world.grid.closed_on is None
    done = client.post(url("grid_close", world.grid), follow=True)
    assert "Doors now waiting for a grid: 1." in done.content.decode()
    world.grid.refresh_from_db()
    assert world.grid.closed_on == timezone.localdate()


def test_places_out_of_reach_answer_404(world, as_user):
    def status(user, name, place, method="get") -> int:
        return getattr(as_user(user), method)(url(name, place)).status_code

    for name in ("grid_list", "grid_add", "community_edit", "member_list", "member_add"):
        assert status(world.outsider, name, world.community) == 404
    for name in ("grid", "grid_edit", "grid_close"):
        assert status(world.outsider, name, world.grid) == 404
    for name in ("grid_add", "community_edit", "member_add", "person_add"):
        assert status(world.auditor, name, world.community, "post") == 404
    for name in ("grid_edit", "grid_close"):
        assert status(world.auditor, name, world.grid, "post") == 404
    assert status(world.auditor, "grid", world.grid) == 200
    assert Grid.objects.open().filter(pk=world.grid.pk).exists()


def test_communities_are_listed_by_key_with_their_sums(world, as_user):
    HouseholdFactory(grid=world.next_grid)
    rows = as_user(world.street_officer).get("/register/communities/").context["rows"]
    assert [(str(row.community), row.grids, row.households, row.full_time) for row in rows] == [
        ("幸福社区", 1, 1, 1),
        ("光明社区", 1, 1, 1),
    ]
    for _ in range(60):
        CommunityFactory(area=world.street)
    client = as_user(world.street_officer)
    page = client.get("/register/communities/").context["page"]
    second = client.get("/register/communities/" + page.next_query).context["page"]
    assert [len(page.rows), len(second.rows), second.next_query] == [50, 12, ""]


def test_communities_are_found_by_name_number_and_street(world, as_user):
    client = as_user(world.street_officer)

    def found(text: str) -> list[str]:
        rows = client.get("/register/communities/", {"name": text}).context["rows"]
        return [str(row.community) for row in rows]

    assert found("光明") == ["光明社区"]
    assert found("990101001001") == ["幸福社区"]
    assert found("东风") == ["幸福社区", "光明社区"]
    assert found("没有") == []


@pytest.mark.parametrize("communities", [1, 3])
def test_communities_ask_the_same_for_one_and_three(
    world, as_user, django_assert_num_queries, communities
):
    for _ in range(communities):
        HouseholdFactory(grid=GridFactory(community=CommunityFactory(area=world.street)))
    client = as_user(world.street_officer)
    with django_assert_num_queries(6):
        client.get("/register/communities/")


def settings_of(community, **changes: int) -> dict[str, object]:
    names = (
        "grid_size",
        "grid_size_min",
        "grid_size_max",
        "households_per_worker",
        "visit_every_days",
        "knock_gap_days",
        "quiet_from",
        "quiet_until",
    )
    return {name: getattr(community, name) for name in names} | changes


def test_new_rhythm_reschedules_every_open_door(world, as_user):
    closed = HouseholdFactory(grid=world.grid, closed_on=datetime.date(2026, 1, 1))
    before = closed.due_by
    response = as_user(world.officer).post(
        url("community_edit", world.community),
        settings_of(world.community, visit_every_days=30),
        follow=True,
    )
    assert "moved to another day: 1." in response.content.decode()
    world.household.refresh_from_db()
    assert world.household.due_by == world.household.registered_on + datetime.timedelta(days=30)
    closed.refresh_from_db()
    assert closed.due_by == before


def test_unusual_sizes_are_kept_with_a_warning(world, as_user):
    response = as_user(world.officer).post(
        url("community_edit", world.community),
        settings_of(world.community, grid_size_min=10, grid_size=20),
        follow=True,
    )
    text = response.content.decode()
    assert "Outside the usual 30 to 500 households: Households per grid, Smallest grid." in text
    world.community.refresh_from_db()
    assert (world.community.grid_size_min, world.community.grid_size) == (10, 20)


def test_sizes_out_of_order_are_refused(world, as_user):
    page = as_user(world.officer).post(
        url("community_edit", world.community), settings_of(world.community, grid_size=600)
    )
    assert "must lie between the smallest and the largest grid" in page.content.decode()
    world.community.refresh_from_db()
    assert world.community.grid_size == 300


def test_settings_refuse_numbers_that_no_date_can_hold(world, as_user):
    response = as_user(world.officer).post(
        url("community_edit", world.community),
        settings_of(world.community, visit_every_days=999_999_999, grid_size=10**12),
    )
    assert response.status_code == 200
    assert sorted(response.context["form"].errors) == ["grid_size", "visit_every_days"]


def test_grid_is_not_entered_for_a_day_to_come(world, as_user):
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    values = {"name": "新网格", "kind": Grid.Kind.GENERAL, "opened_on": tomorrow.isoformat()}
    url = reverse("households:grid_edit", args=[world.grid.code])
    response = as_user(world.officer).post(url, values)
    assert "Choose today or earlier." in response.content.decode()
