"""The search: boundary nodes move between neighbouring grids while it slowly cools."""

import math
import random
from collections.abc import Sequence
from typing import NamedTuple

from communities.division.instance import Instance
from communities.division.metrics import PENALTY, ROUNDING, STEEPNESS

# Nodes that one move may take along.
LONGEST_CHAIN = 4


class Cooling(NamedTuple):
    """How many moves are tried, and from which temperature to which, in points of score."""

    steps: int
    hot: float
    cold: float


class Annealing:
    """A division that is searched on; `labels` is the present one, `best` the best seen.

    `stay_price` is what each node adds to the energy where its label differs from
    `stay_label`: the price of households that change grid. The sum of these prices never
    rises above `most_price`, unless it starts there. Nodes in `frozen` never move.
    """

    def __init__(
        self,
        instance: Instance,
        labels: Sequence[int],
        chance: random.Random,
        *,
        stay_label: Sequence[int] | None = None,
        stay_price: Sequence[float] | None = None,
        most_price: float = math.inf,
        frozen: frozenset[int] = frozenset(),
    ) -> None:
        count = len(instance.nodes)
        self.instance = instance
        self.chance = chance
        self.labels = list(labels)
        self.stay_label = list(stay_label) if stay_label else [-1] * count
        self.stay_price = list(stay_price) if stay_price else [0.0] * count
        self.movable = [node for node in range(count) if node not in frozen]
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
        self.weights = [node.weight for node in instance.nodes]
        self.sums_x = [node.weight * (node.x - middle_x) for node in instance.nodes]
        self.sums_y = [node.weight * (node.y - middle_y) for node in instance.nodes]
        # Moments enter the energy as parts of the score.
        self.squares = [
            node.weight * ((node.x - middle_x) ** 2 + (node.y - middle_y) ** 2) / instance.j_ref
            for node in instance.nodes
        ]
        root = math.sqrt(instance.j_ref)
        self.sums_x = [value / root for value in self.sums_x]
        self.sums_y = [value / root for value in self.sums_y]
        self.refresh()
        self.best = list(self.labels)
        self.best_energy = self.energy

    def refresh(self) -> None:
        """Work out the sums of each grid anew; adding and taking away wears them down."""
        members = self.members
        self.loads = [sum(self.weights[node] for node in grid) for grid in members]
        self.xs = [sum(self.sums_x[node] for node in grid) for grid in members]
        self.ys = [sum(self.sums_y[node] for node in grid) for grid in members]
        self.qs = [sum(self.squares[node] for node in grid) for grid in members]
        self.energies = [
            self.grid_energy(*sums)
            for sums in zip(self.loads, self.xs, self.ys, self.qs, strict=True)
        ]
        self.price = sum(
            price
            for label, stay, price in zip(
                self.labels, self.stay_label, self.stay_price, strict=True
            )
            if label != stay
        )
        self.energy = sum(self.energies) + self.price

    def grid_energy(self, load: float, x: float, y: float, q: float) -> float:
        excess = abs(load / self.instance.target - 1) - self.instance.tolerance
        energy = PENALTY * excess * (1 + STEEPNESS * excess) if excess > ROUNDING else 0.0
        return energy + q - (x * x + y * y) / load if load > 0 else energy

    def refresh_grids(self, labels: Sequence[int]) -> None:
        """Work out the sums of these grids anew."""
        for label in labels:
            grid = self.members[label]
            self.loads[label] = sum(self.weights[node] for node in grid)
            self.xs[label] = sum(self.sums_x[node] for node in grid)
            self.ys[label] = sum(self.sums_y[node] for node in grid)
            self.qs[label] = sum(self.squares[node] for node in grid)
            self.energies[label] = self.grid_energy(
                self.loads[label], self.xs[label], self.ys[label], self.qs[label]
            )

    def note_best(self) -> None:
        """Keep the present division if it is the best so far."""
        if self.energy < self.best_energy - ROUNDING:
            self.best_energy = self.energy
            self.best = self.labels[:]

    def restore(self) -> None:
        """Go back to the best division seen."""
        self.set_labels(self.best)

    def set_labels(self, labels: Sequence[int]) -> None:
        for node, label in enumerate(labels):
            if self.labels[node] != label:
                self.relabel(node, label)
        self.refresh()

    def relabel(self, node: int, label: int) -> None:
        """Move a node between the lists of members, in constant time."""
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

    def stays_connected(self, chain: Sequence[tuple[int, int, int]]) -> bool:
        """Say whether the grids of a chain are connected after its moves: node, from, to."""
        neighbours, labels = self.instance.neighbours, self.labels
        for node, left, entered in chain:
            if not any(labels[near] == entered for near in neighbours[node]):
                return False
            if not self.holds_together(node, left):
                return False
        # A grid that two nodes leave, or two enter, may break in a way neither shows alone.
        twice = {left for _node, left, _entered in chain}
        entered_by = [entered for _node, _left, entered in chain]
        return len(twice) == len(chain) == len(set(entered_by)) or all(
            self.is_whole(label) for label in twice.union(entered_by)
        )

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

    def run(self, cooling: Cooling) -> None:  # noqa: C901, PLR0912, PLR0915 - one loop, kept flat for speed
        """Try `cooling.steps` moves; keep the best division found on the way.

        A move takes a node to a neighbouring grid. Where that alone would cost too much, a
        second node of that grid moves on to a third, or back in exchange: at a boundary
        where every grid is full, single moves find nothing.
        """
        if not self.movable or len(self.members) <= 1:
            return
        # Local names: this loop takes the whole time there is, and looking up an attribute
        # costs as much as a multiplication.
        neighbours, labels, members = self.instance.neighbours, self.labels, self.members
        weights, sums_x, sums_y, squares = self.weights, self.sums_x, self.sums_y, self.squares
        loads, xs, ys, qs, energies = self.loads, self.xs, self.ys, self.qs, self.energies
        stay_label, stay_price, frozen = self.stay_label, self.stay_price, self.frozen
        target, tolerance = self.instance.target, self.instance.tolerance
        random_number, exp = self.chance.random, math.exp
        holds_together, relabel, grid_energy = self.holds_together, self.relabel, self.grid_energy
        movable = [node for node in self.movable if neighbours[node]]
        count = len(movable)
        if not count:
            return
        energy, best_energy = self.energy, self.best_energy
        price, most_price = self.price, self.most_price
        best: list[int] | None = None
        temperature = cooling.hot
        # Changing the temperature at each step costs more than it brings.
        stretch = 100
        factor = (cooling.cold / cooling.hot) ** (stretch / max(cooling.steps, 1))
        for step in range(cooling.steps):
            if step % stretch == 0:
                temperature *= factor
            node = movable[int(random_number() * count)]
            near = neighbours[node]
            left = labels[node]
            entered = labels[near[int(random_number() * len(near))]]
            if entered == left:
                continue
            weight, x, y, q = weights[node], sums_x[node], sums_y[node], squares[node]
            alone = len(members[left]) == 1
            load_left = loads[left] - weight
            load_entered = loads[entered] + weight
            x_left, y_left, q_left = xs[left] - x, ys[left] - y, qs[left] - q
            x_entered, y_entered, q_entered = xs[entered] + x, ys[entered] + y, qs[entered] + q
            # The same as `grid_energy`, written out.
            excess = abs(load_left / target - 1) - tolerance
            energy_left = 60.0 * excess * (1 + 10.0 * excess) if excess > ROUNDING else 0.0
            if load_left > 0:
                energy_left += q_left - (x_left * x_left + y_left * y_left) / load_left
            excess = abs(load_entered / target - 1) - tolerance
            energy_entered = 60.0 * excess * (1 + 10.0 * excess) if excess > ROUNDING else 0.0
            if load_entered > 0:
                energy_entered += (
                    q_entered - (x_entered * x_entered + y_entered * y_entered) / load_entered
                )
            change = energy_left + energy_entered - energies[left] - energies[entered]
            stay = stay_label[node]
            extra = 0.0
            if stay == left:
                extra = stay_price[node]
            elif stay == entered:
                extra = -stay_price[node]
            change += extra
            if (
                not alone
                and price + extra <= most_price
                and (change <= 0 or random_number() < exp(-change / temperature))
            ):
                if not holds_together(node, left):
                    continue
                relabel(node, entered)
                loads[left], loads[entered] = load_left, load_entered
                xs[left], xs[entered] = x_left, x_entered
                ys[left], ys[entered] = y_left, y_entered
                qs[left], qs[entered] = q_left, q_entered
                energies[left], energies[entered] = energy_left, energy_entered
                energy += change
                price += extra
            else:
                # The chain: grids it touches with their sums, and the nodes it moves on.
                sums = {
                    left: (load_left, x_left, y_left, q_left),
                    entered: (load_entered, x_entered, y_entered, q_entered),
                }
                news = {left: energy_left, entered: energy_entered}
                chain = [(node, left, entered)]
                last = entered
                moving = {node}
                accepted = False
                for _link in range(LONGEST_CHAIN - 1):
                    group = members[last]
                    second = group[int(random_number() * len(group))]
                    if second in frozen or second in moving:
                        break
                    near = neighbours[second]
                    if not near:
                        break
                    third = labels[near[int(random_number() * len(near))]]
                    if third == last:
                        break
                    weight, x, y, q = (
                        weights[second],
                        sums_x[second],
                        sums_y[second],
                        squares[second],
                    )
                    load_now, x_now, y_now, q_now = sums[last]
                    load_now -= weight
                    x_now, y_now, q_now = x_now - x, y_now - y, q_now - q
                    sums[last] = (load_now, x_now, y_now, q_now)
                    change -= news[last]
                    news[last] = grid_energy(load_now, x_now, y_now, q_now)
                    change += news[last]
                    if third in sums:
                        load_now, x_now, y_now, q_now = sums[third]
                        change -= news[third]
                    else:
                        load_now, x_now, y_now, q_now = (
                            loads[third],
                            xs[third],
                            ys[third],
                            qs[third],
                        )
                        change -= energies[third]
                    load_now += weight
                    x_now, y_now, q_now = x_now + x, y_now + y, q_now + q
                    sums[third] = (load_now, x_now, y_now, q_now)
                    news[third] = grid_energy(load_now, x_now, y_now, q_now)
                    change += news[third]
                    if stay_label[second] == last:
                        change += stay_price[second]
                        extra += stay_price[second]
                    elif stay_label[second] == third:
                        change -= stay_price[second]
                        extra -= stay_price[second]
                    chain.append((second, last, third))
                    moving.add(second)
                    last = third
                    if price + extra <= most_price and (
                        change <= 0 or random_number() < exp(-change / temperature)
                    ):
                        accepted = True
                        break
                if not accepted or (alone and last != left):
                    continue
                for moved, _old, new in chain:
                    relabel(moved, new)
                accepted = self.stays_connected(chain)
                if not accepted:
                    for moved, old, _new in reversed(chain):
                        relabel(moved, old)
                    continue
                for label, (load_now, x_now, y_now, q_now) in sums.items():
                    loads[label], xs[label], ys[label], qs[label] = load_now, x_now, y_now, q_now
                    energies[label] = news[label]
                energy += change
                price += extra
            if energy < best_energy - ROUNDING:
                best_energy = energy
                best = labels[:]
        self.energy = energy
        if best is not None:
            self.best, self.best_energy = best, best_energy
        self.refresh()
