"""Cutting anew with few households changing grid: the trade-off between the two."""

import math
import random
from collections.abc import Sequence
from typing import NamedTuple

from communities.division.annealing import Cooling, anneal
from communities.division.greedy import greedy_repair
from communities.division.instance import Instance
from communities.division.matching import best_matching
from communities.division.metrics import measure, moved
from communities.division.mixing import differences, mixed, mixtures
from communities.division.repair import connected_start
from communities.division.search import moves_per_second, search
from communities.division.state import State
from communities.division.windows import polish

# Prices tried, each half of the one before. The highest makes the whole gain worth moving a
# fiftieth of the households.
PRICES = 10
MOST_WORTH = 0.02
# Shares of the households that may move, looked at beside the limit that is asked for, and
# how many searches stay below each.
WANTED_SHARES = (0.02, 0.04, 0.08, 0.12)
RUNS_AT_SHARE = 2
RUNS_AT_LIMIT = 6
# Enough to prefer fewer moves where all else is equal.
TOKEN_PRICE = 1e-6
# Windows divided anew after the moves of each price.
WINDOWS = 400
# Nodes of pairs of choices looked at for mixtures in a second of search.
MIXED_PER_SECOND = 20_000
# A mixture must gain as much to be kept; scores are rounded to a thousandth.
NOTEWORTHY = 0.01
# Warm enough to leave a bad corner, too cool to forget today's grids.
HOT, COLD = 2.0, 0.1


class Choice(NamedTuple):
    """A division and what it costs: how many households change grid."""

    moved: int
    score: float
    labels: list[int]


class Recut:
    """The search for divisions near today's; every choice found is kept."""

    def __init__(self, instance: Instance, *, seed: int, seconds: float) -> None:
        if instance.current is None:
            raise ValueError("a re-cut needs today's grids")
        self.instance = instance
        self.current = instance.current
        self.seed = seed
        self.seconds = seconds
        self.chance = random.Random(seed)  # noqa: S311 - a search, no secret
        self.start = connected_start(instance)
        self.found: list[Choice] = []
        self.households = sum(node.households for node in instance.nodes)
        runs = PRICES + 1 + RUNS_AT_SHARE * len(WANTED_SHARES) + RUNS_AT_LIMIT
        self.steps = int(seconds * moves_per_second(instance) / runs)
        self.mixed_at_a_time = int(
            seconds * MIXED_PER_SECOND / RUNS_AT_LIMIT / max(len(instance.nodes), 1)
        )

    def run(self, limit: int | None) -> list[Choice]:
        """Return the choices none of which is worse than another in both, fewest moves first."""
        self.note(self.start)
        repaired = greedy_repair(self.instance, self.start)
        self.note(repaired)
        anew = self.drawn_anew()
        self.note(anew)
        score = measure(self.instance, self.start).score
        price = max(score, 1.0) / (MOST_WORTH * max(self.households, 1))
        labels = self.start
        for _price in range(PRICES):
            labels = self.at_price(price, labels)
            price /= 2
        self.at_price(price, anew)
        if limit is None:
            limit = moved(self.instance, repaired)
        limits = [int(share * self.households) for share in WANTED_SHARES] * RUNS_AT_SHARE
        for most in limits:
            self.below(most)
        for _run in range(RUNS_AT_LIMIT):
            self.mix(limit)
            self.below(limit)
        self.mix(limit)
        return self.front()

    def mix(self, limit: int) -> None:
        """Note the mixtures of the choices found that are better than they are."""
        front = sorted(self.front(), key=lambda choice: abs(choice.moved - limit))
        pairs = [(first, second) for first in front for second in self.found]
        for first, second in pairs[: self.mixed_at_a_time]:
            places = differences(self.instance, first.labels, second.labels)
            for mixture in mixtures(places, (first.moved, first.score)):
                if mixture.score < best_within(self.found, mixture.moved).score - NOTEWORTHY:
                    self.note(mixed(places, mixture.taken, first.labels, second.labels))

    def note(self, labels: Sequence[int]) -> Choice:
        choice = Choice(
            moved(self.instance, labels), measure(self.instance, labels).score, list(labels)
        )
        self.found.append(choice)
        return choice

    def drawn_anew(self) -> list[int]:
        """Return a division made without regard for today's, its grids named to keep most."""
        if self.instance.frozen:
            return self.start
        labels = search(self.instance, seed=self.seed, seconds=self.seconds / 4)
        kept = [[0] * self.instance.k for _ in range(max(labels, default=-1) + 1)]
        if len(kept) > self.instance.k:
            return self.start
        for node, today, label in zip(self.instance.nodes, self.current, labels, strict=True):
            if today >= 0:
                kept[label][today] += node.households
        names = best_matching(kept)
        return [names[label] for label in labels]

    def at_price(self, price: float, labels: Sequence[int]) -> list[int]:
        """Search on from `labels` with a price for each household that changes grid."""
        state = self.state(price, labels)
        anneal(state, Cooling(self.steps, HOT, COLD), self.chance)
        state.restore()
        polish(state, most=WINDOWS)
        self.note(state.best)
        return state.best

    def below(self, limit: int) -> None:
        """Search on from the best choice that moves at most so many households, moving no more."""
        best = best_within(self.found, limit)
        if best.moved <= limit:
            state = self.state(TOKEN_PRICE, best.labels, most=limit)
            anneal(state, Cooling(self.steps, HOT, COLD), self.chance)
            self.note(state.best)

    def state(self, price: float, labels: Sequence[int], *, most: int | None = None) -> State:
        return State(
            self.instance,
            labels,
            stay_label=self.current,
            stay_price=[
                price * node.households if today >= 0 else 0.0
                for node, today in zip(self.instance.nodes, self.current, strict=True)
            ],
            most_price=math.inf if most is None else price * (most + 0.5),
            frozen=self.instance.frozen,
        )

    def front(self) -> list[Choice]:
        best: list[Choice] = []
        for choice in sorted(self.found, key=lambda choice: (choice.moved, choice.score)):
            if not best or choice.score < best[-1].score:
                best.append(choice)
        return best


def best_within(choices: Sequence[Choice], limit: int) -> Choice:
    """Return the best score for at most so many moved households, or else the fewest moves."""
    allowed = [choice for choice in choices if choice.moved <= limit]
    if not allowed:
        return min(choices, key=lambda choice: (choice.moved, choice.score))
    return min(allowed, key=lambda choice: (choice.score, choice.moved))


def moved_by_hand(instance: Instance) -> int:
    """Return how many households change grid when single best moves repair today's grids."""
    return moved(instance, greedy_repair(instance, connected_start(instance)))
