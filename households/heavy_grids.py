"""Which grids weigh more on their workers than others: where a partner helps most."""

import datetime
from collections import defaultdict
from typing import NamedTuple

from communities.models import Grid, Membership, User
from communities.roles import Role
from households.staffing_board import PART_TIME_SHARE, loads_of_grids


class GridLoad(NamedTuple):
    """The workload of a grid on each of its workers, main and backup, beside its community.

    Part-time workers count as half of one. None stands where nobody works.
    """

    workload: int
    per_worker: int | None
    average: int | None
    target: int

    @property
    def is_heavy(self) -> bool:
        """Above the target, and above what workers of the community carry on average.

        Where all carry too much, more workers are the answer, not a partner.
        """
        if self.per_worker is None:
            return self.workload > 0
        return self.per_worker > max(self.target, self.average or 0)


def grid_load(grid: Grid, user: User, on: datetime.date) -> GridLoad:
    """Return the load of a grid on that day, within what the user sees of its community."""
    community = grid.community
    loads = loads_of_grids(community, user)
    workers: dict[int | None, float] = defaultdict(float)
    members = Membership.objects.visible_to(user).current(on).filter(role=Role.GRID_WORKER)
    for place, employment in members.filter(grid__community=community).values_list(
        "grid", "employment"
    ):
        is_full_time = employment == Membership.Employment.FULL_TIME
        workers[place] += 1 if is_full_time else PART_TIME_SHARE
    workload = loads[grid.pk].workload
    minded = sum(loads[place].workload for place in workers if place is not None)
    everybody = sum(workers.values())
    here = workers[grid.pk]
    return GridLoad(
        workload=round(workload),
        per_worker=round(workload / here) if here else None,
        average=round(minded / everybody) if everybody else None,
        target=community.households_per_worker,
    )
