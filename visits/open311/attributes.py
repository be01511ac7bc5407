"""Answers to the questions of a category: `attribute[code]=…` in a form that is filed."""

from math import isfinite

from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from visits.models import MatterCategory, ServiceAttribute
from visits.open311.documents import RefusedError

LONGEST_ANSWER = 500


def answers_in_words(category: MatterCategory, sent: QueryDict) -> str:
    """Return a line for each question that was answered; refuses with all that is wrong."""
    lines, reasons = [], []
    for attribute in category.attributes.all():
        given = [value.strip() for value in values_of(sent, attribute.code)]
        given = [value for value in given if value]
        if reason := fault(attribute, given):
            reasons.append(f"attribute[{attribute.code}]: {reason}")
        elif given:
            lines.append(f"{attribute.question}：{'、'.join(given)}")
    if reasons:
        raise RefusedError(400, *reasons)
    return "\n".join(lines)


def values_of(sent: QueryDict, code: str) -> list[str]:
    """Return the values in both spellings of the specification, with [] for several."""
    return sent.getlist(f"attribute[{code}]") + sent.getlist(f"attribute[{code}][]")


def fault(attribute: ServiceAttribute, given: list[str]) -> str:
    """Say what is wrong with the answer, or nothing."""
    if not given:
        return _("is missing.") if attribute.is_required else ""
    if len(given) > 1 and attribute.kind != ServiceAttribute.Kind.MANY:
        return _("takes one answer.")
    if attribute.kind in ServiceAttribute.LISTS:
        known = set(given) <= set(attribute.answers())
        return "" if known else _("is none of the answers of the service definition.")
    return "" if reads_as(attribute.kind, given[0]) else _("is not of the datatype.")


def reads_as(kind: str, value: str) -> bool:
    if kind == ServiceAttribute.Kind.NUMBER:
        return is_number(value)
    if kind == ServiceAttribute.Kind.DATETIME:
        return is_moment(value)
    has_breaks = kind == ServiceAttribute.Kind.STRING and "\n" in value
    return len(value) <= LONGEST_ANSWER and not has_breaks


def is_number(value: str) -> bool:
    try:
        return isfinite(float(value))
    except ValueError:
        return False


def is_moment(value: str) -> bool:
    try:
        return parse_datetime(value) is not None
    except ValueError:
        return False
