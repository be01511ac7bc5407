"""The staffing board: workload against target, other offices, leave; and drifted grids."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from communities.models import Area, Community, Grid
from communities.roles import Role
from households.models import Household
from households.staffing_board import staffing_board
from tests.factories import (
    AreaFactory,
    BuildingFactory,
    CoverFactory,
    GridFactory,
    GridPlanFactory,
    HouseholdFactory,
    MembershipFactory,
    UserFactory,
)
from visits.models import VisitTally

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _main_worker(world):
    world.worker.memberships.update(rank="main")


def board(world):
    return staffing_board(world.community, world.officer, timezone.localdate())


def row_of(world, user):
    [row] = [row for row in board(world).rows if row.user == user]
    return row


def add_doors(grid, building, count, **fields):
    for number in range(count):
        HouseholdFactory(grid=grid, building=building, room=f"{number + 1}01", **fields)


def test_workload_stands_beside_households_and_target(world):
    Community.objects.filter(pk=world.community.pk).update(households_per_worker=3)
    world.community.refresh_from_db()
    add_doors(world.grid, world.household.building, 4, occupancy="rented")
    Household.objects.filter(pk=world.household.pk).update(occupancy="vacant")
    row = row_of(world, world.worker)
    assert (row.own.households, row.own.rounded, row.target) == (4, 5, 3)
    assert (row.over, row.share) == (2, 160)


def test_a_part_time_worker_is_meant_to_carry_half(world):
    grid = GridFactory(community=world.community)
    worker = MembershipFactory(grid=grid, employment="part_time").user
    assert row_of(world, worker).target == 50


def test_doors_of_a_grid_count_for_its_main_worker_alone(world):
    backup = MembershipFactory(grid=world.grid, rank="backup").user
    assert row_of(world, backup).own.households == 0
    assert row_of(world, backup).backup_grids == [world.grid]
    assert row_of(world, world.worker).grids == [world.grid]


def test_who_holds_another_office_is_seen(world):
    MembershipFactory(user=world.worker, role=Role.AREA_CADRE, grid=None, community=world.community)
    [office] = row_of(world, world.worker).other_offices
    assert office.role == Role.AREA_CADRE


def test_leave_is_seen_with_both_who_is_away_and_who_goes(world):
    today = timezone.localdate()
    deputy = UserFactory()
    MembershipFactory(user=deputy, grid=GridFactory(community=world.community))
    away = world.worker.memberships.get()
    CoverFactory(away=away, user=deputy, since=today, until=today + datetime.timedelta(days=3))
    assert [cover.user for cover in row_of(world, world.worker).away] == [deputy]
    assert [cover.away for cover in row_of(world, deputy).goes_for] == [away]


def test_the_board_says_how_many_workers_are_missing(world):
    Community.objects.filter(pk=world.community.pk).update(households_per_worker=2)
    world.community.refresh_from_db()
    add_doors(world.grid, world.household.building, 8)
    empty = GridFactory(community=world.community)
    found = board(world)
    assert (found.total.households, found.needed, found.full_time) == (9, 5, 1)
    assert found.missing == 4
    assert found.without_worker == [empty]


def test_a_grid_past_its_limits_is_named_on_the_dashboard(world, as_user):
    url = world.community.get_absolute_url()
    Community.objects.filter(pk=world.community.pk).update(
        grid_size_min=0, grid_size=1, grid_size_max=2
    )
    client = as_user(world.officer)
    assert client.get(url).context["drifted"] == []
    add_doors(world.grid, world.household.building, 3)
    [grid] = client.get(url).context["drifted"]
    assert (grid.code, grid.households, grid.warning) == (world.grid.code, 4, "Larger than 2")


def test_a_grid_that_was_closed_does_not_drift(world, as_user):
    """It keeps the visits made in it, so it stays on the dashboard of the quarter."""
    closed = GridFactory(community=world.community, closed_on=timezone.localdate())
    VisitTally.objects.create(grid=closed, day=timezone.localdate(), outcome="met", visits=1)
    response = as_user(world.officer).get(world.community.get_absolute_url())
    assert closed.code in [line.code for line in response.context["report"].lines]
    assert closed.code not in [grid.code for grid in response.context["drifted"]]


def test_a_dedicated_grid_has_no_size_to_drift_from(world, as_user):
    """Whatever an institution or a market measures: no plan moves its border."""
    Community.objects.filter(pk=world.community.pk).update(
        grid_size_min=0, grid_size=1, grid_size_max=2
    )
    market = GridFactory(community=world.community, kind=Grid.Kind.DEDICATED, name="批发市场")
    add_doors(market, world.household.building, 3)
    officer = as_user(world.officer)
    dashboard = officer.get(world.community.get_absolute_url())
    assert market.code in [line.code for line in dashboard.context["report"].lines]
    assert dashboard.context["drifted"] == []
    street = as_user(world.street_officer).get(world.street.get_absolute_url())
    assert world.community.name not in [part.heading for part in street.context["drifted_parts"]]
    for name, code in (("grid_list", world.community.code), ("grid", market.code)):
        page = officer.get(reverse(f"households:{name}", args=[code])).content.decode()
        assert "批发市场" in page
        assert "Larger than 2" not in page


def test_street_and_district_count_grids_past_their_limits(world, as_user):
    """By the limits of each community, as they are when the page is opened."""
    district = AreaFactory(code="990101", level=Area.Level.COUNTY, parent=None)
    Area.objects.filter(pk=world.street.pk).update(parent=district)
    inspector = MembershipFactory(
        user=UserFactory(), role=Role.AUDITOR, grid=None, area=district
    ).user
    for community, limit in ((world.community, 2), (world.next_community, 1)):
        Community.objects.filter(pk=community.pk).update(
            grid_size_min=0, grid_size=1, grid_size_max=limit
        )
    add_doors(world.grid, world.household.building, 3)
    GridFactory(community=world.community)
    add_doors(world.next_grid, BuildingFactory(community=world.next_community), 1)
    world.next_community.holding_grid()

    def parts(area, user):
        page = as_user(user).get(area.get_absolute_url())
        return [(part.heading, part.href, part.number) for part in page.context["drifted_parts"]]

    community = (world.community.name, world.community.get_absolute_url(), 1)
    assert parts(world.street, world.street_officer) == [community]
    assert parts(district, inspector) == [(world.street.name, world.street.get_absolute_url(), 1)]
    Community.objects.filter(pk=world.next_community.pk).update(grid_size_min=1)
    Community.objects.filter(pk=world.community.pk).update(grid_size_max=4)
    assert parts(world.street, world.street_officer) == []
    Community.objects.filter(pk=world.community.pk).update(grid_size_min=1)
    # The empty grid.
    assert parts(world.street, world.street_officer) == [community]


def test_where_a_plan_waits_for_its_day_no_other_is_asked_for(world, as_user):
    url = world.community.get_absolute_url()
    Community.objects.filter(pk=world.community.pk).update(
        grid_size_min=0, grid_size=1, grid_size_max=2
    )
    add_doors(world.grid, world.household.building, 3)
    client = as_user(world.officer)
    assert "recut=1" in client.get(url).content.decode()
    plan = GridPlanFactory(
        community=world.community,
        accepted_at=timezone.now(),
        effective_on=timezone.localdate() + datetime.timedelta(days=3),
    )
    Community.objects.filter(pk=world.community.pk).update(grids_change_on=plan.effective_on)
    page = client.get(url).content.decode()
    assert "recut=1" not in page
    assert reverse("visits:plan_change", args=[plan.pk]) in page


def test_doors_without_a_grid_do_not_drift(world, as_user):
    Community.objects.filter(pk=world.community.pk).update(grid_size_min=0)
    holding = world.community.holding_grid()
    Household.objects.filter(grid=world.grid).update(grid=holding)
    assert as_user(world.officer).get(world.community.get_absolute_url()).context["drifted"] == []


def test_one_more_worker_is_answered_by_a_division(world, as_user):
    add_doors(world.grid, world.household.building, 9)
    client = as_user(world.officer)
    url = reverse("households:staffing", args=[world.community.code])
    found = client.get(url, {"more": 1}).context["what_if"]
    assert (found.now.grids, found.now.largest) == (1, 10)
    assert (found.then.grids, found.then.mean) == (2, 5)
    assert 5 <= found.then.largest < 10


def test_further_workers_share_no_doors_of_dedicated_grids(world, as_user):
    add_doors(world.grid, world.household.building, 9)
    market = GridFactory(community=world.community, kind=Grid.Kind.DEDICATED)
    add_doors(market, BuildingFactory(community=world.community), 40)
    url = reverse("households:staffing", args=[world.community.code])
    found = as_user(world.officer).get(url, {"more": 1}).context["what_if"]
    assert found.now == (1, 10, 10)
    assert (found.then.grids, found.then.mean) == (2, 5)


def test_a_question_without_sense_is_refused_in_words(world, as_user):
    client = as_user(world.officer)
    page = client.get(reverse("households:staffing", args=[world.community.code]), {"more": "x"})
    assert page.context["form"].errors["more"]
    assert page.context["what_if"] is None
