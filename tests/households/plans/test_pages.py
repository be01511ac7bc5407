"""The pages of a draft: choices of a re-cut, changes by form, and long lists page by page."""

import gzip

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from households.models import BuildingPair, GridPlan, PlannedPart
from households.plans import making
from households.plans.figures import plan_figures
from households.plans.instance import Wish
from tests.factories import (
    GridFactory,
    GridPlanFactory,
    HouseholdFactory,
    PlannedGridFactory,
    PlannedPartFactory,
)
from tests.households.plans.drafts import build, draft

pytestmark = pytest.mark.django_db


def test_recut_shows_choices_of_which_one_becomes_a_draft(as_user, world):
    grids = [world.grid, GridFactory(community=world.community)]
    for n in range(12):
        build(world.community, grids[n >= 9], f"{n + 10}号楼", 5, at=(n % 4 * 50, n // 4 * 50))
    client = as_user(world.officer)
    address = reverse("households:plan_add", args=[world.community.code]) + "?recut=1"
    wish = {"measure": "households", "tolerance_percent": "10"}
    response = client.post(address, wish)
    today, found, waiting = response.context["offers"]
    assert waiting == 0
    # 46 and 15 of the 30.5 that would be even.
    assert today == (2, 50.8, 50.8)
    assert 2 <= len(found) <= 7
    moves = [offer.moved for offer in found]
    assert moves == sorted(moves)
    assert [offer.is_proposed for offer in found].count(True) == 1
    assert not GridPlan.objects.exists()
    best = next(offer for offer in found if offer.is_proposed)
    assert client.post(address, {**wish, "choice": best.token}).status_code == 302
    plan = GridPlan.objects.get()
    figures = plan_figures(plan)
    assert (figures.moved, figures.outside) == (best.moved, best.outside)
    # A choice made for other neighbours, or for another register, is not stored.
    parts = plan.parts.order_by("pk")
    pair = BuildingPair.objects.create(
        first=parts[0].building, second=parts[11].building, relation="neighbours"
    )
    again = client.post(address, {**wish, "choice": best.token})
    assert "The register changed" in again.content.decode()
    pair.delete()
    HouseholdFactory(grid=world.grid, building=plan.parts.first().building, room="2001")
    again = client.post(address, {**wish, "choice": best.token})
    assert "The register changed" in again.content.decode()
    forged = client.post(address, {**wish, "choice": "x"})
    assert "pick one of them" in forged.content.decode()
    assert GridPlan.objects.count() == 1


def test_form_moves_locks_and_shows_figures_at_once(as_user, world):
    for n in range(6):
        build(world.community, world.grid, f"{n + 10}号楼", 4, at=(n * 50, 0))
    plan = making.make_draft(
        community=world.community, wish=Wish(grids=2), by=world.officer, seconds=0.2
    )
    client = as_user(world.officer)
    change = reverse("households:plan_change", args=[plan.pk])
    first, second = plan.grids.order_by("number")
    part = first.parts.first()
    response = client.post(
        change, {"part": part.pk, "to": second.pk, "action": "move"}, follow=True
    )
    part.refresh_from_db()
    assert part.planned_grid == second
    assert "Moved to" in response.content.decode()
    client.post(change, {"part": part.pk, "action": "lock"})
    part.refresh_from_db()
    assert part.is_locked
    response = client.post(change, {"part": part.pk, "to": first.pk}, follow=True)
    assert "Unlock them first" in response.content.decode()
    response = client.post(change, {"to": first.pk}, follow=True)
    assert "Tick at least one" in response.content.decode()
    response = client.post(change, {"part": part.pk, "to": "9" * 30}, follow=True)
    assert "Choose the grid" in response.content.decode()


def test_moves_come_page_by_page_with_their_sum(as_user, world):
    plan = GridPlanFactory(community=world.community)
    first, second = (PlannedGridFactory(plan=plan, number=number) for number in (1, 0))
    parts = [
        PlannedPartFactory(planned_grid=planned, today=world.grid)
        for planned in (first, second)
        for _ in range(60)
    ]
    # One goes from two grids, nobody lives in another.
    both = {str(world.grid.pk): 1, str(GridFactory(community=world.community).pk): 2}
    PlannedPart.objects.filter(pk=parts[70].pk).update(by_grid=both, households=3)
    PlannedPart.objects.filter(pk=parts[0].pk).update(by_grid={}, households=0)
    client = as_user(world.officer)
    address = reverse("households:plan_moves", args=[plan.pk])
    response = client.get(address)
    rows, pages = response.context["rows"], 1
    assert "121 households change grid" in response.content.decode()
    while query := response.context["page"].next_query:
        response = client.get(address + query)
        assert "121 households change grid" in response.content.decode()
        rows, pages = rows + response.context["rows"], pages + 1
    assert pages == 2
    in_order = [part.pk for part in parts[60:] + parts[1:60]]
    assert [row["part"].pk for row in rows] == in_order[:11] + in_order[10:]
    assert [row["households"] for row in rows[10:12]] == [1, 2]
    # A key that is none begins at the first page.
    for odd in ("x", "9" * 30, str(parts[0].pk)):
        assert client.get(address, {"after": odd}).context["rows"] == rows[:101]


@pytest.fixture
def large(world):
    """A draft of 300 grids with one building of one household each."""
    plan = GridPlanFactory(community=world.community)
    for number in range(300):
        planned = PlannedGridFactory(plan=plan, number=number, name=f"网格{number}")
        PlannedPartFactory(planned_grid=planned, today=world.grid)
    return plan


def shown_grids(response):
    return [row.planned.number for row in response.context["grids"]]


def test_grids_of_a_large_draft_come_page_by_page(as_user, world, large):
    client = as_user(world.officer)
    address = large.get_absolute_url()
    response = client.get(address)
    assert shown_grids(response) == list(range(50))
    # What is said of the draft counts all of its grids, and each can be moved to.
    assert '<span class="figures__number">300</span>' in response.content.decode()
    for planned in large.grids.all():
        assert f'<option value="{planned.pk}">' in response.content.decode()
    found, asked = shown_grids(response), []
    while query := response.context["grid_page"].next_query:
        with CaptureQueriesContext(connection) as queries:
            response = client.get(address + query)
        asked.append(len(queries))
        assert "figures__number" not in response.content.decode()
        found += shown_grids(response)
    assert found == list(range(300))
    assert len(set(asked)) == 1
    assert (
        shown_grids(client.get(address + response.context["grid_page"].first_query)) == found[:50]
    )


def test_page_of_a_large_draft_fits_into_the_first_view(as_user, world, large):
    """The rest of the budget is for the style sheets."""
    page = as_user(world.officer).get(large.get_absolute_url())
    assert len(gzip.compress(page.content)) < 10_000


def test_pages_of_grids_and_of_buildings_turn_by_themselves(as_user, world, large):
    client = as_user(world.officer)
    address = large.get_absolute_url()
    response = client.get(address)
    parts = [part.pk for part in response.context["page"].rows]
    response = client.get(address + response.context["grid_page"].next_query)
    assert [part.pk for part in response.context["page"].rows] == parts
    response = client.get(address + response.context["page"].next_query)
    assert shown_grids(response) == list(range(50, 100))
    assert min(part.pk for part in response.context["page"].rows) > max(parts)
    # Two pagers of one page: each says what it turns.
    assert 'aria-label="Pages of grids"' in response.content.decode()
    assert 'aria-label="Pages of buildings"' in response.content.decode()


def test_recut_says_that_todays_figures_leave_out_who_is_in_no_grid(as_user, world):
    grids = [world.grid, GridFactory(community=world.community), world.community.holding_grid()]
    for n, grid in enumerate(grids):
        build(world.community, grid, f"{n + 10}号楼", 2, at=(n * 50, 0))
    address = reverse("households:plan_add", args=[world.community.code]) + "?recut=1"
    wish = {"measure": "households", "tolerance_percent": "10"}
    response = as_user(world.officer).post(address, wish)
    assert "2 households in no grid today are not counted" in response.content.decode()


def test_two_grids_of_a_plan_do_not_share_a_name(as_user, world):
    for number in range(2):
        build(world.community, world.grid, f"{number}号楼", 2, at=(number * 50, 0))
    plan = draft(world.community, grids=2)
    first, second = plan.grids.order_by("number")
    client = as_user(world.officer)
    url = reverse("households:plan_grid", args=[second.pk])
    page = client.post(url, {"name": first.name, "worker": ""}).content.decode()
    assert "Another grid of this plan has this name." in page
    assert client.post(url, {"name": second.name, "worker": ""}).status_code == 302


def test_draft_says_which_grids_the_community_would_call_too_large(as_user, world):
    build(world.community, world.grid, "1号楼", 5, at=(0, 0))
    build(world.community, world.grid, "2号楼", 5, at=(50, 0))
    limits = {"grid_size_min": 1, "grid_size": 4, "grid_size_max": 4}
    type(world.community).objects.filter(pk=world.community.pk).update(**limits)
    plan = draft(world.community, grids=2)
    page = as_user(world.officer).get(plan.get_absolute_url()).content.decode()
    assert "2 grids would be outside the community's limits of 1 to 4 households." in page
    assert page.count("Larger than 4") == 2
