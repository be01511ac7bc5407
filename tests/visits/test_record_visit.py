import datetime
import uuid
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from households.models import FormerGrid, Household
from tests.at_once import at_once
from tests.factories import (
    CareFactory,
    CareTagFactory,
    GridFactory,
    HouseholdFactory,
    ResidencyFactory,
    UserFactory,
)
from visits.actions.recompute import recompute
from visits.actions.visits import VisitConflictError, record_door_visit, record_visit
from visits.models import Outcome, Visit, VisitTally, Way

SHANGHAI = ZoneInfo("Asia/Shanghai")


def march(day: int) -> datetime.date:
    return datetime.date(2026, 3, day)


def moment(day: int, hour: int = 10) -> datetime.datetime:
    return datetime.datetime(2026, 3, day, hour, tzinfo=SHANGHAI)


def new_door(**values) -> Household:
    """Add a door registered on the first of March, due by the usual rhythm."""
    return HouseholdFactory(
        registered_on=march(1),
        grid_since=march(1),
        due_from=march(1),
        due_by=march(1) + datetime.timedelta(days=90),
        **values,
    )


@pytest.fixture
def door(db) -> Household:
    return new_door()


@pytest.fixture
def worker(db):
    return UserFactory()


@pytest.fixture
def record(worker):
    def record(door, day=2, outcome=Outcome.MET, *, hour=10, **values):
        values = {"id": uuid.uuid4(), "by": worker, "way": Way.DOOR, **values}
        return record_visit(household=door, done_at=moment(day, hour), outcome=outcome, **values)

    return record


def door_says(door: Household) -> tuple:
    door.refresh_from_db()
    return (
        door.last_visited_on,
        door.asked_for_on,
        door.due_from,
        door.due_by,
        door.unanswered,
        door.retry_on,
        door.retry_part,
    )


def tallies() -> dict:
    rows = VisitTally.objects.values_list("grid", "day", "outcome", "visits", "counted")
    return {
        (grid, day.day, outcome): (visits, counted) for grid, day, outcome, visits, counted in rows
    }


def quarter_after(day: datetime.date) -> tuple[datetime.date, datetime.date]:
    due_by = day + datetime.timedelta(days=90)
    return due_by - datetime.timedelta(days=15), due_by


def test_visit_is_stored_with_its_door_and_tally(door, worker):
    key = uuid.uuid4()
    visit = record_visit(
        id=key,
        household=door,
        by=worker,
        done_at=moment(2),
        outcome=Outcome.MET,
        way=Way.PHONE,
        companions="老王",
        note="要一份申请表",
        next_on=march(20),
    )
    stored = Visit.objects.values(
        "id", "household", "grid", "by", "done_at", "outcome", "way", "counts",
        "companions", "note", "next_on", "corrects", "withdrawn",
    ).get()  # fmt: skip
    assert visit.pk == key
    assert stored == {
        "id": key,
        "household": door.pk,
        "grid": door.grid_id,
        "by": worker.pk,
        "done_at": moment(2),
        "outcome": "met",
        "way": "phone",
        "counts": True,
        "companions": "老王",
        "note": "要一份申请表",
        "next_on": march(20),
        "corrects": None,
        "withdrawn": False,
    }
    assert door_says(door) == (march(2), march(20), march(20), march(20), 0, None, "")
    assert tallies() == {(door.grid_id, 2, "met"): (1, 1)}


def test_visit_that_counts_starts_the_rhythm_again(door, record):
    record(door)
    assert door_says(door) == (march(2), None, *quarter_after(march(2)), 0, None, "")


def test_visit_uses_the_rhythm_of_the_care_tags(door, record):
    residency = ResidencyFactory(household=door)
    CareFactory(resident=residency.resident, tag=CareTagFactory(visit_every_days=12))
    record(door)
    assert door_says(door)[2:4] == (march(12), march(14))


def test_visit_with_nobody_home_leaves_the_due_dates(door, record):
    record(door, 2, Outcome.NOBODY_HOME)
    due = (march(1), march(1) + datetime.timedelta(days=90))
    assert door_says(door) == (None, None, *due, 1, march(3), "evening")
    assert tallies() == {(door.grid_id, 2, "nobody_home"): (1, 0)}


def test_visit_arriving_late_does_not_turn_the_door_back(door, record):
    record(door, 9, Outcome.MET)
    newest = door_says(door)
    record(door, 4, Outcome.NOBODY_HOME, next_on=march(30))
    record(door, 5, Outcome.MET)
    assert door_says(door) == newest
    assert sum(visits for visits, _counted in tallies().values()) == 3


