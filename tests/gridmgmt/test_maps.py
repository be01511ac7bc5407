"""Maps: the table says the same, nothing beyond the scope, and what thousands of buildings cost."""

import gc
import gzip
import re
import time
from math import cos, pi, sin

import pytest
from django.urls import reverse

from households.map import ground
from households.models import Building, Household
from tests.factories import (
    BarrierFactory,
    BuildingFactory,
    GridFactory,
    GridPlanFactory,
    HouseholdFactory,
    PlannedGridFactory,
    PlannedPartFactory,
)


@pytest.fixture
def town(world):
    """Give the community a second grid, and positions."""
    other = GridFactory(community=world.community, code="990101001001002", name="第二网格")
    for _ in range(3):
        HouseholdFactory(grid=other)
        HouseholdFactory(grid=world.grid)
    place_buildings(world.community)
    return world


def place_buildings(community) -> None:
    buildings = list(Building.objects.filter(community=community).order_by("pk"))
    for at, building in enumerate(buildings):
        building.longitude = 116.4 + 0.001 * (at % 60) + 0.0002 * (at * 7 % 5)
        building.latitude = 39.9 + 0.0008 * (at // 60) + 0.0001 * (at * 11 % 5)
    Building.objects.bulk_update(buildings, ["longitude", "latitude"], batch_size=500)


def community_map(client, community, figure=""):
    return client.get(reverse("community_map", args=[community.code]), {"figure": figure})


def drawn_figures(page) -> dict[str, str]:
    """Return what the drawing writes on each area, by its name."""
    words = re.findall(
        r'map__name">(.*?)</tspan><tspan class="map__short">.*?</tspan>'
        r'<tspan class="map__value"[^>]*>(.*?)<',
        page.context["map"].drawing,
    )
    return dict(words)


@pytest.mark.parametrize("figure", ["coverage", "households", "overdue", "open", "per_worker", ""])
def test_the_table_says_the_same_as_the_map(town, as_user, figure):
    page = community_map(as_user(town.officer), town.community, figure)
    rows = page.context["map"].rows
    assert [row.name for row in rows] == ["第一网格", "第二网格"]
    assert drawn_figures(page) == {row.name: row.value for row in rows}
    titles = re.findall(r"<title>(第.网格：.*?)</title>", page.context["map"].drawing)
    assert titles == [f"{row.name}：{row.value}" for row in rows]
    words = {entry.words for entry in page.context["map"].keys}
    assert {row.words for row in rows} <= words | {"No figure"}
    for row in rows:
        assert row.value in page.content.decode()


def test_figures_are_those_of_the_dashboard(town, as_user):
    client = as_user(town.officer)
    report = client.get(town.community.get_absolute_url()).context["report"]
    rows = community_map(client, town.community, "households").context["map"].rows
    assert [row.value for row in rows] == [str(line.figures.actual) for line in report.lines]


def test_a_worker_sees_her_grid_and_grey_ground_beyond(town, as_user):
    beyond = Household.objects.filter(grid__name="第二网格").first().building
    text = community_map(as_user(town.worker), town.community).content.decode()
    assert "第一网格" in text
    assert str(town.household.building) in text
    assert "第二网格" not in text
    assert str(beyond) not in text
    assert "map__area--other" in text


def test_buildings_of_a_grid_by_their_doors(town, as_user):
    Household.objects.filter(grid=town.grid).update(occupancy="vacant")
    HouseholdFactory(grid=town.grid, building=town.household.building, room="101")
    page = as_user(town.worker).get(reverse("grid_map", args=[town.grid.code]))
    rows = {row.name: row.value for row in page.context["map"].rows}
    assert rows[str(town.household.building)] == "1"
    assert sorted(rows.values()) == ["0", "0", "0", "1"]
    for name, value in rows.items():
        assert f"<title>{name}：{value}</title>" in page.context["map"].drawing


def test_without_positions_buildings_stand_in_the_order_of_addresses(world, as_user):
    BuildingFactory(community=world.community, estate="阳光苑", name="1号楼")
    page = community_map(as_user(world.officer), world.community)
    assert page.context["map"].ground.is_schematic
    assert "No building has a position yet" in page.content.decode()
    spots = page.context["map"].ground.spots
    assert [spot.point for spot in spots] == [(0, 0), (0, -60)]


def test_buildings_without_a_position_are_counted(town, as_user):
    Building.objects.filter(pk=town.household.building_id).update(longitude=None, latitude=None)
    page = community_map(as_user(town.officer), town.community)
    assert "1 building of the community has no position" in page.content.decode()


def test_an_empty_community_says_so(world, as_user):
    text = community_map(as_user(world.outsider), world.next_community).content.decode()
    assert "there is nothing to draw" in text


def test_barriers_are_drawn_and_named(town, as_user):
    BarrierFactory(community=town.community, name="清水河", kind="river")
    text = community_map(as_user(town.officer), town.community).content.decode()
    assert "map__line--river" in text
    assert "清水河 (River)" in text


def test_no_style_attributes_and_no_keys_of_people(town, as_user):
    drawing = community_map(as_user(town.officer), town.community).context["map"].drawing
    assert "style=" not in drawing
    assert "张伟明" not in drawing


def test_a_plan_is_drawn_beside_todays_borders(town, as_user):
    plan = GridPlanFactory(community=town.community, target=4, measure="households")
    staying = PlannedGridFactory(plan=plan, number=0, name="第一网格", grid=town.grid)
    new = PlannedGridFactory(plan=plan, number=1, name="新网格", grid=None)
    buildings = list(Building.objects.filter(community=town.community).order_by("pk"))
    for at, building in enumerate(buildings):
        grid = building.households.get().grid
        PlannedPartFactory(
            planned_grid=new if at < 2 else staying,
            building=building,
            today=grid,
            by_grid={str(grid.pk): 1},
            households=1,
        )
    page = as_user(town.officer).get(reverse("households:plan_map", args=[plan.pk]))
    rows = page.context["map"].rows
    drawing = page.context["map"].drawing
    assert [(row.planned.name, row.load, row.deviation) for row in rows] == [
        ("第一网格", "5", "+25 %"),
        ("新网格", "2", "-50 %"),
    ]
    assert drawn_figures(page) == {
        row.planned.name: f"{row.load} ({row.deviation})" for row in rows
    }
    assert [row.changed for row in rows] == [drawing.count("map__dot--moved") - 2, 2]
    assert 'class="map__borders"' in drawing
    for part in plan.parts.all():
        assert f"?part={part.pk}#part-{part.pk}" in drawing


TILES = "https://tiles.example/{z}/{x}/{y}.png"


def test_tiles_only_where_a_setting_names_them(town, as_user, settings):
    assert "<image" not in community_map(as_user(town.officer), town.community).content.decode()
    settings.MAP_TILES = TILES
    settings.MAP_TILES_ATTRIBUTION = "© Tiles"
    text = community_map(as_user(town.officer), town.community).content.decode()
    tiles = re.findall(r'<image href="https://tiles\.example/(\d+)/\d+/\d+\.png"', text)
    assert 1 <= len(tiles) <= 12
    assert len(set(tiles)) == 1
    assert "© Tiles" in text


# What it costs.


def fill(world, number: int, doors: int = 2) -> None:
    """Give the community this many buildings in thirteen grids, each with some doors."""
    grids = [world.grid, *(GridFactory(community=world.community) for _ in range(12))]
    buildings = Building.objects.bulk_create(
        [
            BuildingFactory.build(
                community=world.community, estate=f"{at // 100}号院", name=f"{at}号楼"
            )
            for at in range(number)
        ],
        batch_size=500,
    )
    Household.objects.bulk_create(
        [
            HouseholdFactory.build(
                building=building, grid=grids[at * 13 // number], room=f"{door + 1}01"
            )
            for at, building in enumerate(buildings)
            for door in range(doors)
        ],
        batch_size=500,
    )
    place_buildings(world.community)


def test_forty_buildings_weigh_less_than_10_kb(world, as_user):
    fill(world, 39)
    page = community_map(as_user(world.officer), world.community)
    assert page.context["map"].drawing.count("<use") == 40
    assert len(gzip.compress(page.content)) < 10_000


def test_four_thousand_buildings_in_300_ms_and_150_kb(world, as_user):
    fill(world, 3999)
    client = as_user(world.officer)
    page = community_map(client, world.community)
    assert page.context["map"].drawing.count("<use") == 4000
    assert len(gzip.compress(page.content)) < 150_000
    spent = [1.0]
    # What hundreds of tests before left in memory is not for this page to search through.
    gc.collect()
    gc.freeze()
    # The best of some: on a busy machine others push its memory out of the cache.
    while min(spent) >= 0.3 and len(spent) < 10:
        # As after a change: no area is known from before.
        ground.derived_areas.cache_clear()
        started = time.process_time()
        community_map(client, world.community)
        spent.append(time.process_time() - started)
    gc.unfreeze()
    assert min(spent) < 0.3


def test_looking_whether_outlines_hold_costs_little(world):
    """Forty grids of a hundred buildings each, outlines of 200 points as a survey gives them."""
    ring = [(100 * cos(pi * step / 100), 100 * sin(pi * step / 100)) for step in range(200)]
    spots = [
        ground.Spot(at, "", (at % 100 * 0.9 - 45, at // 100 % 10 * 9.0 - 45), (at % 40,))
        for at in range(4000)
    ]
    outlines = {grid: [ring] for grid in range(40)}
    spent = []
    for _ in range(5):
        started = time.process_time()
        assert not any(ground.is_misfit(spot, outlines) for spot in spots)
        spent.append(time.process_time() - started)
    assert min(spent) < 0.15
