"""Files of places: what is understood, what is refused in which words, what is written."""

import io
import json

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from communities.division.coordinates import Datum, from_wgs84
from households.map.overlap import do_overlap
from households.map.rings import encloses
from households.models import Barrier, Building, BuildingPair, GridArea, PlaceFile
from tests.factories import BarrierFactory, BuildingFactory, GridFactory, HouseholdFactory


@pytest.fixture
def community(world):
    """Give the community three buildings: 3号楼 of the world, and two more."""
    BuildingFactory(community=world.community, estate="幸福家园", name="4号楼")
    BuildingFactory(community=world.community, estate="", name="东风路12号")
    return world.community


def upload(client, community, content, *, name="a.csv", kind="buildings", datum="wgs84"):
    if not isinstance(content, bytes):
        content = content.encode() if isinstance(content, str) else json.dumps(content).encode()
    return client.post(
        reverse("households:place_list", args=[community.code]),
        {"kind": kind, "datum": datum, "file": SimpleUploadedFile(name, content)},
    )


def take_in(client, response):
    assert response.status_code == 302, response.context["form"].errors
    page = client.get(response.url)
    assert page.status_code == 200
    client.post(response.url)
    return page


def features(*rows):
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": properties, "geometry": geometry}
            for properties, geometry in rows
        ],
    }


def point(x, y):
    return {"type": "Point", "coordinates": [x, y]}


def box(x, y, size=0.001):
    ring = [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]
    return {"type": "Polygon", "coordinates": [ring]}


TABLE = "小区,楼栋,经度,纬度\n幸福家园小区,三号楼,116.41,39.92\n,东风路12号,116.42,39.93\n别处,9号楼,116.4,39.9\n"


def test_a_table_is_looked_at_before_it_is_written(world, community, as_user):
    client = as_user(world.officer)
    response = upload(client, community, TABLE)
    assert not Building.objects.exclude(longitude=None).exists()
    page = take_in(client, response)
    assert page.context["found"] == ["幸福家园3号楼", "东风路12号"]
    assert page.context["unknown"] == ["别处9号楼"]
    positions = Building.objects.exclude(longitude=None).order_by("longitude")
    assert list(positions.values_list("name", "longitude", "latitude")) == [
        ("3号楼", 116.41, 39.92),
        ("东风路12号", 116.42, 39.93),
    ]
    assert not PlaceFile.objects.exists()


def test_excel_and_one_column_for_estate_and_building(world, community, as_user):
    book = openpyxl.Workbook()
    for row in (["楼栋位置表"], ["楼栋名称", "经度", "纬度"], ["幸福家园4号楼", 116.41, 39.92]):
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    client = as_user(world.officer)
    take_in(client, upload(client, community, file.getvalue(), name="a.xlsx"))
    assert Building.objects.get(name="4号楼").longitude == 116.41


@pytest.mark.parametrize("datum", [Datum.GCJ02, Datum.BD09])
def test_shifted_positions_are_brought_back(world, community, as_user, datum):
    longitude, latitude = from_wgs84(116.41, 39.92, datum)
    assert abs(longitude - 116.41) > 0.005
    client = as_user(world.officer)
    text = f"楼栋,经度,纬度\n幸福家园4号楼,{longitude},{latitude}\n"
    take_in(client, upload(client, community, text, datum=datum.value))
    building = Building.objects.get(name="4号楼")
    assert building.longitude == pytest.approx(116.41, abs=1e-6)
    assert building.latitude == pytest.approx(39.92, abs=1e-6)


