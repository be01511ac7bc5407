"""Hundreds of seeded histories: nothing acknowledged is lost, nothing is there twice."""

import os

import pytest

from tests.faults.history import History, told
from tests.faults.net import Request
from tests.faults.phone import Phone
from tests.faults.town import Country
from visits.actions.recompute import recompute

HISTORIES = 400
AT_A_TIME = 50
FIRST = int(os.environ.get("HISTORY_SEED", "0"))


@pytest.mark.parametrize("first", range(FIRST, FIRST + HISTORIES, AT_A_TIME))
def test_nothing_acknowledged_is_lost_or_doubled(db, first):
    country = Country("990101001")
    for seed in range(first, first + AT_A_TIME):
        history = History(seed, country)
        violations = history.play()
        if not violations and seed % 10 == 9:
            violations = recompute(save=False).differences
        assert not violations, told(history, violations)


def seen(first: int, most: int = 40) -> list[str]:
    """Return what the first history that violates something violates."""
    country = Country("990101001")
    for seed in range(first, first + most):
        violations = History(seed, country).play()
        if violations:
            return violations
    return []


def test_the_checker_sees_a_visit_acknowledged_and_not_stored(db, monkeypatch):
    from visits.sync import receive

    monkeypatch.setattr(receive, "store", lambda visits: None)
    assert any("acknowledged, and lost" in line for line in seen(0))


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        ("keep_facts", "acknowledged with answers"),
        ("enter", "what was said in the emergency is lost"),
        ("report", "issues are lost"),
    ],
)
def test_the_checker_sees_what_came_along_and_was_not_stored(db, monkeypatch, lost, told):
    from visits.sync import receive

    monkeypatch.setattr(receive, lost, lambda *_: None)
    assert any(told in line for line in seen(0))


def test_the_checker_sees_an_older_answer_that_holds(db, monkeypatch):
    from households.actions import facts

    def hold_first(household, entries):
        held = [
            facts.Fact(
                household=household,
                question_id=entry.question_id,
                value=entry.value,
                confirmed_by_id=entry.confirmed_by_id,
                confirmed_at=entry.confirmed_at,
            )
            for entry in entries
        ]
        facts.Fact.objects.bulk_create(held, ignore_conflicts=True)

    monkeypatch.setattr(facts, "let_hold", hold_first)
    assert any("holds," in line for line in seen(0))


def test_the_checker_sees_a_phone_that_believes_any_answer(db, monkeypatch):
    def believe(phone, keys):
        phone.fetch(Request("POST", "/sync/visits/"))
        phone.disk.write(
            lambda: [phone.disk.items[key].update(state="uploaded", given_at=0) for key in keys]
        )

    monkeypatch.setattr(Phone, "send_batch", believe)
    assert any("without an answer" in line for line in seen(0))
