"""Mixtures of re-cuts: each place chosen for itself, figures exact, nothing better missed."""

import itertools
import random

from communities.division import measure, read_instance
from communities.division.mixing import MOST_MIXTURES, Mixture, differences, mixed, mixtures, thin
from tests.communities.division.test_divide import street_plan


def two_recuts():
    """A street of twelve in six grids, and two re-cuts of it that differ in up to three places."""
    chance = random.Random(5)
    plan = street_plan(12, 1, 6)
    for building in plan["buildings"]:
        building["households"] = chance.randint(5, 40)
    today = [n // 2 for n in range(12)]
    shift = [0, 0, 0, 1, 2, 2, 2, 3, 4, 5, 5, 5]
    return read_instance(plan | {"current": today}), today, shift


def test_mixtures_are_the_best_of_all_ways_to_choose_each_place():
    town, first, second = two_recuts()
    places = differences(town, first, second)
    assert [place.nodes for place in places] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    before = measure(town, first)
    found = mixtures(places, (before.moved_households, before.score))
    every = set()
    for taken in range(8):
        figures = measure(town, mixed(places, taken, first, second))
        every.add((figures.moved_households, round(figures.score, 2)))
    front = {
        (moved, score)
        for moved, score in every
        if not any(
            (other, better) != (moved, score) and other <= moved and better <= score
            for other, better in every
        )
    }
    assert {(mixture.moved, round(mixture.score, 2)) for mixture in found} == front


def test_thinning_keeps_the_ends_and_spreads_the_rest():
    many = [Mixture(moved, 1000.0 - moved, moved) for moved in range(500)]
    kept = thin(list(itertools.chain(many, many)))
    assert len(kept) == MOST_MIXTURES
    assert (kept[0], kept[-1]) == (many[0], many[-1])
