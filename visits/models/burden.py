"""What the program costs those who work with it: sums of a community's week, of nobody."""

import datetime
from typing import Self

from django.db import models

from communities.models import Community, User

# Fewer visits than this in a week are not shown: they might tell of one person.
FEWEST_SHOWN = 5
WEEKS_SHOWN = 12


def monday_of(day: datetime.date) -> datetime.date:
    return day - datetime.timedelta(days=day.weekday())


class BurdenWeekQuerySet(models.QuerySet["BurdenWeek"]):
    def visible_to(self, user: User) -> Self:
        """Weeks of the communities she works in: the figures are for everybody's eyes."""
        if user.is_superuser:
            return self
        return self.filter(community__in=Community.objects.around(user))

    def editable_by(self, user: User) -> Self:  # noqa: ARG002 - the program writes it
        return self.none()

    def shown(self, on: datetime.date) -> Self:
        """Weeks of the last twelve with enough visits that they tell of no single person."""
        first = monday_of(on) - datetime.timedelta(weeks=WEEKS_SHOWN - 1)
        return self.filter(week__gte=first, week__lte=on, visits__gte=FEWEST_SHOWN)


class BurdenWeek(models.Model):
    """How many visits a community logged in a week, and what logging them took.

    Knows no person and no moment finer than the week, so nobody can be measured by it.
    """

    community = models.ForeignKey(Community, models.PROTECT, related_name="+")
    week = models.DateField()
    visits = models.PositiveIntegerField(default=0)
    taps = models.PositiveIntegerField(default=0)
    seconds = models.PositiveIntegerField(default=0)
    prefilled = models.PositiveIntegerField(default=0)
    typed = models.PositiveIntegerField(default=0)

    objects = BurdenWeekQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["community", "week"], name="burden_week_unique")
        ]

    def __str__(self) -> str:
        return f"{self.community_id} {self.week}"
