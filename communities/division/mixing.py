"""Mixing two re-cuts: where they differ in places apart, each place is chosen for itself."""

from collections.abc import Sequence
from typing import NamedTuple

from communities.division.instance import Instance
from communities.division.metrics import ROUNDING, inertia, moved, penalty_of

# Mixtures kept at a time, spread over the households they move.
MOST_MIXTURES = 200


class Place(NamedTuple):
    """Where two re-cuts differ, and what taking the second there changes."""

    nodes: list[int]
    moved: int
    score: float


class Mixture(NamedTuple):
    """Places in which the second re-cut is taken, as bits, and what it comes to."""

    moved: int
    score: float
    taken: int


def mixtures(places: Sequence[Place], start: tuple[int, float]) -> list[Mixture]:
    """Return the mixtures of two re-cuts of which none is better in both moves and score.

    `places` is where they differ, `start` what the first one moves and scores. Every grid is
    as the one re-cut or the other has it, so a mixture is as connected as they are.
    """
    found = [Mixture(*start, 0)]
    for row, place in enumerate(places):
        found += [
            Mixture(moved + place.moved, score + place.score, taken | 1 << row)
            for moved, score, taken in found
        ]
        found = thin(found)
    return found


def mixed(
    places: Sequence[Place], taken: int, first: Sequence[int], second: Sequence[int]
) -> list[int]:
    """Return the first re-cut with the second in the places taken."""
    labels = list(first)
    for row, place in enumerate(places):
        if taken >> row & 1:
            for node in place.nodes:
                labels[node] = second[node]
    return labels


def thin(found: list[Mixture]) -> list[Mixture]:
    """Keep what no other beats in both moves and score, and of these not too many."""
    front: list[Mixture] = []
    for mixture in sorted(found):
        if not front or mixture.score < front[-1].score - ROUNDING:
            front.append(mixture)
    # Where the next is nearest in moves, one is missed least.
    inner = sorted(
        range(1, len(front) - 1), key=lambda row: front[row + 1].moved - front[row - 1].moved
    )
    dropped = set(inner[: max(0, len(front) - MOST_MIXTURES)])
    return [mixture for row, mixture in enumerate(front) if row not in dropped]


def differences(instance: Instance, first: Sequence[int], second: Sequence[int]) -> list[Place]:
    """Return the smallest sets of nodes that grids of the same names cover in both re-cuts."""
    near: dict[int, set[int]] = {}
    nodes: dict[int, list[int]] = {}
    for node, (one, other) in enumerate(zip(first, second, strict=True)):
        near.setdefault(one, set()).add(other)
        near.setdefault(other, set()).add(one)
        nodes.setdefault(one, []).append(node)
    found = []
    left = set(near)
    while left:
        names = [left.pop()]
        for name in names:
            beside = near[name] & left
            left -= beside
            names += beside
        place = sorted(node for name in names for node in nodes.get(name, ()))
        if len(names) > 1:
            found.append(place_of(instance, place, first, second))
    return found


def place_of(
    instance: Instance, nodes: list[int], first: Sequence[int], second: Sequence[int]
) -> Place:
    return Place(
        nodes,
        moved(instance, second, nodes) - moved(instance, first, nodes),
        score(instance, nodes, second) - score(instance, nodes, first),
    )


def score(instance: Instance, nodes: Sequence[int], labels: Sequence[int]) -> float:
    """Return what these nodes' grids, of which there are no other nodes, add to the score."""
    grids: dict[int, list[int]] = {}
    for node in nodes:
        grids.setdefault(labels[node], []).append(node)
    return sum(
        inertia(instance, grid) / instance.j_ref + penalty_of(instance, grid)
        for grid in grids.values()
    )
