"""A proof that grids cannot be balanced better: all grids that one node can be in are looked at."""

from collections.abc import Iterator
from heapq import heappop, heappush

from communities.division.instance import Instance
from communities.division.metrics import ROUNDING

# Sets of nodes looked at for one node.
MOST_SETS = 5_000
# What is left over beside a grid says nothing when it is larger than so many targets.
LARGE = 6


def least_around_nodes(instance: Instance, proven: float, reached: float, most_sets: int) -> float:
    """Return a bound of the largest deviation from `proven` up to `reached`.

    Every node is in some grid. So the best grid a node can be in, of all connected sets that
    hold it, bounds the largest deviation of the whole; and what that grid cuts off from the
    rest must be divided too.
    """
    # Around heavy nodes there is least to choose from.
    for node in sorted(range(len(instance.nodes)), key=lambda node: -instance.nodes[node].weight):
        if proven >= reached - ROUNDING or most_sets <= 0:
            break
        search = Around(instance, node, reached)
        proven = max(proven, search.best_grid(proven, min(MOST_SETS, most_sets)))
        most_sets -= search.looked_at
    return min(proven, reached)


class Around:
    """The connected sets that hold one node and deviate less than `reached`."""

    def __init__(self, instance: Instance, node: int, reached: float) -> None:
        self.instance = instance
        self.reached = reached
        self.heaviest = instance.target * (1 + reached)
        self.nodes = self.within_reach(node)
        row = {member: bit for bit, member in enumerate(self.nodes)}
        self.near = [
            sum(1 << row[near] for near in instance.neighbours[member] if near in row)
            for member in self.nodes
        ]
        self.looked_at = 0

    def within_reach(self, node: int) -> list[int]:
        """Return the nodes that may share a grid with this one, itself first."""
        weights = self.instance.weights
        paths = [(weights[node], node)]
        done: dict[int, None] = {}
        while paths:
            load, member = heappop(paths)
            if member in done or load > self.heaviest:
                continue
            done[member] = None
            for near in self.instance.neighbours[member]:
                if near not in done:
                    heappush(paths, (load + weights[near], near))
        return list(done) or [node]

    def best_grid(self, enough: float, most: int) -> float:
        """Return the least deviation that the node's grid brings with it.

        The search ends where it is no more than `enough`, and then returns something up to
        that; it returns 0 when it is given up after `most` sets.
        """
        best = self.reached
        for mask, load in self.sets():
            self.looked_at += 1
            if self.looked_at > most:
                return 0.0
            deviation = abs(load / self.instance.target - 1)
            if deviation < best:
                deviation = max(deviation, self.least_of_rest(mask, best))
                best = min(best, deviation)
            if best <= enough:
                break
        return best

    def sets(self) -> Iterator[tuple[int, float]]:
        """Return the connected sets with the first node as bits, and their weights, once each."""
        weights = [self.instance.nodes[member].weight for member in self.nodes]
        free = (1 << len(self.nodes)) - 2
        waiting = [(1, self.near[0] & free, free, weights[0])]
        while waiting:
            mask, border, free, load = waiting.pop()
            yield mask, load
            while border:
                bit = border & -border
                border ^= bit
                # What was left out here never comes in later.
                free &= ~bit
                row = bit.bit_length() - 1
                if load + weights[row] <= self.heaviest:
                    waiting.append(
                        (mask | bit, border | (self.near[row] & free), free, load + weights[row])
                    )

    def least_of_rest(self, mask: int, most: float) -> float:
        """Return a deviation that dividing what this grid cuts off brings with it, up to `most`."""
        inside = {member for row, member in enumerate(self.nodes) if mask >> row & 1}
        border = {near for member in inside for near in self.instance.neighbours[member]} - inside
        worst = 0.0
        while border and worst < most:
            part, load = [border.pop()], 0.0
            seen = inside | set(part)
            for member in part:
                load += self.instance.nodes[member].weight
                if load > LARGE * self.instance.target:
                    break
                fresh = [near for near in self.instance.neighbours[member] if near not in seen]
                seen.update(fresh)
                part += fresh
            else:
                worst = max(worst, least_of_load(load / self.instance.target))
            border.difference_update(part)
        return worst


def least_of_load(targets: float) -> float:
    """Return how far grids are off, at least, that share a weight of so many targets."""
    whole = max(1, int(targets))
    return min(abs(targets / whole - 1), abs(targets / (whole + 1) - 1))