def test_visit_arriving_late_joins_the_run_of_unanswered_tries(door, record):
    record(door, 9, Outcome.NOBODY_HOME)
    record(door, 4, Outcome.NOBODY_HOME)
    in_order = new_door(grid=door.grid)
    record(in_order, 4, Outcome.NOBODY_HOME)
    record(in_order, 9, Outcome.NOBODY_HOME)
    assert door_says(door) == door_says(in_order)
    assert door_says(door)[4:] == (2, march(12), "evening")


def test_visits_give_the_same_door_in_any_order(worker, record):
    days = [
        (3, Outcome.NOBODY_HOME),
        (5, Outcome.MET),
        (8, Outcome.DECLINED),
        (9, Outcome.NOBODY_HOME),
        (9, Outcome.NOT_SAFE),
    ]
    doors = [new_door() for _ in range(len(days))]
    for turn, door in enumerate(doors):
        for day, outcome in days[turn:] + days[:turn]:
            record(door, day, outcome, hour=9 + days.index((day, outcome)))
    assert len({door_says(door) for door in doors}) == 1
    assert recompute(save=False).differences == []


def test_visit_is_found_as_last_behind_many_that_do_not_count(door, record):
    record(door, 1)
    for turn in range(22):
        record(door, 2 + turn, Outcome.NOBODY_HOME)
    assert door_says(door)[0] == march(1)
    assert door.unanswered == 20
    assert recompute(save=False).differences == []


def test_visit_sent_twice_is_one_row_and_one_answer(door, worker, record):
    key = uuid.uuid4()
    first = record(door, id=key, note="一样")
    says = door_says(door)
    again = record(door, id=key, note="一样")
    assert again == first
    assert again.received_at == first.received_at
    assert Visit.objects.count() == 1
    assert tallies() == {(door.grid_id, 2, "met"): (1, 1)}
    assert door_says(door) == says


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": Outcome.DECLINED},
        {"way": Way.OFFICE},
        {"note": "不同"},
        {"companions": "老李"},
        {"next_on": march(9)},
        {"day": 3},
    ],
)
def test_visit_with_a_known_key_and_other_content_is_refused(door, record, change):
    first = record(door, id=uuid.UUID(int=1))
    with pytest.raises(VisitConflictError) as refused:
        record(door, id=uuid.UUID(int=1), **change)
    assert refused.value.stored == first
    assert tallies() == {(door.grid_id, 2, "met"): (1, 1)}


def test_visit_with_a_known_key_at_another_door_or_by_another_is_refused(door, record):
    record(door, id=uuid.UUID(int=1))
    other = HouseholdFactory(grid=door.grid)
    with pytest.raises(VisitConflictError):
        record(other, id=uuid.UUID(int=1))
    with pytest.raises(VisitConflictError):
        record(door, id=uuid.UUID(int=1), by=UserFactory())
    assert Visit.objects.count() == 1
    assert Household.objects.get(pk=other.pk).last_visited_on is None


def test_visit_refused_leaves_the_transaction_around_it_usable(door, record):
    record(door, id=uuid.UUID(int=1))
    with transaction.atomic():
        with pytest.raises(VisitConflictError):
            record(door, id=uuid.UUID(int=1), note="不同")
        record(door, 3)
    assert Visit.objects.count() == 2


def test_door_visit_sent_again_later_keeps_its_first_time(door, worker):
    def press(minute, outcome):
        return record_door_visit(
            id=uuid.UUID(int=1),
            household=door,
            by=worker,
            at=moment(2) + datetime.timedelta(minutes=minute),
            outcome=outcome,
        )

    assert press(0, Outcome.MET).done_at == moment(2)
    assert press(1, Outcome.MET).done_at == moment(2)
    with pytest.raises(VisitConflictError):
        press(2, Outcome.NOBODY_HOME)
    assert Visit.objects.count() == 1


def test_visit_stores_the_grid_of_its_day(door, record):
    first, second = (
        GridFactory(community=door.grid.community),
        GridFactory(community=door.grid.community),
    )
    Household.objects.filter(pk=door.pk).update(grid_since=march(20))
    FormerGrid.objects.create(household=door, grid=first, since=march(1), until=march(9))
    FormerGrid.objects.create(household=door, grid=second, since=march(10), until=march(19))
    days = {day: record(door, day).grid_id for day in (9, 10, 19, 20)}
    assert days == {9: first.pk, 10: second.pk, 19: second.pk, 20: door.grid_id}
    assert set(tallies()) == {
        (first.pk, 9, "met"),
        (second.pk, 10, "met"),
        (second.pk, 19, "met"),
        (door.grid_id, 20, "met"),
    }


