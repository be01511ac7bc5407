"""Holidays and make-up workdays as people copy them from the yearly notice."""

import datetime
from collections.abc import Container
from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from visits.models import CalendarDay

KINDS = {
    **dict.fromkeys(("holiday", "休", "放假", "节假日"), CalendarDay.Kind.HOLIDAY),
    **dict.fromkeys(("workday", "班", "上班", "调休上班"), CalendarDay.Kind.WORKDAY),
}
# A holiday is a week or so; more is a year typed wrong.
LONGEST = datetime.timedelta(days=30)
PARTS_OF_LINE = 3
LONGEST_NAME = 40
EXAMPLE = "2027-02-05..2027-02-11 休 春节\n2027-02-14 班 春节调休"


@dataclass(frozen=True)
class Stretch:
    """One line: days of one kind that follow each other."""

    first: datetime.date
    last: datetime.date
    kind: str
    name: str

    def rows(self) -> list[CalendarDay]:
        days = range((self.last - self.first).days + 1)
        return [
            CalendarDay(day=self.first + datetime.timedelta(days=n), kind=self.kind, name=self.name)
            for n in days
        ]


class CalendarForm(forms.Form):
    """Many days at once, a line for each holiday and each make-up workday."""

    lines = forms.CharField(
        label=gettext_lazy("Days, one holiday or make-up workday a line"),
        max_length=10_000,
        widget=forms.Textarea(
            attrs={"rows": 16, "class": "vLargeTextField", "placeholder": EXAMPLE}
        ),
        help_text=gettext_lazy(
            "First day..last day, then holiday (休) or workday (班), then its name. A day that is "
            "there already becomes what is typed here. Deadlines set before stay as they are."
        ),
    )

    def clean_lines(self) -> list[CalendarDay]:
        """Return the days of all lines; name every line that cannot be read."""
        rows: dict[datetime.date, CalendarDay] = {}
        errors = []
        for number, line in enumerate(self.cleaned_data["lines"].splitlines(), start=1):
            if not line.strip():
                continue
            try:
                rows |= new_days(line, rows)
            except ValidationError as error:
                errors.append(
                    _("Line %(number)s: %(problem)s")
                    % {"number": number, "problem": " ".join(error.messages)}
                )
        if errors:
            raise ValidationError(errors)
        return list(rows.values())

    def save(self) -> list[CalendarDay]:
        """Store the days, all or none."""
        rows: list[CalendarDay] = self.cleaned_data["lines"]
        with transaction.atomic():
            return CalendarDay.objects.bulk_create(
                rows,
                update_conflicts=True,
                unique_fields=["day"],
                update_fields=["kind", "name"],
            )


def stretch(line: str) -> Stretch:
    """Read a line such as "2027-02-05..2027-02-11 holiday 春节"."""
    days, kind, name = (line.split(maxsplit=2) + [""] * PARTS_OF_LINE)[:PARTS_OF_LINE]
    first, dots, last = days.partition("..")
    begins, ends = day_of(first), day_of(last if dots else first)
    if kind not in KINDS:
        raise ValidationError(_("Write holiday (休) or workday (班) after the day."))
    if not datetime.timedelta() <= ends - begins <= LONGEST:
        raise ValidationError(_("The last day is before the first, or more than a month after it."))
    if len(name) > LONGEST_NAME:
        raise ValidationError(_("The name is too long."))
    return Stretch(begins, ends, KINDS[kind], name)


def new_days(line: str, known: Container[datetime.date]) -> dict[datetime.date, CalendarDay]:
    """Return the days of a line; refuse those that an earlier line has."""
    rows = {row.day: row for row in stretch(line).rows()}
    twice = [day for day in rows if day in known]
    if twice:
        raise ValidationError(_("%(day)s stands here twice."), params={"day": twice[0]})
    return rows


def day_of(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise ValidationError(
            _("“%(text)s” is no day. Write it like 2027-02-05."), params={"text": text}
        ) from None
