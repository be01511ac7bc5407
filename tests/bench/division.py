"""The planner beside METIS, k-means-constrained and greedy fill, on the same instances.

DIVISION_INSTANCES names a folder of instance files, for instance with the best divisions
known; without it towns are made up (`towns.py`). Scores are computed here by the published
formula, apart from the planner's own.
"""

import json
import math
import os
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from communities.division import divide, read_instance, recut
from communities.division.cells import areas
from communities.division.graph import gabriel_edges
from communities.division.greedy import greedy_repair
from communities.division.repair import connected_start
from tests.bench.division_rivals import RIVALS, NotRunError, neighbours_of, pieces
from tests.bench.towns import town

PENALTY = 60.0
# Made-up towns: seed, buildings, grids. The last is searched for a minute.
TOWNS = [(11, 45, 7), (12, 100, 14), (13, 220, 30), (14, 430, 104), (15, 3450, 620)]
LARGE, SECONDS, SECONDS_LARGE = 1000, 10.0, 60.0
# What the score may be, as a multiple of the best known.
BAR, BAR_LARGE = 1.05, 1.1


class Figures(NamedTuple):
    score: float
    largest_percent: float
    broken: int
    moved: int


def figures(instance: dict, labels: list[int]) -> Figures:
    """Score a division: J/j_ref + 60·e·(1 + 10·e) for the excess e of each grid's deviation."""
    buildings, near = instance["buildings"], neighbours_of(instance)
    grids = defaultdict(list, {grid: [] for grid in range(instance["k"])})
    for row, label in enumerate(labels):
        grids[label].append(row)
    score, largest, broken = 0.0, 0.0, 0
    for members in grids.values():
        weights = [buildings[row]["weight"] for row in members]
        load = sum(weights)
        for axis in ("x", "y"):
            places = [buildings[row][axis] for row in members]
            centre = sum(map(math.prod, zip(weights, places, strict=True))) / (load or 1)
            score += (
                sum(
                    weight * (place - centre) ** 2
                    for weight, place in zip(weights, places, strict=True)
                )
                / instance["j_ref"]
            )
        deviation = abs(load / instance["target"] - 1)
        excess = max(0.0, deviation - instance["tolerance"])
        score += PENALTY * excess * (1 + 10 * excess)
        largest = max(largest, deviation)
        broken += max(0, pieces(members, near) - 1)
    moved = sum(
        each["households"]
        for each, today, label in zip(
            buildings, instance.get("current") or labels, labels, strict=True
        )
        if today not in (-1, label)
    )
    return Figures(score, 100 * largest, broken, moved)


def instances(*, quick: bool) -> Iterator[dict]:
    folder = os.environ.get("DIVISION_INSTANCES", "")
    if folder:
        for file in sorted(Path(folder).glob("*.json")):
            instance = json.loads(file.read_text())
            if not (quick and len(instance["buildings"]) > LARGE):
                yield instance
        return
    for seed, buildings, k in TOWNS[:-1] if quick else TOWNS:
        yield town(seed, buildings, k)


def measure_geometry() -> None:
    """Print the CPU time of the neighbours and areas of 4,000 points, best of five."""
    points = [(37.1 * row % 5000, 611.3 * row % 5003) for row in range(4000)]
    grids = [int(x // 250) * 20 + int(y // 250) for x, y in points]
    for name, work, bar in (
        ("neighbours", lambda: gabriel_edges(points), 1.0),
        ("areas of 400 grids", lambda: areas(points, grids, margin=50), 0.3),
    ):
        spent = []
        for _ in range(5):
            started = time.process_time()
            work()
            spent.append(time.process_time() - started)
        print(
            f"{name} of 4,000 points: {min(spent):.2f} s, bar {bar:g}: {verdict(held=min(spent) < bar)}"
        )


def measure(*, quick: bool = False) -> None:
    measure_geometry()
    for instance in instances(quick=quick):
        is_large = len(instance["buildings"]) > LARGE
        seconds = (SECONDS_LARGE if is_large else SECONDS) / (5 if quick else 1)
        print(
            f"\n{instance['name']}: {len(instance['buildings'])} buildings, {instance['k']} grids"
        )
        if instance.get("current"):
            compare_recut(instance, seconds)
        else:
            compare(instance, seconds, BAR_LARGE if is_large else BAR)
        print(f"memory at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


def compare(instance: dict, seconds: float, bar: float) -> None:
    print(f"{'':28}{'score':>10}{'largest':>10}{'broken':>8}{'CPU s':>8}")
    problem = read_instance(instance)
    ours = timed(
        f"ours, {seconds:g} s", instance, lambda _: [divide(problem, seconds=seconds).labels]
    )
    for name, method in RIVALS.items():
        try:
            timed(name, instance, method)
        except NotRunError as reason:
            print(f"{name:28}  {reason}")
    if known := instance.get("best_known"):
        best = figures(instance, known["labels"])
        print_row("best known", best)
        ratio = ours.score / best.score
        print(f"ours to best known {ratio:.3f}, bar {bar}: {verdict(held=ratio <= bar)}")
    print(f"ours connected: {verdict(held=ours.broken == 0)}")


def compare_recut(instance: dict, seconds: float) -> None:
    """Print the whole trade-off, and what it offers for no more moves than the best known."""
    started = time.process_time()
    known = instance.get("best_known")
    best = figures(instance, known["labels"]) if known else None
    found = recut(read_instance(instance), seconds=seconds, max_moved=best.moved if best else None)
    spent = time.process_time() - started
    print(f"{'':28}{'score':>10}{'largest':>10}{'broken':>8}{'moved':>8}")
    print_row(
        "today", figures(instance, [max(0, label) for label in instance["current"]]), moved=True
    )
    rows = [figures(instance, each.labels) for each in found]
    problem = read_instance(instance)
    by_hand = figures(instance, greedy_repair(problem, connected_start(problem)))
    print_row("single best moves, by hand", by_hand, moved=True)
    for row in rows:
        print_row("ours", row, moved=True)
    print(f"{spent:.1f} s CPU for all of them")
    if best:
        print_row("best known", best, moved=True)
        ratio = min(row.score for row in rows if row.moved <= best.moved) / best.score
        print(
            f"for no more moves, to best known {ratio:.3f}, bar {BAR}: {verdict(held=ratio <= BAR)}"
        )
    beaten = any(row.score < by_hand.score and row.moved < by_hand.moved for row in rows)
    print(f"better than by hand in both: {verdict(held=beaten)}")
    print(f"ours connected: {verdict(held=not any(row.broken for row in rows))}")


def timed(name: str, instance: dict, method) -> Figures:
    started = time.process_time()
    tries = list(method(instance))
    spent = time.process_time() - started
    found = min(figures(instance, labels) for labels in tries)
    print_row(name, found, spent)
    return found


def print_row(name: str, row: Figures, spent: float | None = None, *, moved: bool = False) -> None:
    last = f"{row.moved:8}" if moved else "" if spent is None else f"{spent:8.2f}"
    print(f"{name:28}{row.score:10.2f}{row.largest_percent:9.1f}%{row.broken:8}{last}", flush=True)


def verdict(*, held: bool) -> str:
    return "held" if held else "MISSED"


if __name__ == "__main__":
    measure(quick="--quick" in sys.argv)
