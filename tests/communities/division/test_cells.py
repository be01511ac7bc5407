from itertools import pairwise
from math import dist

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from communities.division.cells import areas
from communities.division.graph import gabriel_edges

SMALL = st.integers(0, 8)
FINE = st.floats(0, 3000).map(lambda metres: round(metres, 1))
POINTS = st.one_of(
    st.lists(st.tuples(SMALL, SMALL, st.integers(0, 3)), min_size=1, max_size=30),
    st.lists(st.tuples(FINE, FINE, st.integers(0, 3)), min_size=1, max_size=30),
)


def twice_the_area(ring):
    x0, y0 = ring[0]
    return sum(
        (ax - x0) * (by - y0) - (ay - y0) * (bx - x0)
        for (ax, ay), (bx, by) in pairwise([*ring, ring[0]])
    )


def holds(rings, point):
    """Say whether a point lies in an area, by the even-odd rule of the map."""
    x, y = point
    return (
        sum(
            (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay)
            for ring in rings
            for (ax, ay), (bx, by) in pairwise([*ring, ring[0]])
        )
        % 2
        == 1
    )


def split(rows):
    return [row[:2] for row in rows], [row[2] for row in rows]


@settings(max_examples=150, deadline=None)
@given(POINTS, st.integers(0, 10**6))
def test_ground_belongs_to_the_grid_of_the_nearest_building_alone(rows, seed):
    points, labels = split(rows)
    drawn = areas(points, labels, margin=5)
    for step in range(15):
        # A low-discrepancy spread over the box around all points.
        fx, fy = ((seed + step) * 0.7548776662) % 1, ((seed + step) * 0.5698402910) % 1
        x = (
            min(p[0] for p in points)
            - 3
            + fx * (6 + max(p[0] for p in points) - min(p[0] for p in points))
        )
        y = (
            min(p[1] for p in points)
            - 3
            + fy * (6 + max(p[1] for p in points) - min(p[1] for p in points))
        )
        inside = [label for label, rings in drawn.items() if holds(rings, (x, y))]
        assert len(inside) <= 1
        nearest = {
            label: min(dist((x, y), row[:2]) for row in rows if row[2] == label) for label in drawn
        }
        best = min(nearest.values())
        assert all(nearest[label] < best + 1e-3 for label in inside)


@settings(max_examples=150, deadline=None)
@given(POINTS)
@example([(0.0, 0.0, 0), (0.0, 0.0, 1), (0.0, 508.0, 0)])
def test_areas_leave_nothing_out_and_take_nothing_twice(rows):
    points, labels = split(rows)
    drawn = areas(points, labels, margin=5)
    whole = areas(points, ["all"] * len(points), margin=5)["all"]
    assert len(whole) == 1
    total = sum(twice_the_area(ring) for rings in drawn.values() for ring in rings)
    assert total == pytest.approx(twice_the_area(whole[0]), rel=1e-6)


@settings(max_examples=150, deadline=None)
@given(POINTS)
def test_every_building_stands_on_its_own_ground(rows):
    points, labels = split(rows)
    drawn = areas(points, labels, margin=5)
    owners = {}
    for point, label in zip(points, labels, strict=True):
        owners.setdefault(point, set()).add(label)
    for point, here in owners.items():
        if len(here) == 1:
            assert [label for label, rings in drawn.items() if holds(rings, point)] == [*here]
        for label in here:
            assert any(
                holds(drawn[label], (point[0] + dx, point[1] + dy))
                for step in (0, 1e-4, 1e-3)
                for dx in (-step, -step / 3, step / 4, step)
                for dy in (-step, -step / 3, step / 4, step)
            )


@settings(max_examples=100, deadline=None)
@given(POINTS)
@example([(5, 0, 0), (0, 2, 0), (4, 6, 1), (6, 1, 0)])
def test_rings_are_closed_and_pass_no_corner_twice(rows):
    for rings in areas(*split(rows), margin=5).values():
        for ring in rings:
            assert len(ring) > 2
            assert len(set(ring)) == len(ring)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(FINE, FINE), min_size=2, max_size=30, unique=True), st.data())
def test_neighbouring_buildings_of_one_grid_make_one_area(points, data):
    a, b = data.draw(st.sampled_from(gabriel_edges(points)))
    labels = ["pair" if place in (a, b) else "rest" for place in range(len(points))]
    outlines = [r for r in areas(points, labels, margin=5)["pair"] if twice_the_area(r) > 1e-6]
    assert len(outlines) == 1


def test_neighbours_share_their_corners_exactly():
    points = [(x * 10 + y % 2, y * 10) for x in range(12) for y in range(12)]
    drawn = areas(points, [int(x > 60) for x, _ in points], margin=8)
    left, right = ({point for ring in drawn[label] for point in ring} for label in (0, 1))
    assert len(left & right) > 10


def test_a_grid_around_another_has_a_hole():
    points = [(x, y) for x in range(5) for y in range(5)]
    labels = ["inner" if point == (2, 2) else "outer" for point in points]
    drawn = areas(points, labels, margin=1)
    assert [len(drawn["inner"]), len(drawn["outer"])] == [1, 2]
    assert sorted(drawn["inner"][0]) == [(1.5, 1.5), (1.5, 2.5), (2.5, 1.5), (2.5, 2.5)]
    assert not holds(drawn["outer"], (2, 2))


def test_no_building_and_one_building():
    assert areas([], [], margin=5) == {}
    (ring,) = areas([(7.0, 8.0)], ["alone"], margin=5)["alone"]
    assert len(ring) == 8
    assert all(dist(corner, (7, 8)) == pytest.approx(5, abs=1e-3) for corner in ring)
