"""Holidays and make-up workdays, as the State Council sets them every year."""

import datetime
from collections.abc import Iterable
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from communities.models import User
from visits.clock import WorkCalendar

NATIONAL_DAY = (10, 1)
MONTH_OF_NOTICE = 10


class CalendarDayQuerySet(models.QuerySet["CalendarDay"]):
    def visible_to(self, user: User) -> Self:  # noqa: ARG002 - everyone lives by the same days
        return self

    def editable_by(self, user: User) -> Self:
        return self if user.keeps_rules else self.none()

    def calendar(self, years: Iterable[int]) -> WorkCalendar:
        """Return the working calendar of these years; one query."""
        years = sorted(years)
        days = self.filter(
            day__range=(datetime.date(years[0], 1, 1), datetime.date(years[-1], 12, 31))
        )
        return WorkCalendar(
            {day: kind == CalendarDay.Kind.WORKDAY for day, kind in days.values_list("day", "kind")}
        )

    def unknown(self, years: Iterable[int]) -> list[int]:
        """Return those of the years that have no calendar yet; one query.

        A year is known by its National Day, which is always a holiday: a lone day at the turn
        of the year, set with the year before, makes no calendar.
        """
        marks = {datetime.date(year, *NATIONAL_DAY): year for year in sorted(years)}
        known = set(self.filter(day__in=marks).values_list("day", flat=True))
        return [year for day, year in marks.items() if day not in known]

    def missing(self, on: datetime.date) -> list[int]:
        """Return the years that deadlines reach on that day and that have no calendar yet.

        The State Council sets a year in the autumn before it.
        """
        years = [on.year, on.year + 1] if on.month >= MONTH_OF_NOTICE else [on.year]
        return self.unknown(years)


class CalendarDay(models.Model):
    """A day on which the office is open though it is a weekend, or closed though it is none."""

    class Kind(models.TextChoices):
        HOLIDAY = "holiday", _("Holiday")
        WORKDAY = "workday", _("Make-up workday")

    day = models.DateField(_("day"), unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=40, blank=True)

    objects = CalendarDayQuerySet.as_manager()

    class Meta:
        verbose_name = _("holiday or make-up workday")
        verbose_name_plural = _("holidays and make-up workdays")
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {self.get_kind_display()}"
