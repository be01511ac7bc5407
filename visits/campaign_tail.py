"""The doors of a campaign one by one: what was tried there, and what to try next."""

import datetime
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from communities.models import Membership
from communities.roles import Role
from households.models import Household, Post, Residency
from visits.models import Campaign, CampaignDoor, DoorResult, Outcome, Visit, Way
from visits.rules import EVENING, NOON, PARTS_BY_PROMISE, SATURDAY, TRY_PART, part_of_day

Part = Household.PartOfDay
EXPORTED_AT_A_TIME = 2000


class Advice(NamedTuple):
    """What to try next at a door, and why, in words."""

    step: str
    reason: str


NOTHING = Advice("", "")


@dataclass
class Tries:
    """What was tried at one door within the days of a campaign."""

    parts: Counter[Part] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)
    last_at: datetime.datetime | None = None
    last_outcome: str = ""

    @property
    def times(self) -> int:
        return self.ways.total()

    @property
    def part_words(self) -> str:
        """How often she knocked in each part of the day, in words."""
        return "、".join(f"{part.label} {self.parts[part]}" for part in Part if self.parts[part])

    def add(self, done_at: datetime.datetime, outcome: str, way: str) -> None:
        """Take in one more, later than those before."""
        self.ways[way] += 1
        if way == Way.DOOR:
            self.parts[part_of_day(done_at)] += 1
        self.last_at, self.last_outcome = done_at, str(Outcome(outcome).label)


class Means(NamedTuple):
    """What there is to try: the parts of the day that are left, and who could be asked."""

    parts: Sequence[Part]
    has_phone: bool
    has_captain: bool


def next_step(tries: Tries, means: Means) -> Advice:
    """Say what to try next: another part of the day, then the ways round the door.

    The parts come in the order in which doors open more readily. Once each that is left was
    tried, what involves the household alone comes before those who live beside it; a slip
    of paper, which asks nothing of anybody, is last.
    """
    untried = next((part for part in means.parts if not tries.parts[part]), None)
    if untried:
        why = _("Not tried in this part of the day yet.") if tries.parts else _("Doors open then.")
        return Advice(str(TRY_PART[untried]), why)
    has_number = (
        _("Knocking did not help, and the register has a number.")
        if tries.parts
        else _("No time is left to knock, and the register has a number.")
    )
    wrote = tries.ways[Way.MESSAGE] or tries.ways[Way.OFFICE]
    ladder = (
        (
            means.has_phone and not tries.ways[Way.PHONE],
            Advice(_("Call first"), has_number),
        ),
        (
            means.has_phone and not wrote,
            Advice(_("Ask by message to come at office hours"), _("The call did not help either.")),
        ),
        (
            not tries.ways[Way.NEIGHBOUR],
            Advice(_("Ask a neighbour"), _("They know when somebody is in.")),
        ),
        (
            means.has_captain and not tries.ways[Way.VOLUNTEER],
            Advice(_("Ask the captain of the stairwell"), _("She sees who comes and goes.")),
        ),
    )
    slip = Advice(_("Leave a door slip"), _("Everything else was tried. They can call back."))
    return next((advice for applies, advice in ladder if applies), slip)


def parts_left(campaign: Campaign, on: datetime.date) -> list[Part]:
    """Return the parts of the day that the hours and the days still to come allow."""
    first = max(campaign.first_on, on)
    days = range((campaign.closing_day - first).days + 1)
    weekdays = {(first + datetime.timedelta(days=day)).weekday() for day in days}
    has_working_day = any(day < SATURDAY for day in weekdays)
    noon, evening = datetime.time(NOON), datetime.time(EVENING)
    starts, ends = campaign.from_time, campaign.until_time
    allowed = {
        Part.MORNING: has_working_day and starts < noon,
        Part.AFTERNOON: has_working_day and starts < evening and ends > noon,
        Part.EVENING: has_working_day and ends > evening,
        Part.WEEKEND: any(day >= SATURDAY for day in weekdays),
    }
    return [part for part in PARTS_BY_PROMISE if allowed[part]]


@dataclass(frozen=True)
class DoorRow:
    """A door of a campaign with what came of it, what was tried and what to try next."""

    door: CampaignDoor
    result: DoorResult
    tries: Tries
    advice: Advice

    @property
    def household(self) -> Household:
        return self.door.household


def door_rows(campaign: Campaign, doors: Sequence[Any], on: datetime.date) -> list[DoorRow]:
    """Describe these doors, read by `with_result` with their households; three queries."""
    keys = [door.household_id for door in doors]
    tries: dict[int, Tries] = {key: Tries() for key in keys}
    visits = (
        Visit.objects.filter(household__in=keys)
        .standing()
        .between(campaign.first_on, campaign.closing_day)
        .order_by("done_at", "received_at", "pk")
    )
    rows = visits.values_list("household", "done_at", "outcome", "way")
    for key, done_at, outcome, way in rows:
        tries[key].add(done_at, outcome, way)
    phones = with_phone(keys)
    captains = captained({door.household.building_id for door in doors}, on)
    parts = parts_left(campaign, on)
    described = []
    for door in doors:
        household, result = door.household, DoorResult(door.result)
        spots = {(household.building_id, ""), (household.building_id, household.unit)}
        means = Means(parts, household.pk in phones, not captains.isdisjoint(spots))
        done = tries[household.pk]
        described.append(DoorRow(door, result, done, advice_for(household, result, done, means)))
    return described


def advice_for(household: Household, result: DoorResult, tries: Tries, means: Means) -> Advice:
    """Advise only where there is something to try: an answer, a no included, is one."""
    if household.closed_on or result == DoorResult.REACHED:
        return NOTHING
    if result == DoorResult.DECLINED:
        return Advice(_("Leave a door slip"), _("They said no. Do not press; they can call back."))
    return next_step(tries, means)


def with_phone(households: Sequence[int]) -> set[int]:
    """Return those of the households where somebody living there has a phone in the register."""
    living = Residency.objects.living().filter(household__in=households)
    found = living.filter(resident__phones__isnull=False).values_list("household", flat=True)
    return set(found)


def captained(buildings: set[int], on: datetime.date) -> set[tuple[int, str]]:
    """Return the buildings and units that have a captain on that day; no unit means all."""
    captains = Membership.objects.current(on).filter(role=Role.STAIR_CAPTAIN)
    posts = Post.objects.filter(building__in=buildings, membership__in=captains)
    return set(posts.values_list("building", "unit"))


def exported_rows(campaign: Campaign, doors: Any, on: datetime.date) -> Iterator[DoorRow]:
    """Describe all these doors, some thousands at a time, so that memory does not grow."""
    rest = doors.iterator(chunk_size=EXPORTED_AT_A_TIME)
    while batch := list(islice(rest, EXPORTED_AT_A_TIME)):
        yield from door_rows(campaign, batch, on)
