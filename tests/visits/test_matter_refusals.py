"""What the database itself refuses of a matter, whatever program writes it."""

import datetime
import itertools

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from tests.factories import MatterFactory
from tests.visits.test_workflow import EXPECTED, LEADS_TO
from visits.actions.matter_steps import take_step
from visits.models import Matter, Step

STATUSES = [str(status) for status in Matter.Status]
PAIRS = [pair for pair in itertools.product(STATUSES, STATUSES) if pair[0] != pair[1]]
# From the table that test_workflow spells out, not from the program's own.
KNOWN = {
    (source, LEADS_TO[step])
    for source, steps in EXPECTED.items()
    for step in steps
    if step in LEADS_TO
}


def columns_of(status: str, other: Matter) -> dict[str, object]:
    """Return the columns that the constraints ask for in this status."""
    now = timezone.now()
    clock = status not in Matter.SLEEPING and status not in Matter.ENDED
    return {
        "due_at": now + datetime.timedelta(days=1) if clock else None,
        "closed_at": now if status in Matter.ENDED else None,
        "next_on": now.date() if status in Matter.SLEEPING else None,
        "merged_into_id": other.pk if status == "merged" else None,
        "assignee_id": other.reported_by_id,
    }


def set_by_sql(matter: Matter, status: str, moves: int, columns: dict[str, object]) -> None:
    """Write past the program: plain SQL, as an operator with a console would."""
    values = {"status": status, "moves": moves, **columns}
    names = ", ".join(f"{name} = %s" for name in values)
    field = Matter._meta.pk
    key = field.get_db_prep_value(matter.pk, connection)
    prepared = [
        Matter._meta.get_field(name.removesuffix("_id")).get_db_prep_value(value, connection)
        for name, value in values.items()
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE visits_matter SET {names} WHERE id = %s", [*prepared, key])


def test_every_change_of_status_that_the_table_lacks_is_refused(world):
    other = MatterFactory(grid=world.grid)
    accepted = set()
    for source, target in PAIRS:
        matter = MatterFactory(grid=world.grid, status=source, reported_by=world.worker)
        columns = columns_of(target, other)
        try:
            set_by_sql(matter, target, 1, columns)
        except IntegrityError as error:
            assert "refuse_matter_status" in str(error)  # noqa: PT017 - others are accepted
            assert Matter.objects.get(pk=matter.pk).status == source
        else:
            accepted.add((source, target))
    assert accepted == {pair for pair in KNOWN if pair[0] != pair[1]}
    assert len(PAIRS) - len(accepted) > 60


@pytest.mark.parametrize("moves", [0, 2, 5])
def test_a_change_of_status_that_is_not_one_move_is_refused(world, moves):
    matter = MatterFactory(grid=world.grid)
    with pytest.raises(IntegrityError, match="refuse_matter_status"):
        set_by_sql(matter, "accepted", moves, {})


def test_what_leaves_the_status_alone_is_not_refused(world):
    matter = MatterFactory(grid=world.grid)
    set_by_sql(matter, "received", 0, {"level": "street"})
    assert Matter.objects.get(pk=matter.pk).level == "street"


@pytest.mark.parametrize(
    ("status", "columns"),
    [
        ("received", {"due_at": None}),
        ("waiting", {"next_on": None}),
        ("waiting", {"assignee_id": None}),
        ("in_progress", {"due_at": None}),
        ("closed", {"closed_at": None}),
        ("received", {"closed_at": timezone.now()}),
        ("received", {"reported_by_id": None}),
        ("merged", {"merged_into_id": None}),
    ],
)
def test_a_state_that_cannot_be_is_refused(world, status, columns):
    matter = MatterFactory(grid=world.grid, status=status, reported_by=world.worker)
    with pytest.raises(IntegrityError):
        set_by_sql(matter, status, 0, columns)


def test_a_matter_merged_into_itself_is_refused(world):
    matter = MatterFactory(grid=world.grid, reported_by=world.worker)
    with pytest.raises(IntegrityError):
        set_by_sql(matter, "merged", 1, columns_of("merged", matter))


@pytest.fixture
def event(world):
    matter = MatterFactory(grid=world.grid)
    return take_step(
        matter=matter, step=Step.COMMENT, by=world.worker, at=timezone.now(), note="漏水"
    )


@pytest.mark.parametrize(
    "change",
    ["note = 'x'", "at = at", "status = 'closed'", "by_id = NULL", "move = 9", "id = id + 1"],
)
def test_the_history_is_never_changed(event, change):
    with (
        pytest.raises(IntegrityError, match="refuse_matterevent_change"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE visits_matterevent SET {change} WHERE id = %s", [event.pk])
    stored = event.matter.events.get()
    assert (stored.note, stored.status, stored.by) == ("漏水", "received", event.by)


def test_one_move_has_one_author(world):
    matter = MatterFactory(grid=world.grid)
    take_step(matter=matter, step=Step.ACCEPT, by=world.worker, at=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        matter.events.create(by=world.officer, step=Step.ACCEPT, status="accepted", move=1)


def test_the_program_cannot_change_or_delete_history_either(event):
    event.note = "x"
    for attempt in (
        event.save,
        event.delete,
        event.matter.events.all().delete,
        lambda: event.matter.events.update(note="x"),
        lambda: event.matter.events.bulk_update([event], ["note"]),
    ):
        with pytest.raises(TypeError, match="append-only"):
            attempt()
