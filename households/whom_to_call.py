"""Whom the people of a grid call: as a phone keeps it for where there is no signal."""

import datetime
from typing import NamedTuple

from django.db.models import Q

from communities.models import Grid, GridContact, Membership, User, inside
from communities.roles import GRID_TEAM
from households.figures import order_in_team


class WhomToCall(NamedTuple):
    """The people on the team of a grid who have a work phone, and its contacts."""

    grid: Grid
    team: list[Membership]
    contacts: list[GridContact]


def whom_to_call(user: User, on: datetime.date) -> list[WhomToCall]:
    """Return whom the user calls in each grid on whose team she is, where there is anybody.

    As the page of the grid names them to her, without herself and without the residents who
    help in a stairwell.
    """
    grids = Grid.objects.visible_to(user).open().numbered()
    own = list(grids.filter(inside(user.place_codes(GRID_TEAM))).order_by("code"))
    here = Q(grid__in=own) | Q(community__in={grid.community_id for grid in own})
    members = Membership.objects.visible_to(user).current(on).filter(here, role__in=GRID_TEAM)
    reachable = members.exclude(user=user).exclude(user__phone="").select_related("user")
    team = sorted(reachable.order_by("since", "pk"), key=order_in_team)
    contacts = list(
        GridContact.objects.visible_to(user).current(on).filter(here).order_by("kind", "pk")
    )
    found = [
        WhomToCall(
            grid,
            [member for member in team if is_around(member, grid)],
            [contact for contact in contacts if is_around(contact, grid)],
        )
        for grid in own
    ]
    return [one for one in found if one.team or one.contacts]


def is_around(one: Membership | GridContact, grid: Grid) -> bool:
    """Say whether it is of this grid, or of every grid of its community."""
    return grid.pk == one.grid_id or grid.community_id == one.community_id
