"""Two pairings in the first grid of the demo: a unit with a door, and a backup with another."""

import datetime

from communities.models import Grid
from gridmgmt.demo.people import Team
from households.models import Household
from visits.models import Pairing


def pair_doors(grid: Grid, team: Team, began_on: datetime.date) -> None:
    """Pair the first doors on the way through the grid."""
    first, second = Household.objects.actual().filter(grid=grid).in_walking_order()[:2]
    Pairing.objects.create(
        household=first,
        unit_name="市图书馆",
        every_days=Pairing.Rhythm.TWO_WEEKS,
        since=began_on,
    )
    Pairing.objects.create(
        household=second, user=team.backup, every_days=Pairing.Rhythm.MONTH, since=began_on
    )
