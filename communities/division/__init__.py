"""Cutting an area into connected, balanced and compact grids.

Plain Python without a database, so that it runs wherever the program runs.
"""

from collections.abc import Sequence
from typing import NamedTuple

from communities.division.bounds import (
    Remark,
    least_deviation,
    least_proven,
    remarks,
)
from communities.division.instance import Instance, InstanceError, Node, read_instance
from communities.division.metrics import Metrics, measure
from communities.division.recut import Recut, moved_by_hand
from communities.division.search import search, search_around_fixed

__all__ = [
    "Division",
    "Instance",
    "InstanceError",
    "Metrics",
    "Node",
    "Remark",
    "divide",
    "judged",
    "least_deviation",
    "least_proven",
    "measure",
    "moved_by_hand",
    "read_instance",
    "recut",
    "within",
]


class Division(NamedTuple):
    """Labels of the nodes, how good they are, and what could not be met."""

    labels: list[int]
    metrics: Metrics
    remarks: list[Remark]


def judged(instance: Instance, labels: list[int]) -> Division:
    """Return a division that somebody else made, with its figures and remarks."""
    metrics = measure(instance, labels)
    return Division(labels, metrics, remarks(instance, metrics))


def divide(instance: Instance, *, seed: int = 0, seconds: float = 10) -> Division:
    """Return the best division found; every grid is connected.

    The same seed and seconds give the same answer: `seconds` sets how many moves are tried,
    at a fixed rate. Fixed nodes stay in their grid, and then a grid may be broken where they
    lie apart. Where the area falls into more parts than grids are asked for, there is a grid
    for each part and a remark says so; with fewer nodes than grids some grids are empty.
    """
    if instance.frozen:
        return judged(instance, search_around_fixed(instance, seed=seed, seconds=seconds))
    return judged(instance, search(instance, seed=seed, seconds=seconds))


def within(divisions: Sequence[Division], limit: int) -> Division:
    """Return the best of a trade-off for at most so many moved households, or the fewest moves."""
    allowed = [row for row in divisions if (row.metrics.moved_households or 0) <= limit]
    return allowed[-1] if allowed else divisions[0]


def recut(
    instance: Instance, *, seed: int = 0, seconds: float = 10, max_moved: int | None = None
) -> list[Division]:
    """Return the trade-off between households moved and score, from fewest moves to best score.

    No division is worse than another in both. The search looks closest at `max_moved`
    households, or at as many as single best moves by hand would move. Raises ValueError for
    an instance without today's grids.
    """
    choices = Recut(instance, seed=seed, seconds=seconds).run(max_moved)
    figures = [measure(instance, choice.labels) for choice in choices]
    # Proven once against the best balance, which holds for all.
    least = least_proven(instance, min(figures, key=lambda row: row.max_dev_pct))
    return [
        Division(choice.labels, metrics, remarks(instance, metrics, least))
        for choice, metrics in zip(choices, figures, strict=True)
    ]
