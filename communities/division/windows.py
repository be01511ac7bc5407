"""Exact re-division of two or three neighbouring grids, all ways of it looked at."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from communities.division.metrics import PENALTY, STEEPNESS
from communities.division.state import State

# Beyond these the ways to divide are too many to look at all of them.
MOST_NODES_OF_TWO = 18
MOST_NODES_OF_THREE = 17
# Among more nodes only grids this far from the target at most are looked at, unless one of
# those at hand is further off; nearly all that would be better lie within it.
FEW_NODES = 10
SLACK = 0.35
NEVER = 1e9
# Above what sums of energies lose on the way.
LEAST_GAIN = 1e-7


class Piece(NamedTuple):
    """A connected set of nodes as bits, with the energy of a grid made of it."""

    mask: int
    energy: float


class Window:
    """The nodes of some grids, as bits of a number."""

    def __init__(self, state: State, labels: Sequence[int]) -> None:
        self.state = state
        self.grids = list(labels)
        self.nodes = sorted(node for label in labels for node in state.members[label])
        row = {node: bit for bit, node in enumerate(self.nodes)}
        self.near = [
            sum(1 << row[near] for near in state.instance.neighbours[node] if near in row)
            for node in self.nodes
        ]
        self.whole = (1 << len(self.nodes)) - 1
        loads = [state.loads[label] for label in labels]
        slack = SLACK
        if len(self.nodes) <= FEW_NODES:
            slack = deviation_costing(self.present_energy, state.instance.tolerance)
        self.lightest = min([state.instance.target * (1 - slack), *loads])
        self.heaviest = max([state.instance.target * (1 + slack), *loads])

    @property
    def present_energy(self) -> float:
        """The energy of the grids as they are, with the price of what has moved."""
        state = self.state
        return sum(state.energies[label] for label in self.grids) + sum(
            state.stay_price[node]
            for node in self.nodes
            if state.stay_label[node] != state.labels[node]
        )

    def pieces_with(self, first: int, within: int) -> Iterator[Piece]:
        """Return the connected sets inside `within` that hold the node of bit `first`."""
        state = self.state
        weights = [state.weights[node] for node in self.nodes]
        xs = [state.sums_x[node] for node in self.nodes]
        ys = [state.sums_y[node] for node in self.nodes]
        qs = [state.squares[node] for node in self.nodes]
        start = 1 << first
        # Of each set: its bits, the bits that may join it, and its sums.
        waiting = [
            (start, self.near[first] & within & ~start, within & ~start,
             weights[first], xs[first], ys[first], qs[first])
        ]  # fmt: skip
        while waiting:
            mask, border, free, load, x, y, q = waiting.pop()
            if load >= self.lightest:
                yield Piece(mask, state.grid_energy(load, x, y, q))
            while border:
                bit = border & -border
                border ^= bit
                # A set is met once: what was left out here never comes in later.
                free &= ~bit
                node = bit.bit_length() - 1
                if load + weights[node] <= self.heaviest:
                    waiting.append(
                        (mask | bit, border | (self.near[node] & free), free,
                         load + weights[node], x + xs[node], y + ys[node], q + qs[node])
                    )  # fmt: skip

    def is_connected(self, mask: int) -> bool:
        if not mask:
            return False
        reached = edge = mask & -mask
        while edge:
            grown = 0
            while edge:
                bit = edge & -edge
                edge ^= bit
                grown |= self.near[bit.bit_length() - 1]
            edge = grown & mask & ~reached
            reached |= edge
        return reached == mask

    def of(self, mask: int) -> list[int]:
        return [node for bit, node in enumerate(self.nodes) if mask >> bit & 1]

    def stay_energy(self, mask: int, label: int) -> float:
        """Return the price of giving these nodes this label."""
        state = self.state
        price = 0.0
        for node in self.of(mask):
            if state.stay_label[node] != label:
                price += state.stay_price[node]
            if node in state.frozen and state.labels[node] != label:
                return NEVER
        return price

    @property
    def is_priced(self) -> bool:
        """Say whether it matters which grid a set of nodes becomes."""
        state = self.state
        return any(state.stay_price[node] or node in state.frozen for node in self.nodes)


def deviation_costing(energy: float, tolerance: float) -> float:
    """Return the deviation whose penalty is this energy: a grid further off costs more."""
    excess = (math.sqrt(PENALTY**2 + 4 * PENALTY * STEEPNESS * energy) - PENALTY) / (
        2 * PENALTY * STEEPNESS
    )
    return tolerance + excess


Way = tuple[float, list[tuple[int, int]]]


def two_ways(window: Window) -> Iterator[Way]:
    """Return every division of two grids: its energy, and the bits and label of each."""
    first, second = window.grids
    priced = window.is_priced
    for piece in window.pieces_with(0, window.whole):
        rest = window.whole & ~piece.mask
        if not window.is_connected(rest):
            continue
        energy = piece.energy + window.state.energy_of(window.of(rest))
        if not priced:
            yield energy, [(piece.mask, first), (rest, second)]
            continue
        for one, other in ((first, second), (second, first)):
            price = window.stay_energy(piece.mask, one) + window.stay_energy(rest, other)
            if price < NEVER:
                yield energy + price, [(piece.mask, one), (rest, other)]


def three_ways(window: Window) -> Iterator[Way]:
    """Return every division of three grids, in the order of their lowest bits."""
    energies: dict[int, float] = {}
    for first in range(len(window.nodes)):
        within = window.whole & ~((1 << first) - 1)
        energies.update(window.pieces_with(first, within))
    holding_first = [mask for mask in energies if mask & 1]
    by_lowest: dict[int, list[int]] = {}
    for mask in energies:
        by_lowest.setdefault(mask & -mask, []).append(mask)
    orders = [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
    orders = orders if window.is_priced else orders[:1]
    for one in holding_first:
        left = window.whole & ~one
        for two in by_lowest.get(left & -left, ()):
            three = left & ~two
            if two & ~left or three not in energies:
                continue
            energy = energies[one] + energies[two] + energies[three]
            for order in orders:
                parts = [
                    (mask, window.grids[place])
                    for mask, place in zip((one, two, three), order, strict=True)
                ]
                price = sum(window.stay_energy(mask, label) for mask, label in parts)
                if price < NEVER:
                    yield energy + price, parts


def redivide(state: State, labels: Sequence[int]) -> bool:
    """Divide these grids anew, in the best way.

    Say whether anything changed; grids with too many nodes are left as they are.
    """
    window = Window(state, labels)
    is_pair = len(labels) == 2  # noqa: PLR2004 - or else three
    if len(window.nodes) > (MOST_NODES_OF_TWO if is_pair else MOST_NODES_OF_THREE):
        return False
    ways = two_ways(window) if is_pair else three_ways(window)
    energy, parts = min(ways, key=lambda way: way[0], default=(math.inf, []))
    present = window.present_energy
    if energy > present - LEAST_GAIN:
        return False
    changed = False
    for mask, label in parts:
        for node in window.of(mask):
            if state.labels[node] != label:
                state.relabel(node, label)
                changed = True
    if changed:
        state.energy += energy - present
        state.refresh_grids(labels)
        state.note_best()
    return changed


def neighbouring(state: State) -> list[tuple[int, int]]:
    """Return the pairs of grids that touch, in order."""
    labels = state.labels
    return sorted(
        {
            (min(labels[node], labels[near]), max(labels[node], labels[near]))
            for node, row in enumerate(state.instance.neighbours)
            for near in row
            if labels[near] != labels[node]
        }
    )


def neighbouring_threes(state: State) -> list[tuple[int, int, int]]:
    """Return the sets of three grids of which one touches the two others."""
    touching: dict[int, set[int]] = {}
    for first, second in neighbouring(state):
        touching.setdefault(first, set()).add(second)
        touching.setdefault(second, set()).add(first)
    return sorted(
        {
            tuple(sorted((middle, first, second)))  # type: ignore[misc] # three of them
            for middle, near in touching.items()
            for first in near
            for second in near
            if first < second
        }
    )


def polish(state: State, *, most: int) -> None:
    """Divide neighbouring pairs and threes anew, each in its best way, until nothing changes.

    At most so many of them are looked at.
    """
    looked = 0
    while looked < most:
        changed = False
        for labels in [*neighbouring(state), *neighbouring_threes(state)]:
            changed |= redivide(state, labels)
            looked += 1
            if looked >= most:
                return
        if not changed:
            return
