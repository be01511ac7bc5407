"""Asking the planner, and naming its grids after today's."""

from collections.abc import Sequence
from typing import NamedTuple

from communities.division import Division, divide, judged, recut
from communities.division.address_order import divide_in_order
from communities.division.matching import best_matching
from communities.models import Community
from households.plans.instance import Problem, Wish, read_problem

# A page is answered within five seconds, on a busy machine too.
WEB_SECONDS = 2.0
MOST_CHOICES = 6


class Answer(NamedTuple):
    """A problem with the divisions found for it: one, or the trade-off of a re-cut."""

    problem: Problem
    divisions: list[Division]


def ask(community: Community, wish: Wish, *, seconds: float, seed: int = 0) -> Answer:
    """Return the best division found, its labels those of the grids that keep most households."""
    problem = read_problem(community, wish)
    if wish.is_recut:
        found = recut(problem.instance, seed=seed, seconds=seconds)
        return Answer(problem, found)
    if problem.has_positions or not is_path(problem):
        division = divide(problem.instance, seed=seed, seconds=seconds)
    else:
        division = in_order(problem)
    return Answer(problem, [division._replace(labels=named_after_today(problem, division.labels))])


def is_path(problem: Problem) -> bool:
    """Say whether each part is beside nothing but the one before and the one after it."""
    return all(
        set(near) == {row - 1, row + 1} & set(range(len(problem.parts)))
        for row, near in enumerate(problem.instance.neighbours)
    )


def in_order(problem: Problem) -> Division:
    """Divide the address order exactly."""
    instance = problem.instance
    labels = divide_in_order(
        instance.weights,
        instance.k,
        [node.compound for node in instance.nodes],
        tolerance=instance.tolerance,
    )
    return judged(instance, labels)


def named_after_today(problem: Problem, labels: Sequence[int]) -> list[int]:
    """Rename grids so that most households stay in a grid of the same name."""
    count = max(problem.instance.k, max(labels, default=0) + 1)
    names = {grid.pk: label for label, grid in enumerate(problem.grids)}
    kept = [[0.0] * count for _label in range(count)]
    for part, label in zip(problem.parts, labels, strict=True):
        for grid, households in part.by_grid.items():
            if grid in names:
                kept[label][names[grid]] += households
    new_names = best_matching(kept)
    return [new_names[label] for label in labels]


def choices(divisions: Sequence[Division], *, most: int = MOST_CHOICES) -> list[Division]:
    """Return a short list of a trade-off: its ends, and between them the largest gains.

    A choice that balances no better than one with fewer moves is left out first.
    """
    worth: list[Division] = []
    for division in divisions:
        figures = division.metrics
        if not worth or (figures.grids_outside_tolerance, figures.max_dev_pct) < (
            worth[-1].metrics.grids_outside_tolerance,
            worth[-1].metrics.max_dev_pct,
        ):
            worth.append(division)
    while len(worth) > most:
        # The choice whose neighbour is nearest in moves says least that is new.
        moves = [division.metrics.moved_households or 0 for division in worth]
        gaps = [moves[row + 1] - moves[row - 1] for row in range(1, len(worth) - 1)]
        del worth[1 + gaps.index(min(gaps))]
    return worth
