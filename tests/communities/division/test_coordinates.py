from math import cos, dist, hypot, radians

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communities.division.coordinates import Datum, from_wgs84, local_metres, to_wgs84

METRES_PER_DEGREE = 111_195
IN_CHINA = st.tuples(st.floats(73.6, 135), st.floats(3.9, 53.5))


def metres_apart(one, other):
    east = (one[0] - other[0]) * cos(radians(one[1]))
    return hypot(east, one[1] - other[1]) * METRES_PER_DEGREE


@pytest.mark.parametrize(
    ("datum", "wgs84", "shifted"),
    [
        # What the open converters in general use give for this place.
        (Datum.GCJ02, (116.404, 39.915), (116.41024449916938, 39.91640428150164)),
        (Datum.BD09, (116.404, 39.915), (116.41662724378733, 39.922699552216216)),
    ],
)
def test_positions_shift_as_published(datum, wgs84, shifted):
    assert dist(from_wgs84(*wgs84, datum), shifted) < 1e-9
    assert metres_apart(to_wgs84(*shifted, datum), wgs84) < 0.01


@pytest.mark.parametrize(
    ("datum", "shifted", "wgs84"),
    [
        # Their inverse takes one step and stops: it is right to a metre.
        (Datum.GCJ02, (116.404, 39.915), (116.39775550083061, 39.91359571849836)),
    ],
)
def test_published_inverses_are_met_to_a_metre(datum, shifted, wgs84):
    assert metres_apart(to_wgs84(*shifted, datum), wgs84) < 1


def test_baidus_shift_of_a_chinese_map_is_the_published_one():
    gcj02 = to_wgs84(116.404, 39.915, Datum.GCJ02)
    assert dist(from_wgs84(*gcj02, Datum.BD09), (116.41036949371029, 39.92133699351021)) < 1e-8


@given(IN_CHINA, st.sampled_from(Datum))
def test_there_and_back_is_the_same_place(position, datum):
    assert metres_apart(to_wgs84(*from_wgs84(*position, datum), datum), position) < 0.1


@given(IN_CHINA)
def test_the_shift_is_some_hundred_metres(position):
    assert 1 < metres_apart(from_wgs84(*position, Datum.GCJ02), position) < 1500


@given(
    st.tuples(st.floats(-180, 71.9), st.floats(-90, 90))
    | st.tuples(IN_CHINA, st.just(60)).map(lambda pair: (pair[0][0], pair[1])),
    st.sampled_from(Datum),
)
def test_outside_china_nothing_is_shifted(position, datum):
    assert to_wgs84(*position, datum) == position == from_wgs84(*position, datum)


def test_local_metres_measure_a_known_stretch():
    # One minute of latitude is a nautical mile; at 60 degrees one of longitude is half of it.
    (x0, y0), (x1, y1), (x2, y2) = local_metres(
        [(25.0, 60.0), (25.0, 60 + 1 / 60), (25 + 1 / 60, 60.0)]
    )
    assert (y1 - y0, x1 - x0) == (pytest.approx(1853.2, abs=0.3), pytest.approx(0))
    assert (x2 - x0, y2 - y0) == (pytest.approx(926.5, abs=0.3), pytest.approx(0))


@given(st.lists(IN_CHINA, max_size=20))
def test_local_metres_centre_on_the_mean(positions):
    flat = local_metres(positions)
    assert len(flat) == len(positions)
    assert sum(x for x, _ in flat) == pytest.approx(0, abs=1e-2)
    assert sum(y for _, y in flat) == pytest.approx(0, abs=1e-2)
