"""What a visit means for its door, by the rule tables that administrators edit."""

import datetime
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from households.models import Household
from visits.models import Outcome, RetryRule, VisitRule

Part = Household.PartOfDay

# Older visits change nothing any more: a run of unanswered tries is told up to this many.
TRIES_READ = 20
TRY_FIELDS = ("done_at", "outcome", "way", "counts", "next_on")
# Somebody came to the door, or it is known why nobody will.
ANSWERS = frozenset({Outcome.MET, Outcome.DECLINED, Outcome.MOVED_AWAY, Outcome.VACANT})
# Doors open more readily towards the front of this list.
PARTS_BY_PROMISE = (Part.EVENING, Part.WEEKEND, Part.AFTERNOON, Part.MORNING)
TRY_PART = {
    Part.MORNING: _("Try in the morning"),
    Part.AFTERNOON: _("Try in the afternoon"),
    Part.EVENING: _("Try in the evening"),
    Part.WEEKEND: _("Try at the weekend"),
}
NOON, EVENING = 12, 18
SATURDAY, WEEK = 5, 7


class Try(NamedTuple):
    """One standing visit, as far as it matters for the door; filled from `TRY_FIELDS`."""

    done_at: datetime.datetime
    outcome: str
    way: str
    counts: bool
    next_on: datetime.date | None

    @property
    def day(self) -> datetime.date:
        return timezone.localdate(self.done_at)


class RetryStep(NamedTuple):
    """A retry rule: from this many unanswered tries on, come again after these days."""

    tries: int
    after_days: int
    changes_part: bool


class VisitJudgement(NamedTuple):
    """A visit rule: whether the visit counts, and when to try again if not."""

    counts: bool
    retry_after_days: int | None


class Rules:
    """The rule tables as they stand; each is read once, when first asked."""

    @cached_property
    def visits(self) -> dict[tuple[str, str], VisitJudgement]:
        rows = VisitRule.objects.values_list("outcome", "way", "counts", "retry_after_days")
        return {(outcome, way): VisitJudgement(counts, days) for outcome, way, counts, days in rows}

    @cached_property
    def retries(self) -> tuple[RetryStep, ...]:
        rows = RetryRule.objects.order_by("tries").values_list(*RetryStep._fields)
        return tuple(RetryStep(*row) for row in rows)

    def judge(self, outcome: str, way: str) -> VisitJudgement:
        """Return the rule of this outcome and way, else of the outcome; without one it counts not."""
        general = self.visits.get(
            (outcome, ""), VisitJudgement(counts=False, retry_after_days=None)
        )
        return self.visits.get((outcome, way), general)

    def after_unanswered(self, tries: int) -> RetryStep | None:
        """Return the rule for this many tries; the last one holds for all that follow."""
        return next((step for step in reversed(self.retries) if step.tries <= tries), None)


@dataclass(frozen=True)
class DoorFields:
    """The fields of a household that its visits decide, apart from the due dates."""

    last_visited_on: datetime.date | None
    asked_for_on: datetime.date | None
    unanswered: int
    retry_on: datetime.date | None
    retry_part: str


def door_fields(
    tries: Sequence[Try], *, rules: Rules, last_visited_on: datetime.date | None
) -> DoorFields:
    """Derive a door from its standing visits, newest first, the newest `TRIES_READ` at least.

    Only the order of the visits matters, not the order in which they arrived.
    """
    unanswered = unanswered_run(tries)
    asked_for_on = asked_day(tries)
    retry_on, retry_part = next_try(tries, unanswered, rules)
    if retry_on and asked_for_on and tries[0].day < asked_for_on < retry_on:
        retry_on, retry_part = asked_for_on, ""
    return DoorFields(last_visited_on, asked_for_on, len(unanswered), retry_on, retry_part)


def unanswered_run(tries: Iterable[Try]) -> list[Try]:
    """Return the tries with nobody home since somebody was last reached, newest first."""
    run = []
    for attempt in tries:
        if attempt.counts or attempt.outcome in ANSWERS:
            break
        if attempt.outcome == Outcome.NOBODY_HOME:
            run.append(attempt)
    return run[:TRIES_READ]


def asked_day(tries: Iterable[Try]) -> datetime.date | None:
    """Return the day the household asked for last, unless a visit that counts came after."""
    for attempt in tries:
        if attempt.next_on or attempt.counts:
            return attempt.next_on
    return None


def next_try(
    tries: Sequence[Try], unanswered: Sequence[Try], rules: Rules
) -> tuple[datetime.date | None, str]:
    """Return the day before which a door that was not reached is left alone, and the part of day."""
    if not tries or tries[0].counts or tries[0].next_on:
        return None, ""
    newest = tries[0]
    if newest.outcome != Outcome.NOBODY_HOME:
        days = rules.judge(newest.outcome, newest.way).retry_after_days
        return (None if days is None else newest.day + datetime.timedelta(days=days)), ""
    step = rules.after_unanswered(len(unanswered))
    if step is None:
        return None, ""
    part = least_tried_part(unanswered) if step.changes_part else ""
    return first_day_with(part, newest.day + datetime.timedelta(days=step.after_days)), part


def part_of_day(moment: datetime.datetime) -> Part:
    local = timezone.localtime(moment)
    if local.weekday() >= SATURDAY:
        return Part.WEEKEND
    if local.hour < NOON:
        return Part.MORNING
    return Part.AFTERNOON if local.hour < EVENING else Part.EVENING


def least_tried_part(tries: Iterable[Try]) -> Part:
    tried = Counter(part_of_day(attempt.done_at) for attempt in tries)
    return min(PARTS_BY_PROMISE, key=lambda part: tried[part])


def first_day_with(part: str, day: datetime.date) -> datetime.date:
    """Return the first day from `day` on that has this part: evenings are those of working days."""
    until_monday = WEEK - day.weekday()
    if part == Part.WEEKEND:
        return day + datetime.timedelta(days=max(SATURDAY - day.weekday(), 0))
    if part and day.weekday() >= SATURDAY:
        return day + datetime.timedelta(days=until_monday)
    return day
