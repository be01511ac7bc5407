"""What an office does by hand: the best single move between neighbours, again and again."""

from collections.abc import Sequence

from communities.division.instance import Instance
from communities.division.metrics import inertia, members, penalty, pieces

LEAST_GAIN = 1e-9


def greedy_repair(instance: Instance, start: Sequence[int]) -> list[int]:
    """Return the division that single best moves lead to, until none makes the score better."""
    labels = list(start)
    fixed = instance.fixed or (None,) * len(labels)
    grids = [set(grid) for grid in members(labels, max(labels, default=-1) + 1)]
    energies = [energy(instance, grid) for grid in grids]
    gains: dict[tuple[int, int], float] = {}
    stale = set(range(len(labels)))
    while True:
        for node in stale:
            for label in range(len(grids)):
                gains.pop((node, label), None)
            if fixed[node] is not None or len(grids[labels[node]]) == 1:
                continue
            for label in {labels[near] for near in instance.neighbours[node]} - {labels[node]}:
                left = grids[labels[node]] - {node}
                gain = energies[labels[node]] + energies[label]
                gain -= energy(instance, left) + energy(instance, grids[label] | {node})
                if gain > LEAST_GAIN and len(pieces(left, instance.neighbours)) == 1:
                    gains[node, label] = gain
        if not gains:
            return labels
        (node, label), _gain = max(gains.items(), key=lambda item: (item[1], item[0]))
        left_label = labels[node]
        grids[left_label].discard(node)
        grids[label].add(node)
        labels[node] = label
        for changed in (left_label, label):
            energies[changed] = energy(instance, grids[changed])
        around = grids[left_label] | grids[label]
        stale = around | {near for member in around for near in instance.neighbours[member]}


def energy(instance: Instance, grid: set[int]) -> float:
    load = sum(instance.nodes[node].weight for node in grid)
    return inertia(instance, grid) / instance.j_ref + penalty(
        load, instance.target, instance.tolerance
    )
