"""Taking in what a phone hands over: each item stored, held back for a person, or put off.

Nothing is answered before it is committed, and no item waits for another: a batch that
meets an error is taken apart and its items are stored one by one.
"""

import datetime
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.utils.translation import gettext as _

from communities.models import Grid, User
from visits.actions.burden import add_burden
from visits.actions.matters import report_matter
from visits.actions.visits import store
from visits.models import HeldItem, MatterCategory, Visit
from visits.sync.content import MatterContent, raw_matters
from visits.sync.devices import note_device, note_unsent
from visits.sync.facts import keep_facts
from visits.sync.held import LATER, STORED, Answer, Refusal, held_answers, hold
from visits.sync.judging import Judge, Reading
from visits.sync.letters import Letter, apart, open_letter
from visits.sync.parcel import Parcel, digest_of, read_uuid
from visits.sync.photos import attach_waiting
from visits.sync.roll_calls import enter, entered

logger = logging.getLogger(__name__)
RETRY_AFTER = 30
Reason = HeldItem.Reason


class Stored(NamedTuple):
    """As much of a stored visit as tells whether an item repeats it."""

    household_id: int
    by_id: int
    outcome: str
    digest: str


class New(NamedTuple):
    """An item seen for the first time that may be stored; without a visit it is a matter."""

    reading: Reading
    visit: Visit | None


def receive(parcel: Parcel, *, user: User | None, now: datetime.datetime) -> list[Answer]:
    """Take in a parcel; answer every item after what the answer says is committed.

    Sealed items are credited to the author inside, plain ones to `user`.
    """
    answers = [Answer.nameless(key) for key in parcel.nameless]
    once, again = apart(open_letter(item, user) for item in parcel.items)
    for letters in ([once] if once else []) + [[letter] for letter in again]:
        answers += Reception(letters, parcel, now).answers()
    if user and parcel.waiting is not None:
        put_off = sum(answer.status == LATER for answer in answers)
        note_unsent(user, parcel.waiting + put_off, now=now)
    return answers


class Reception:
    """Answers letters, no two of which share a key."""

    def __init__(self, letters: list[Letter], parcel: Parcel, now: datetime.datetime) -> None:
        self.letters = letters
        self.parcel = parcel
        self.now = now
        self.judge = Judge(letters, parcel, now)

    def answers(self) -> list[Answer]:
        held = held_answers((letter.key, letter.digest) for letter in self.letters)
        stored = stored_visits(letter.key for letter in self.letters)
        in_roll_call = entered(self.letters)
        answers: list[Answer] = []
        new: list[New] = []
        for letter in self.letters:
            if in_roll_call.get(letter.key) == letter.digest:
                answers.append(Answer.stored(letter.key))
                continue
            earlier, known = held.get((letter.key, letter.digest)), stored.get(letter.key)
            if earlier and known is None:
                answers.append(earlier)
                continue
            try:
                reading = self.judge.read(letter)
                if known:
                    repeat(reading, known)
                    answers.append(self.finish(reading))
                else:
                    new.append(New(reading, self.judge.judge(reading)))
            except Refusal as refusal:
                if known and known.digest == letter.digest:
                    # Mended by a person and stored: what it said first no longer matters.
                    answers.append(Answer.stored(letter.key))
                else:
                    answers.append(earlier or self.put_aside(letter, refusal))
        answers += self.store(new)
        self.note_device(answers)
        return answers

    def store(self, new: list[New]) -> list[Answer]:
        """Store the visits in one transaction, or each in its own where that fails."""
        visits = [item for item in new if item.visit]
        together = len(visits) > 1
        if together:
            try:
                store_new(visits)
            except DatabaseError:
                together = False
        return [
            self.store_alone(item, item.visit)
            if item.visit and not together
            else self.finish(item.reading)
            for item in new
        ]

    def store_alone(self, item: New, visit: Visit) -> Answer:
        """Store one visit; hold it back where the database refuses it, else put it off."""
        reading = item.reading
        try:
            store_patiently(item)
        except (OperationalError, InterfaceError):
            return Answer.later(visit.pk, RETRY_AFTER)
        except DatabaseError as error:
            # Perhaps another request stored it a moment ago: what it says now decides.
            known = stored_visits([visit.pk]).get(visit.pk)
            if known is None:
                logger.exception("a visit was refused by the database", exc_info=error)
                return self.put_aside(reading.letter, Refusal(Reason.INVALID, "database"))
            try:
                repeat(reading, known)
            except Refusal as refusal:
                return self.put_aside(reading.letter, refusal)
            return self.finish(reading)
        return self.finish(reading)

    def finish(self, reading: Reading) -> Answer:
        """Keep what came along with a visit that is stored, or matters alone; answer for all.

        The visit stands whatever becomes of its answers and matters; sent again, they are the
        same.
        """
        key = reading.letter.key
        if reading.content.roll_call:
            return self.enter_roll_call(reading)
        try:
            facts = self.keep_answers(reading)
            matters = [
                held
                for matter in reading.content.matters
                if (held := self.take_in(reading, matter))
            ]
        except (OperationalError, InterfaceError, OSError):
            return Answer.later(key, RETRY_AFTER)
        parts = [*matters, facts] if facts else matters
        if any(part.status == LATER for part in parts):
            return Answer.later(key, RETRY_AFTER)
        return answer_with(reading, matters, facts)

    def enter_roll_call(self, reading: Reading) -> Answer:
        """Store what was said of a door in an emergency; hold back what cannot be."""
        try:
            enter(reading)
        except ValidationError as error:
            reason = Reason.CONFLICT if error.code == "key_taken" else Reason.INVALID
            return self.put_aside(reading.letter, Refusal(reason, error.code or ""))
        except (OperationalError, InterfaceError):
            return Answer.later(reading.letter.key, RETRY_AFTER)
        return Answer.stored(reading.letter.key)

    def keep_answers(self, reading: Reading) -> Answer | None:
        """Keep what was answered; return what is told of answers that were held back."""
        try:
            keep_facts(reading, self.judge)
        except Refusal as refusal:
            letter = reading.letter
            alone = {**letter.raw, "visit": None, "issue": None, "issues": []}
            return self.keep(letter, letter.key, alone, refusal)
        return None

    def take_in(self, reading: Reading, matter: MatterContent) -> Answer | None:
        """Report a matter; return what is told of one that was held back."""
        try:
            report(reading, matter)
        except ValidationError as error:
            reason = Reason.CONFLICT if error.code == "key_taken" else Reason.INVALID
            refusal = Refusal(reason, error.code or "")
            return self.keep(reading.letter, matter.id, matter_alone(reading, matter), refusal)
        return None

    def put_aside(self, letter: Letter, refusal: Refusal) -> Answer:
        return self.keep(letter, letter.key, letter.kept, refusal)

    def keep(self, letter: Letter, key: UUID, content: object, refusal: Refusal) -> Answer:
        try:
            item = hold(
                item=key,
                digest=digest_of(content),
                by=letter.author if letter.author in self.judge.people else None,
                community=self.judge.community_of(letter),
                refusal=refusal,
                content=content,
            )
        except (OperationalError, InterfaceError):
            return Answer.later(key, RETRY_AFTER)
        return Answer.held(item)

    def note_device(self, answers: list[Answer]) -> None:
        """Note the numbers of what is here for good; what was put off comes again."""
        settled = {answer.id for answer in answers if answer.status != LATER}
        numbers = [
            letter.item.seq for letter in self.letters if letter.item.seq and letter.key in settled
        ]
        if self.parcel.device and numbers:
            note_device(
                self.parcel.device,
                numbers,
                community=self.judge.community_of(self.letters[0]),
                now=self.now,
            )


