import datetime
from collections import Counter
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from communities.models import Grid, Membership
from gridmgmt.overview.figures import Figures, figures_by_grid
from gridmgmt.overview.reports import area_report, community_report
from gridmgmt.overview.store import compare, figures_of_communities, figures_of_grids, pack, unpack
from households.models import Household
from tests.factories import GridFactory, HouseholdFactory, MatterFactory, MembershipFactory
from visits import triggers
from visits.models import CommunityFigures, Matter, StaleGrid, VisitTally


@pytest.fixture
def today():
    return timezone.localdate()


def stored(world, today):
    return figures_of_grids(world.community, today)


def assert_true(world, today):
    """The stored figures are those of a fresh count, by grid and in total."""
    grids = figures_by_grid(list(world.community.grids.all()), today)
    assert stored(world, today) == grids
    assert figures_of_communities([world.community], today) == {
        world.community.pk: Figures.total(grids.values())
    }


def test_figures_survive_packing():
    figures = Figures(
        late_today=Counter({"1764149400.5": 2}),
        open_matters=2,
        full_time=frozenset({3, 1}),
        week_visits=[1] * 13,
    )
    figures.doors["actual"] = 4
    assert unpack(pack(figures)) == figures


def test_second_look_counts_nothing_again(world, today, django_assert_num_queries):
    stored(world, today)
    with django_assert_num_queries(2):
        stored(world, today)


def add_household(world, today):
    HouseholdFactory(grid=world.grid)


def update_household(world, today):
    Household.objects.filter(pk=world.household.pk).update(unanswered=5)


def bulk_update_household(world, today):
    world.household.last_visited_on = today
    Household.objects.bulk_update([world.household], ["last_visited_on"])


def move_household(world, today):
    Household.objects.update(grid=GridFactory(community=world.community))


def remove_household(world, today):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM households_residency")
        cursor.execute("DELETE FROM households_household")


def add_visits(world, today):
    VisitTally.objects.create(grid=world.grid, day=today, outcome="met", visits=3, counted=2)


def add_matter(world, today):
    MatterFactory(grid=world.grid, due_at=timezone.now() - datetime.timedelta(days=2))


def close_matter(world, today):
    now = timezone.now()
    Matter.objects.filter(status=Matter.Status.RECEIVED).update(
        status=Matter.Status.CLOSED, moves=F("moves") + 1, due_at=None, closed_at=now
    )


def assign(world, today):
    MembershipFactory(grid=world.grid, rank="main")


def end_assignment(world, today):
    Membership.objects.filter(user=world.worker).update(until=today - datetime.timedelta(days=1))


def close_account(world, today):
    world.worker.is_active = False
    world.worker.save()


def close_grid(world, today):
    Grid.objects.filter(pk=world.grid.pk).update(closed_on=today)


def remove_grid(world, today):
    Grid.objects.filter(pk=world.empty_grid.pk).delete()


@pytest.mark.parametrize(
    "change",
    [
        add_household,
        update_household,
        bulk_update_household,
        move_household,
        remove_household,
        add_visits,
        add_matter,
        close_matter,
        assign,
        end_assignment,
        close_account,
        close_grid,
        remove_grid,
    ],
)
def test_every_change_is_seen(world, today, change):
    world.empty_grid = GridFactory(community=world.community)
    MatterFactory(grid=world.grid)
    before = stored(world, today)
    change(world, today)
    after = stored(world, today)
    assert after != before
    assert_true(world, today)


def test_matter_is_late_from_its_moment_on_though_nothing_is_written(world, today):
    noon = datetime.datetime.combine(
        today, datetime.time(12), tzinfo=timezone.get_current_timezone()
    )
    hour = datetime.timedelta(hours=1)
    for due_at in (noon - 30 * hour, noon, noon, noon + hour, noon + 30 * hour):
        MatterFactory(grid=world.grid, due_at=due_at)
    stored(world, today)
    late = []
    for at in (noon - 12 * hour, noon, noon + hour / 60, noon + 2 * hour):
        report = community_report(world.community, world.officer, at)
        assert Matter.objects.late(at).count() == report.total.figures.late_matters
        late.append(report.total.figures.late_matters)
    whole = area_report(world.street, world.street_officer, noon + 2 * hour)
    assert (late, whole.total.figures.late_matters) == ([1, 1, 3, 4], 4)


def test_another_day_is_another_figure(world, today):
    assert stored(world, today)[world.grid.pk].doors["overdue"] == 0
    later = today + datetime.timedelta(days=200)
    assert stored(world, later)[world.grid.pk].doors["overdue"] == 1
    assert stored(world, today)[world.grid.pk].doors["overdue"] == 0


def test_change_counts_only_its_own_grid_again(world, today):
    GridFactory(community=world.community)
    figures_of_communities([world.community, world.next_community], today)
    assert not StaleGrid.objects.exists()
    HouseholdFactory(grid=world.grid)
    HouseholdFactory(grid=world.next_grid)
    assert set(StaleGrid.objects.values_list("grid", flat=True)) == {
        world.grid.pk,
        world.next_grid.pk,
    }
    stored(world, today)
    assert set(StaleGrid.objects.values_list("grid", flat=True)) == {world.next_grid.pk}


def test_rolled_back_change_leaves_no_mark(world, today):
    figures_of_communities([world.community, world.next_community], today)

    with transaction.atomic():
        HouseholdFactory(grid=world.grid)
        assert StaleGrid.objects.exists()
        transaction.set_rollback(True)
    assert not StaleGrid.objects.exists()


def test_compare_names_a_community_whose_figures_are_wrong(world, today):
    stored(world, today)
    assert compare([world.community, world.next_community], today) == []
    row = CommunityFigures.objects.get(community=world.community)
    row.grids[str(world.grid.pk)]["open_matters"] = 7
    row.save()
    assert compare([world.community, world.next_community], today) == [world.community]


def test_migrating_again_keeps_the_triggers(world, today):
    stored(world, today)
    triggers.before_migrating(using="default")
    triggers.after_migrating(using="default")
    assert not CommunityFigures.objects.exists()
    stored(world, today)
    HouseholdFactory(grid=world.grid)
    assert_true(world, today)


def test_refresh_command_puts_wrong_figures_right(world, today):
    call_command("refresh_overview", stdout=StringIO())
    row = CommunityFigures.objects.get(community=world.community)
    row.grids[str(world.grid.pk)]["open_matters"] = 7
    row.save()
    with pytest.raises(CommandError, match=world.community.code):
        call_command("refresh_overview", compare=True)
    out = StringIO()
    call_command("refresh_overview", compare=True, stdout=out)
    assert out.getvalue() == "2 communities are up to date.\n"
