import datetime
import io
import uuid
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command

from households.models import Household
from tests.factories import HouseholdFactory, UserFactory, VisitFactory
from visits.actions.visits import record_visit
from visits.models import Outcome, VisitRule, VisitTally, Way

DAY = datetime.date(2026, 3, 2)
NOON = datetime.datetime(2026, 3, 2, 12, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def door(db) -> Household:
    return HouseholdFactory(
        registered_on=DAY, due_from=DAY, due_by=DAY + datetime.timedelta(days=90)
    )


def run(*arguments) -> list[str]:
    out = io.StringIO()
    call_command("recompute_doors", *arguments, stdout=out)
    return out.getvalue().splitlines()


def test_recompute_finds_nothing_after_recorded_visits(door):
    for hour, outcome in enumerate(Outcome.values):
        record_visit(
            id=uuid.uuid4(),
            household=door,
            by=UserFactory(),
            done_at=NOON + datetime.timedelta(hours=hour),
            outcome=outcome,
            way=Way.DOOR,
        )
    assert run("--check") == ["1 doors and 6 tallies compared, 0 differed"]


def test_recompute_sets_right_what_differs(door):
    grid = door.grid_id
    visit = VisitFactory(household=door, done_at=NOON)
    VisitFactory(household=door, done_at=NOON, corrects=visit, outcome="nobody_home", counts=False)
    VisitFactory(household=door, done_at=NOON + datetime.timedelta(hours=7))
    VisitTally.objects.create(grid_id=grid, day=DAY, outcome="vacant", visits=4, counted=4)
    Household.objects.filter(pk=door.pk).update(unanswered=3, retry_on=DAY, retry_part="evening")
    changed = (
        "last_visited_on None → 2026-03-02, due_from 2026-03-02 → 2026-05-16, "
        "unanswered 3 → 0, retry_on 2026-03-02 → None, retry_part evening → "
    )
    differences = [
        f"household {door.pk}: {changed}",
        f"grid {grid}, 2026-03-02, met: (0, 0) → (1, 1)",
        f"grid {grid}, 2026-03-02, nobody_home: (0, 0) → (1, 0)",
        f"grid {grid}, 2026-03-02, vacant: (4, 4) → (0, 0)",
    ]
    summary = "1 doors and 3 tallies compared, 4 differed"
    assert run() == [*differences, summary]
    assert run("--check") == ["1 doors and 3 tallies compared, 0 differed"]


def test_recompute_check_changes_nothing_and_fails(door):
    VisitFactory(household=door, done_at=NOON)
    with pytest.raises(CommandError, match="1 doors and 1 tallies compared, 2 differed"):
        run("--check")
    assert Household.objects.get().last_visited_on is None
    assert not VisitTally.objects.exists()


def test_recompute_applies_rules_changed_since(door):
    VisitFactory(household=door, done_at=NOON, outcome=Outcome.DECLINED, counts=False)
    run()
    VisitRule.objects.filter(outcome=Outcome.DECLINED).update(retry_after_days=5)
    assert run()[0] == f"household {door.pk}: retry_on 2026-04-01 → 2026-03-07"


def test_recompute_reads_in_batches(door, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr("visits.actions.recompute.DOORS_AT_A_TIME", 2)
    monkeypatch.setattr("visits.actions.recompute.GRIDS_AT_A_TIME", 2)
    others = [HouseholdFactory(registered_on=DAY) for _ in range(4)]
    for household in [door, *others]:
        VisitFactory(household=household, done_at=NOON)
    assert run()[-1] == "5 doors and 5 tallies compared, 10 differed"
    assert set(Household.objects.values_list("last_visited_on", flat=True)) == {DAY}
