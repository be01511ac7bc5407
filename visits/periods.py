"""Periods to look back on: this month, quarter or year, and the one before."""

import datetime
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class Period(models.TextChoices):
    """A calendar period that a day lies in, or the one before it."""

    MONTH = "month", _("This month")
    LAST_MONTH = "last_month", _("Last month")
    QUARTER = "quarter", _("This quarter")
    LAST_QUARTER = "last_quarter", _("Last quarter")
    YEAR = "year", _("This year")
    LAST_YEAR = "last_year", _("Last year")


MONTHS = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}
BEFORE = {
    Period.LAST_MONTH: Period.MONTH,
    Period.LAST_QUARTER: Period.QUARTER,
    Period.LAST_YEAR: Period.YEAR,
}


@dataclass(frozen=True)
class Days:
    """The first and the last day of a stretch of time, both part of it."""

    first: datetime.date
    last: datetime.date


def period_days(period: str, on: datetime.date) -> Days:
    """Return the days of the period, one that still runs up to that day."""
    chosen = Period(period)
    running = BEFORE.get(chosen, chosen)
    first = period_start(running, on)
    if chosen == running:
        return Days(first, on)
    last = first - datetime.timedelta(days=1)
    return Days(period_start(running, last), last)


def period_start(period: Period, on: datetime.date) -> datetime.date:
    months = MONTHS[period]
    return on.replace(month=(on.month - 1) // months * months + 1, day=1)
