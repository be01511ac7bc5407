"""When doors last answered, and which rules of knocking a visit at one of them goes against."""

import datetime
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone

from households.models import Household
from visits.knocking import Against, KnockRules
from visits.models import Visit, Way


class KnockFacts(NamedTuple):
    """What a form needs to know of a door to ask why by itself, whatever time is typed."""

    rules: KnockRules
    last_answer: datetime.date | None


def knock_facts(household: Household, at: datetime.datetime) -> KnockFacts:
    """Return the rules at the door and when it last answered; needs `grid.community` loaded."""
    rules = KnockRules.of(household.grid.community)
    return KnockFacts(rules, last_answer(household, at, apart_from=None))


def last_answer(
    household: Household, at: datetime.datetime, *, apart_from: UUID | None
) -> datetime.date | None:
    """Return the day the door last answered a knock before that moment, one visit left out."""
    knocks = Visit.objects.filter(household=household, done_at__lte=at).answered_knocks()
    if apart_from:
        knocks = knocks.exclude(pk=apart_from)
    newest = knocks.newest_first().values_list("done_at", flat=True).first()
    return timezone.localdate(newest) if newest else None


def rules_against(
    household: Household, at: datetime.datetime, *, outcome: str, way: str, visit_id: UUID | None
) -> frozenset[Against]:
    """Return the rules of its community that this visit goes against; a form sent twice is one.

    Needs `household.grid.community` loaded.
    """
    if way != Way.DOOR:
        return frozenset()
    return KnockRules.of(household.grid.community).against(
        timezone.localtime(at),
        outcome=outcome,
        last_answer=last_answer(household, at, apart_from=visit_id),
        asked_for_on=household.asked_for_on,
    )
