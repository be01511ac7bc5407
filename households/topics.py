"""Which questions apply to a household, what is known of them, and which are due on a day."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from communities.models import User
from communities.roles import READERS, SENSITIVE_READERS
from households.models import Care, Fact, Household, Question, Residency
from households.models.topic import QuestionQuerySet

DAYS_OF_A_MONTH = 30
DAYS_OF_A_YEAR = 365


@dataclass(frozen=True)
class Asked:
    """A question that applies to a household, and what it answered last; "" when never asked."""

    question: Question
    value: str = ""
    confirmed_on: datetime.date | None = None
    # Neither kept on a phone nor shown to everybody.
    is_hidden: bool = False

    def is_due(self, on: datetime.date) -> bool:
        """Say whether it was never asked, or confirmed longer ago than its rhythm."""
        return self.confirmed_on is None or (on - self.confirmed_on).days > self.question.every_days

    @property
    def shown(self) -> str:
        return self.question.shown(self.value)

    def known(self, on: datetime.date) -> str:
        """Say what is known and how old it is: "Yes, confirmed 3 months ago"."""
        if self.confirmed_on is None:
            return _("Not asked yet")
        age = age_words(self.confirmed_on, on)
        return _("Known: %(answer)s, %(age)s") % {"answer": self.shown, "age": age}


def age_words(confirmed_on: datetime.date, on: datetime.date) -> str:
    """Say how long ago something was confirmed, in the largest unit that is not nought."""
    days = (on - confirmed_on).days
    if days < 1:
        return _("confirmed today")
    if days < DAYS_OF_A_MONTH:
        words = ngettext("confirmed %(n)s day ago", "confirmed %(n)s days ago", days)
        return words % {"n": days}
    months = days // DAYS_OF_A_MONTH
    if days < DAYS_OF_A_YEAR:
        words = ngettext("confirmed %(n)s month ago", "confirmed %(n)s months ago", months)
        return words % {"n": months}
    years = days // DAYS_OF_A_YEAR
    return ngettext("confirmed %(n)s year ago", "confirmed %(n)s years ago", years) % {"n": years}


def applying_questions(
    households: Sequence[Household], questions: QuestionQuerySet
) -> dict[int, list[Asked]]:
    """Return which of the questions apply to each household, with what it answered last.

    By household key, in the order of the form; five queries, however many doors.
    """
    asked = list(questions.active().in_order().select_related("topic").prefetch_related("tags"))
    keys = [household.pk for household in households]
    tags = tags_of(keys) if asked else {}
    known = {
        (household, question): (value, timezone.localdate(at))
        for household, question, value, at in Fact.objects.filter(
            household__in=keys, question__in=asked
        ).values_list("household", "question", "value", "confirmed_at")
    }
    return {
        household.pk: [
            Asked(question, *known.get((household.pk, question.pk), ()))
            for question in asked
            if question.applies(household, tags.get(household.pk, set()))
        ]
        for household in households
    }


def tags_of(households: Iterable[int]) -> dict[int, set[int]]:
    """Return the care tags of those who live at each door, sensitive ones too."""
    living = Residency.objects.living().filter(household__in=list(households))
    people: dict[int, set[int]] = {}
    for household, resident in living.values_list("household", "resident"):
        people.setdefault(resident, set()).add(household)
    found: dict[int, set[int]] = {}
    care = Care.objects.current().filter(resident__in=living.values("resident"))
    for resident, tag in care.values_list("resident", "tag"):
        for household in people.get(resident, ()):
            found.setdefault(household, set()).add(tag)
    return found


def due_questions(
    user: User,
    households: Sequence[Household],
    on: datetime.date,
    *,
    questions: QuestionQuerySet | None = None,
    also: frozenset[int] = frozenset(),
) -> dict[int, list[Asked]]:
    """Return the questions the user is to ask at each of these doors on that day.

    None at the doors of a captain's neighbours, and hidden ones only where she may know them.
    `questions` narrows them, as on a page that a phone keeps; `also` names some that a page
    showed when they were due, whatever was answered since.
    """
    visible = (Question.objects.all() if questions is None else questions).visible_to(user)
    keys = [household.pk for household in households]
    may_ask = keys_held(user, keys, READERS)
    hidden = set(visible.hidden().values_list("pk", flat=True))
    may_know = keys_held(user, keys, SENSITIVE_READERS) if hidden else set()
    return {
        household: [
            replace(one, is_hidden=one.question.pk in hidden)
            for one in applying
            if household in may_ask
            and (one.is_due(on) or one.question.pk in also)
            and (household in may_know or one.question.pk not in hidden)
        ]
        for household, applying in applying_questions(households, visible).items()
    }


def keys_held(user: User, keys: list[int], roles: frozenset) -> set[int]:
    return set(
        Household.objects.held_by(user, roles).filter(pk__in=keys).values_list("pk", flat=True)
    )


def known_facts(user: User, household: Household, on: datetime.date) -> list[tuple[Fact, str]]:
    """Return what the household answered, in the order of the form, each with its age in words."""
    facts = Fact.objects.visible_to(user).filter(household=household)
    ordered = facts.select_related("question__topic", "confirmed_by").order_by(
        "question__topic__order", "question__topic__name", "question__order", "question"
    )
    return [(fact, age_words(timezone.localdate(fact.confirmed_at), on)) for fact in ordered]
