"""The list of a day: doors in the order one walks, and what to know before each."""

import datetime
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from types import MappingProxyType
from typing import NamedTuple

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.utils import timezone

from communities.models import User
from households.addresses import room_label, unit_label
from households.models import (
    CareTag,
    DoorState,
    Household,
    Residency,
    is_in_state,
)
from households.models.resident import CareTagQuerySet
from households.topics import Asked
from visits.door_tasks import DoorTasks, tasks_at
from visits.knocking import KnockRules
from visits.models import Visit
from visits.odds import Chance, Evidence, best_chance, parts_left
from visits.openings import evidence_at, knocks_at
from visits.rules import NOON, TRY_PART, part_of_day

Part = Household.PartOfDay
# Beyond this a choice of buildings is longer than the list itself.
MOST_BUILDINGS = 100


class ListedBuilding(NamedTuple):
    """A building to narrow the list to, how many doors of it are listed, and how many late."""

    pk: int
    label: str
    doors: int
    overdue: int


@dataclass(frozen=True)
class Door:
    """One door of the list, with the key that its next visit will have."""

    household: Household
    on: datetime.date
    head: str
    care: list[str]
    last: Visit | None
    tasks: DoorTasks
    last_answer: datetime.date | None
    chance: Chance | None
    # Named only where a phone keeps the list.
    asked: list[Asked] = field(default_factory=list)
    visit_id: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def room(self) -> str:
        return room_label(self.household.room)

    @property
    def reasons(self) -> list[str]:
        return self.tasks.reasons()

    @property
    def questions(self) -> str:
        """The questions due here, as the script of the kept form reads them: docs/sync.md."""
        return json.dumps(
            [
                [one.question.pk, one.value, one.known(self.on)] if one.value else [one.question.pk]
                for one in self.asked
            ],
            ensure_ascii=False,
            separators=(",", ":"),
        )

    @property
    def days_overdue(self) -> int:
        return max((self.on - self.household.due_by).days, 0)

    @property
    def advice(self) -> str:
        """When to knock after unanswered tries, in words; "" when the chance says it."""
        part = self.household.retry_part
        return str(TRY_PART[Part(part)]) if part and not self.chance else ""

    @property
    def is_likely_now(self) -> bool:
        """Say whether the present part of the day is the likeliest that is left."""
        return bool(self.chance and self.chance.part == part_of_day(timezone.now()))


@dataclass(frozen=True)
class Stairwell:
    """Neighbouring doors of one building and unit, with what its community says of knocking."""

    label: str
    doors: list[Door]

    @property
    def first(self) -> Household:
        return self.doors[0].household

    @property
    def rules(self) -> KnockRules:
        return KnockRules.of(self.first.building.community)


@dataclass(frozen=True)
class Progress:
    """How far the day and the quarter are; `overdue` are some of the doors `listed`."""

    done: int
    listed: int
    overdue: int
    covered: int
    actual: int


def progress(
    user: User,
    doors: "QuerySet[Household]",
    listed: Sequence[ListedBuilding],
    on: datetime.date,
) -> Progress:
    """Count the doors the user dealt with that day, and the states of all her doors."""
    states = doors.aggregate(
        covered=Count("pk", filter=is_in_state(DoorState.COVERED, on)),
        actual=Count("pk", filter=is_in_state(DoorState.ACTUAL, on)),
    )
    visits = Visit.objects.filter(by=user).standing().between(on, on)
    return Progress(
        done=visits.aggregate(doors=Count("household", distinct=True))["doors"],
        listed=sum(building.doors for building in listed),
        overdue=sum(building.overdue for building in listed),
        **states,
    )


def stairwells(
    user: User,
    households: Sequence[Household],
    on: datetime.date,
    *,
    tags: CareTagQuerySet | None = None,
    asked: Mapping[int, list[Asked]] = MappingProxyType({}),
) -> list[Stairwell]:
    """Group households in walking order, with what the user may know of each.

    Needs `building.community` loaded; nine queries. `tags` narrows the care that is named
    and `asked` adds the questions due, as on a page that a phone keeps.
    """
    known = CareTag.objects.all() if tags is None else tags
    return [
        Stairwell(label, list(doors))
        for label, doors in groupby(
            doors_of(user, households, on, known.visible_to(user), asked), key=stairwell_label
        )
    ]


