"""Deciding about what was held back: store it mended, or declare it void."""

import datetime
import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from communities.models import User
from communities.roles import READERS
from households.actions.facts import confirm_facts
from households.models import Household, Question
from visits.actions.emergencies import enter_roll_call
from visits.actions.matters import report_matter
from visits.actions.visits import record_visit, store
from visits.models import (
    HeldItem,
    Matter,
    MatterCategory,
    RollCall,
    RollCallEntry,
    Visit,
)
from visits.sync.content import ContentError, read_fact, read_matter
from visits.sync.facts import understood
from visits.sync.photos import attach_waiting


@transaction.atomic
def store_held_visit(
    *, held: HeldItem, by: User, at: datetime.datetime, values: dict[str, Any]
) -> Visit:
    """Store the visit with these values, credited to whoever wrote it, and its matter with it.

    Under a key that names another visit already it becomes that visit's correction, if `by`
    may correct that one. The phone that sends the item once more is told that it is stored.
    """
    held = decide(held, by=by, at=at, decision=HeldItem.Decision.STORED)
    author = author_of(held)
    earlier = Visit.objects.filter(pk=held.item).first()
    if earlier:
        if not Visit.objects.correctable_by(by).contains(earlier):
            raise ValidationError(
                _("What is stored under this key is not yours to correct. An officer decides.")
            )
        visit = record_visit(id=uuid.uuid4(), by=author, corrects=earlier, **values)
    else:
        visit = Visit(id=held.item, by=author, digest=held.digest, **values)
        store([visit])
    report_noticed(held, visit, at=at)
    keep_answers(held, visit)
    return visit


@transaction.atomic
def store_held_matter(
    *, held: HeldItem, by: User, at: datetime.datetime, values: dict[str, Any]
) -> Matter:
    """Report the matter with these values, in the name of whoever wrote it."""
    held = decide(held, by=by, at=at, decision=HeldItem.Decision.STORED)
    taken = Matter.objects.filter(pk=held.item).exists()
    matter = report_matter(
        id=uuid.uuid4() if taken else held.item, by=author_of(held), at=held.received_at, **values
    )
    attach_waiting(matter)
    return matter


@transaction.atomic
def store_held_roll_call(
    *, held: HeldItem, by: User, at: datetime.datetime, values: dict[str, Any]
) -> RollCall:
    """Enter what was said of a door in an emergency, in the name of whoever said it.

    `values` are the door, the emergency, the moment it was said and what was said.
    """
    held = decide(held, by=by, at=at, decision=HeldItem.Decision.STORED)
    emergency, household = values.pop("emergency"), values.pop("household")
    taken = RollCallEntry.objects.filter(pk=held.item).exists()
    entry = RollCallEntry(
        id=uuid.uuid4() if taken else held.item,
        by=author_of(held),
        digest="" if taken else held.digest,
        received_at=held.received_at,
        **values,
    )
    return enter_roll_call(entry=entry, emergency=emergency, household=household).roll_call


@transaction.atomic
def declare_void(*, held: HeldItem, by: User, at: datetime.datetime, note: str) -> None:
    """Say that an item counts for nothing; it stays on record with the reason."""
    decide(held, by=by, at=at, decision=HeldItem.Decision.VOID, note=note)


def decide(
    held: HeldItem,
    *,
    by: User,
    at: datetime.datetime,
    decision: HeldItem.Decision,
    note: str = "",
) -> HeldItem:
    """Close an item; of two people deciding at once the second is told."""
    changed = (
        HeldItem.objects.filter(pk=held.pk)
        .waiting()
        .update(decided_at=at, decided_by=by, decision=decision, note=note)
    )
    if not changed:
        raise ValidationError(
            _("Somebody else has decided about this meanwhile. Look at the list again.")
        )
    return HeldItem.objects.select_related("by").get(pk=held.pk)


def author_of(held: HeldItem) -> User:
    if held.by is None:
        raise ValidationError(_("Nobody knows who wrote this. It can only be declared void."))
    return held.by


def report_noticed(held: HeldItem, visit: Visit, *, at: datetime.datetime) -> None:
    """Report the matters that came along with the visit, where they can be read."""
    raw = held.written.get("issues")
    for written in [held.written.get("issue"), *(raw if isinstance(raw, list) else [])]:
        try:
            said = read_matter(written)
        except ContentError:
            continue
        category = MatterCategory.objects.filter(pk=said.category).first()
        if category and not Matter.objects.filter(pk=said.id).exists():
            matter = report_matter(
                id=said.id,
                by=visit.by,
                category=category,
                grid=visit.household.grid,
                household=visit.household,
                visit=visit,
                place=said.place,
                description=said.description,
                urgency=said.urgency,
                at=at,
            )
            attach_waiting(matter)


def keep_answers(held: HeldItem, visit: Visit) -> None:
    """Confirm what was answered on the visit, where it can be read, as of the visit's time.

    Not what a neighbour wrote who only helps with a stairwell: she is not the one to ask.
    """
    if not Household.objects.held_by(visit.by, READERS).contains(visit.household):
        return
    raw = held.written.get("facts")
    answers = []
    for written in raw if isinstance(raw, list) else []:
        try:
            fact = read_fact(written)
        except ContentError:
            continue
        question = Question.objects.plain().filter(pk=fact.question).first()
        answers.append(understood(question, fact))
    confirm_facts(
        household=visit.household,
        answers=[answer for answer in answers if answer],
        by=visit.by,
        at=visit.done_at,
        source=held.item,
    )
