"""A thousand seeded histories: nothing acknowledged is lost, nothing is there twice."""

import os

import pytest

from tests.faults.history import History
from tests.faults.town import Country
from visits.actions.recompute import recompute

HISTORIES = 1000
AT_A_TIME = 50
FIRST = int(os.environ.get("HISTORY_SEED", "0"))


def told(history: History, violations: list[str]) -> str:
    return "\n".join([f"history {history.seed}:", *history.log, "VIOLATED:", *violations])


@pytest.mark.parametrize("first", range(FIRST, FIRST + HISTORIES, AT_A_TIME))
def test_nothing_acknowledged_is_lost_or_doubled(db, first):
    country = Country("990101001")
    for seed in range(first, first + AT_A_TIME):
        history = History(seed, country)
        violations = history.play()
        if not violations and seed % 10 == 9:
            violations = recompute(save=False).differences
        assert not violations, told(history, violations)