def test_footprints_stand_for_positions(world, community, as_user):
    client = as_user(world.officer)
    content = features(({"name": "幸福家园4号楼"}, box(116.41, 39.92)))
    take_in(client, upload(client, community, content, name="a.geojson"))
    building = Building.objects.get(name="4号楼")
    assert (building.longitude, building.latitude) == (116.4105, 39.9205)
    assert len(building.footprint[0]) == 4


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (("a.geojson", b"\xff\xfe\x00"), "cannot be read as JSON"),
        (("a.geojson", "[" * 100_000), "cannot be read as JSON"),
        (("a.geojson", "[]"), "no list of features"),
        (("a.geojson", {"type": "FeatureCollection", "features": []}), "holds no place"),
        (("a.geojson", features(({"name": "x"}, None))), "Feature 1: It has no geometry."),
        (("a.geojson", features((None, point(39.92, 116.41)))), "swapped"),
        (("a.geojson", features((None, point(539, 41)))), "in degrees"),
        (("a.geojson", features((None, point("x", None)))), "in degrees"),
        (("a.geojson", features((None, point(True, 1)))), "in degrees"),
        (
            (
                "a.geojson",
                '{"features": [{"geometry": {"type": "Point", "coordinates": [NaN, 1]}}]}',
            ),
            "in degrees",
        ),
        (("a.geojson", features((None, {"type": "Circle", "coordinates": 3}))), "Only points"),
        (("a.geojson", features((None, {"type": ["Point"], "coordinates": 3}))), "Only points"),
        (("a.geojson", features((None, {"type": "Polygon", "coordinates": [[]]}))), "two points"),
        (("a.geojson", {"features": [7]}), "no geometry"),
        (
            (
                "a.geojson",
                features(
                    (
                        {"name": "x"},
                        {"type": "Polygon", "coordinates": [[[1, 1], [2, 1], [2, 2], [1, 2]]]},
                    )
                ),
            ),
            "the last equal to the first",
        ),
        (("a.csv", "楼,长,宽\n1,2,3\n"), "row of headings"),
        (
            ("a.csv", "楼栋,经度,纬度\n3号楼,东,北\n"),
            "Row 2: longitude and latitude are not numbers",
        ),
        (
            ("a.csv", "楼栋,经度,纬度\n3号楼,39.9,116.4\n"),
            "Row 2: Longitude and latitude are swapped",
        ),
        (("a.csv", "楼栋,经度,纬度\n3号楼,nan,1\n"), "Row 2: A position is"),
        (("a.pdf", "%PDF"), "not an Excel or CSV file"),
        (("a.xlsx", b"PK\x03\x04x"), "damaged"),
    ],
)
def test_a_bad_file_is_refused_in_words(file, sentence, world, community, as_user):
    name, content = file
    response = upload(as_user(world.officer), community, content, name=name)
    assert response.status_code == 200
    assert sentence in " ".join(response.context["form"].errors["file"])
    assert not PlaceFile.objects.exists()


def test_names_that_no_database_holds_are_read_without_what_spoils_them(world, community, as_user):
    client = as_user(world.officer)
    content = features(({"name": "别\0处\ud800"}, point(116.41, 39.92)))
    response = upload(client, community, content, name="a.json")
    assert client.get(response.url).context["unknown"] == ["别处"]


def test_a_second_press_writes_nothing(world, community, as_user):
    client = as_user(world.officer)
    address = upload(client, community, TABLE).url
    client.post(address)
    assert client.post(address).status_code == 404


# Areas of grids.


def test_areas_are_drawn_once_every_grid_has_one(world, community, as_user):
    other = GridFactory(community=community, name="第二网格")
    HouseholdFactory(grid=other, building=Building.objects.get(name="4号楼"))
    Building.objects.filter(name="3号楼").update(longitude=116.4105, latitude=39.9205)
    Building.objects.filter(name="4号楼").update(longitude=116.4115, latitude=39.9205)
    client = as_user(world.officer)
    first = ({"code": world.grid.code}, box(116.41, 39.92))
    take_in(client, upload(client, community, features(first), name="a.json", kind="grids"))
    address = reverse("community_map", args=[community.code])
    page = client.get(address)
    assert not page.context["map"].ground.is_imported
    assert "1 grid has no area from a file while others do" in page.content.decode()
    both = features(first, ({"name": "第二网格"}, box(116.411, 39.92)))
    take_in(client, upload(client, community, both, name="a.json", kind="grids"))
    page = client.get(address)
    assert page.context["map"].ground.is_imported
    assert "area from a file" not in page.content.decode()
    client.post(reverse("households:area_forget", args=[community.code]))
    assert not GridArea.objects.exists()


@pytest.fixture
def outlined(world, community):
    """Two grids side by side, each with a building and an outline about it from a file."""
    other = GridFactory(community=community, name="第二网格")
    for grid, name, x in ((world.grid, "3号楼", 116.41), (other, "4号楼", 116.411)):
        building = Building.objects.get(name=name)
        Building.objects.filter(pk=building.pk).update(longitude=x + 0.0005, latitude=39.9205)
        HouseholdFactory(grid=grid, building=building, room="1001")
        GridArea.objects.create(grid=grid, rings=[box(x, 39.92)["coordinates"][0][:-1]])
    return other


def map_of(client, community):
    page = client.get(reverse("community_map", args=[community.code]))
    return page.context["map"].ground, page.content.decode()


