"""What a person chooses along with a step, and whether the step can be taken with it."""

import datetime
from collections.abc import Sequence
from typing import TypedDict

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communities.models import Department, User
from communities.models.place import COMMUNITY_DIGITS
from visits.models import Matter
from visits.workflow import Need, Transition

# So far ahead somebody may put a matter off; what is set aside for longer is forgotten.
FURTHEST = datetime.timedelta(days=366)


class Choice(TypedDict, total=False):
    """What a person chooses along with a step, as far as the step asks for it.

    `assignee` or `department` receives the matter; `departments` are called together and
    `lead`, one of them, gets it; `into` is the matter it is merged into; `until` is the moment
    more time is asked for; `day` is when a waiting matter is to be looked at again.
    """

    assignee: User | None
    department: Department | None
    departments: Sequence[Department]
    lead: Department | None
    into: Matter | None
    until: datetime.datetime | None
    day: datetime.date | None


def check(
    matter: Matter, transition: Transition, note: str, choice: Choice, at: datetime.datetime
) -> None:
    """Raise a ValidationError for what the step needs and does not have."""
    if transition.needs_note and not note.strip():
        raise ValidationError(_("Write a few words about it."), code="note_missing")
    match transition.need:
        case Need.HOLDER:
            if (choice.get("assignee") is None) == (choice.get("department") is None):
                raise ValidationError(_("Choose a person or a department."), code="nobody_chosen")
        case Need.DEPARTMENTS:
            if choice.get("lead") not in choice.get("departments", ()):
                raise ValidationError(
                    _("Choose the departments, and which of them leads."), code="no_lead"
                )
        case Need.MATTER:
            check_merge(matter, choice.get("into"))
        case Need.MOMENT | Need.DAY:
            check_time(matter, transition, choice, at)


def check_time(
    matter: Matter, transition: Transition, choice: Choice, at: datetime.datetime
) -> None:
    """Refuse a time that has passed, that gives no more time than there is, or that never comes."""
    until, day = choice.get("until"), choice.get("day")
    today = timezone.localtime(at).date()
    if transition.need == Need.MOMENT:
        if until is None or until <= max(matter.handle_by or at, at):
            raise ValidationError(
                _("Choose a time to come, after the deadline that holds now."),
                code="until_too_early",
            )
        if until > at + FURTHEST:
            raise ValidationError(_("Choose a time within a year."), code="until_too_late")
    if transition.need == Need.DAY and (day is None or not today <= day <= today + FURTHEST):
        raise ValidationError(
            _("Say when it is to be looked at again, from today on and within a year."),
            code="no_day",
        )


def check_merge(matter: Matter, into: Matter | None) -> None:
    """Refuse to merge into nothing, itself, an ended matter, or one of another community."""
    if into is None or into.pk == matter.pk:
        raise ValidationError(_("Choose the other matter."), code="no_matter")
    # Locked, so that neither ends while one is merged into the other; in one order, so that
    # two people merging them into each other do not wait for one another.
    both = Matter.objects.filter(pk__in=[matter.pk, into.pk]).order_by("pk")
    list(both.select_for_update())
    into = Matter.objects.select_related("grid").get(pk=into.pk)
    if into.status not in Matter.OPEN:
        raise ValidationError(
            _("Matter %(number)s has ended. Choose one that is open, or reopen it first."),
            params={"number": into.reference},
            code="matter_ended",
        )
    if into.grid.code[:COMMUNITY_DIGITS] != matter.grid.code[:COMMUNITY_DIGITS]:
        raise ValidationError(_("Choose a matter of the same community."), code="elsewhere")
