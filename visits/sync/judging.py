"""Whether an item may be stored: judged as of its own time, never of the time it arrives."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from communities.models import Grid, User
from communities.models.place import COMMUNITY_DIGITS
from households.models import Household
from visits.actions.doors import grid_then
from visits.models import HeldItem, Visit
from visits.sync.content import (
    OLDEST,
    Clock,
    Content,
    ContentError,
    VisitContent,
    check_appointment,
    read_content,
    set_right,
)
from visits.sync.held import Refusal
from visits.sync.leaving import refuse_after_leaving
from visits.sync.letters import Letter
from visits.sync.parcel import Parcel
from visits.sync.scope import Standings, borders_before

Reason = HeldItem.Reason


@dataclass(frozen=True)
class Reading:
    """A letter that could be read: by whom, about which door if any, when by the server's clock."""

    letter: Letter
    author: User
    content: Content
    household: Household | None
    clock: Clock

    @property
    def day(self) -> datetime.date:
        return timezone.localdate(self.clock.at)


class Judge:
    """Judges letters by what four queries say of their people and doors."""

    def __init__(self, letters: Sequence[Letter], parcel: Parcel, now: datetime.datetime) -> None:
        self.now = now
        self.exchange_offset = (
            0 if parcel.sent_at is None else round(now.timestamp() - parcel.sent_at / 1000)
        )
        people = {letter.author for letter in letters if letter.author is not None}
        self.people: dict[int, User] = User.objects.in_bulk(people)
        self.standings = Standings(people)
        doors = {letter.household for letter in letters if letter.household}
        # The few columns that judging reads; twenty whole doors would cost as much again.
        households = Household.objects.select_related("grid").only(
            "building", "unit", "grid", "grid_since", "grid__code", "grid__community"
        )
        self.households: dict[int, Household] = households.in_bulk(doors)
        self.grid_codes = {door.grid_id: door.grid.code for door in self.households.values()}

    def read(self, letter: Letter) -> Reading:
        """Return who says what about which door, and when; raises Refusal."""
        if letter.raw is None and letter.item.envelope is not None:
            raise Refusal(Reason.SEALED)
        author = self.people.get(letter.author or 0)
        if author is None:
            raise Refusal(Reason.SEALED, "author")
        try:
            content = read_content(letter.raw)
        except ContentError as error:
            raise Refusal(Reason.INVALID, error.field) from None
        offset = self.exchange_offset if content.clock_offset is None else content.clock_offset
        clock = set_right(content.moment, offset, now=self.now)
        return Reading(letter, author, content, self.households.get(content.household or 0), clock)

    def judge(self, reading: Reading) -> Visit | None:
        """Return the visit to store, None for a matter alone; raises Refusal."""
        content, household = reading.content, reading.household
        if content.household and household is None:
            raise Refusal(Reason.HOUSEHOLD)
        if reading.clock.at < self.now - OLDEST:
            raise Refusal(Reason.OLD)
        refuse_after_leaving(
            reading.author,
            self.standings.last_day(reading.author.pk),
            written_at=reading.clock.at,
            now=self.now,
        )
        if not self.was_in_care(reading):
            raise Refusal(Reason.SCOPE)
        if content.visit is None or household is None:
            return None
        try:
            check_appointment(content.visit, reading.day)
        except ContentError as error:
            raise Refusal(Reason.INVALID, error.field) from None
        return visit_of(reading, content.visit, household)

    def was_in_care(self, reading: Reading) -> bool:
        """Say whether the author worked at that door, or in that grid, on that day."""
        author, household, matters = reading.author, reading.household, reading.content.matters
        if author.is_superuser:
            return True
        if household:
            code = self.code_of(grid_then(household, reading.day))
            return self.standings.could_visit(
                author.pk, household, code, reading.day
            ) or self.was_hers_before(reading, household)
        return all(
            matter.grid and self.standings.could_work_in(author.pk, matter.grid, reading.day)
            for matter in matters
        )

    def was_hers_before(self, reading: Reading, household: Household) -> bool:
        """Say whether her phone may still have had the door on its list, from before a re-cut.

        It was in her care on the last day of the old border, and she works in the community yet.
        """
        person, day = reading.author.pk, reading.day
        return self.standings.works_in_community(person, household.grid.code, day) and any(
            self.standings.could_visit(person, household, code, last_day)
            for code, last_day in borders_before(household, day)
        )

    def may_ask(self, reading: Reading) -> bool:
        """Say whether the author could put the questions of departments there on that day.

        Neighbours who help with their stairwell could not.
        """
        if reading.author.is_superuser or reading.household is None:
            return reading.author.is_superuser
        person, day = reading.author.pk, reading.day
        code = self.code_of(grid_then(reading.household, day))
        return self.standings.could_work_in(person, code, day) or (
            self.standings.works_in_community(person, code, day)
            and any(
                self.standings.could_work_in(person, before, last_day)
                for before, last_day in borders_before(reading.household, day)
            )
        )

    def code_of(self, grid: int) -> str:
        if grid not in self.grid_codes:
            self.grid_codes[grid] = Grid.objects.values_list("code", flat=True).get(pk=grid)
        return self.grid_codes[grid]

    def community_of(self, letter: Letter) -> str:
        """Return the code of the community whose officers see the letter, "" for none."""
        household = self.households.get(letter.household or 0)
        if household:
            return household.grid.code[:COMMUNITY_DIGITS]
        return self.standings.home(letter.author or 0)[:COMMUNITY_DIGITS]


def visit_of(reading: Reading, said: VisitContent, household: Household) -> Visit:
    return Visit(
        id=reading.letter.key,
        household=household,
        by=reading.author,
        done_at=reading.clock.at,
        phone_done_at=said.done_at,
        clock_offset=reading.clock.offset,
        outcome=said.outcome,
        way=said.way,
        companions=said.companions,
        note=said.note,
        next_on=said.next_on,
        reason=said.reason,
        digest=reading.letter.digest,
    )
