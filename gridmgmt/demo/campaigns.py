"""Two drives in the community of the demo logins: one under way, one over."""

import datetime
from collections.abc import Sequence
from typing import NamedTuple

from communities.models import Community, Grid, User
from gridmgmt.demo.visits import LOCAL
from visits.actions.campaigns import start_campaign
from visits.campaign_plan import DoorChoice
from visits.models import Campaign

GRIDS = 2
DAYS = 14


class Drive(NamedTuple):
    """A campaign that began so many days ago."""

    name: str
    purpose: str
    began: int


DRIVES = (
    Drive("反诈宣传进万家", "讲清常见骗术，请家里老人留意陌生电话。", 58),
    Drive("冬季用气安全", "看燃气软管和阀门，提醒开窗通风；发现老化的当场登记。", 10),
)


def start_drives(
    community: Community, grids: Sequence[Grid], officer: User, today: datetime.date
) -> None:
    """Start the drives on the day before each began, at doors of the first grids."""
    for drive in DRIVES:
        first_on = today - datetime.timedelta(days=drive.began)
        campaign = Campaign(
            community=community,
            name=drive.name,
            purpose=drive.purpose,
            first_on=first_on,
            last_on=first_on + datetime.timedelta(days=DAYS - 1),
        )
        at = datetime.datetime.combine(first_on, datetime.time(15), LOCAL)
        start_campaign(
            campaign=campaign,
            choice=DoorChoice(grids=list(grids[:GRIDS])),
            by=officer,
            at=at - datetime.timedelta(days=1),
        )
