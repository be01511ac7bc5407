"""When a knock disturbs: in the quiet hours, or too soon after the door last answered.

Nobody is refused a knock: whoever goes against a rule is asked why. A day the household
asked for itself is free of both rules.
"""

import datetime
import enum
from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

from django.utils.translation import gettext as _

from communities.models import Community
from visits.models.visit import ANSWERED


class Against(enum.Enum):
    """A rule that a knock goes against."""

    QUIET = "quiet"
    GAP = "gap"


@dataclass(frozen=True)
class KnockRules:
    """What a community has set: quiet hours and the least days between two answered knocks."""

    quiet_from: datetime.time
    quiet_until: datetime.time
    gap_days: int

    @classmethod
    def of(cls, community: Community) -> Self:
        return cls(community.quiet_from, community.quiet_until, community.knock_gap_days)

    @property
    def quiet(self) -> str:
        """The quiet hours as scripts read them, "" for none."""
        if self.quiet_from == self.quiet_until:
            return ""
        return f"{self.quiet_from:%H:%M}-{self.quiet_until:%H:%M}"

    def is_quiet(self, at: datetime.time) -> bool:
        """Say whether a knock at this time falls into the quiet hours; their end is free again.

        >>> KnockRules(datetime.time(21), datetime.time(8), 3).is_quiet(datetime.time(0))
        True
        """
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= at < self.quiet_until
        return at >= self.quiet_from or at < self.quiet_until

    def is_too_soon(self, day: datetime.date, last_answer: datetime.date | None) -> bool:
        """Say whether a door answered on `last_answer` should be left alone on that day."""
        return last_answer is not None and 0 <= (day - last_answer).days < self.gap_days

    def against(
        self,
        at: datetime.datetime,
        *,
        outcome: str,
        last_answer: datetime.date | None,
        asked_for_on: datetime.date | None,
    ) -> frozenset[Against]:
        """Return the rules that a knock with this outcome goes against.

        `at` is in local time. The gap lies between two answered knocks, so one that nobody
        answered does not break it.
        """
        day = at.date()
        if was_asked_for(day, last_answer=last_answer, asked_for_on=asked_for_on):
            return frozenset()
        found = set()
        if self.is_quiet(at.time()):
            found.add(Against.QUIET)
        if outcome in ANSWERED and self.is_too_soon(day, last_answer):
            found.add(Against.GAP)
        return frozenset(found)


def was_asked_for(
    day: datetime.date, *, last_answer: datetime.date | None, asked_for_on: datetime.date | None
) -> bool:
    """Say whether the household asked for this day, or for an earlier one it still waits for."""
    if asked_for_on is None or asked_for_on > day:
        return False
    return asked_for_on == day or last_answer is None or last_answer < asked_for_on


def explain(against: Collection[Against], rules: KnockRules) -> str:
    """Return one sentence that names the rules and asks for the reason."""
    words = []
    if Against.QUIET in against:
        words.append(
            _("The quiet hours here are from %(start)s to %(end)s.")
            % {"start": f"{rules.quiet_from:%H:%M}", "end": f"{rules.quiet_until:%H:%M}"}
        )
    if Against.GAP in against:
        words.append(
            _("This door answered less than %(days)s days before.") % {"days": rules.gap_days}
        )
    return " ".join(words)
