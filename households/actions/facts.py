"""Keeping what households answer: one current answer to each question, and its history."""

import datetime
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from communities.models import User
from households.models import Fact, FactEntry, Household, Question


class Answer(NamedTuple):
    """What a household said on a question, in the form it is stored in."""

    question: Question
    value: str


@transaction.atomic
def confirm_facts(
    *,
    household: Household,
    answers: Iterable[Answer],
    by: User,
    at: datetime.datetime,
    source: UUID,
) -> int:
    """Let these answers hold as confirmed at that moment; return how many were new.

    An answer older than the one that holds only joins the history, so that a phone that
    comes back late changes nothing newer. What one `source` said before is not said again.
    """
    said = [
        FactEntry(
            household=household,
            question=answer.question,
            value=answer.value,
            confirmed_by=by,
            confirmed_at=at,
            source=source,
        ).seal()
        # Always in this order, so that two visits never wait for each other.
        for answer in sorted(answers, key=lambda answer: answer.question.pk)
    ]
    if not said:
        return 0
    known = set(FactEntry.objects.filter(source=source).values_list("question", "digest"))
    new = [entry for entry in said if (entry.question_id, entry.digest) not in known]
    if new:
        FactEntry.objects.bulk_create(new, ignore_conflicts=True)
        let_hold(household, new)
    return len(new)


def let_hold(household: Household, entries: list[FactEntry]) -> None:
    """Make these answers the current ones, where none that is newer holds."""
    Fact.objects.bulk_create(
        [
            Fact(
                household=household,
                question_id=entry.question_id,
                value=entry.value,
                confirmed_by_id=entry.confirmed_by_id,
                confirmed_at=entry.confirmed_at,
            )
            for entry in entries
        ],
        ignore_conflicts=True,
    )
    for entry in entries:
        older = Fact.objects.filter(
            household=household,
            question=entry.question_id,
            confirmed_at__lte=entry.confirmed_at,
        )
        older.update(
            value=entry.value,
            confirmed_by=entry.confirmed_by_id,
            confirmed_at=entry.confirmed_at,
        )
