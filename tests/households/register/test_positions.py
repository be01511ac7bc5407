"""Where buildings stand, told by the register itself."""

import pytest

from communities.division.coordinates import Datum, from_wgs84
from households.models import Building
from tests.factories import BuildingFactory

HEADINGS = ("姓名", "居住地址", "经度", "纬度", "坐标系")
HERE = (116.41, 39.92)


def place(building):
    building.refresh_from_db()
    return building.longitude, building.latitude


def problems(done):
    return [
        problem[0]
        for page in done.pages.filter(kind="problem")
        for entry in page.content
        for problem in entry["problems"]
    ]


def test_buildings_known_and_new_get_their_position(world, workbook, run_import):
    path = workbook(
        HEADINGS,
        ("王芳", "幸福家园3号楼2单元501室", *HERE, ""),
        # Once is enough, and entrances differ a little.
        ("李军", "幸福家园3号楼2单元601室", "", "", ""),
        ("赵新", "幸福家园3号楼1单元101室", 116.4101, 39.92, ""),
        ("孙丽", "幸福家园8号楼1单元101室", "116.42°", "39.93°", "WGS-84"),
    )
    done = run_import(path)
    assert place(world.household.building) == HERE
    assert place(Building.objects.get(name="8号楼")) == (116.42, 39.93)
    assert not problems(done)


@pytest.mark.parametrize(
    ("written", "datum"),
    [
        ("GCJ-02", Datum.GCJ02),
        ("高德地图", Datum.GCJ02),
        ("bd09", Datum.BD09),
        ("百度", Datum.BD09),
    ],
)
def test_shifted_positions_are_brought_back(world, workbook, run_import, written, datum):
    run_import(
        workbook(HEADINGS, ("王芳", "幸福家园3号楼2单元501室", *from_wgs84(*HERE, datum), written))
    )
    assert place(world.household.building) == pytest.approx(HERE, abs=1e-7)


@pytest.mark.parametrize(
    ("cells", "code", "sentence"),
    [
        (("116.41", "", ""), "position_half", "its latitude is missing"),
        (("", "39.92", ""), "position_half", "its longitude is missing"),
        (("东", "北", ""), "position_number", "not both numbers"),
        (("39.92", "116.41", ""), "position_swapped", "are swapped"),
        (("416.41", "39.92", ""), "position_range", "it is no place"),
        (("0", "0", ""), "position_range", "it is no place"),
        (("inf", "39.92", ""), "position_range", "it is no place"),
        (("116.41", "39.92", "北京54"), "datum", "not a coordinate system known here"),
    ],
)
def test_bad_position_is_named_and_the_rest_of_the_row_imported(  # noqa: PLR0917 - fixtures and cases
    world, workbook, upload, cells, code, sentence
):
    path = workbook(HEADINGS, ("王芳", "幸福家园3号楼2单元501室", *cells))
    client, _response, done = upload(path)
    assert problems(done) == [code]
    page = client.get(f"{done.get_absolute_url()}?kind=remarked", headers={"accept-language": "en"})
    assert sentence in page.content.decode()
    client.post(f"{done.get_absolute_url()}confirm/")
    assert world.household.building.households.count() == 2
    assert place(world.household.building) == (None, None)


def test_positions_far_apart_for_one_building_are_named(world, workbook, run_import):
    done = run_import(
        workbook(
            HEADINGS,
            ("王芳", "幸福家园3号楼2单元501室", *HERE, ""),
            ("李军", "幸福家园3号楼2单元601室", 116.51, 39.92, ""),
        )
    )
    assert problems(done) == ["position_differs"]
    assert place(world.household.building) == HERE


def test_change_of_position_is_shown_and_undone(world, workbook, upload):
    building, other = world.household.building, BuildingFactory(community=world.community)
    Building.objects.filter(pk__in=[building.pk, other.pk]).update(longitude=116.4, latitude=39.9)
    path = workbook(
        HEADINGS,
        ("张伟明", "幸福家园3号楼2单元502室", *HERE, ""),
        ("王芳", f"{other}1单元101室", *HERE, ""),
    )
    client, _response, done = upload(path)
    (entry,) = [entry for page in done.pages.filter(kind="changed") for entry in page.content]
    assert entry["changes"] == [["position", "116.4, 39.9", "116.41, 39.92"]]
    page = client.get(f"{done.get_absolute_url()}?kind=changed", headers={"accept-language": "en"})
    assert "116.4, 39.9" in page.content.decode()
    client.post(f"{done.get_absolute_url()}confirm/")
    assert place(building) == place(other) == HERE
    # Somebody has looked closer since: her position stays.
    Building.objects.filter(pk=other.pk).update(longitude=116.42)
    client.post(f"{done.get_absolute_url()}undo/")
    assert place(building) == (116.4, 39.9)
    assert place(other) == (116.42, HERE[1])


def test_same_file_twice_changes_nothing(world, workbook, run_import):
    path = workbook(
        HEADINGS,
        ("张伟明", "幸福家园3号楼2单元502室", *from_wgs84(*HERE, Datum.GCJ02), "高德"),
        ("", "幸福家园8号楼1单元101室", *HERE, ""),
    )
    run_import(path)
    assert run_import(path).summary["counts"] == {"unchanged": 2}
