"""The problem of cutting an area into grids, and reading it from a file."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeGuard

DEFAULT_TOLERANCE = 0.10
# A file that names more is a slip of the pen, and squares of more overflow.
LARGEST = 1e12
MOST_GRIDS = 100_000


class InstanceError(ValueError):
    """A file that is no instance; the message says which part of it is wrong."""


@dataclass(frozen=True, slots=True)
class Node:
    """A building, or a part of one that is moved as a whole.

    `x` and `y` are metres in a plane, `weight` is workload: 1 for an ordinary household.
    """

    id: str | int
    x: float
    y: float
    households: int
    weight: float
    compound: str | int | None = None


@dataclass(frozen=True)
class Instance:
    """Nodes to be divided into `k` connected grids of `target` weight each.

    `neighbours` gives for each node the positions of those that may stand in one grid with
    it. A grid may leave the target by the share `tolerance` at no cost. `j_ref`, in weight
    times square metres, sets compactness against balance. `current` is today's grid of each
    node, -1 where it has none; `fixed` the grid a node must stay in, None where it is free.
    """

    k: int
    target: float
    tolerance: float
    j_ref: float
    nodes: tuple[Node, ...]
    neighbours: tuple[tuple[int, ...], ...]
    current: tuple[int, ...] | None = None
    fixed: tuple[int | None, ...] | None = None

    @cached_property
    def frozen(self) -> frozenset[int]:
        """The nodes that stay in the grid they are fixed in."""
        return frozenset(node for node, label in enumerate(self.fixed or ()) if label is not None)

    @property
    def weights(self) -> list[float]:
        return [node.weight for node in self.nodes]

    @property
    def total(self) -> float:
        return sum(node.weight for node in self.nodes)

    def weight_of(self, nodes: Iterable[int]) -> float:
        return sum(self.nodes[node].weight for node in nodes)


def neighbour_lists(count: int, edges: Iterable[tuple[int, int]]) -> tuple[tuple[int, ...], ...]:
    """Return for each of `count` positions the sorted positions it shares an edge with."""
    found: list[set[int]] = [set() for _ in range(count)]
    for first, second in edges:
        if first != second:
            found[first].add(second)
            found[second].add(first)
    return tuple(tuple(sorted(near)) for near in found)


def reference_inertia(nodes: Sequence[Node], k: int) -> float:
    """Return a scale for compactness: the inertia of `k` round grids of equal weight.

    The nodes' bounding box is taken as evenly filled; a disc of area A and weight w has the
    inertia w·A/2π about its centre. Never zero, so that it can divide.
    """
    if not nodes:
        return 1.0
    width = max(node.x for node in nodes) - min(node.x for node in nodes)
    height = max(node.y for node in nodes) - min(node.y for node in nodes)
    total = sum(node.weight for node in nodes)
    # Per grid, so that a division as compact as this scores 1 for each grid.
    return max(total * width * height / (2 * math.pi * max(k, 1) ** 2), 1e-9)


def read_instance(data: Mapping[str, Any]) -> Instance:
    """Return the instance in a parsed JSON file; raise InstanceError where it is none."""
    nodes = tuple(read_node(entry, row) for row, entry in enumerate(entries(data, "buildings")))
    positions = {node.id: row for row, node in enumerate(nodes)}
    if len(positions) != len(nodes):
        raise InstanceError("two buildings have the same id")
    k = data.get("k")
    if not is_whole(k) or not 1 <= k <= MOST_GRIDS:
        raise InstanceError(f"k must be a whole number from 1 to {MOST_GRIDS}")
    total = sum(node.weight for node in nodes)
    target = number(data.get("target", total / k), "target")
    if target <= 0:
        # Nothing to balance: any target serves.
        target = 1.0
    tolerance = number(data.get("tolerance", DEFAULT_TOLERANCE), "tolerance")
    j_ref = number(data.get("j_ref", reference_inertia(nodes, k)), "j_ref")
    if tolerance < 0 or j_ref <= 0:
        raise InstanceError("tolerance must not be negative, and j_ref must be above 0")
    return Instance(
        k=k,
        target=target,
        tolerance=tolerance,
        j_ref=j_ref,
        nodes=nodes,
        neighbours=neighbour_lists(len(nodes), read_edges(data, positions)),
        current=read_labels(data, "current", k, len(nodes), none=-1),
        fixed=read_labels(data, "fixed", k, len(nodes), none=None),
    )


def entries(data: Mapping[str, Any], key: str) -> list[Any]:
    if not isinstance(data, Mapping) or not isinstance(data.get(key), list):
        raise InstanceError(f'the file needs a list "{key}"')
    found: list[Any] = data[key]
    return found


def is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def number(value: object, name: str) -> float:
    """Return a number; raise InstanceError naming it where it is none, or far too large."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise InstanceError(f"{name} must be a number, not {value!r}")
    if not -LARGEST <= value <= LARGEST:
        raise InstanceError(f"{name} must lie within {LARGEST:g} of 0")
    return float(value)


def read_node(entry: Any, row: int) -> Node:
    where = f"building {row + 1}"
    if not isinstance(entry, Mapping):
        raise InstanceError(f"{where} must be an object")
    name = entry.get("id", row)
    if not isinstance(name, str) and not is_whole(name):
        raise InstanceError(f"the id of {where} must be a text or a whole number")
    households = number(entry.get("households", 0), f"households of {where}")
    weight = number(entry.get("weight", households), f"weight of {where}")
    if weight < 0 or households < 0:
        raise InstanceError(f"{where} has a negative weight or number of households")
    compound = entry.get("compound")
    if isinstance(compound, list | Mapping):
        raise InstanceError(f"the compound of {where} must be a text or a number")
    return Node(
        id=name,
        x=number(entry.get("x", 0), f"x of {where}"),
        y=number(entry.get("y", 0), f"y of {where}"),
        households=int(households),
        weight=weight,
        compound=compound,
    )


def read_edges(
    data: Mapping[str, Any], positions: Mapping[str | int, int]
) -> Iterable[tuple[int, int]]:
    for edge in entries(data, "edges"):
        try:
            first, second = edge
            yield positions[first], positions[second]
        except (TypeError, ValueError, KeyError):
            raise InstanceError(f"the edge {edge!r} does not name two buildings") from None


def read_labels(
    data: Mapping[str, Any], key: str, k: int, count: int, *, none: int | None
) -> tuple[Any, ...] | None:
    labels = data.get(key)
    if labels is None:
        return None
    if not isinstance(labels, list) or len(labels) != count:
        raise InstanceError(f'"{key}" must name a grid for each building')
    for label in labels:
        if label != none and not (is_whole(label) and 0 <= label < k):
            raise InstanceError(f'"{key}" holds {label!r}, which is no grid from 0 to {k - 1}')
    return tuple(labels)
