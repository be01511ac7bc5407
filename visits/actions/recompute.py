"""Deriving again from the visits what is kept for speed: the doors and the daily tallies."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Count, Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from communities.models import Grid
from households.models import Household
from households.rhythm import rhythm
from visits.actions.doors import VISITED_FIELDS, derive, last_counted, tries_of, values_of
from visits.models import Visit, VisitTally
from visits.rules import Rules

DOORS_AT_A_TIME = 1000
GRIDS_AT_A_TIME = 50


@dataclass
class Recount:
    """How many rows were compared, and a line for each that differed."""

    doors: int = 0
    tallies: int = 0
    differences: list[str] = field(default_factory=list)


def recompute(*, save: bool) -> Recount:
    """Compare every door and tally with the visits; with `save`, set right what differs.

    Visits may be stored meanwhile: each batch is locked while it is compared.
    """
    recount = Recount()
    rules = Rules()
    for keys in batches(Household, DOORS_AT_A_TIME):
        recompute_doors(keys, rules, recount, save=save)
    for keys in batches(Grid, GRIDS_AT_A_TIME):
        recompute_tallies(keys, recount, save=save)
    return recount


def batches(model: Any, size: int) -> Iterator[list[int]]:
    """Yield the keys of all rows, so many at a time."""
    after = 0
    while keys := list(
        model.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:size]
    ):
        yield keys
        after = keys[-1]


@transaction.atomic
def recompute_doors(keys: list[int], rules: Rules, recount: Recount, *, save: bool) -> None:
    doors = Household.objects.filter(pk__in=keys).annotate(rhythm=rhythm()).order_by("pk")
    if save:
        doors = doors.select_for_update(of=("self",), no_key=True)
    wrong = []
    locked = list(doors)
    tries = tries_of(keys)
    for door in locked:
        before = values_of(door)
        own = tries.get(door.pk, [])
        derive(door, own, rules, counted=last_counted(own))
        door.reschedule(rhythm_days=door.rhythm)
        after = values_of(door)
        if before != after:
            wrong.append(door)
            recount.differences.append(f"household {door.pk}: {changes(before, after)}")
    recount.doors += len(locked)
    if save:
        Household.objects.bulk_update(wrong, VISITED_FIELDS, batch_size=200)


def changes(before: dict[str, object], after: dict[str, object]) -> str:
    return ", ".join(
        f"{name} {before[name]} → {after[name]}" for name in before if before[name] != after[name]
    )


@transaction.atomic
def recompute_tallies(keys: list[int], recount: Recount, *, save: bool) -> None:
    rows = VisitTally.objects.filter(grid__in=keys)
    if save:
        # Locked before the visits are counted: a visit that commits in between waits, and
        # then adds itself to what is written here.
        rows = rows.select_for_update()
    stored = {(row.grid_id, row.day, row.outcome): row for row in rows}
    counted = tallies_from_visits(keys)
    for key in sorted(stored.keys() | counted.keys()):
        row = stored.get(key)
        before = (row.visits, row.counted) if row else (0, 0)
        after = counted.get(key, (0, 0))
        recount.tallies += 1
        if before != after:
            grid, day, outcome = key
            recount.differences.append(f"grid {grid}, {day}, {outcome}: {before} → {after}")
            if save:
                VisitTally.objects.update_or_create(
                    grid_id=grid,
                    day=day,
                    outcome=outcome,
                    defaults={"visits": after[0], "counted": after[1]},
                )


def tallies_from_visits(keys: list[int]) -> dict[tuple[Any, ...], tuple[int, int]]:
    day = TruncDate("done_at", tzinfo=timezone.get_current_timezone())
    rows = (
        Visit.objects.filter(grid__in=keys)
        .standing()
        .order_by()
        .values_list("grid", day, "outcome")
        .annotate(visits=Count("pk"), counted=Count("pk", filter=Q(counts=True)))
    )
    return {(grid, day, outcome): (visits, counted) for grid, day, outcome, visits, counted in rows}
