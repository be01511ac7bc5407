"""What the visits say of doors opening: of single doors now, of buildings and grids once a day."""

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from django.db import OperationalError, transaction
from django.utils import timezone

from communities.databases import impatient
from households.models import Household
from visits.models import GridOpenings, Outcome, Visit, Way
from visits.models.visit import ANSWERED
from visits.odds import EVIDENCE_DAYS, NOTHING, Count, Counts, Evidence, count
from visits.rules import part_of_day

TELLING = (*ANSWERED, Outcome.NOBODY_HOME)
Buildings = dict[int, dict[str, Count]]


@dataclass(frozen=True)
class Knocks:
    """The knocks at one door within the year that tell whether it opened, oldest first."""

    knocks: list[tuple[datetime.datetime, bool]] = field(default_factory=list)

    @property
    def last_answer(self) -> datetime.date | None:
        answered = [at for at, opened in self.knocks if opened]
        return timezone.localdate(answered[-1]) if answered else None


def knocks_at(households: Collection[Household], on: datetime.date) -> dict[int, Knocks]:
    """Return the knocks at each of these doors, by household key; one query."""
    found = {household.pk: Knocks() for household in households}
    visits = Visit.objects.filter(household__in=list(found)).standing()
    rows = (
        visits.filter(way=Way.DOOR, outcome__in=TELLING)
        .since(on - datetime.timedelta(days=EVIDENCE_DAYS))
        .order_by("done_at")
        .values_list("household", "done_at", "outcome")
    )
    for household, done_at, outcome in rows:
        found[household].knocks.append((done_at, outcome in ANSWERED))
    return found


def evidence_at(
    households: Sequence[Household], knocks: dict[int, Knocks], on: datetime.date
) -> dict[int, Evidence]:
    """Return what stands behind the estimate of each of these doors; one query, once a day three."""
    grids = openings_of({household.grid_id for household in households}, on)
    totals = {grid: total(buildings) for grid, buildings in grids.items()}
    return {
        household.pk: Evidence(
            count(knocks[household.pk].knocks),
            grids[household.grid_id].get(household.building_id, {}),
            totals[household.grid_id],
        )
        for household in households
    }


def total(buildings: Buildings) -> Counts:
    sums: dict[str, Count] = {}
    for counts in buildings.values():
        for part, seen in counts.items():
            before = sums.get(part, NOTHING)
            sums[part] = Count(before.opened + seen.opened, before.tried + seen.tried)
    return sums


def openings_of(grids: Collection[int], on: datetime.date) -> dict[int, Buildings]:
    """Return the counts of each building of these grids, worked out at the first look of a day."""
    found = {
        row.grid_id: unpack(row.buildings)
        for row in GridOpenings.objects.filter(grid__in=grids, on=on)
    }
    missing = [grid for grid in grids if grid not in found]
    if missing:
        counted = count_openings(missing, on)
        keep(counted, on)
        found |= counted
    return found


def count_openings(grids: Collection[int], on: datetime.date) -> dict[int, Buildings]:
    """Count the knocks of the year before that day, by grid, building and part of the day."""
    visits = Visit.objects.filter(grid__in=grids, way=Way.DOOR, outcome__in=TELLING).standing()
    first, last = on - datetime.timedelta(days=EVIDENCE_DAYS), on - datetime.timedelta(days=1)
    rows = visits.between(first, last).values_list(
        "grid", "household__building", "done_at", "outcome"
    )
    found: dict[int, Buildings] = {grid: {} for grid in grids}
    for grid, building, done_at, outcome in rows.iterator():
        counts = found[grid].setdefault(building, {})
        part = part_of_day(done_at)
        counts[part] = counts.get(part, NOTHING).plus(opened=outcome in ANSWERED)
    return found


def keep(counted: dict[int, Buildings], on: datetime.date) -> None:
    """Store the counts; where the database is busy they are worked out again at the next look."""
    rows = [
        GridOpenings(grid_id=grid, on=on, buildings=buildings)
        for grid, buildings in counted.items()
    ]
    try:
        with impatient(), transaction.atomic():
            GridOpenings.objects.bulk_create(
                rows,
                update_conflicts=True,
                unique_fields=["grid"],
                update_fields=["on", "buildings"],
            )
    except OperationalError:
        return


def unpack(packed: dict[str, dict[str, list[int]]]) -> Buildings:
    return {
        int(building): {part: Count(*seen) for part, seen in counts.items()}
        for building, counts in packed.items()
    }
