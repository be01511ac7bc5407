"""Which doors a campaign would have, and how far it is."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field

from communities.models import Community, Grid, User
from households.models import CareTag, Household, Residency
from households.models.place import HouseholdQuerySet
from visits.models import Campaign, CampaignDoor, DoorResult


@dataclass(frozen=True)
class DoorChoice:
    """Which doors of a community a campaign is to reach; nothing chosen leaves all of them."""

    grids: list[Grid] = field(default_factory=list)
    tags: list[CareTag] = field(default_factory=list)
    never_visited: bool = False
    not_visited_since: datetime.date | None = None

    def doors(self, community: Community) -> HouseholdQuerySet:
        """Return the actual households meant: of any of the grids, with any of the tags."""
        grids = self.grids or community.grids.open().numbered()
        doors = Household.objects.actual().filter(grid__in=grids)
        if self.tags:
            living = Residency.objects.living().filter(
                resident__care__tag__in=self.tags, resident__care__until=None
            )
            doors = doors.filter(pk__in=living.values("household"))
        if self.never_visited:
            doors = doors.filter(last_visited_on=None)
        elif self.not_visited_since:
            doors = doors.exclude(last_visited_on__gte=self.not_visited_since)
        return doors


@dataclass
class Progress:
    """How many doors of a campaign there are, and what came of them so far."""

    reached: int = 0
    declined: int = 0
    tried: int = 0
    untried: int = 0

    @property
    def doors(self) -> int:
        return self.reached + self.declined + self.tried + self.untried

    @property
    def percent(self) -> int:
        """The share reached, rounded down: 100 means every door."""
        return 100 * self.reached // self.doors if self.doors else 0

    @classmethod
    def sum(cls, parts: Iterable["Progress"]) -> "Progress":
        total = cls()
        for part in parts:
            for result in DoorResult.values:
                setattr(total, result, getattr(total, result) + getattr(part, result))
        return total


@dataclass(frozen=True)
class GridProgress:
    """One line of the progress of a campaign."""

    grid: Grid
    progress: Progress


def progress_by_grid(campaign: Campaign, user: User) -> list[GridProgress]:
    """Return the progress in every grid whose doors the user sees; two queries."""
    doors = CampaignDoor.objects.visible_to(user).with_result(campaign)
    counts = doors.count_results()
    grids = Grid.objects.filter(pk__in=counts).order_by("code")
    return [GridProgress(grid, Progress(**counts[grid.pk])) for grid in grids]
