"""Adding up what logging visits takes."""

import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from visits.models import BurdenWeek
from visits.models.burden import monday_of

# What one visit can honestly take; a page left open or a broken script says more.
MOST_TAPS = 200
MOST_SECONDS = 3600
MOST_FIELDS = 100


def add_burden(
    *,
    community_id: int,
    day: datetime.date,
    visits: int = 1,
    taps: int,
    seconds: int,
    prefilled: int,
    typed: int,
) -> None:
    """Add what these visits took to the week of their community; absurd values are capped.

    Adds in the database, so that visits logged at the same moment are all counted.
    """
    if visits < 1:
        return
    most = {"taps": MOST_TAPS, "seconds": MOST_SECONDS, "prefilled": MOST_FIELDS}
    given = {"taps": taps, "seconds": seconds, "prefilled": prefilled, "typed": typed}
    added = {"visits": visits} | {
        name: min(max(value, 0), most.get(name, MOST_FIELDS) * visits)
        for name, value in given.items()
    }
    key = {"community_id": community_id, "week": monday_of(day)}
    week = BurdenWeek.objects.filter(**key)
    change = {name: F(name) + value for name, value in added.items()}
    if week.update(**change):
        return
    try:
        with transaction.atomic():
            BurdenWeek.objects.create(**key, **added)
    except IntegrityError:
        week.update(**change)
