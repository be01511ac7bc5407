"""How far a campaign is."""

from collections.abc import Iterable
from dataclasses import dataclass

from communities.models import Grid, User
from visits.models import Campaign, CampaignDoor, DoorResult


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
