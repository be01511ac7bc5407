"""Police, property management and Party groups beside the grids; some are still to be named."""

import datetime
import random

from communities.models import Community, Grid, GridContact
from gridmgmt.demo.families import MOBILE_PREFIX
from gridmgmt.demo.names import full_name

Kind = GridContact.Kind


def name_contacts(
    community: Community, grids: list[Grid], rng: random.Random, since: datetime.date
) -> None:
    """Give the community an officer; its grids, all but the last, a manager; every other a Party group."""

    def contact(kind: Kind, unit_name: str, **place: Grid | Community) -> GridContact:
        sex = rng.choice(("female", "male"))
        return GridContact(
            kind=kind,
            name=full_name(rng, sex, rng.randint(1970, 1998)),
            unit_name=unit_name,
            phone=f"{MOBILE_PREFIX}{rng.randrange(10**8):08d}",
            since=since,
            **place,
        )

    contacts = [contact(Kind.POLICE, f"{community.area.name}派出所", community=community)]
    contacts += [
        contact(Kind.PROPERTY, f"{grid.name}物业服务中心", grid=grid) for grid in grids[:-1]
    ]
    contacts += [contact(Kind.PARTY_GROUP, f"{grid.name}党小组", grid=grid) for grid in grids[::2]]
    GridContact.objects.bulk_create(contacts)
