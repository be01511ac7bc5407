from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communities.division.graph import chain_edges, gabriel_edges
from communities.division.triangulation import Triangulation, in_circle, turn

SMALL = st.integers(0, 6)
ANYWHERE = st.integers(-(10**6), 10**6)
LATTICE = st.one_of(
    st.lists(st.tuples(SMALL, SMALL), unique=True, min_size=2, max_size=25),
    st.lists(st.tuples(ANYWHERE, ANYWHERE), unique=True, min_size=2, max_size=25),
)


def is_connected(count, edges):
    joined, waiting = {0}, [0]
    while waiting:
        here = waiting.pop()
        for a, b in edges:
            for there in {a, b} - joined if here in (a, b) else ():
                joined.add(there)
                waiting.append(there)
    return len(joined) == count


def gabriel_by_definition(points):
    """Pair the points whose circle holds no other, asking every other point."""
    return [
        (a, b)
        for a, b in combinations(range(len(points)), 2)
        if all(
            (points[a][0] - x) * (points[b][0] - x) + (points[a][1] - y) * (points[b][1] - y) > 0
            for c, (x, y) in enumerate(points)
            if c not in (a, b)
        )
    ]


@settings(max_examples=200)
@given(LATTICE)
def test_triangles_fill_the_hull_and_their_circles_are_empty(points):
    triangulation = Triangulation(points)
    triangles = {}
    for side in triangulation.edges():
        for edge in (side, side ^ 1):
            around = [edge, triangulation.next_of_face(edge)]
            around.append(triangulation.next_of_face(around[1]))
            corners = [triangulation.origin[e] for e in around]
            a, b, c = (points[corner] for corner in corners)
            if triangulation.next_of_face(around[2]) == edge and turn(a, b, c) > 0:
                triangles[frozenset(corners)] = turn(a, b, c)
                assert not any(in_circle(a, b, c, point) for point in points)
    assert sum(triangles.values()) == twice_the_hull(points)


def twice_the_hull(points):
    def half(row):
        corners = []
        for point in row:
            while len(corners) > 1 and turn(corners[-2], corners[-1], point) <= 0:
                corners.pop()
            corners.append(point)
        return corners[:-1]

    hull = half(sorted(points)) + half(sorted(points, reverse=True))
    return sum(a[0] * b[1] - a[1] * b[0] for a, b in pairwise([*hull, *hull[:1]]))


@settings(max_examples=200)
@given(LATTICE)
def test_neighbours_are_those_of_the_definition(points):
    edges = gabriel_edges(points)
    assert edges == gabriel_by_definition(points)
    assert is_connected(len(points), edges)


def test_a_lattice_has_no_diagonals():
    points = [(x, y) for x in range(20) for y in range(20)]
    assert len(gabriel_edges(points)) == 2 * 19 * 20


@pytest.mark.parametrize(
    ("points", "edges"),
    [
        ([], []),
        ([(3, 3)], []),
        ([(0, 0), (5, 0)], [(0, 1)]),
        ([(0, 0), (9, 9), (5, 5), (1, 1)], [(0, 3), (1, 2), (2, 3)]),
        ([(1e7, 1e7), (1e7 + 3, 1e7), (-1e7, 0)], [(0, 1), (0, 2)]),
    ],
)
def test_few_points_and_rows_work(points, edges):
    assert gabriel_edges(points) == edges


def test_doors_at_one_point_are_a_chain_joined_to_the_neighbours_in_step():
    tower, hut = [(0, 0)] * 4, [(10, 0)] * 2
    assert gabriel_edges([*tower, *hut]) == [
        (0, 1), (0, 4), (1, 2), (1, 4), (2, 3), (2, 5), (3, 5), (4, 5),
    ]  # fmt: skip


@given(st.lists(st.tuples(SMALL, SMALL), min_size=1, max_size=25))
def test_all_doors_hang_together(points):
    assert is_connected(len(points), gabriel_edges(points))


def test_a_river_separates_and_a_bridge_joins():
    banks = [(x, y) for y in (0, 20) for x in range(0, 100, 10)]
    river = [[(-50, 10), (200, 10)]]
    assert all((a < 10) == (b < 10) for a, b in gabriel_edges(banks, barriers=river))
    bridged = [[(-50, 10), (38, 10)], [(42, 10), (200, 10)]]
    assert [(a, b) for a, b in gabriel_edges(banks, barriers=bridged) if (a < 10) != (b < 10)] == [
        (4, 14)
    ]


def test_a_line_is_crossed_at_its_corner_and_not_beside_its_end():
    points = [(0, 0), (10, 0)]
    assert gabriel_edges(points, barriers=[[(4, -5), (5, 0), (4, 5)]]) == []
    assert gabriel_edges(points, barriers=[[(5, 1), (5, 9)]]) == [(0, 1)]


def test_a_building_on_the_line_belongs_to_its_left_bank():
    assert gabriel_edges([(0, 0), (10, 0), (20, 0)], barriers=[[(10, -5), (10, 5)]]) == [(0, 1)]


def test_a_bank_in_the_bend_of_a_river_hangs_together():
    # The nearest of the left house lies across the river; its own bank is farther.
    points = [(0, 0), (30, 4), (60, 0)]
    bend = [[(-10, 2), (70, 2)]]
    assert gabriel_edges(points) == [(0, 1), (1, 2)]
    assert gabriel_edges(points, barriers=bend) == [(0, 2)]


def test_pairs_kept_apart_are_no_neighbours_in_either_order():
    points = [(x, y) for x in range(3) for y in range(3)]
    edges = gabriel_edges(points, apart=[(4, 1), (4, 5)])
    assert {(1, 4), (4, 5)}.isdisjoint(edges)
    assert is_connected(9, edges)


@settings(max_examples=200)
@given(
    st.lists(st.tuples(SMALL, SMALL), unique=True, min_size=2, max_size=20),
    st.lists(st.lists(st.tuples(SMALL, SMALL), unique=True, min_size=2, max_size=4), max_size=3),
)
def test_no_pair_crosses_a_barrier(points, barriers):
    def strictly_crosses(a, b, c, d):
        return turn(a, b, c) * turn(a, b, d) < 0 and turn(c, d, a) * turn(c, d, b) < 0

    for a, b in gabriel_edges(points, barriers=barriers):
        for line in barriers:
            for bar in pairwise(line):
                assert not strictly_crosses(points[a], points[b], *bar)


def test_a_barrier_far_out_of_the_picture_is_no_trouble():
    line = [(-1e12, 1e12), (1e12, 1e12)]
    assert gabriel_edges([(0, 0), (1, 0)], barriers=[line]) == [(0, 1)]


def test_the_address_order_is_a_chain():
    assert [chain_edges(count) for count in (0, 1, 3)] == [[], [], [(0, 1), (1, 2)]]
