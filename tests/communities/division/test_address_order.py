import time
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communities.division.address_order import divide_in_order

WEIGHT = st.sampled_from([0, 0, 1, 2, 3, 3.5, 10, 50]) | st.floats(0, 100)
ROWS = st.lists(st.tuples(WEIGHT, st.sampled_from([None, "a", "b"])), min_size=1, max_size=9)


def weights_of(labels, weights, k):
    return [sum(w for w, at in zip(weights, labels, strict=True) if at == g) for g in range(k)]


def figures(labels, weights, compounds, k):
    """Give the largest deviation, and how many neighbours of one compound are parted."""
    target = sum(weights) / k or 1
    parted = sum(
        labels[a] != labels[b] and compounds[a] is not None and compounds[a] == compounds[b]
        for a, b in pairwise(range(len(labels)))
    )
    return max(abs(w / target - 1) for w in weights_of(labels, weights, k)), parted


def every_cutting(count, k):
    for cut in combinations(range(1, count), k - 1):
        yield [
            piece for piece, (a, b) in enumerate(pairwise([0, *cut, count])) for _ in range(a, b)
        ]


@settings(max_examples=300, deadline=None)
@given(ROWS, st.data())
def test_no_cutting_is_more_even_and_ties_keep_compounds_whole(rows, data):
    k = data.draw(st.integers(1, len(rows)))
    tolerance = data.draw(st.sampled_from([0, 0.3]))
    weights, compounds = map(list, zip(*rows, strict=True))
    labels = divide_in_order(weights, k, compounds, tolerance=tolerance)
    assert labels in list(every_cutting(len(rows), k))
    found = [figures(each, weights, compounds, k) for each in every_cutting(len(rows), k)]
    least = max(tolerance, min(deviation for deviation, _ in found))
    deviation, parted = figures(labels, weights, compounds, k)
    assert deviation <= least + 1e-8
    if max(weights) <= 2 * sum(weights) / k and k < len(rows):
        # What is less even by next to nothing may be taken as well, and part fewer.
        assert parted <= min(parted for deviation, parted in found if deviation <= least)


def test_compounds_are_kept_whole_within_the_tolerance():
    weights, compounds = [10] * 8, list("aaabbbbb")
    assert divide_in_order(weights, 2, compounds) == [0] * 4 + [1] * 4
    assert divide_in_order(weights, 2, compounds, tolerance=0.25) == [0] * 3 + [1] * 5


def test_one_tower_leaves_the_others_even():
    weights = [5] * 6 + [1000] + [5] * 6
    assert weights_of(divide_in_order(weights, 5), weights, 5) == [15, 15, 1000, 15, 15]


@pytest.mark.parametrize(
    ("weights", "k", "labels"),
    [
        ([], 3, []),
        ([4, 5], 3, [0, 1]),
        ([7], 1, [0]),
        ([0, 0, 0], 2, [0, 1, 1]),
        ([5e-324] * 4, 2, [0, 0, 1, 1]),
        ([5e-324] * 3, 2, [0, 0, 1]),
    ],
)
def test_few_buildings_and_empty_ones(weights, k, labels):
    assert divide_in_order(weights, k) == labels


def test_at_least_one_piece_is_asked_for():
    with pytest.raises(ValueError, match="at least one"):
        divide_in_order([1], 0)


def test_four_thousand_buildings_take_seconds():
    weights = [5 + 7919 * place % 116 for place in range(4000)]
    started = time.process_time()
    labels = divide_in_order(weights, 600, [place // 7 for place in range(4000)])
    assert time.process_time() - started < 10
    assert len(set(labels)) == 600