def stored_visits(keys: Iterable[UUID]) -> dict[UUID, Stored]:
    rows = Visit.objects.filter(pk__in=list(keys)).values_list("pk", *Stored._fields)
    return {key: Stored(*row) for key, *row in rows}


def repeat(reading: Reading, known: Stored) -> None:
    """Accept an item that says what is stored; raises Refusal for one that does not.

    A visit saved through a form under the same key has no digest: door, worker and outcome
    then decide, since the form kept the time of its first sending.
    """
    said = reading.content.visit
    if known.digest:
        same = known.digest == reading.letter.digest
    else:
        told = (reading.content.household, reading.author.pk, said.outcome if said else "")
        same = told == (known.household_id, known.by_id, known.outcome)
    if not same:
        raise Refusal(Reason.CONFLICT)


def store_patiently(item: New) -> None:
    """Store one visit; a deadlock or a busy database is met twice before it is told."""
    try:
        store_new([item])
    except OperationalError:
        store_new([item])


@transaction.atomic
def store_new(items: Sequence[New]) -> None:
    """Store these visits, and add what writing them took to the weeks of their communities."""
    store([item.visit for item in items if item.visit])
    efforts: dict[tuple[int, datetime.date], Counter[str]] = defaultdict(Counter)
    for item in items:
        household, effort = item.reading.household, item.reading.content.effort
        if household and effort:
            week = efforts[household.grid.community_id, item.reading.day]
            week.update(effort, visits=1)
    for (community, day), effort in sorted(efforts.items()):
        add_burden(community_id=community, day=day, **effort)


def matter_alone(reading: Reading, matter: MatterContent) -> dict[str, Any]:
    """Return the content of an item as it would be with this matter and nothing else."""
    raw: dict[str, Any] = reading.letter.raw
    said = next(one for one in raw_matters(raw) if read_uuid(one["id"]) == matter.id)
    # What was not sent is not made up: an older client's item keeps its digest.
    more: dict[str, Any] = {name: [] for name in ("issues", "facts") if name in raw}
    return {**raw, "visit": None, "issue": said, **more}


def answer_with(reading: Reading, matters: list[Answer], facts: Answer | None) -> Answer:
    """Return the answer to an item: stored, naming what of it was held back.

    An item that is a matter and nothing else is held back whole.
    """
    key, content = reading.letter.key, reading.content
    alone = next((held for held in matters if held.id == key), None)
    others = [held for held in matters if held is not alone]
    if alone:
        return replace(alone, matters=tuple(others))
    first = next((held for held in others if held.id == content.matters[0].id), None)
    more = tuple(held for held in others if held is not first)
    return Answer(key, STORED, matter=first, matters=more, facts=facts)


def report(reading: Reading, matter: MatterContent) -> None:
    """Store the matter for today's grid of its door; photos that came before it join it."""
    category = MatterCategory.objects.filter(pk=matter.category).first()
    if category is None:
        raise ValidationError(_("This category does not exist."), code="category")
    door = reading.household
    grid = door.grid if door else Grid.objects.filter(code=matter.grid).first()
    if grid is None:
        raise ValidationError(_("This grid does not exist."), code="grid")
    stored = report_matter(
        id=matter.id,
        by=reading.author,
        category=category,
        grid=grid,
        household=door,
        visit=Visit.objects.filter(pk=reading.letter.key).first(),
        place=matter.place,
        description=matter.description,
        urgency=matter.urgency,
        is_solved=matter.is_solved,
        at=reading.clock.at,
    )
    attach_waiting(stored)
