"""The proof of the least largest deviation: never beaten by any division, often exact."""

import itertools
import random

import pytest

from communities.division import least_deviation, read_instance
from communities.division.bounds import prove_least
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
            found = prove_least(town, least)
            assert found <= least
            assert prove_least(town, least + 0.5) <= least + 1e-9
            exact += found >= least - 1e-9
    # A proof that proves nothing would pass the lines above.
    assert exact > 10


def test_a_row_of_houses_that_cannot_be_shared_evenly_is_proven():
    plan = street_plan(4, 1, 2)
    for building, households in zip(plan["buildings"], [10, 50, 10, 10], strict=True):
        building["households"] = households
    town = read_instance(plan)
    assert prove_least(town, 0.5) == pytest.approx(0.5)


def test_what_small_parts_take_from_a_large_one_is_no_proof_against_giving_it():
    """Each of sixty pairs may take two grids of the 200; the long street then has 80 for 110."""
    streets = [[1.0] * 110, *([[0.75, 0.75]] * 60)]
    weights = [weight for street in streets for weight in street]
    ends = set(itertools.accumulate(map(len, streets)))
    town = read_instance(
        {
            "k": 200,
            "buildings": [{"id": row, "weight": weight} for row, weight in enumerate(weights)],
            "edges": [[row - 1, row] for row in range(1, len(weights)) if row not in ends],
        }
    )
    assert least_deviation(town) == pytest.approx(110 / 80 - 1)
