"""Taking the best parts of several divisions."""

from collections.abc import Sequence

from communities.division.metrics import ROUNDING, members
from communities.division.state import State


def take_better_parts(state: State, other: Sequence[int]) -> None:
    """Take over from another division what it divides better, and keep the rest.

    Some grids of one division often cover exactly the nodes of as many grids of the other:
    there one can be put for the other, and nothing elsewhere changes. For searches without
    prices and fixed nodes: grids may change their names.
    """
    grids = members(other, max(other) + 1)
    for mine, theirs in common_ground(state.labels, other):
        if len(mine) != len(theirs):
            continue
        gain = sum(state.energies[label] for label in mine)
        gain -= sum(state.energy_of(grids[label]) for label in theirs)
        if gain > ROUNDING:
            for name, label in zip(mine, theirs, strict=True):
                for node in grids[label]:
                    if state.labels[node] != name:
                        state.relabel(node, name)
    state.refresh()
    state.note_best()


def common_ground(labels: Sequence[int], other: Sequence[int]) -> list[tuple[list[int], list[int]]]:
    """Return the smallest sets of grids of both divisions that cover the same nodes."""
    theirs: dict[int, set[int]] = {}
    mine: dict[int, set[int]] = {}
    for label, other_label in zip(labels, other, strict=True):
        theirs.setdefault(label, set()).add(other_label)
        mine.setdefault(other_label, set()).add(label)
    found = []
    left = set(theirs)
    while left:
        group = [left.pop()]
        reached: set[int] = set()
        for label in group:
            for other_label in theirs[label] - reached:
                reached.add(other_label)
                beside = mine[other_label] & left
                left -= beside
                group += beside
        found.append((sorted(group), sorted(reached)))
    return found
