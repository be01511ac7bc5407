"""What logging took in the last weeks, and two things said to waste time, one answered."""

import datetime
import random

from communities.models import Community, WastedTime
from visits.models import BurdenWeek
from visits.models.burden import WEEKS_SHOWN, monday_of

SAID = (
    ("visits:visit_add", "照片每次都要选两遍。", "已经改好，选一遍就行。"),
    ("visits:today", "", ""),
    ("visits:today", "楼里有三户早就空了，还一直列着。", ""),
)


def measure_weeks(community: Community, rng: random.Random, today: datetime.date) -> None:
    """Fill the weeks before this one; each visit took two or three taps and some seconds."""
    monday = monday_of(today)
    BurdenWeek.objects.bulk_create(
        week_of(community, monday - datetime.timedelta(weeks=ago), rng.randint(40, 70), rng)
        for ago in range(1, WEEKS_SHOWN)
    )


def week_of(
    community: Community, week: datetime.date, visits: int, rng: random.Random
) -> BurdenWeek:
    return BurdenWeek(
        community=community,
        week=week,
        visits=visits,
        taps=visits * 2 + rng.randint(0, visits),
        seconds=visits * rng.randint(6, 11),
        prefilled=visits * 2 + rng.randint(0, visits // 2),
        typed=visits + rng.randint(0, visits // 4),
    )


def say_what_wastes_time(community: Community, today: datetime.date) -> None:
    last_week = monday_of(today) - datetime.timedelta(weeks=1)
    WastedTime.objects.bulk_create(
        WastedTime(
            code=community.code,
            page=page,
            text=text,
            week=last_week,
            answer=answer,
            answered_on=today - datetime.timedelta(days=1) if answer else None,
        )
        for page, text, answer in SAID
    )
