"""The drawing: areas that never overlap, few bytes, and figures in classes."""

import random
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from households.map.drawing import Dot, Line, Shape, draw_map, middle
from households.map.ground import Spot, areas_of
from households.map.rings import encloses
from households.map.scale import percent_scale, quantile_scale

SVG = "{http://www.w3.org/2000/svg}"
SQUARE = [(0, 0), (100, 0), (100, 100), (0, 100)]


def parsed(drawing: str) -> ET.Element:
    return ET.fromstring(drawing.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def rings_of(d: str) -> list[list[tuple[int, int]]]:
    """Read the drawn rings back from their steps."""
    rings = []
    for part in d.strip("z").split("z"):
        x, y, *moves = map(int, re.findall(r"-?\d+", part))
        ring = [(x, y)]
        for dx, dy in zip(moves[::2], moves[1::2], strict=True):
            x, y = x + dx, y + dy
            ring.append((x, y))
        rings.append(ring)
    return rings


def spots(number: int, grids: int, seed: int) -> list[Spot]:
    dice = random.Random(seed)
    centres = [(dice.random() * 900, dice.random() * 600) for _ in range(grids)]
    made = []
    for pk in range(number):
        x, y = dice.random() * 900, dice.random() * 600
        near = min(
            range(grids), key=lambda at: (x - centres[at][0]) ** 2 + (y - centres[at][1]) ** 2
        )
        made.append(Spot(pk, f"{pk}号楼", (x, y), (near,)))
    return made


@pytest.mark.parametrize("seed", range(4))
def test_drawn_areas_do_not_overlap(seed):
    drawn = areas_of(spots(150, 6, seed))
    svg = parsed(draw_map(label="x", shapes=[Shape(rings, str(at)) for at, rings in drawn.items()]))
    areas = svg.iterfind(f".//{SVG}path[@class='map__area map__area--none']")
    outlines = [rings_of(path.get("d")) for path in areas]
    assert len(outlines) == len(drawn)
    dice = random.Random(seed)
    covered = 0
    for _ in range(600):
        # Between the whole numbers that corners are rounded to.
        point = (dice.randrange(1000) + 0.437, dice.randrange(700) + 0.291)
        holding = [rings for rings in outlines if encloses(rings, point)]
        assert len(holding) <= 1
        covered += len(holding)
    assert covered > 200


def test_every_building_lies_in_the_area_of_its_grid():
    made = spots(200, 5, 7)
    drawn = areas_of(made)
    for spot in made:
        assert encloses(drawn[spot.grids[0]], spot.point)


def test_layers_links_and_words():
    drawing = draw_map(
        label="幸福<社区>",
        shapes=[Shape([SQUARE], "第1网格", "1", "93 %", "/g/1/", 2)],
        dots=[
            Dot((20, 20), "3号楼", "/b/3/"),
            Dot((60, 60), "4号楼", "/b/4/", "split", [[(55, 55), (65, 55), (65, 65)]]),
        ],
        lines=[Line([(0, 50), (100, 50)], "清水河", "river")],
    )
    svg = parsed(drawing)
    assert svg.get("aria-label") == "幸福<社区>"
    links = {link.get("href"): link[0].text for link in svg.iter(f"{SVG}a")}
    assert links == {"/g/1/": "第1网格：93 %", "/b/3/": "3号楼", "/b/4/": "4号楼"}
    assert [word.text for word in svg.iter(f"{SVG}tspan")] == ["第1网格", "1", "93 %"]
    assert "style=" not in drawing
    assert "map__line--river" in drawing
    assert "清水河" in drawing


def test_nothing_to_draw_is_nothing():
    assert draw_map(label="x") == ""
    assert areas_of([]) == {}


def test_one_building_and_all_at_one_place_are_drawn():
    for points in ([(5, 5)], [(5, 5)] * 3):
        made = [Spot(pk, "x", point, (1,)) for pk, point in enumerate(points)]
        drawing = draw_map(
            label="x",
            shapes=[Shape(areas_of(made)[1], "x")],
            dots=[Dot(spot.point, spot.name) for spot in made],
        )
        assert drawing.count("<use") == len(points)


def test_words_go_inside_an_area_that_bends():
    bend = [(0, 0), (100, 0), (100, 10), (10, 10), (10, 100), (0, 100)]
    shape = Shape([bend], inside=[(90, 5), (5, 40)])
    assert encloses([bend], middle(shape))


# What a class is.


@pytest.mark.parametrize(("scale_of", "most"), [(quantile_scale, 500), (percent_scale, 100)])
@given(data=st.data())
def test_legend_counts_every_figure_once_and_in_order(scale_of, most, data):
    values = data.draw(st.lists(st.one_of(st.none(), st.integers(0, most))))
    scale = scale_of(values)
    legend = scale.legend(values)
    assert sum(entry.count for entry in legend) == sum(value is not None for value in values)
    assert [entry.level for entry in legend] == sorted({entry.level for entry in legend})
    assert all(0 <= entry.level < 4 for entry in legend)
    ordered = sorted(value for value in values if value is not None)
    levels = [scale.level(value) for value in ordered]
    assert levels == sorted(levels)


def test_only_all_is_the_highest_class_of_coverage():
    values = [99, 100, None, 95, 85, 0, 96]
    scale = percent_scale(values)
    assert [entry.words for entry in scale.legend(values)] == ["0 %", "85–95 %", "96–99 %", "100 %"]
    assert [scale.level(value) for value in (100, None)] == [3, None]
    assert scale.text(None) == "–"
    # However few others there are, the class of 100 looks the same.
    for few in ([100], [85, 100], [85, 90, 100]):
        scale = percent_scale(few)
        assert [scale.level(value) for value in few] == [*range(len(few) - 1), 3]


def test_grids_of_85_to_95_percent_are_told_apart():
    values = [85, 89, 95]
    assert len(percent_scale(values).legend(values)) == 3