def test_areas_from_a_file_give_way_after_a_change_of_grids(world, community, outlined, as_user):
    client = as_user(world.officer)
    ground, text = map_of(client, community)
    assert (ground.is_imported, ground.misfits) == (True, 0)
    moved = HouseholdFactory(grid=outlined, building=Building.objects.get(name="东风路12号"))
    Building.objects.filter(pk=moved.building_id).update(longitude=116.4102, latitude=39.9202)
    ground, text = map_of(client, community)
    assert (ground.is_imported, ground.misfits) == (False, 1)
    assert "1 building stands outside the area that a file gave its grid" in text
    # What is drawn holds the building: the derived area does.
    assert any(encloses([ring], spot_of(ground, moved)) for ring in ground.areas[outlined.pk])
    # With doors in both grids it stands where it should.
    HouseholdFactory(grid=world.grid, building=moved.building)
    assert map_of(client, community)[0].is_imported


@pytest.mark.parametrize(("metres", "fits"), [(8, True), (14, False)])
def test_a_few_metres_beyond_an_outline_are_no_change(world, outlined, as_user, metres, fits):
    Building.objects.filter(name="3号楼").update(
        longitude=116.4105, latitude=39.92 - metres / 111_195
    )
    assert map_of(as_user(world.officer), world.community)[0].is_imported is fits


def spot_of(ground, household):
    return next(spot.point for spot in ground.spots if spot.pk == household.building_id)


def test_areas_that_overlap_are_refused_by_name(world, community, as_user):
    GridFactory(community=community, name="第二网格")
    content = features(
        ({"code": world.grid.code}, box(116.41, 39.92)),
        ({"name": "第二网格"}, box(116.4105, 39.92)),
    )
    response = upload(as_user(world.officer), community, content, name="a.json", kind="grids")
    assert "第一网格 and 第二网格 overlap" in response.context["form"].errors["file"][0]


@pytest.mark.parametrize(
    ("other", "answer"),
    [
        ([(1, 0), (2, 0), (2, 1), (1, 1)], False),
        ([(1, -1), (2, -1), (2, 2), (1, 2)], False),
        ([(0.9, 0.2), (2, 0.2), (2, 0.8), (0.9, 0.8)], True),
        ([(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)], True),
        ([(0, 0), (1, 0), (1, 1), (0, 1)], True),
        ([(5, 5), (6, 5), (6, 6)], False),
        ([(1.0000000001, 0), (2, 0), (2, 1), (0.9999999999, 1)], False),
    ],
)
def test_overlap_is_more_than_a_border(other, answer):
    square = [[(0, 0), (1, 0), (1, 1), (0, 1)]]
    assert do_overlap(square, [other]) is answer
    assert do_overlap([other], square) is answer


# Barriers and pairs.


def test_barriers_come_from_a_file_or_are_typed(world, community, as_user):
    client = as_user(world.officer)
    line = {"type": "LineString", "coordinates": [[116.4, 39.9], [116.5, 39.9]]}
    content = features(({"name": "清水河", "kind": "river"}, line), ({}, point(1, 1)))
    take_in(client, upload(client, community, content, name="a.json", kind="barriers"))
    client.post(
        reverse("households:barrier_add", args=[community.code]),
        {
            "name": "大街",
            "kind": "road",
            "datum": "wgs84",
            "line": "116.4, 39.9\n\n116.5，39.9\n",
        },
    )
    assert set(Barrier.objects.values_list("name", "kind")) == {
        ("清水河", "river"),
        ("大街", "road"),
    }
    assert Barrier.objects.get(name="大街").line == [[116.4, 39.9], [116.5, 39.9]]


@pytest.mark.parametrize(
    "points",
    ["", "116.4, 39.9", "116.4, 39.9\n116.4, 39.9", "a, b\nc, d", "116.4\n116.5", "1,2,3\n4,5,6x"],
)
def test_a_barrier_needs_two_points(world, community, as_user, points):
    response = as_user(world.officer).post(
        reverse("households:barrier_add", args=[community.code]),
        {"name": "大街", "kind": "road", "datum": "wgs84", "line": points},
    )
    assert response.context["form"].errors["line"]
    assert not Barrier.objects.exists()