def test_visit_judges_the_day_in_local_time(door, worker):
    late = datetime.datetime(2026, 3, 2, 16, 30, tzinfo=datetime.UTC)  # 00:30 on the 3rd
    record_visit(
        id=uuid.uuid4(), household=door, by=worker, done_at=late, outcome="met", way="door"
    )
    assert door_says(door)[0] == march(3)
    assert tallies() == {(door.grid_id, 3, "met"): (1, 1)}


def test_correction_takes_the_place_of_what_it_corrects(door, record):
    record(door, 2, Outcome.NOBODY_HOME)
    wrong = record(door, 3, Outcome.MET)
    right = record(door, 3, Outcome.NOBODY_HOME, hour=19, corrects=wrong)
    assert list(Visit.objects.standing().order_by("done_at").values_list("outcome", flat=True)) == [
        "nobody_home",
        "nobody_home",
    ]
    assert (right.corrects, Visit.objects.count()) == (wrong, 3)
    assert door_says(door)[0] is None
    assert door_says(door)[4:] == (2, march(7), "weekend")
    assert tallies() == {
        (door.grid_id, 2, "nobody_home"): (1, 0),
        (door.grid_id, 3, "met"): (0, 0),
        (door.grid_id, 3, "nobody_home"): (1, 0),
    }
    assert recompute(save=False).differences == []


def test_correction_is_sent_twice_as_one_and_given_once(door, record):
    wrong = record(door)
    right = record(door, 3, id=uuid.UUID(int=2), corrects=wrong)
    assert record(door, 3, id=uuid.UUID(int=2), corrects=wrong) == right
    with pytest.raises(ValidationError) as refused:
        record(door, 4, corrects=wrong)
    assert refused.value.code == "corrected"
    assert record(door, 4, corrects=right).corrects == right
    assert tallies()[door.grid_id, 4, "met"] == (1, 1)
    assert sum(visits for visits, _counted in tallies().values()) == 1


def test_correction_at_another_door_is_refused(door, record):
    wrong = record(door)
    other = HouseholdFactory(grid=door.grid)
    with pytest.raises(ValidationError):
        record(other, corrects=wrong)
    assert Visit.objects.count() == 1


def test_withdrawn_visit_is_as_if_it_never_was(door, record):
    record(door, 2, Outcome.NOBODY_HOME)
    says = door_says(door)
    wrong = record(door, 3, Outcome.MET)
    gone = record(door, 3, Outcome.MET, corrects=wrong, withdrawn=True)
    assert door_says(door) == says
    assert gone.counts is False
    assert tallies()[door.grid_id, 3, "met"] == (0, 0)
    with pytest.raises(ValidationError):
        record(door, 3, corrects=gone)
    assert recompute(save=False).differences == []


def test_visit_costs_few_queries(door, record, django_assert_num_queries):
    record(door)
    # Savepoint, door, rules, visit, tries, rhythm, door, tally, release.
    with django_assert_num_queries(9):
        record(door, hour=11, outcome=Outcome.MET, next_on=march(9))
    record(door, 3, outcome=Outcome.NOBODY_HOME)
    # The same with the retry rules in place of the rhythm.
    with django_assert_num_queries(9):
        record(door, 3, hour=11, outcome=Outcome.NOBODY_HOME)


@pytest.mark.usefixtures("django_db_serialized_rollback")
def test_visit_posted_by_twenty_at_once_is_one_row(database_of_many):
    door, worker, key = HouseholdFactory(grid_since=march(1)), UserFactory(), uuid.uuid4()

    def post(_n):
        return record_visit(
            id=key, household=door, by=worker, done_at=moment(2), outcome="met", way="door"
        ).pk

    assert at_once(post, 20) == [key] * 20
    assert Visit.objects.count() == 1
    assert tallies() == {(door.grid_id, 2, "met"): (1, 1)}


@pytest.mark.usefixtures("django_db_serialized_rollback")
def test_visits_of_two_workers_at_once_are_all_told(database_of_many):
    grid = GridFactory()
    doors = [new_door(grid=grid) for _ in "ab"]
    workers = [UserFactory(), UserFactory()]

    def post(turn):
        record_visit(
            id=uuid.uuid4(),
            household=doors[turn % 2],
            by=workers[turn // 2 % 2],
            done_at=moment(2, turn),
            outcome=Outcome.NOBODY_HOME,
            way=Way.DOOR,
        )

    at_once(post, 16)
    assert tallies() == {(grid.pk, 2, "nobody_home"): (16, 0)}
    assert [door_says(door)[4] for door in doors] == [8, 8]
    assert recompute(save=False).differences == []