def stairwell_label(door: Door) -> str:
    household = door.household
    return f"{household.building}{unit_label(household.unit)}"


def doors_of(
    user: User,
    households: Sequence[Household],
    on: datetime.date,
    tags: CareTagQuerySet,
    asked: Mapping[int, list[Asked]],
) -> Iterator[Door]:
    heads = heads_of(households)
    care = care_of(tags, households)
    last = last_visits(households)
    tasks = tasks_at(user, households, on)
    knocks = knocks_at(households, on)
    evidence = evidence_at(households, knocks, on)
    now = timezone.localtime()
    for household in households:
        key = household.pk
        yield Door(
            household,
            on,
            heads.get(key, ""),
            care.get(key, []),
            last.get(key),
            tasks[key],
            knocks[key].last_answer,
            chance_today(household, evidence[key], now),
            asked.get(key, []),
        )


def chance_today(household: Household, evidence: Evidence, now: datetime.datetime) -> Chance | None:
    """Return the likeliest part that the day still offers; None when it offers none worth naming.

    A door that is to be tried in a certain part gets the chance of that part.
    """
    parts = parts_left(now)
    rules = KnockRules.of(household.building.community)
    if now.hour >= NOON and rules.is_quiet(now.time()):
        return None
    if household.retry_part:
        parts = [part for part in parts if part == household.retry_part]
    return best_chance(parts, evidence) if parts and evidence.grid else None


def heads_of(households: Sequence[Household]) -> dict[int, str]:
    """Return the name of each household's head, or of whoever was entered first."""
    rows = Residency.objects.living().filter(household__in=households)
    # The last row of a household wins: its head, else the lowest key.
    ordered = rows.order_by("is_head", "-pk")
    return dict(ordered.values_list("household", "resident__name"))


def care_of(tags: CareTagQuerySet, households: Sequence[Household]) -> dict[int, list[str]]:
    """Return which of these care tags those who live there have.

    Asked in two steps: one query would let a database without fresh statistics begin with
    everybody who has one of the tags.
    """
    known = dict(tags.order_by("name").values_list("pk", "name"))
    rows = (
        Residency.objects.living()
        .filter(household__in=households, resident__care__until=None)
        .values_list("household", "resident__care__tag")
    )
    found: dict[int, set[int | None]] = {}
    for household, tag in rows:
        found.setdefault(household, set()).add(tag)
    return {
        household: [name for tag, name in known.items() if tag in tags]
        for household, tags in found.items()
    }


def last_visits(households: Sequence[Household]) -> dict[int, Visit]:
    """Return the newest standing visit of each household."""
    newest = Visit.objects.filter(household=OuterRef("pk")).standing().newest_first()
    keys = Household.objects.filter(pk__in=[household.pk for household in households]).annotate(
        newest=Subquery(newest.values("pk")[:1])
    )
    return {
        visit.household_id: visit for visit in Visit.objects.filter(pk__in=keys.values("newest"))
    }


def walk_of(user: User) -> str:
    """Return the field whose order is the way she walks: every stairwell up, or down."""
    return "walk_down" if user.walks_down else "walk_order"


def place_in_list(visit: Visit | None, households: Sequence[Household], walk: str) -> int | None:
    """Return the key of the first door after the one visited, None after the last."""
    if visit is None:
        return None
    here = (getattr(visit.household, walk), visit.household_id)
    following = (door.pk for door in households if (getattr(door, walk), door.pk) > here)
    return next(following, None)


def listed_buildings(listed: "QuerySet[Household]", on: datetime.date) -> list[ListedBuilding]:
    """Return the buildings of the listed doors in walking order."""
    rows = (
        listed.order_by("building__walk_order", "building")
        .values_list("building", "building__estate", "building__name")
        .annotate(doors=Count("pk"), overdue=Count("pk", filter=is_in_state(DoorState.OVERDUE, on)))
    )
    return [
        ListedBuilding(pk, f"{estate}{name}", doors, overdue)
        for pk, estate, name, doors, overdue in rows
    ]


def building_choices(listed: Sequence[ListedBuilding]) -> Sequence[ListedBuilding]:
    """Return the buildings to narrow the list to; none when there are too many, or only one."""
    return listed if 1 < len(listed) <= MOST_BUILDINGS else []
