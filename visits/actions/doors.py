"""What the visits of a door say about it: derived, and written where it changed."""

import datetime
from collections.abc import Collection, Iterable
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import connection
from django.utils import timezone

from households.models import FormerGrid, Household
from households.rhythm import rhythms
from visits.models import Visit
from visits.models.visit import NEWEST_FIRST
from visits.rules import TRIES_READ, TRY_FIELDS, Rules, Try, door_fields

# The due dates follow from these two and the rhythm.
SCHEDULING_FIELDS = ("last_visited_on", "asked_for_on")
VISITED_FIELDS = (
    *SCHEDULING_FIELDS,
    "due_from",
    "due_by",
    "unanswered",
    "retry_on",
    "retry_part",
)
# Written out: Django would compile it anew for every door of a batch.
UPDATE_DOOR = """
    UPDATE households_household SET last_visited_on = %s, asked_for_on = %s, due_from = %s,
        due_by = %s, unanswered = %s, retry_on = %s, retry_part = %s
    WHERE id = %s
"""


def lock_doors(keys: Collection[int]) -> dict[int, Household]:
    """Return these households as they are now, held until the transaction ends.

    Held before a visit is inserted, and always in this order: two inserts that each wait
    to update a door would wait for each other.
    """
    rows = Household.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
    return {door.pk: door for door in rows}


def grid_then(door: Household, day: datetime.date) -> int:
    """Return the grid the household was in on that day."""
    if day >= door.grid_since:
        return door.grid_id
    former = FormerGrid.objects.filter(household=door, until__gte=day).order_by("until")
    return former.values_list("grid", flat=True).first() or door.grid_id


def update_doors(
    doors: Collection[Household], rules: Rules, *, with_corrections: bool = False
) -> None:
    """Derive from their visits what these locked doors say, and save what changed.

    Visits before the last one that counts change nothing, unless a correction takes that
    one away; so without `with_corrections` they are not read.
    """
    tries = tries_of([door.pk for door in doors]) if with_corrections else recent_tries_of(doors)
    before = {door.pk: values_of(door) for door in doors}
    for door in doors:
        own = tries.get(door.pk, [])
        derive(door, own, rules, counted=last_counted(own))
    moved = [
        door
        for door in doors
        if any(before[door.pk][name] != getattr(door, name) for name in SCHEDULING_FIELDS)
    ]
    days = rhythms([door.pk for door in moved]) if moved else {}
    for door in moved:
        door.reschedule(rhythm_days=days[door.pk])
    write(door for door in doors if values_of(door) != before[door.pk])


def recent_tries_of(doors: Collection[Household]) -> dict[int, list[Try]]:
    """Return the standing visits of each door from its last one that counts on, newest first.

    A few older ones may be among them.
    """
    visited = [door for door in doors if door.last_visited_on]
    others = [door.pk for door in doors if not door.last_visited_on]
    tries = tries_of(others) if others else {}
    if visited:
        oldest = min(door.last_visited_on for door in visited if door.last_visited_on)
        tries |= tries_of([door.pk for door in visited], since=oldest)
    return tries


def tries_of(
    keys: Collection[int], *, since: datetime.date = datetime.date.min
) -> dict[int, list[Try]]:
    """Return the standing visits of each of these households since that day, newest first."""
    visits = Visit.objects.filter(household__in=keys).standing()
    if since > datetime.date.min:
        visits = visits.since(since)
    rows = visits.order_by("household", *NEWEST_FIRST).values_list("household", *TRY_FIELDS)
    return {
        household: [Try(*row[1:]) for row in group]
        for household, group in groupby(rows.iterator(), key=itemgetter(0))
    }


def values_of(door: Household) -> dict[str, object]:
    return {name: getattr(door, name) for name in VISITED_FIELDS}


def last_counted(tries: Iterable[Try]) -> datetime.datetime | None:
    """Return when the newest visit that counts was made, of standing visits newest first."""
    return next((attempt.done_at for attempt in tries if attempt.counts), None)


def derive(
    door: Household, tries: list[Try], rules: Rules, *, counted: datetime.datetime | None
) -> None:
    """Set what its standing visits, newest first, say of the door; leaves the due dates.

    The newest `TRIES_READ` are enough; `counted` is when the last one that counts was made.
    """
    last_visited_on = timezone.localdate(counted) if counted else None
    fields = door_fields(tries[:TRIES_READ], rules=rules, last_visited_on=last_visited_on)
    for name, value in vars(fields).items():
        setattr(door, name, value)


def write(doors: Iterable[Household]) -> None:
    fields: list[Any] = [Household._meta.get_field(name) for name in VISITED_FIELDS]
    rows = [
        [field.get_db_prep_save(getattr(door, field.attname), connection) for field in fields]
        + [door.pk]
        for door in doors
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(UPDATE_DOOR, rows)
