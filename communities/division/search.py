"""The whole search: many seeds cooled quickly, the best of them slowly, then windows."""

import random
from typing import NamedTuple

from communities.division.annealing import Annealing, Cooling
from communities.division.instance import Instance
from communities.division.seeding import seed_labels, shares
from communities.division.windows import polish

# Moves tried in a second of search. A fixed rate, not the clock, decides how long the
# search goes on, so that the same seed gives the same answer on every machine.
STEPS_PER_SECOND = 550_000
# Where every grid has settled, more moves find nothing.
STEPS_PER_NODE = 60_000


class Stage(NamedTuple):
    """How many divisions are searched on, with which share of all moves, how hot."""

    divisions: int
    share: float
    hot: float
    cold: float


STAGES = (
    Stage(12, 0.45, 8.0, 0.3),
    Stage(4, 0.30, 4.0, 0.2),
    Stage(1, 0.25, 3.0, 0.1),
)


def search(instance: Instance, *, seed: int, seconds: float) -> list[int]:
    """Return the labels of the best division found; every grid is connected."""
    chance = random.Random(seed)  # noqa: S311 - a search, no secret
    parts = shares(instance)
    steps = int(min(seconds * STEPS_PER_SECOND, len(instance.nodes) * STEPS_PER_NODE))
    states: list[Annealing] = []
    for stage in STAGES:
        if not states:
            states = [
                Annealing(instance, seed_labels(instance, parts, chance), chance)
                for _ in range(stage.divisions)
            ]
        states = sorted(states, key=lambda state: state.best_energy)[: stage.divisions]
        for state in states:
            state.run(Cooling(int(steps * stage.share / stage.divisions), stage.hot, stage.cold))
            state.restore()
    best = min(states, key=lambda state: state.best_energy)
    polish(best)
    return best.best
