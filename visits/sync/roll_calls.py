"""Entries of a roll call that phones hand over: docs/sync.md, sections 3 and 4."""

from collections.abc import Iterable
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from visits.actions.emergencies import enter_roll_call
from visits.models import Emergency, RollCallEntry
from visits.sync.judging import Reading
from visits.sync.letters import Letter


def entered(letters: Iterable[Letter]) -> dict[UUID, str]:
    """Return the digests of those that are stored; no query where none is of a roll call."""
    keys = [
        letter.key
        for letter in letters
        if isinstance(letter.raw, dict) and letter.raw.get("roll_call")
    ]
    if not keys:
        return {}
    return dict(RollCallEntry.objects.filter(pk__in=keys).values_list("pk", "digest"))


def enter(reading: Reading) -> None:
    """Store what the reading says of its door; raises ValidationError worded for the worker."""
    said, household = reading.content.roll_call, reading.household
    if said is None or household is None:
        raise TypeError("only a roll call of a known door is entered")
    emergency = Emergency.objects.filter(pk=said.emergency).first()
    if emergency is None:
        raise ValidationError(_("This emergency does not exist."), code="emergency")
    entry = RollCallEntry(
        id=reading.letter.key,
        state=said.state,
        people=said.people,
        note=said.note,
        by=reading.author,
        at=reading.clock.at,
        digest=reading.letter.digest,
    )
    enter_roll_call(entry=entry, emergency=emergency, household=household)
