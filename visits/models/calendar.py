"""Holidays and make-up workdays, as the State Council sets them every year."""

import datetime
from collections.abc import Iterable
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from communities.models import User
from visits.clock import WorkCalendar


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
