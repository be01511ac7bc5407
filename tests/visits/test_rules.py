import datetime
from zoneinfo import ZoneInfo

import pytest

from households.models import Household
from visits.models import Outcome, RetryRule, VisitRule, Way
from visits.rules import (
    DoorFields,
    Rules,
    Try,
    VisitJudgement,
    door_fields,
    first_day_with,
    part_of_day,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
Part = Household.PartOfDay
# A Monday.
MONDAY = datetime.date(2026, 3, 2)


def moment(day: int, hour: int = 10) -> datetime.datetime:
    return datetime.datetime(2026, 3, day, hour, tzinfo=SHANGHAI)


def attempt(day, outcome=Outcome.NOBODY_HOME, *, hour=10, counts=None, next_on=None, way=Way.DOOR):
    if counts is None:
        counts = outcome in {Outcome.MET, Outcome.VACANT, Outcome.MOVED_AWAY}
    return Try(moment(day, hour), outcome, way, counts, next_on)


def march(day: int) -> datetime.date:
    return datetime.date(2026, 3, day)


@pytest.fixture
def rules(db) -> Rules:
    return Rules()


def derived(rules, *tries) -> DoorFields:
    counted = [attempt.day for attempt in tries if attempt.counts]
    newest_first = sorted(tries, key=lambda attempt: attempt.done_at, reverse=True)
    return door_fields(newest_first, rules=rules, last_visited_on=max(counted, default=None))


def test_rules_of_a_new_installation(rules):
    judged = {outcome: rules.judge(outcome, Way.DOOR) for outcome in Outcome.values}
    assert judged == {
        "met": VisitJudgement(True, None),
        "nobody_home": VisitJudgement(False, None),
        "declined": VisitJudgement(False, 30),
        "moved_away": VisitJudgement(True, None),
        "vacant": VisitJudgement(True, None),
        "not_safe": VisitJudgement(False, 7),
    }
    assert all(rules.judge(Outcome.MET, way).counts for way in Way.values)
    assert [tuple(step) for step in rules.retries] == [(1, 1, True), (2, 3, True), (3, 7, True)]


def test_rules_of_a_way_come_before_those_of_the_outcome(db):
    VisitRule.objects.create(
        outcome=Outcome.MET, way=Way.MESSAGE, counts=False, retry_after_days=14
    )
    rules = Rules()
    assert rules.judge(Outcome.MET, Way.MESSAGE) == VisitJudgement(False, 14)
    assert rules.judge(Outcome.MET, Way.PHONE) == VisitJudgement(True, None)


def test_rules_emptied_count_nothing_and_put_nothing_off(db):
    VisitRule.objects.all().delete()
    RetryRule.objects.all().delete()
    rules = Rules()
    assert rules.judge(Outcome.MET, Way.DOOR) == VisitJudgement(False, None)
    assert derived(rules, attempt(2)) == DoorFields(None, None, 1, None, "")


def test_part_of_day_is_told_in_local_time():
    assert [part_of_day(moment(2, hour)) for hour in (0, 11, 12, 17, 18, 23)] == [
        Part.MORNING,
        Part.MORNING,
        Part.AFTERNOON,
        Part.AFTERNOON,
        Part.EVENING,
        Part.EVENING,
    ]
    assert part_of_day(moment(7, 20)) == Part.WEEKEND
    utc = datetime.datetime(2026, 3, 6, 17, tzinfo=datetime.UTC)  # Saturday 01:00 in Shanghai
    assert part_of_day(utc) == Part.WEEKEND


def test_first_day_with_moves_to_a_day_that_has_the_part():
    assert first_day_with(Part.WEEKEND, MONDAY) == march(7)
    assert first_day_with(Part.WEEKEND, march(8)) == march(8)
    assert first_day_with(Part.EVENING, march(7)) == march(9)
    assert first_day_with(Part.EVENING, march(8)) == march(9)
    assert first_day_with(Part.MORNING, march(6)) == march(6)
    assert first_day_with("", march(7)) == march(7)


def test_door_met_is_visited_and_not_put_off(rules):
    assert derived(rules, attempt(2), attempt(3, Outcome.MET)) == DoorFields(
        march(3), None, 0, None, ""
    )


def test_door_unanswered_moves_through_the_parts_of_the_day(rules):
    first = attempt(2, hour=10)
    second = attempt(3, hour=19)
    third = attempt(7, hour=10)
    fourth = attempt(16, hour=15)
    fifth = attempt(23, hour=10)
    assert [
        derived(rules, first),
        derived(rules, first, second),
        derived(rules, first, second, third),
        derived(rules, first, second, third, fourth),
        derived(rules, first, second, third, fourth, fifth),
    ] == [
        DoorFields(None, None, 1, march(3), Part.EVENING),
        DoorFields(None, None, 2, march(7), Part.WEEKEND),
        # Saturday plus seven days is a Saturday: an afternoon is meant on a working day.
        DoorFields(None, None, 3, march(16), Part.AFTERNOON),
        DoorFields(None, None, 4, march(23), Part.EVENING),
        # Mornings were tried twice by now, every other part once.
        DoorFields(None, None, 5, march(30), Part.EVENING),
    ]


def test_door_keeps_any_time_when_the_rule_says_so(db):
    RetryRule.objects.update(changes_part=False)
    assert derived(Rules(), attempt(2)) == DoorFields(None, None, 1, march(3), "")


def test_door_declined_rests_by_its_rule_and_ends_the_run(rules):
    declined = attempt(3, Outcome.DECLINED)
    assert derived(rules, attempt(2), declined) == DoorFields(
        None, None, 0, datetime.date(2026, 4, 2), ""
    )
    assert derived(rules, attempt(2), declined, attempt(4)).unanswered == 1


def test_door_not_safe_to_reach_keeps_the_run(rules):
    not_safe = attempt(3, Outcome.NOT_SAFE)
    assert derived(rules, attempt(2), not_safe) == DoorFields(None, None, 1, march(10), "")
    assert derived(rules, attempt(2), not_safe, attempt(10)).unanswered == 2


def test_door_asked_for_holds_until_a_visit_counts(rules):
    asked = attempt(2, Outcome.MET, next_on=march(20))
    assert derived(rules, asked) == DoorFields(march(2), march(20), 0, None, "")
    assert derived(rules, asked, attempt(20)).asked_for_on == march(20)
    assert derived(rules, asked, attempt(21, Outcome.MET)).asked_for_on is None
    again = attempt(21, Outcome.DECLINED, next_on=march(25))
    assert derived(rules, asked, again) == DoorFields(march(2), march(25), 0, None, "")


def test_door_asked_for_is_not_put_off_past_that_day(rules):
    asked = attempt(2, Outcome.MET, next_on=march(10))
    declined = attempt(5, Outcome.DECLINED)
    assert derived(rules, asked, declined) == DoorFields(march(2), march(10), 0, march(10), "")
    assert derived(rules, asked, attempt(10)).retry_on == march(11)


def test_door_without_visits_is_new(rules):
    assert derived(rules) == DoorFields(None, None, 0, None, "")
