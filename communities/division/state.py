"""A division that is being improved, with the sums that tell what a change would bring."""

import math
from collections.abc import Iterable, Sequence

from communities.division.instance import Instance
from communities.division.metrics import PENALTY, ROUNDING, STEEPNESS

# Of a grid: its weight, the weighted sums of x, of y and of their squares, and its energy.
Sums = tuple[float, float, float, float, float]


class State:
    """The present division in `labels`, and the `best` seen; energies are points of score.

    `stay_price` is what each node adds to the energy where its label differs from
    `stay_label`: the price of households that change grid. The sum of these prices never
    rises above `most_price`, unless it starts there. Nodes in `frozen` never move.
    """

    def __init__(
        self,
        instance: Instance,
        labels: Sequence[int],
        *,
        stay_label: Sequence[int] | None = None,
        stay_price: Sequence[float] | None = None,
        most_price: float = math.inf,
        frozen: frozenset[int] = frozenset(),
    ) -> None:
        count = len(instance.nodes)
        self.instance = instance
        self.target, self.tolerance = instance.target, instance.tolerance
        self.labels = list(labels)
        self.stay_label = list(stay_label) if stay_label else [-1] * count
        self.stay_price = list(stay_price) if stay_price else [0.0] * count
        self.most_price = most_price
        self.frozen = frozen
        self.members: list[list[int]] = [[] for _ in range(max(labels, default=-1) + 1)]
        self.place = [0] * count
        for node, label in enumerate(labels):
            self.place[node] = len(self.members[label])
            self.members[label].append(node)
        # Measured from the middle, so that the squares below do not cancel each other out.
        middle_x = sum(node.x for node in instance.nodes) / max(count, 1)
        middle_y = sum(node.y for node in instance.nodes) / max(count, 1)
        # Moments enter the energy as parts of the score.
        root = math.sqrt(instance.j_ref)
        self.weights = [node.weight for node in instance.nodes]
        self.sums_x = [node.weight * (node.x - middle_x) / root for node in instance.nodes]
        self.sums_y = [node.weight * (node.y - middle_y) / root for node in instance.nodes]
        self.squares = [
            node.weight * ((node.x - middle_x) ** 2 + (node.y - middle_y) ** 2) / instance.j_ref
            for node in instance.nodes
        ]
        grids = len(self.members)
        self.loads, self.xs, self.ys, self.qs = ([0.0] * grids for _sum in range(4))
        self.energies = [0.0] * grids
        self.refresh()
        self.best = list(self.labels)
        self.best_energy = self.energy

    def refresh(self) -> None:
        """Work out all sums anew; adding and taking away wears them down."""
        self.refresh_grids(range(len(self.members)))
        self.price = sum(
            price
            for label, stay, price in zip(
                self.labels, self.stay_label, self.stay_price, strict=True
            )
            if label != stay
        )
        self.energy = sum(self.energies) + self.price

    def refresh_grids(self, labels: Iterable[int]) -> None:
        """Work out the sums of these grids anew."""
        for label in labels:
            self.set_sums(label, self.sums_of(self.members[label]))

    def sums_of(self, nodes: Sequence[int]) -> Sums:
        """Return the sums of a grid that consists of these nodes."""
        weights, sums_x, sums_y, squares = self.weights, self.sums_x, self.sums_y, self.squares
        load = x = y = q = 0.0
        for node in nodes:
            load += weights[node]
            x += sums_x[node]
            y += sums_y[node]
            q += squares[node]
        return load, x, y, q, self.grid_energy(load, x, y, q)

    def energy_of(self, nodes: Sequence[int]) -> float:
        """Return what a grid that consists of these nodes adds to the energy."""
        return self.sums_of(nodes)[4]

    def set_sums(self, label: int, sums: Sums) -> None:
        (
            self.loads[label],
            self.xs[label],
            self.ys[label],
            self.qs[label],
            self.energies[label],
        ) = sums

    def sums_now(self, label: int) -> Sums:
        """Return the sums of a grid as it is."""
        return (
            self.loads[label],
            self.xs[label],
            self.ys[label],
            self.qs[label],
            self.energies[label],
        )

    def with_node(self, sums: Sums, node: int, sign: int) -> Sums:
        """Return the sums of a grid that has one node more, or less where the sign is -1."""
        load, x, y, q, _energy = sums
        load += sign * self.weights[node]
        x += sign * self.sums_x[node]
        y += sign * self.sums_y[node]
        q += sign * self.squares[node]
        return load, x, y, q, self.grid_energy(load, x, y, q)

    def grid_energy(self, load: float, x: float, y: float, q: float) -> float:
        excess = abs(load / self.target - 1) - self.tolerance
        energy = PENALTY * excess * (1 + STEEPNESS * excess) if excess > ROUNDING else 0.0
        return energy + q - (x * x + y * y) / load if load > 0 else energy

    def note_best(self) -> None:
        """Keep the present division if it is the best so far."""
        if self.energy < self.best_energy - ROUNDING:
            self.best_energy = self.energy
            self.best = self.labels[:]

    def restore(self) -> None:
        """Go back to the best division seen."""
        for node, label in enumerate(self.best):
            if self.labels[node] != label:
                self.relabel(node, label)
        self.refresh()

    def relabel(self, node: int, label: int) -> None:
        """Move a node between the lists of members, in constant time; the sums stay behind."""
        old = self.members[self.labels[node]]
        last = old.pop()
        if last != node:
            old[self.place[node]] = last
            self.place[last] = self.place[node]
        self.labels[node] = label
        self.place[node] = len(self.members[label])
        self.members[label].append(node)

    def holds_together(self, node: int, label: int) -> bool:
        """Say whether the neighbours of `node` in grid `label` reach each other without it."""
        neighbours, labels = self.instance.neighbours, self.labels
        wanted = [near for near in neighbours[node] if labels[near] == label]
        if len(wanted) <= 1:
            return True
        left = set(wanted)
        left.discard(wanted[0])
        seen = {node, wanted[0]}
        # Nearly always found around the corner, so the search goes in breadth.
        queue = [wanted[0]]
        for reached in queue:
            for near in neighbours[reached]:
                if near not in seen and labels[near] == label:
                    seen.add(near)
                    left.discard(near)
                    if not left:
                        return True
                    queue.append(near)
        return False

    def is_whole(self, label: int) -> bool:
        """Say whether a grid is connected, looking at all of it."""
        grid = self.members[label]
        seen = {grid[0]} if grid else set()
        queue = list(seen)
        for node in queue:
            for near in self.instance.neighbours[node]:
                if near not in seen and self.labels[near] == label:
                    seen.add(near)
                    queue.append(near)
        return len(seen) == len(grid)
