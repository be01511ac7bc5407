"""What the estimate of `visits.odds` is worth, replayed.

Generated: the walks of the demo, whose doors open by habits that the estimate does not
know. Each round knocks at as many doors as it would; which of the doors waiting that day
is chosen at random, by the estimate from earlier knocks alone, or by knowing the habits
of those who live there. (The habits say nothing of empty dwellings, which the estimate
learns.) The first quarter only teaches.

Logged: what would have happened at a door not knocked at is unknown, so nothing can be
replayed. Instead the knocks of one worker, day and part of the day are ranked by the
estimate made from earlier days, and the opened share of the better half is compared with
that of all.
"""

import contextlib
import copy
import csv
import datetime
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from django.db import transaction

from gridmgmt.demo.loading import Loader
from gridmgmt.demo.visits import LOCAL, OPENS_AT_HOME, OPENS_AT_WORK, GridYear
from visits.odds import NOTHING, Count, Evidence, Part, chance, knocked
from visits.rules import Rules, part_of_day

TODAY = datetime.date(2026, 11, 24)
HOUSEHOLDS = 300
LEARNING_DAYS = 90
LOG = "mspray_visits_zm.csv"
NOT_OPENED = {"locked", "no_one_home"}
RESAMPLES = 2000


class Scorer:
    """Counts knocks as they come in; those of today teach the buildings from tomorrow on."""

    def __init__(self) -> None:
        self.doors, self.buildings = defaultdict(dict), defaultdict(dict)
        self.grid: dict = {}
        self.today: list = []
        self.day = None

    def turn(self, day) -> None:
        if day != self.day:
            for building, part, opened in self.today:
                put(self.buildings[building], part, opened=opened)
                put(self.grid, part, opened=opened)
            self.today, self.day = [], day

    def add(self, door, building, part, *, opened) -> None:
        self.today.append((building, part, opened))
        put(self.doors[door], part, opened=opened)

    def chance(self, door, building, part) -> float:
        return chance(part, Evidence(self.doors[door], self.buildings[building], self.grid)).mean


def put(counts, part, *, opened) -> None:
    counts[part] = counts.get(part, NOTHING).plus(opened=opened)


class Walk(GridYear):
    """A year of the demo in which `policy` says how gladly she knocks at a door now."""

    def __init__(self, *args, policy: "Callable[[Walk, object, Part], float]") -> None:
        super().__init__(*args)
        self.policy = policy
        self.scorer = Scorer()

    def choose(self, walk):
        day = walk.starts_at.date()
        self.scorer.turn(day)
        waiting = [
            tried
            for tried in self.doors
            if tried.door.household.due_from <= day
            and (tried.door.household.retry_on or day) <= day
        ]
        self.rng.shuffle(waiting)
        waiting.sort(key=lambda tried: -self.policy(self, tried, walk.part))
        return waiting[: walk.doors]

    def visit(self, tried, by, at):
        super().visit(tried, by, at)
        opened = knocked(self.visits[-1].outcome, self.visits[-1].way)
        if opened is not None:
            self.scorer.add(id(tried), building_of(tried), part_of_day(at), opened=opened)


def building_of(tried) -> str:
    return tried.door.household.building.match_key


def in_any_order(_walk, _tried, _part) -> float:
    return 0


def by_estimate(walk, tried, part) -> float:
    return walk.scorer.chance(id(tried), building_of(tried), part)


def by_habit(_walk, tried, part) -> float:
    return (OPENS_AT_HOME if tried.door.home_by_day else OPENS_AT_WORK)[part]


class Result(NamedTuple):
    """Opened and tried by seed and week, and the share of all doors that were reached."""

    weeks: dict[tuple[int, int], Count]
    reached: float


class GridFoundError(Exception):
    """The grid wanted is drawn; the rest of the street is not needed."""


class GridReader(Loader):
    """Draws the first grid of a street and stores nothing."""

    def load_year(self, plan, register) -> None:
        grid = plan.grids[0]
        self.doors = [door for door in register.doors if door.household.grid is grid]
        self.team = self.staff.teams[grid.code]
        raise GridFoundError


def grid_of(seed: int, households: int) -> GridReader:
    with transaction.atomic():
        reader = GridReader(seed, TODAY)
        with contextlib.suppress(GridFoundError):
            reader.load_community(0, households)
        transaction.set_rollback(True)
    return reader


