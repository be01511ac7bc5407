"""How good a division is. One definition for the planner, its pages and its command."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from communities.division.instance import Instance

# What leaving the tolerance costs: 60·e·(1 + 10·e) for an excess e of the relative deviation.
PENALTY = 60.0
STEEPNESS = 10.0
# Sums of weights in another order differ by as much.
ROUNDING = 1e-9


class Metrics(NamedTuple):
    """Figures of a division; lower is better for each.

    `score` is inertia over `j_ref`, about 1 for a compact grid, plus the penalty of grids
    outside the tolerance. `moved_*` compare with today's grids and are None without them;
    a node that had no grid does not move.
    """

    contiguity_violations: int
    empty_grids: int
    max_dev_pct: float
    mean_dev_pct: float
    grids_outside_tolerance: int
    rms_radius_m: float
    cut_edges: int
    compound_grid_incidences: int
    score: float
    score_keep_together: float
    moved_households: int | None = None
    moved_pct: float | None = None

    def as_dict(self) -> dict[str, Any]:
        return {name: value for name, value in self._asdict().items() if value is not None}


def penalty_of(instance: Instance, grid: Iterable[int]) -> float:
    """Return what a grid of these nodes adds to the score for lying outside the tolerance."""
    excess = abs(instance.weight_of(grid) / instance.target - 1) - instance.tolerance
    return PENALTY * excess * (1 + STEEPNESS * excess) if excess > ROUNDING else 0.0


def members(labels: Sequence[int], k: int) -> list[list[int]]:
    """Return the positions of the nodes of each grid; a label below 0 is none."""
    grids: list[list[int]] = [[] for _ in range(k)]
    for node, label in enumerate(labels):
        if label >= 0:
            grids[label].append(node)
    return grids


def pieces(nodes: Iterable[int], neighbours: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return the connected parts that these nodes fall into."""
    left = set(nodes)
    found = []
    while left:
        part = [left.pop()]
        for node in part:
            reached = [near for near in neighbours[node] if near in left]
            left.difference_update(reached)
            part += reached
        found.append(part)
    return found


def inertia(instance: Instance, nodes: Iterable[int]) -> float:
    """Return the weighted sum of squared distances from the nodes' centre, in m²."""
    rows = [instance.nodes[node] for node in nodes]
    weight = sum(row.weight for row in rows)
    if weight <= 0:
        return 0.0
    x = sum(row.weight * row.x for row in rows) / weight
    y = sum(row.weight * row.y for row in rows) / weight
    return sum(row.weight * ((row.x - x) ** 2 + (row.y - y) ** 2) for row in rows)


def moved(instance: Instance, labels: Sequence[int], nodes: Iterable[int] | None = None) -> int:
    """Return how many households, of all nodes or some, leave the grid they are in today."""
    today = instance.current
    if today is None:
        return 0
    return sum(
        instance.nodes[node].households
        for node in (range(len(labels)) if nodes is None else nodes)
        if today[node] >= 0 and today[node] != labels[node]
    )


def measure(instance: Instance, labels: Sequence[int]) -> Metrics:
    """Return the figures of a division; `labels` gives each node a grid from 0.

    More grids than `instance.k` count as they are: where barriers make more parts than
    grids were asked for, connected grids come first.
    """
    grids = members(labels, max(instance.k, max(labels, default=-1) + 1))
    loads = [instance.weight_of(grid) for grid in grids]
    deviations = [abs(load / instance.target - 1) for load in loads]
    total_inertia = sum(inertia(instance, grid) for grid in grids)
    score = total_inertia / instance.j_ref + sum(penalty_of(instance, grid) for grid in grids)
    total = instance.total
    incidences = len(
        {(node.compound, label) for node, label in zip(instance.nodes, labels, strict=True)}
    )
    moves: dict[str, Any] = {}
    if instance.current is not None:
        households = moved(instance, labels)
        everybody = sum(node.households for node in instance.nodes)
        moves = {
            "moved_households": households,
            "moved_pct": round(100 * households / everybody, 2) if everybody else 0.0,
        }
    return Metrics(
        contiguity_violations=sum(
            max(0, len(pieces(grid, instance.neighbours)) - 1) for grid in grids
        ),
        empty_grids=sum(not grid for grid in grids),
        max_dev_pct=round(100 * max(deviations), 2),
        mean_dev_pct=round(100 * sum(deviations) / len(grids), 2),
        grids_outside_tolerance=sum(
            deviation > instance.tolerance + ROUNDING for deviation in deviations
        ),
        rms_radius_m=round(math.sqrt(total_inertia / total), 2) if total else 0.0,
        cut_edges=sum(
            labels[node] != labels[near]
            for node, row in enumerate(instance.neighbours)
            for near in row
            if near > node
        ),
        compound_grid_incidences=incidences,
        score=round(score, 3),
        score_keep_together=round(score + incidences, 3),
        **moves,
    )