def test_a_pair_is_told_once_whichever_comes_first(world, community, as_user):
    client = as_user(world.officer)
    first, second = Building.objects.filter(community=community).order_by("pk")[:2]
    address = reverse("households:pair_list", args=[community.code])
    for one, other, relation in ((second, first, "apart"), (first, second, "neighbours")):
        client.post(address, {"first": one.pk, "second": other.pk, "relation": relation})
    assert BuildingPair.objects.get().relation == "neighbours"
    same = client.post(address, {"first": first.pk, "second": first.pk, "relation": "apart"})
    assert same.context["form"].non_field_errors()


def test_pairs_come_in_from_a_table(world, community, as_user):
    client = as_user(world.officer)
    address = reverse("households:pair_list", args=[community.code])
    lines = "幸福家园3号楼, 4栋\n\n4号楼\t东风路12号\n"
    client.post(address, {"relation": "neighbours", "lines": lines})
    pairs = {frozenset((str(pair.first), str(pair.second))) for pair in BuildingPair.objects.all()}
    assert pairs == {
        frozenset(("幸福家园3号楼", "幸福家园4号楼")),
        frozenset(("幸福家园4号楼", "东风路12号")),
    }


def test_a_table_of_pairs_with_mistakes_names_each_line_and_keeps_all(world, community, as_user):
    lines = "3号楼, 4号楼\n3号楼\n3号楼, 99号楼\n3号楼, 3栋"
    page = as_user(world.officer).post(
        reverse("households:pair_list", args=[community.code]),
        {"relation": "apart", "lines": lines},
    )
    assert page.context["many"].errors["lines"] == [
        "Line 2: write two buildings with a comma between them.",
        "Line 3: the register knows no single building 99号楼. Write it with its estate.",
        "Line 4: Choose two different buildings.",
    ]
    assert "99号楼" in page.content.decode()
    assert not BuildingPair.objects.exists()


def test_a_building_takes_a_position_of_any_map(world, community, as_user):
    longitude, latitude = from_wgs84(116.41, 39.92, Datum.GCJ02)
    building = Building.objects.get(name="4号楼")
    values = {"estate": "幸福家园", "name": "4号楼", "longitude": longitude, "latitude": latitude}
    client = as_user(world.officer)
    address = reverse("households:building_edit", args=[building.pk])
    client.post(address, values | {"datum": "gcj02"})
    building.refresh_from_db()
    assert building.longitude == pytest.approx(116.41, abs=1e-6)
    kept = {"longitude": building.longitude, "latitude": building.latitude}
    client.post(address, values | kept | {"datum": "gcj02"})
    building.refresh_from_db()
    assert {"longitude": building.longitude, "latitude": building.latitude} == kept


@pytest.fixture
def placed(community):
    """The three buildings of the community, some steps from each other."""
    for step, building in enumerate(Building.objects.filter(community=community)):
        Building.objects.filter(pk=building.pk).update(
            longitude=116.41 + step / 1000, latitude=39.92
        )
    return Building.objects.get(name="4号楼")


def test_a_building_far_from_the_others_is_refused(world, placed, as_user):
    values = {"estate": "幸福家园", "name": "4号楼", "longitude": 115.41, "latitude": 39.92}
    address = reverse("households:building_edit", args=[placed.pk])
    page = as_user(world.officer).post(address, values | {"datum": "wgs84"})
    assert "85 km away from the buildings" in page.content.decode()
    response = as_user(world.officer).post(address, values | {"longitude": 116.45})
    assert response.status_code == 302


def test_a_barrier_far_from_every_building_is_refused(world, placed, community, as_user):
    address = reverse("households:barrier_add", args=[community.code])
    values = {"name": "大街", "kind": "road", "datum": "wgs84"}
    page = as_user(world.officer).post(address, values | {"line": "115.4, 39.9\n115.5, 39.9"})
    assert "km away from the buildings" in page.content.decode()
    as_user(world.officer).post(address, values | {"line": "116.4, 39.9\n115.5, 39.9"})
    assert Barrier.objects.get().name == "大街"


def test_a_file_with_a_slip_in_a_degree_names_the_building(world, community, as_user):
    rows = "幸福家园,3号楼,116.41,39.92\n幸福家园,4号楼,116.42,39.92\n,东风路12号,115.41,39.92\n"
    response = upload(as_user(world.officer), community, "小区,楼栋,经度,纬度\n" + rows)
    assert "东风路12号" in response.context["form"].errors["file"][0]


def test_barriers_of_others_are_out_of_reach(world, as_user):
    elsewhere = BarrierFactory(community=world.next_community)
    address = reverse("households:barrier_remove", args=[elsewhere.pk])
    assert as_user(world.officer).post(address).status_code == 404
