"""What an office does by hand: the best single move between neighbours, again and again."""

from collections.abc import Sequence

from communities.division.instance import Instance
from communities.division.metrics import ROUNDING, members, penalty_of, pieces


def greedy_repair(instance: Instance, start: Sequence[int]) -> list[int]:
    """Return the division that single best moves lead to, until none helps the balance.

    The best move relieves grids outside the tolerance most for each household that changes
    grid; an office looks at numbers, not at shapes.
    """
    labels = list(start)
    grids = [set(grid) for grid in members(labels, max(labels, default=-1) + 1)]
    penalties = [penalty_of(instance, grid) for grid in grids]
    gains: dict[tuple[int, int], float] = {}
    stale = set(range(len(labels)))
    while True:
        for node in stale:
            for label in range(len(grids)):
                gains.pop((node, label), None)
            if node in instance.frozen or len(grids[labels[node]]) == 1:
                continue
            for label in {labels[near] for near in instance.neighbours[node]} - {labels[node]}:
                left = grids[labels[node]] - {node}
                gain = penalties[labels[node]] + penalties[label]
                gain -= penalty_of(instance, left) + penalty_of(instance, grids[label] | {node})
                if gain > ROUNDING and len(pieces(left, instance.neighbours)) == 1:
                    gains[node, label] = gain / max(1, instance.nodes[node].households)
        if not gains:
            return labels
        (node, label), _gain = max(gains.items(), key=lambda item: (item[1], item[0]))
        left_label = labels[node]
        grids[left_label].discard(node)
        grids[label].add(node)
        labels[node] = label
        for changed in (left_label, label):
            penalties[changed] = penalty_of(instance, grids[changed])
        around = grids[left_label] | grids[label]
        stale = around | {near for member in around for near in instance.neighbours[member]}
