"""What further workers would change: a division with so many more grids, beside today's."""

from collections.abc import Sequence
from typing import NamedTuple

from communities.division import divide
from communities.models import Community
from households.plans.instance import Wish, read_problem
from households.staffing_board import Board

# The page waits for it; a draft may search longer.
SECONDS = 2


class Outlook(NamedTuple):
    """So many grids, and the workload of the largest and of a usual one."""

    grids: int
    largest: int
    mean: int


class WhatIf(NamedTuple):
    """Today's grids beside those of a division with more workers."""

    more: int
    now: Outlook
    then: Outlook


def what_if(community: Community, board: Board, more: int) -> WhatIf:
    """Divide the community for so many more workers.

    Raises ValidationError where there is nothing to divide.
    """
    now = outlook([load.workload for load in board.grid_loads])
    instance = read_problem(community, Wish(grids=now.grids + more)).instance
    division = divide(instance, seconds=SECONDS)
    loads = [0.0] * (max(division.labels) + 1)
    for node, label in zip(instance.nodes, division.labels, strict=True):
        loads[label] += node.weight
    return WhatIf(more, now, outlook(loads))


def outlook(loads: Sequence[float]) -> Outlook:
    if not loads:
        return Outlook(0, 0, 0)
    return Outlook(len(loads), round(max(loads)), round(sum(loads) / len(loads)))
