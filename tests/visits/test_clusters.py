"""Clusters: exact chances, what is pointed out, to whom, and how often by chance alone."""

import datetime
import math
import random
from fractions import Fraction

import pytest

from tests.factories import (
    MatterCategoryFactory,
    MatterFactory,
)
from visits import clusters
from visits.clusters import BEFORE, LOOKS, WINDOW, History, tail
from visits.models import Matter

AT = datetime.datetime(2026, 6, 17, 10, 0, tzinfo=datetime.UTC)


@pytest.mark.parametrize("shape", [1, 2, 7])
@pytest.mark.parametrize("number", [0, 1, 3, 9, 30])
def test_tail_is_the_exact_upper_tail(shape, number):
    """With a whole shape the chances are fractions: of so many failures before the last hit."""
    share = Fraction(7, 127)
    exact = 1 - sum(
        math.comb(k + shape - 1, k) * (1 - share) ** shape * share**k for k in range(number)
    )
    assert tail(number, shape=shape, seen_days=120, days=7) == pytest.approx(float(exact), rel=1e-9)


def test_tail_of_a_rate_known_well_is_poissons():
    exact = 1 - math.exp(-2) * (1 + 2 + 2 + Fraction(8, 6) + Fraction(16, 24))
    found = tail(5, shape=2e8, seen_days=7e8, days=7)
    assert found == pytest.approx(exact, rel=1e-6)


def test_a_week_is_expected_from_the_places_own_days_and_the_communitys():
    assert History(own=24, average_per_day=0.2).expected == pytest.approx(30 / 120 * 7)


def report(number, days_ago, **values):
    for _matter in range(number):
        MatterFactory(reported_at=AT - datetime.timedelta(days=days_ago), **values)


@pytest.fixture
def leak(world):
    """A kind of matter that the community has now and then."""
    category = MatterCategoryFactory(name="漏水")
    for day in (20, 40, 60, 80):
        report(1, day, grid=world.grid, category=category)
    return category


def find(user):
    return clusters.find(Matter.objects.of_places(user), user, AT)


def test_seven_in_a_week_at_one_building_are_pointed_out(world, leak):
    report(7, 2, grid=world.grid, household=world.household, category=leak)
    [building] = find(world.officer)
    assert (building.place, building.category, building.number) == (
        world.household.building,
        leak,
        7,
    )
    assert building.expected < 1
    assert building.weeks >= LOOKS


def test_a_grid_is_pointed_out_for_what_its_buildings_do_not_explain(world, leak):
    report(7, 2, grid=world.grid, household=world.household, category=leak)
    report(2, 2, grid=world.grid, category=leak)
    assert [cluster.place for cluster in find(world.officer)] == [world.household.building]
    report(1, 2, grid=world.grid, category=leak)
    assert {cluster.place for cluster in find(world.officer)} == {
        world.household.building,
        world.grid,
    }


def test_the_rows_behind_a_cluster_are_those_counted(world, leak, as_user, monkeypatch):
    report(7, 2, grid=world.grid, household=world.household, category=leak)
    report(1, 2, grid=world.grid, household=world.household, category=leak, status="declined")
    report(1, 8, grid=world.grid, household=world.household, category=leak)
    client = as_user(world.officer)
    for cluster in find(world.officer):
        page = client.get("/work/matters/" + cluster.query).content.decode()
        assert page.count('<th scope="row">') == cluster.number


@pytest.mark.parametrize("user", ["worker", "street_officer", "auditor"])
def test_whoever_sees_the_rows_sees_the_cluster(world, leak, user):
    report(9, 1, grid=world.grid, household=world.household, category=leak)
    places = [cluster.place for cluster in find(getattr(world, user))]
    assert places == [world.household.building]


def test_nobody_sees_a_cluster_of_rows_out_of_reach(world, leak):
    report(9, 1, grid=world.next_grid, category=leak)
    assert find(world.officer) == []
    assert find(world.worker) == []
    assert [cluster.place for cluster in find(world.outsider)] == [world.next_grid]


@pytest.mark.parametrize("case", ["usual", "two", "merged", "last week"])
def test_what_is_no_cluster_is_not_pointed_out(world, leak, case):
    door = {"grid": world.grid, "household": world.household, "category": leak}
    match case:
        case "usual":
            for day in range(8, 97):
                report(1, day, **door)
            report(8, 2, **door)
        case "two":
            report(2, 1, **door)
        case "merged":
            report(9, 1, status="merged", **door)
        case "last week":
            report(9, 8, **door)
    assert find(world.officer) == []


def test_chance_alone_points_at_something_less_than_once_in_so_many_looks():
    """A community of ten grids and forty buildings with ten kinds, 400 weeks of nothing but chance.

    Rates differ from place to place and from kind to kind, which the prior does not know.
    """
    draw = random.Random(5)
    places, kinds, weeks = 50, 10, 400
    looked_at, alarms = places * kinds, 0
    rates = [draw.gammavariate(1, 0.012) for _spot in range(looked_at)]
    average = [sum(rates[kind::kinds]) / places for kind in range(kinds)]
    for _week in range(weeks):
        for spot, rate in enumerate(rates):
            number = poisson(draw, rate * WINDOW)
            if number < clusters.LEAST:
                continue
            history = History(poisson(draw, rate * BEFORE), average[spot % kinds])
            alarms += history.chance_of(number) * looked_at * LOOKS <= 1
    per_year = alarms / weeks * 52
    assert per_year <= 52 / LOOKS


def poisson(draw, mean):
    number, left = -1, mean
    while left > 0:
        left -= draw.expovariate(1)
        number += 1
    return max(number, 0)