def replay(grid: GridReader, seed: int, policy) -> Result:
    """Walk the year up to today by this policy and sum what opened after the first quarter."""
    doors = [copy.copy(door) for door in grid.doors]
    for door in doors:
        door.household = copy.copy(door.household)
    first = TODAY - datetime.timedelta(days=364)
    year = Walk(doors, grid.team, Rules(), random.Random(seed), policy=policy)
    weeks: dict = {}
    reached = set()
    for visit in year.walk(first, TODAY):
        days = (visit.done_at.date() - first).days
        if days < LEARNING_DAYS:
            continue
        if visit.counts:
            reached.add(id(visit.household))
        opened = knocked(visit.outcome, visit.way)
        if opened is not None:
            put(weeks, (seed, days // 7), opened=opened)
    return Result(weeks, len(reached) / len(doors))


def share(cells: Iterable[Count]) -> float:
    cells = list(cells)
    return sum(cell.opened for cell in cells) / max(sum(cell.tried for cell in cells), 1)


def interval(pairs: list, gain: Callable) -> str:
    """Return the middle 95% of a gain, the pairs drawn again and again with replacement."""
    rng = random.Random(0)
    gains = sorted(gain(rng.choices(pairs, k=len(pairs))) for _ in range(RESAMPLES))
    return f"{gains[RESAMPLES // 40]:+.1%} to {gains[-RESAMPLES // 40]:+.1%}"


def relative_gain(pairs: list[tuple[Count, Count]]) -> float:
    return share(after for _, after in pairs) / share(before for before, _ in pairs) - 1


def print_generated(seeds: Iterable[int]) -> None:
    before, after, best = {}, {}, {}
    for seed in seeds:
        grid = grid_of(seed, HOUSEHOLDS)
        results = [replay(grid, seed, policy) for policy in (in_any_order, by_estimate, by_habit)]
        any_order, estimate, habit = results
        before |= any_order.weeks
        after |= estimate.weeks
        best |= habit.weeks
        print(
            f"seed {seed}, {len(grid.doors)} doors: "
            + ", ".join(
                f"{name} {share(result.weeks.values()):.1%} opened ({result.reached:.0%} of doors reached)"
                for name, result in zip(("any order", "estimate", "habits"), results, strict=True)
            ),
            flush=True,
        )
    pairs = [(before[week], after[week]) for week in sorted(before.keys() & after.keys())]
    print(
        f"generated: {share(before.values()):.1%} of knocks opened in any order, "
        f"{share(after.values()):.1%} by the estimate: {relative_gain(pairs):+.1%} "
        f"(95% of resampled weeks: {interval(pairs, relative_gain)}); "
        f"{share(best.values()):.1%} by knowing every habit",
        flush=True,
    )


def read_log(path: Path) -> Iterator[tuple]:
    """Yield worker, door, neighbourhood, moment and whether somebody opened, in time order."""
    with path.open(newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["start"])
    for row in rows:
        if row["status"] == "notsprayable" or not row["start"]:
            continue
        opened = row["status"] == "sprayed" or row["not_done_reason"] not in NOT_OPENED
        # The log's own clock counts. Places a kilometre apart are neighbourhoods.
        at = datetime.datetime.fromisoformat(row["start"][:23]).replace(tzinfo=LOCAL)
        place = f"{float(row['lon'] or 0):.2f} {float(row['lat'] or 0):.2f}"
        yield row["operator"], row["structure_id"], place, at, opened


def rank_rounds(path: Path) -> list[tuple[Count, Count]]:
    """Return the counts of the better half and of all knocks, round by round."""
    rounds = defaultdict(list)
    for worker, door, place, at, opened in read_log(path):
        rounds[at.date(), worker, part_of_day(at)].append((door, place, opened))
    scorer, pairs = Scorer(), []
    for (day, _worker, part), knocks in sorted(rounds.items()):
        scorer.turn(day)
        rng = random.Random(day.toordinal())
        ranked = rng.sample(knocks, len(knocks))
        ranked.sort(key=lambda knock: -scorer.chance(knock[0], knock[1], part))
        if len(ranked) > 1:
            pairs.append((counted(ranked[: len(ranked) // 2]), counted(ranked)))
        for door, place, opened in knocks:
            scorer.add(door, place, part, opened=opened)
    return pairs


def counted(knocks) -> Count:
    return Count(sum(opened for _door, _place, opened in knocks), len(knocks))


def difference(pairs: list[tuple[Count, Count]]) -> float:
    return share(half for half, _ in pairs) - share(every for _, every in pairs)


def print_logged(folder: str) -> None:
    path = Path(folder) / LOG
    if not folder or not path.exists():
        print("logged: not at hand, SHARED_DATA names no folder with the log")
        return
    pairs = rank_rounds(path)
    print(
        f"logged: {sum(every.tried for _, every in pairs)} knocks in {len(pairs)} rounds, "
        f"{share(every for _, every in pairs):.1%} opened; of the half ranked better "
        f"{share(half for half, _ in pairs):.1%}: {difference(pairs):+.1%} "
        f"(95% of resampled rounds: {interval(pairs, difference)})",
        flush=True,
    )
