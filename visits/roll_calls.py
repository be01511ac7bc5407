"""The roll call of an emergency: how far it is, and its doors in the order one walks."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, NamedTuple

from django.db.models import Count, Q

from communities.models import Grid, User
from households.addresses import room_label, unit_label
from households.models import Building, CareTag
from households.models.resident import CareTagQuerySet
from visits.day_list import care_of, heads_of
from visits.models import Emergency, RollCall, RollCallEntry, RollCallState
from visits.models.emergency import RollCallQuerySet


@dataclass
class Counts:
    """How many doors are in which state."""

    needs_help: int = 0
    not_reached: int = 0
    pending: int = 0
    safe: int = 0

    @property
    def doors(self) -> int:
        return self.needs_help + self.not_reached + self.pending + self.safe

    @property
    def called(self) -> int:
        return self.doors - self.pending

    @classmethod
    def sum(cls, parts: Iterable["Counts"]) -> "Counts":
        total = cls()
        for part in parts:
            for state in RollCallState.values:
                setattr(total, state, getattr(total, state) + getattr(part, state))
        return total


def counts_by(roll_calls: RollCallQuerySet, name: str) -> dict[Any, Counts]:
    """Return the counts by the values of a field; one query."""
    found: dict[Any, Counts] = {}
    rows = roll_calls.counted().order_by().values_list(name, "state").annotate(doors=Count("pk"))
    for key, state, doors in rows:
        setattr(found.setdefault(key, Counts()), state, doors)
    return found


class Line(NamedTuple):
    """A place of an emergency and how far it is there."""

    place: Grid | Building
    # What narrows the list of doors to it.
    key: str | int
    counts: Counts


def by_grid(roll_calls: RollCallQuerySet) -> list[Line]:
    """Return how far each grid is; two queries."""
    counts = counts_by(roll_calls, "grid")
    grids = Grid.objects.filter(pk__in=counts).order_by("code")
    return [Line(grid, grid.code, counts[grid.pk]) for grid in grids]


def of_buildings(roll_calls: RollCallQuerySet, buildings: Sequence[Building]) -> list[Line]:
    """Return how far each of these buildings is; one query."""
    counts = counts_by(roll_calls.filter(household__building__in=buildings), "household__building")
    return [
        Line(building, building.pk, counts.get(building.pk, Counts())) for building in buildings
    ]


class Notice(NamedTuple):
    """A running emergency as the people at work there see it on top of their day."""

    pk: int
    name: str
    asked: str
    called: int
    doors: int


def notices_for(user: User) -> list[Notice]:
    """Return the running emergencies at doors the user may visit, the newest first; one query."""
    rows = (
        doors_to_call(user)
        .order_by("-emergency__started_at", "-emergency")
        .values_list("emergency", "emergency__name", "emergency__asked")
        .annotate(called=Count("pk", filter=~Q(state=RollCallState.PENDING)), doors=Count("pk"))
    )
    return [Notice(*row) for row in rows]


def doors_to_call(user: User) -> RollCallQuerySet:
    """Return the doors of running roll calls that the user may visit and that still stand."""
    return RollCall.objects.editable_by(user).running().filter(household__closed_on=None)


@dataclass(frozen=True)
class CallDoor:
    """A door of the list of a roll call; `is_first` where somebody with a care tag lives."""

    roll_call: RollCall
    head: str
    care: list[str]
    # Made with the page, so that a form sent twice is one entry.
    entry_id: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def room(self) -> str:
        return room_label(self.roll_call.household.room)

    @property
    def is_first(self) -> bool:
        return bool(self.care)


class CallStairwell(NamedTuple):
    """Neighbouring doors of one building and unit."""

    label: str
    doors: list[CallDoor]


def call_stairwells(
    user: User, rows: Sequence[RollCall], *, tags: CareTagQuerySet | None = None
) -> list[CallStairwell]:
    """Group these doors in their order, with the care the user may know of; three queries.

    `tags` narrows the care that is named, as on a page that a phone keeps. Needs
    `household.building` loaded.
    """
    known = CareTag.objects.all() if tags is None else tags
    return [
        CallStairwell(label, list(doors))
        for label, doors in groupby(
            call_doors(rows, known.visible_to(user)), key=lambda door: stairwell_of(door.roll_call)
        )
    ]


def call_doors(rows: Sequence[RollCall], tags: CareTagQuerySet) -> Iterator[CallDoor]:
    households = [row.household for row in rows]
    heads, care = heads_of(households), care_of(tags, households)
    for row in rows:
        key = row.household_id
        yield CallDoor(row, heads.get(key, ""), care.get(key, []))


def stairwell_of(row: RollCall) -> str:
    return f"{row.household.building}{unit_label(row.household.unit)}"


def late_entries(roll_calls: RollCallQuerySet, emergency: Emergency) -> int:
    """Return how many entries of these were said after the end: kept, and counted nowhere."""
    if emergency.is_running:
        return 0
    entries = RollCallEntry.objects.filter(roll_call__in=roll_calls)
    return entries.filter(at__gt=emergency.ended_at).count()
