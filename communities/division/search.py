"""The whole search: many seeds cooled quickly, the best of them slowly, then windows."""

import random
from dataclasses import replace
from typing import NamedTuple

from communities.division.address_order import divide_in_order
from communities.division.annealing import Cooling, anneal
from communities.division.crossing import take_better_parts
from communities.division.instance import Instance
from communities.division.repair import connected_start
from communities.division.seeding import Share, seed_labels, shares
from communities.division.state import State
from communities.division.windows import polish

# Moves tried in a second of search, for each node of a usual grid: inside large grids most
# of them end at once. A fixed rate, not the clock, decides how long the search goes on, so
# that the same seed gives the same answer on every machine.
STEPS_PER_SECOND = 80_000
FASTEST = 800_000
# Among many nodes a move takes longer: what it reads lies further from the processor.
MANY_NODES = 1000
RATE_AMONG_MANY = 0.7
# Where every grid has settled, more moves find nothing.
STEPS_PER_NODE = 60_000
# Seeds differ much where there are few nodes, little where there are many.
NODES_PER_SEED = 5500
MOST_SEEDS = 16
FEWEST_SEEDS = 3
# Windows divided anew in a second of search, after the moves.
WINDOWS_PER_SECOND = 150
# Searches from the same start when some nodes are fixed.
RESTARTS = 3


class Stage(NamedTuple):
    """Which part of the divisions is searched on, with which share of all moves, how hot."""

    part: float
    share: float
    hot: float
    cold: float


STAGES = (
    Stage(1, 0.45, 4.0, 0.3),
    Stage(1 / 2, 0.3, 3.0, 0.2),
    Stage(1 / 4, 0.2, 2.0, 0.1),
)


def moves_per_second(instance: Instance) -> float:
    """Return how many moves stand for a second of search."""
    rate = min(STEPS_PER_SECOND * len(instance.nodes) / instance.k, FASTEST)
    return rate * RATE_AMONG_MANY if len(instance.nodes) > MANY_NODES else rate


def search(instance: Instance, *, seed: int, seconds: float) -> list[int]:
    """Return the labels of the best division found; every grid is connected.

    Each connected part is searched by itself: whatever is found in one is no worse for what
    is found in the others.
    """
    labels = [0] * len(instance.nodes)
    next_label = 0
    for part in shares(instance):
        by_itself = alone(instance, part)
        steps = seconds * moves_per_second(by_itself) * len(part.nodes) / len(instance.nodes)
        steps = int(min(steps, len(part.nodes) * STEPS_PER_NODE))
        windows = int(seconds * WINDOWS_PER_SECOND * len(part.nodes) / len(instance.nodes))
        found = search_part(by_itself, steps, windows, random.Random(seed))  # noqa: S311 - a search, no secret
        for node, label in zip(part.nodes, found, strict=True):
            labels[node] = next_label + label
        next_label += part.grids
    return labels


def alone(instance: Instance, part: Share) -> Instance:
    """Return a connected part as an instance of its own, with the target of the whole."""
    rows = {node: row for row, node in enumerate(part.nodes)}
    return replace(
        instance,
        k=part.grids,
        nodes=tuple(instance.nodes[node] for node in part.nodes),
        neighbours=tuple(
            tuple(rows[near] for near in instance.neighbours[node]) for node in part.nodes
        ),
        current=None,
        fixed=None,
    )


def search_part(instance: Instance, steps: int, windows: int, chance: random.Random) -> list[int]:
    """Return the best division found of one connected part."""
    if instance.k == 1:
        return [0] * len(instance.nodes)
    whole = [Share(list(range(len(instance.nodes))), instance.k)]
    seeds = max(FEWEST_SEEDS, min(MOST_SEEDS, NODES_PER_SEED // len(instance.nodes)))
    states = [State(instance, seed_labels(instance, whole, chance)) for _ in range(seeds)]
    if row := as_row(instance):
        # Along a row of houses moves are stuck behind each other; its exact cutting is known.
        pieces = divide_in_order([instance.nodes[node].weight for node in row], instance.k)
        exact = dict(zip(row, pieces, strict=True))
        states.append(State(instance, [exact[node] for node in sorted(row)]))
    for stage in STAGES:
        divisions = max(1, int(seeds * stage.part))
        states = sorted(states, key=lambda state: state.best_energy)[:divisions]
        found = []
        for state in states:
            cooling = Cooling(int(steps * stage.share / divisions), stage.hot, stage.cold)
            anneal(state, cooling, chance)
            # Where a run ends may be better in places though worse in all.
            found.append(state.labels[:])
            state.restore()
            found.append(state.best)
        for state in states:
            for labels in found:
                take_better_parts(state, labels)
    best = min(states, key=lambda state: state.best_energy)
    polish(best, most=windows)
    return best.best


def as_row(instance: Instance) -> list[int]:
    """Return the nodes of a connected part in a row, or nothing where it is no row."""
    near = instance.neighbours
    ends = [node for node, beside in enumerate(near) if len(beside) == 1]
    if len(ends) != 2 or max(map(len, near)) > 2:  # noqa: PLR2004 - two ends, two sides
        return []
    row = [ends[0], near[ends[0]][0]]
    while row[-1] != ends[1]:
        row += [node for node in near[row[-1]] if node != row[-2]]
    return row


def search_around_fixed(instance: Instance, *, seed: int, seconds: float) -> list[int]:
    """Return the best division found that leaves fixed nodes in their grids.

    The others start from today's grids where there are any, or else grow from the fixed ones.
    """
    chance = random.Random(seed)  # noqa: S311 - a search, no secret
    if instance.current is None:
        instance = replace(instance, current=(-1,) * len(instance.nodes))
    start = connected_start(instance)
    steps = seconds * moves_per_second(instance)
    steps = int(min(steps, len(instance.nodes) * STEPS_PER_NODE) / RESTARTS)
    states = []
    for _restart in range(RESTARTS):
        state = State(instance, start, frozen=instance.frozen)
        anneal(state, Cooling(steps, STAGES[0].hot, STAGES[0].cold), chance)
        state.restore()
        polish(state, most=int(seconds * WINDOWS_PER_SECOND / RESTARTS))
        states.append(state)
    return min(states, key=lambda state: state.best_energy).best
