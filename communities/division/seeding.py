"""First divisions to search on from: connected, and as balanced as trees allow."""

import random
from collections.abc import Sequence
from typing import NamedTuple

from communities.division.instance import Instance
from communities.division.joining import joining
from communities.division.metrics import pieces

# Trees tried for every cut; the best cut of them is taken.
TREES = 4
# How much a cut far from the middle must gain in balance to be taken all the same.
TOWARDS_THE_MIDDLE = 0.05


class Share(NamedTuple):
    """A connected part of the area and how many grids it is to have."""

    nodes: list[int]
    grids: int


def shares(instance: Instance) -> list[Share]:
    """Share the grids out over the connected parts so that the worst deviation is least.

    Every part gets one at least, none more than it has nodes; so there may be more grids
    than asked for, or fewer.
    """
    parts = sorted(pieces(range(len(instance.nodes)), instance.neighbours), key=min)
    weights = [instance.weight_of(part) for part in parts]
    grids = [1] * len(parts)
    for _grid in range(instance.k - len(parts)):
        growing = [row for row, part in enumerate(parts) if grids[row] < len(part)]
        if not growing:
            break
        heaviest = max(growing, key=lambda row: weights[row] / grids[row])
        grids[heaviest] += 1
    return [Share(sorted(part), count) for part, count in zip(parts, grids, strict=True)]


def seed_labels(instance: Instance, parts: Sequence[Share], chance: random.Random) -> list[int]:
    """Return a division into connected grids, by cutting each part in two again and again."""
    labels = [0] * len(instance.nodes)
    next_label = 0
    waiting = list(parts)
    while waiting:
        part = waiting.pop()
        if part.grids == 1:
            for node in part.nodes:
                labels[node] = next_label
            next_label += 1
        else:
            waiting += bisect(instance, part, chance)
    return labels


def bisect(instance: Instance, part: Share, chance: random.Random) -> tuple[Share, Share]:
    """Cut a part in two along a random tree, near a whole number of grids on each side."""
    cuts = [best_cut(instance, part, *random_tree(instance, part, chance)) for _ in range(TREES)]
    _cost, side, grids = min(cuts, key=lambda cut: cut[0])
    inside = set(side)
    rest = [node for node in part.nodes if node not in inside]
    return Share(side, grids), Share(rest, part.grids - grids)


Tree = tuple[list[int], dict[int, int]]


def random_tree(instance: Instance, part: Share, chance: random.Random) -> Tree:
    """Return the nodes of a spanning tree, parents first, and the parent of each.

    Edges along the longer side of the part come last, so that a cut runs across it.
    """
    nodes = instance.nodes
    inside = set(part.nodes)
    along_x, along_y = longer_axis(instance, part.nodes)
    edges = []
    for node in part.nodes:
        for near in instance.neighbours[node]:
            if near > node and near in inside:
                step = along_x * (nodes[node].x - nodes[near].x) + along_y * (
                    nodes[node].y - nodes[near].y
                )
                edges.append((abs(step) * (0.3 + chance.random()), node, near))
    edges.sort()
    branches: dict[int, list[int]] = {node: [] for node in part.nodes}
    for node, near in joining((node, near) for _length, node, near in edges):
        branches[node].append(near)
        branches[near].append(node)
    return walk(part.nodes[0], branches)


def walk(start: int, branches: dict[int, list[int]]) -> Tree:
    order = [start]
    parents = {start: start}
    for node in order:
        for near in branches[node]:
            if near not in parents:
                parents[near] = node
                order.append(near)
    return order, parents


def longer_axis(instance: Instance, part: Sequence[int]) -> tuple[float, float]:
    """Return the direction in which the nodes spread furthest: along x or along y."""
    across = [instance.nodes[node].x for node in part]
    up = [instance.nodes[node].y for node in part]
    return (1.0, 0.0) if max(across) - min(across) >= max(up) - min(up) else (0.0, 1.0)


def best_cut(
    instance: Instance, part: Share, order: list[int], parents: dict[int, int]
) -> tuple[float, list[int], int]:
    """Return the cost of the best edge to cut, the nodes below it and their number of grids."""
    weight = {node: instance.nodes[node].weight for node in order}
    count = dict.fromkeys(order, 1)
    for node in reversed(order[1:]):
        weight[parents[node]] += weight[node]
        count[parents[node]] += count[node]
    whole, all_nodes = weight[order[0]], len(order)
    per_grid = whole / part.grids or 1.0
    best = (float("inf"), order[-1], 1)
    for node in order[1:]:
        # Each side needs a node for each of its grids.
        least = max(1, part.grids - (all_nodes - count[node]))
        most = min(part.grids - 1, count[node])
        if least > most:
            continue
        grids = min(max(round(weight[node] / per_grid), least), most)
        middle = abs(grids / part.grids - 0.5)
        cost = abs(weight[node] - grids * per_grid) / per_grid + TOWARDS_THE_MIDDLE * middle
        if cost < best[0]:
            best = (cost, node, grids)
    cost, top, grids = best
    below = {top}
    for node in order:
        if parents[node] in below and node != order[0]:
            below.add(node)
    return cost, sorted(below), grids
