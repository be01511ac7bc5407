"""The proof of the least largest deviation: never beaten by any division, often exact."""

import itertools
import random

import pytest

from communities.division import estimate, read_instance
from tests.communities.division.test_divide import street_plan
from tests.communities.division.test_recut import largest_of_connected


def random_town(seed):
    chance = random.Random(seed)
    plan = street_plan(chance.randint(2, 4), 2, chance.randint(2, 3))
    plan["edges"] = [edge for edge in plan["edges"] if chance.random() < 0.85]
    for building in plan["buildings"]:
        building["households"] = chance.randint(0, 30)
    return read_instance(plan)


def least_of_all(town):
    deviations = (
        largest_of_connected(town, labels)
        for labels in itertools.product(range(town.k), repeat=len(town.nodes))
    )
    return min((each for each in deviations if each is not None), default=None)


def test_no_division_is_better_than_what_is_proven():
    exact = 0
    for seed in range(30):
        town = random_town(seed)
        least = least_of_all(town)
        if least is not None:
            found = estimate(town, least)
            assert found.proven <= least
            assert estimate(town, least + 0.5).proven <= least + 1e-9
            exact += found.is_exact
    # A proof that proves nothing would pass the lines above.
    assert exact > 10


def test_a_row_of_houses_that_cannot_be_shared_evenly_is_proven():
    plan = street_plan(4, 1, 2)
    for building, households in zip(plan["buildings"], [10, 50, 10, 10], strict=True):
        building["households"] = households
    town = read_instance(plan)
    found = estimate(town, 0.5)
    assert found.proven == pytest.approx(0.5)
    assert found.is_exact
