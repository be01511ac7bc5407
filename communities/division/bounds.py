"""What no division can do better, and codes for why."""

import math
from bisect import bisect_left
from typing import Any

from communities.division.instance import Instance
from communities.division.metrics import ROUNDING, Metrics, pieces
from communities.division.proof import least_around_nodes

# Connected sets of nodes that a proof looks at, about thirty thousand in a second.
MOST_SETS = 20_000
# A code and its numbers; pages and commands put them into words.
Remark = dict[str, Any]


def least_deviation(instance: Instance) -> float:
    """Return a share of the target that the worst grid of every division is off by, at least.

    Proven from two facts: a node that outweighs the target makes its grid too heavy, and
    the grids of a connected part share its weight, so one of them is off by as much as
    their mean. Over the parts the best way to share out the grids is taken.
    """
    heaviest = max((node.weight for node in instance.nodes), default=0.0)
    return max(0.0, heaviest / instance.target - 1, least_of_parts(instance))


def prove_least(instance: Instance, reached: float) -> float:
    """Return a share of the target that no division goes below, looking as far up as `reached`.

    Closer than `least_deviation`, and slower: connected sets of nodes are looked at. Grids
    are taken to be connected.
    """
    proven = min(least_deviation(instance), reached)
    if len(part_weights(instance)) <= instance.k:
        proven = least_around_nodes(instance, proven, reached, MOST_SETS)
    return proven


def part_weights(instance: Instance) -> list[float]:
    parts = pieces(range(len(instance.nodes)), instance.neighbours)
    return [instance.weight_of(part) for part in parts]


def least_of_parts(instance: Instance) -> float:
    """Return what the worst grid is off by, at least, because each part has whole grids.

    A share of the target, for the best way to share out the grids. 0 where there are more
    parts than grids, or none: then nothing is proven.
    """
    loads = [weight / instance.target for weight in part_weights(instance)]
    if not 0 < len(loads) <= instance.k:
        return 0.0

    def suffices(deviation: float) -> bool:
        """Say whether the parts can share out all grids, none of which is off by more."""
        least = [max(1, math.ceil(load / (1 + deviation) - ROUNDING)) for load in loads]
        most = [
            math.inf if deviation >= 1 else math.floor(load / (1 - deviation) + ROUNDING)
            for load in loads
        ]
        fits = all(low <= high for low, high in zip(least, most, strict=True))
        return fits and sum(least) <= instance.k <= sum(most)

    deviations = sorted(
        {abs(load / grids - 1) for load in loads for grids in range(1, instance.k + 1)}
    )
    return deviations[bisect_left(deviations, True, key=suffices)]


def least_proven(instance: Instance, metrics: Metrics) -> float:
    """Return the least percent the worst grid is off by, proven against a division's figures."""
    # Figures are rounded to hundredths of a percent.
    reached = (metrics.max_dev_pct + 0.005) / 100
    return min(round(100 * prove_least(instance, reached), 2), metrics.max_dev_pct)


def remarks(instance: Instance, metrics: Metrics, least: float | None = None) -> list[Remark]:
    """Return what could not be met and why, the most telling first.

    `least` is the least possible percent of deviation where it has been proven already.
    """
    found: list[Remark] = []
    weights = part_weights(instance)
    if len(weights) > instance.k:
        found.append({"code": "more_parts_than_grids", "parts": len(weights), "grids": instance.k})
    if metrics.empty_grids:
        found.append(
            {
                "code": "empty_grids",
                "empty": metrics.empty_grids,
                "grids": instance.k,
                "buildings": len(instance.nodes),
            }
        )
    limit = instance.target * (1 + instance.tolerance)
    heavy = [node for node in instance.nodes if node.weight > limit + ROUNDING]
    if heavy:
        heaviest = max(heavy, key=lambda node: node.weight)
        found.append(
            {
                "code": "heavy_building",
                "buildings": len(heavy),
                "heaviest": heaviest.id,
                "percent": round(100 * (heaviest.weight / instance.target - 1), 1),
            }
        )
    by_parts = least_of_parts(instance)
    if by_parts > instance.tolerance + ROUNDING:
        found.append(
            {"code": "barriers", "parts": len(weights), "percent": round(100 * by_parts, 1)}
        )
    if metrics.contiguity_violations:
        found.append({"code": "broken_by_fixed", "pieces": metrics.contiguity_violations})
        # The proofs are of connected grids.
        return found
    if metrics.grids_outside_tolerance:
        found.append(
            {
                "code": "outside_tolerance",
                "grids": metrics.grids_outside_tolerance,
                "largest": metrics.max_dev_pct,
                "least_possible": least_proven(instance, metrics) if least is None else least,
            }
        )
    return found
