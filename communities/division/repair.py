"""Making today's grids a division to search on from: every node in a connected grid."""

import random
from itertools import count

from communities.division.instance import Instance
from communities.division.metrics import members, pieces
from communities.division.seeding import Share, bisect

# Ways to cut a grid that are tried before the next grid is.
CUTS = 5


def connected_start(instance: Instance) -> list[int]:
    """Return today's grids with the fewest changes that make each of them connected.

    Nodes without a grid join the lightest grid beside them; where there is none, a grid is
    freed elsewhere, or there is one more than asked for. Of a grid in several pieces the
    one with most households stays, and the others join theirs. A grid that has nothing gets
    half of the heaviest one. Nodes that are fixed stay where they are fixed, even apart.
    """
    assert instance.current is not None  # noqa: S101 - a re-cut has today's grids
    fixed = instance.fixed or (None,) * len(instance.nodes)
    labels = [
        today if place is None else place
        for today, place in zip(instance.current, fixed, strict=True)
    ]
    for grid in members(labels, instance.k):
        parts = pieces(grid, instance.neighbours)
        parts.sort(key=lambda part: (households(instance, part), -min(part)))
        for part in parts[:-1]:
            for node in part:
                if node not in instance.frozen:
                    labels[node] = -1
    fill(instance, labels)
    give_up_extra(instance, labels)
    for empty in sorted(set(range(instance.k)) - set(labels)):
        split_heaviest(instance, labels, empty)
    return labels


def households(instance: Instance, nodes: list[int]) -> int:
    return sum(instance.nodes[node].households for node in nodes)


def fill(instance: Instance, labels: list[int]) -> None:
    """Give nodes without a grid to the lightest one beside them, outward from the borders.

    A part of the area in which nobody has a grid takes an empty one, or else one more than
    there are.
    """
    loads: dict[int, float] = dict.fromkeys(range(instance.k), 0.0)
    for node, label in enumerate(labels):
        if label >= 0:
            loads[label] = loads.get(label, 0.0) + instance.nodes[node].weight
    waiting = [node for node, label in enumerate(labels) if label < 0]
    while waiting:
        beside = {
            node: found
            for node in waiting
            if (found := [labels[near] for near in instance.neighbours[node] if labels[near] >= 0])
        }
        if not beside:
            used = set(labels)
            beside = {waiting[0]: [next(label for label in count() if label not in used)]}
        for node, found in beside.items():
            label = min(found, key=lambda label: loads.get(label, 0.0))
            labels[node] = label
            loads[label] = loads.get(label, 0.0) + instance.nodes[node].weight
        waiting = [node for node in waiting if node not in beside]


def give_up_extra(instance: Instance, labels: list[int]) -> None:
    """Dissolve light grids that have others beside them until no label is beyond `k`.

    Where there are more parts than grids, every part keeps its own.
    """
    while max(labels, default=-1) >= instance.k:
        able = [
            grid
            for grid in members(labels, max(labels, default=-1) + 1)
            if grid
            and instance.frozen.isdisjoint(grid)
            and any(
                labels[near] != labels[node] for node in grid for near in instance.neighbours[node]
            )
        ]
        if not able:
            return
        lightest = min(able, key=instance.weight_of)
        freed, extra = labels[lightest[0]], max(labels)
        for node in lightest:
            labels[node] = -1
        for node, label in enumerate(labels):
            if label == extra:
                labels[node] = freed
        fill(instance, labels)


def split_heaviest(instance: Instance, labels: list[int], empty: int) -> None:
    """Give the empty grid a part of the heaviest grid that can be cut without fixed nodes."""
    chance = random.Random(empty)  # noqa: S311 - a search, no secret
    grids = [grid for grid in members(labels, max(labels, default=-1) + 1) if len(grid) > 1]
    grids.sort(key=instance.weight_of, reverse=True)
    for grid in grids:
        if len(pieces(grid, instance.neighbours)) > 1:
            continue
        for _cut in range(CUTS):
            for side in bisect(instance, Share(grid, 2), chance):
                if instance.frozen.isdisjoint(side.nodes):
                    for node in side.nodes:
                        labels[node] = empty
                    return
