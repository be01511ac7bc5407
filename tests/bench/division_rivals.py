"""Other ways to divide the same instance. Each yields several tries; the best one counts."""

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterator

# Points per grid when workload is turned into points, for a method that only counts points.
POINTS_PER_GRID = 40
# Its flow network has points times grids arcs: more than this does not fit in memory.
MOST_ARCS = 3_000_000
TRIES = 5


class NotRunError(Exception):
    """Why a method gave no division."""


def neighbours_of(instance: dict) -> list[list[int]]:
    rows = {each["id"]: row for row, each in enumerate(instance["buildings"])}
    near: list[list[int]] = [[] for _ in rows]
    for a, b in instance["edges"]:
        near[rows[a]].append(rows[b])
        near[rows[b]].append(rows[a])
    return near


def pieces(members: Collection[int], near: list[list[int]]) -> int:
    left, count = set(members), 0
    while left:
        waiting = [left.pop()]
        count += 1
        while waiting:
            reached = left.intersection(near[waiting.pop()])
            left -= reached
            waiting += reached
    return count


def metis(instance: dict) -> Iterator[list[int]]:
    """Cut few edges, with parts of even weight, connected where the graph is."""
    try:
        import pymetis
    except ImportError:
        raise NotRunError("pymetis is not installed") from None
    near = neighbours_of(instance)
    weights = [max(1, round(each["weight"])) for each in instance["buildings"]]
    for seed in range(TRIES):
        for unevenness in (30, round(1000 * instance["tolerance"])):
            _cut, labels = pymetis.part_graph(
                instance["k"],
                adjacency=near,
                vweights=weights,
                recursive=False,
                contiguous=pieces(range(len(near)), near) == 1,
                options=pymetis.Options(seed=seed, ufactor=unevenness),
            )
            yield list(labels)


def k_means_constrained(instance: dict) -> Iterator[list[int]]:
    """Cluster points of even workload in clusters of even size; most points of each decide."""
    try:
        from k_means_constrained import KMeansConstrained
    except ImportError:
        raise NotRunError("k-means-constrained is not installed") from None
    import numpy as np

    k, buildings = instance["k"], instance["buildings"]
    unit = instance["target"] / POINTS_PER_GRID
    owners = [
        row
        for row, each in enumerate(buildings)
        for _ in range(max(1, round(each["weight"] / unit)))
    ]
    if len(owners) * k > MOST_ARCS:
        raise NotRunError("too large for its flow network")
    mean = len(owners) / k
    for slack in (0, instance["tolerance"] / 2):
        clusters = KMeansConstrained(
            n_clusters=k,
            size_min=math.floor(mean * (1 - slack)),
            size_max=math.ceil(mean * (1 + slack)),
            n_init=3,
            random_state=0,
        ).fit_predict(np.array([(buildings[row]["x"], buildings[row]["y"]) for row in owners]))
        votes: list[Counter] = [Counter() for _ in buildings]
        for row, label in zip(owners, clusters, strict=True):
            votes[row][int(label)] += 1
        yield [each.most_common(1)[0][0] for each in votes]


def greedy_fill(instance: dict) -> Iterator[list[int]]:
    """Fill one grid after another outwards up to the cap; what is left joins its neighbours."""
    buildings, near = instance["buildings"], neighbours_of(instance)
    labels = [-1] * len(buildings)
    for grid in range(instance["k"]):
        free = [row for row, label in enumerate(labels) if label < 0]
        if not free:
            break
        start = min(free, key=lambda row: buildings[row]["x"] + buildings[row]["y"])
        load, edge = 0.0, {start}
        while edge:
            here = min(edge, key=lambda row: apart(buildings[start], buildings[row]))
            load += buildings[here]["weight"]
            if load > instance["target"] * (1 + instance["tolerance"]) and here != start:
                break
            labels[here] = grid
            edge = (edge | {row for row in near[here] if labels[row] < 0}) - {here}
    yield left_over(instance, labels, near)


def left_over(instance: dict, labels: list[int], near: list[list[int]]) -> list[int]:
    """Let what no grid took join its lightest neighbour, or the last grid where it has none."""
    loads = Counter()
    for each, label in zip(instance["buildings"], labels, strict=True):
        loads[label] += each["weight"]
    while True:
        beside = [
            (loads[labels[other]], row, labels[other])
            for row, label in enumerate(labels)
            if label < 0
            for other in near[row]
            if labels[other] >= 0
        ]
        if not beside:
            return [max(labels) if label < 0 else label for label in labels]
        _load, row, label = min(beside)
        labels[row] = label
        loads[label] += instance["buildings"][row]["weight"]


def apart(one: dict, other: dict) -> float:
    return math.hypot(one["x"] - other["x"], one["y"] - other["y"])


RIVALS: dict[str, Callable[[dict], Iterator[list[int]]]] = {
    "METIS": metis,
    "k-means-constrained": k_means_constrained,
    "greedy fill": greedy_fill,
}
