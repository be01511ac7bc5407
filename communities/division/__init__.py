"""Cutting an area into connected, balanced and compact grids.

Plain Python without a database, so that it runs wherever the program runs.
"""

from typing import NamedTuple

from communities.division.instance import Instance, InstanceError, Node, read_instance
from communities.division.metrics import Metrics, measure
from communities.division.search import search

__all__ = [
    "Division",
    "Instance",
    "InstanceError",
    "Metrics",
    "Node",
    "divide",
    "measure",
    "read_instance",
]


class Division(NamedTuple):
    """Labels of the nodes, how good they are, and what could not be met.

    A remark is a code and its numbers.
    """

    labels: list[int]
    metrics: Metrics
    remarks: list[dict[str, object]]


def divide(instance: Instance, *, seed: int = 0, seconds: float = 10) -> Division:
    """Return the best division found; the same seed and seconds give the same answer.

    `seconds` sets how many moves are tried, at a fixed rate of moves per second.
    """
    labels = search(instance, seed=seed, seconds=seconds)
    return Division(labels, measure(instance, labels), [])
