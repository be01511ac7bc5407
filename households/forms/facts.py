"""The field in which a question is answered, and the form in which its answer is stored."""

import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from households.models import Question
from households.models.topic import LONGEST_ANSWER

Kind = Question.Kind
# More answers than these are a list to open, fewer are seen at once.
MOST_RADIOS = 5
# As many digits as a person counts or measures with.
DIGITS, PLACES = 9, 2


def answer_field(question: Question, value: str = "") -> forms.Field:
    """Return the field that asks the question, with this answer in it; nothing is required."""
    common: dict[str, Any] = {"label": question.text, "required": False, "initial": value or None}
    match question.kind:
        case Kind.YES_NO:
            yes_or_no = [("yes", _("Yes")), ("no", _("No"))]
            return forms.ChoiceField(choices=yes_or_no, widget=forms.RadioSelect, **common)
        case Kind.CHOICE:
            return choice_field(question, value, common)
        case Kind.NUMBER:
            return forms.DecimalField(max_digits=DIGITS, decimal_places=PLACES, **common)
        case Kind.DATE:
            day = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            return forms.DateField(widget=day, **common)
    return forms.CharField(max_length=LONGEST_ANSWER, **common)


def choice_field(question: Question, value: str, common: dict[str, Any]) -> forms.Field:
    """Offer the answers of today, and the one that was given even if it is no longer offered."""
    options = question.options
    if value and value not in options:
        options = [*options, value]
    choices = [(option, option) for option in options]
    if len(choices) <= MOST_RADIOS:
        return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **common)
    return forms.ChoiceField(choices=[("", _("Choose")), *choices], **common)


def stored_form(cleaned: object) -> str:
    """Return a cleaned answer as it is stored: days as 2026-01-31, numbers without idle noughts."""
    if isinstance(cleaned, Decimal):
        return f"{cleaned.normalize():f}"
    if isinstance(cleaned, datetime.date):
        return cleaned.isoformat()
    return "" if cleaned is None else str(cleaned).strip()


def read_answer(question: Question, value: str) -> str:
    """Return an answer that was not typed into a form; raises ValidationError for one that is none."""
    return stored_form(answer_field(question).clean(value))
