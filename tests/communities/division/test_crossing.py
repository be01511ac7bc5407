"""Putting divisions together from the parts in which each is better."""

from communities.division import read_instance
from communities.division.crossing import common_ground, take_better_parts
from communities.division.state import State
from tests.communities.division.test_divide import street_plan

# Two rows of eight; in each half one division is even and the other is not.
EVEN = [0, 0, 1, 1]
LOPSIDED = [0, 1, 1, 1]


def two_halves(left, right):
    return [*left, *(label + 2 for label in right)] * 2


def test_each_half_is_taken_from_the_division_that_is_better_there():
    town = read_instance(street_plan(8, 2, 4))
    state = State(town, two_halves(EVEN, LOPSIDED))
    renamed = [3 - label for label in two_halves(LOPSIDED, EVEN)]
    take_better_parts(state, renamed)
    assert state.best_energy == State(town, two_halves(EVEN, EVEN)).energy
    assert sorted(state.best.count(grid) for grid in range(4)) == [4] * 4


def test_divisions_that_share_no_border_are_taken_as_a_whole():
    assert common_ground([0, 0, 1, 1, 2, 2], [0, 1, 1, 2, 2, 2]) == [([0, 1, 2], [0, 1, 2])]
    assert common_ground([0, 0, 1, 1, 2, 2], [5, 5, 4, 4, 4, 4]) == [([0], [5]), ([1, 2], [4])]
