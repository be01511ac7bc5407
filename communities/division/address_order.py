"""Divide buildings that have no positions: consecutive pieces of the address order, exactly."""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import accumulate, pairwise
from math import frexp, ldexp
from typing import NamedTuple

from communities.division.metrics import ROUNDING

# A building of more than two targets leaves its piece worse off than an empty one.
OVER_HEAVY = 2.0
# Compounds parted, and how far the cuts lie from the ends of even pieces, squared.
Cost = tuple[int, float]


class Spans(NamedTuple):
    """The first and the last end that a piece may have, for each start; both never fall."""

    first: Sequence[int]
    last: Sequence[int]


def divide_in_order(
    weights: Sequence[float],
    k: int,
    compounds: Sequence[Hashable | None] | None = None,
    *,
    tolerance: float = 0.0,
) -> list[int]:
    """Cut the order into k consecutive pieces; label each building with its piece.

    No other cutting has a smaller largest deviation |W/T - 1| of a piece's weight W from the
    mean T; what lies within the tolerance counts as equal. Where a building of more than two
    means decides that, the other pieces are made as even as they can be all the same. Of all
    such cuttings one is taken that parts the fewest neighbours of one compound, and of those
    one whose cuts lie closest to the ends of even pieces. With fewer buildings than pieces
    each building is a piece of its own.
    """
    if k < 1:
        raise ValueError("at least one piece is needed")
    if k >= len(weights):
        return list(range(len(weights)))
    order = Order(weights, k)
    least = max(tolerance, order.heaviest - 1)
    most = max(1.0, order.heaviest)
    largest = order.least_deviation(least, most, lambda deviation: [order.spans(deviation)])
    spans = [order.spans(largest)]
    if order.heaviest > OVER_HEAVY:
        excused = order.spans_of_over_heavy(largest)
        evenest = order.least_deviation(
            tolerance, largest, lambda deviation: [order.spans(deviation), excused]
        )
        spans = [order.spans(evenest), excused]
    cuts = order.best_cuts(spans, parting(compounds or [None] * len(weights)))
    return [piece for piece, (start, end) in enumerate(pairwise(cuts)) for _ in range(start, end)]


def parting(compounds: Sequence[Hashable | None]) -> list[bool]:
    """Say of each place, before the first building and after each, whether it is in a compound."""
    inside = [here is not None and here == following for here, following in pairwise(compounds)]
    return [False, *inside, False]


class Order:
    """Weights in a row, to be cut into pieces at places 0, before the first, to `count`."""

    def __init__(self, weights: Sequence[float], pieces: int) -> None:
        self.pieces, self.count = pieces, len(weights)
        # Counted in a power of two near the heaviest: the smallest numbers there are cannot
        # be divided.
        _share, power = frexp(max(weights))
        weights = [ldexp(weight, -power) for weight in weights]
        self.sums = list(accumulate(weights, initial=0.0))
        self.target = self.sums[-1] / pieces or 1.0
        self.heaviest = max(weights) / self.target
        self.over_heavy = [
            place for place, weight in enumerate(weights) if weight / self.target > OVER_HEAVY
        ]

    def spans(self, deviation: float) -> Spans:
        """Give the ends of pieces that deviate by at most so much."""
        sums, slack = self.sums, ROUNDING * self.target
        low = self.target * (1 - deviation) - slack
        high = self.target * (1 + deviation) + slack
        return Spans(
            [max(start + 1, bisect_left(sums, before + low)) for start, before in enumerate(sums)],
            [bisect_right(sums, before + high) - 1 for before in sums],
        )

    def spans_of_over_heavy(self, deviation: float) -> Spans:
        """Give the ends of such pieces that hold an over-heavy building."""
        spans = self.spans(deviation)
        holding = [
            self.over_heavy[row] + 1 if row < len(self.over_heavy) else self.count + 1
            for row in (bisect_left(self.over_heavy, start) for start in range(self.count + 1))
        ]
        return Spans(list(map(max, spans.first, holding)), spans.last)

    def least_deviation(
        self, low: float, high: float, spans_within: Callable[[float], list[Spans]]
    ) -> float:
        """Give the least deviation from `low` on whose spans allow a cutting; `high` does."""
        if self.cuts(spans_within(low)):
            return low
        while high - low > ROUNDING:
            middle = (low + high) / 2
            cuts = self.cuts(spans_within(middle))
            if cuts:
                # A cutting found tells more than that there is one: how far it deviates.
                within = (each for each in self.deviations(cuts) if each <= middle + ROUNDING)
                high = min(middle, max(within, default=middle))
            else:
                low = middle
        return high

    def deviations(self, cuts: Sequence[int]) -> Iterator[float]:
        for start, end in pairwise(cuts):
            yield abs((self.sums[end] - self.sums[start]) / self.target - 1)

    def places(self, spans: Sequence[Spans]) -> list[list[int]]:
        """List, for each number of pieces from none, the places where so many may end."""
        places = [[0]]
        for piece in range(1, self.pieces + 1):
            furthest = self.count - self.pieces + piece
            reached: set[int] = set()
            for first, last in spans:
                done = 0
                for start in places[-1]:
                    end = min(last[start], furthest) + 1
                    reached.update(range(max(first[start], done), end))
                    done = max(done, end)
            places.append(sorted(reached))
        return places

    def cuts(self, spans: Sequence[Spans]) -> list[int]:
        """Give the places of one cutting within the spans, or nothing where there is none."""
        places = self.places(spans)
        if self.count not in places[-1]:
            return []
        cuts = [self.count]
        for starts in places[-2::-1]:
            end = cuts[-1]
            for first, last in spans:
                row = bisect_left(starts, end, key=last.__getitem__)
                if row < len(starts) and first[starts[row]] <= end:
                    cuts.append(starts[row])
                    break
        return cuts[::-1]

    def best_cuts(self, spans: Sequence[Spans], parts: Sequence[bool]) -> list[int]:
        """Give the cutting within the spans that parts the fewest compounds, most evenly."""
        places = self.places(spans)
        costs: dict[int, Cost] = {0: (0, 0.0)}
        came_from: list[dict[int, int]] = []
        for piece, ends in enumerate(places[1:], 1):
            reached: dict[int, tuple[Cost, int]] = {}
            for within in spans:
                for end, cost, start in cheapest_starts(places[piece - 1], ends, within, costs):
                    if end not in reached or (cost, start) < reached[end]:
                        reached[end] = cost, start
            came_from.append({end: start for end, (_, start) in reached.items()})
            costs = {
                end: (parted + parts[end], drift + (self.sums[end] / self.target - piece) ** 2)
                for end, ((parted, drift), _) in reached.items()
            }
        cuts = [self.count]
        for starts in reversed(came_from):
            cuts.append(starts[cuts[-1]])
        return cuts[::-1]


def cheapest_starts(
    starts: Sequence[int], ends: Sequence[int], spans: Spans, costs: dict[int, Cost]
) -> Iterator[tuple[int, Cost, int]]:
    """Yield each end that a piece may have, with the cheapest of its starts and its cost.

    The starts an end may have move on with the end, so a queue that keeps those not yet
    beaten by a later one answers each in constant time on the average.
    """
    queue: deque[int] = deque()
    waiting = iter(starts)
    start = next(waiting, None)
    for end in ends:
        while start is not None and spans.first[start] <= end:
            while queue and costs[queue[-1]] > costs[start]:
                queue.pop()
            queue.append(start)
            start = next(waiting, None)
        while queue and spans.last[queue[0]] < end:
            queue.popleft()
        if queue:
            yield end, costs[queue[0]], queue[0]
