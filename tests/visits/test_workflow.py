"""Who may take which step from where: the table spelled out, and two people at once."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connections
from django.utils import timezone

from communities.roles import Role
from tests.factories import (
    DepartmentFactory,
    MatterFactory,
    MembershipFactory,
    UserFactory,
)
from visits.actions.matters import report_matter, take_step
from visits.models import Matter, MatterCategory, MatterEvent, Step
from visits.workflow import Relation, relations, transitions_for

EVERYBODY = {"reporter", "assignee", "department", "team", "manager"}

# What everybody may do, written out a second time and independently of the program's table.
EXPECTED = {
    "received": {
        "take": {"team", "manager"},
        "solve": {"reporter", "team", "manager"},
        "assign": {"team", "manager"},
        "drop": {"reporter", "manager"},
        "comment": EVERYBODY,
    },
    "assigned": {
        "start": {"assignee", "department"},
        "resolve": {"assignee", "department", "manager"},
        "assign": {"manager"},
        "return": {"assignee", "department", "manager"},
        "comment": EVERYBODY,
    },
    "in_progress": {
        "resolve": {"assignee", "department", "manager"},
        "assign": {"manager"},
        "return": {"assignee", "department", "manager"},
        "comment": EVERYBODY,
    },
    "resolved": {
        "close": {"reporter", "team", "manager"},
        "reopen": {"reporter", "team", "manager"},
        "comment": EVERYBODY,
    },
    "closed": {"reopen": {"reporter", "team", "manager"}, "comment": EVERYBODY},
}
LEADS_TO = {
    "take": "in_progress",
    "solve": "closed",
    "assign": "assigned",
    "drop": "closed",
    "start": "in_progress",
    "resolve": "resolved",
    "return": "received",
    "close": "closed",
    "reopen": "received",
}


@pytest.fixture
def people(world):
    """One person for each relation, none of whom has any other."""
    office = DepartmentFactory(area=world.street)

    def elsewhere(role: Role, **place: object):
        return MembershipFactory(role=role, **{"grid": world.next_grid, **place}).user

    handler = elsewhere(Role.DEPARTMENT_HANDLER, grid=None, area=world.street, department=office)
    return {
        "reporter": world.captain,
        "assignee": elsewhere(Role.GRID_WORKER),
        "department": handler,
        "team": world.worker,
        "manager": world.officer,
        "office": office,
    }


def matter_in(status: str, world, people) -> Matter:
    return MatterFactory(
        grid=world.grid,
        status=status,
        reported_by=people["reporter"],
        assignee=people["assignee"],
        department=people["office"],
    )


@pytest.mark.parametrize("relation", [relation.value for relation in Relation])
@pytest.mark.parametrize("status", Matter.Status.values)
def test_workflow_allows_exactly_the_table(world, people, status, relation):
    matter = matter_in(status, world, people)
    person = people[relation]
    assert relations(matter, person) == {Relation(relation)}
    allowed = {str(transition.step) for transition in transitions_for(matter, person)}
    assert allowed == {step for step, who in EXPECTED[status].items() if relation in who}


@pytest.mark.parametrize("relation", [relation.value for relation in Relation])
@pytest.mark.parametrize("status", Matter.Status.values)
def test_workflow_takes_allowed_steps_and_refuses_all_others(world, people, status, relation):
    results = {}
    for step in set(Step) - {Step.REPORT}:
        matter = matter_in(status, world, people)
        to = {"assignee": people["assignee"]} if step == Step.ASSIGN else {}
        try:
            take_step(
                matter=matter, step=step, by=people[relation], at=timezone.now(), note="done", **to
            )
        except ValidationError as error:
            assert error.code == "not_allowed"  # noqa: PT017 - other steps of the loop succeed
            assert (matter.events.count(), Matter.objects.get(pk=matter.pk).moves) == (0, 0)
        else:
            stored = Matter.objects.get(pk=matter.pk)
            results[str(step)] = stored.status
            assert stored.moves == (step != Step.COMMENT)
            assert [(e.step, e.status, e.by) for e in matter.events.all()] == [
                (step, stored.status, people[relation])
            ]
    assert results == {
        step: LEADS_TO.get(step, status)
        for step, who in EXPECTED[status].items()
        if relation in who
    }


def test_workflow_gives_auditors_and_outsiders_nothing(world, people):
    matter = MatterFactory(grid=world.grid, reported_by=world.auditor, assignee=world.auditor)
    for person in (world.auditor, world.outsider, UserFactory(), world.department):
        assert relations(matter, person) == frozenset()
        assert transitions_for(matter, person) == []


def test_workflow_counts_superusers_as_managers(world):
    matter = MatterFactory(grid=world.grid)
    assert relations(matter, UserFactory(is_superuser=True)) == {Relation.MANAGER}


def test_workflow_gives_the_street_its_communities_and_no_other(world):
    matter = MatterFactory(grid=world.next_grid)
    assert relations(matter, world.street_officer) == {Relation.MANAGER}
    assert relations(matter, world.officer) == frozenset()


def test_workflow_reaches_every_status_and_leaves_every_one(world):
    assert set(LEADS_TO.values()) == set(Matter.Status.values)
    assert all(set(steps) - {"comment"} for steps in EXPECTED.values())


def test_step_sets_holder_and_dates(world):
    category = MatterCategory.objects.create(name="路灯", days_to_resolve=4)
    start = timezone.now()
    matter = report_matter(
        by=world.worker, category=category, grid=world.grid, description="不亮", at=start
    )

    def go(step: Step, by, **more: object) -> tuple[object, ...]:
        take_step(matter=matter, step=step, by=by, at=start, note="x", **more)
        matter.refresh_from_db()
        return (
            matter.status,
            matter.assignee,
            matter.department,
            matter.resolved_at is not None,
            matter.closed_at is not None,
        )

    office = world.department_office
    assert go(Step.ASSIGN, world.officer, department=office) == (
        "assigned",
        None,
        office,
        False,
        False,
    )
    assert go(Step.START, world.department) == ("in_progress", None, office, False, False)
    assert go(Step.RESOLVE, world.department) == ("resolved", None, office, True, False)
    assert go(Step.REOPEN, world.worker) == ("received", None, None, False, False)
    assert go(Step.TAKE, world.worker) == ("in_progress", world.worker, None, False, False)
    assert go(Step.RETURN, world.worker) == ("received", None, None, False, False)
    assert go(Step.SOLVE, world.worker) == ("closed", world.worker, None, True, True)
    assert list(matter.events.values_list("step", "department__name", "assignee__name")) == [
        ("reported", None, None),
        ("assign", "民政办", None),
        ("start", "民政办", None),
        ("resolve", "民政办", None),
        ("reopen", None, None),
        ("take", None, "worker"),
        ("return", None, None),
        ("solve", None, "worker"),
    ]


def test_step_reopen_starts_the_days_anew(world):
    category = MatterCategory.objects.create(name="路灯", days_to_resolve=4)
    long_ago = timezone.now() - timezone.timedelta(days=30)
    matter = report_matter(
        by=world.worker,
        category=category,
        grid=world.grid,
        description="不亮",
        at=long_ago,
        is_solved=True,
    )
    take_step(matter=matter, step=Step.REOPEN, by=world.worker, at=timezone.now(), note="again")
    assert matter.due_on == timezone.localdate() + timezone.timedelta(days=4)


@pytest.mark.parametrize(
    ("status", "step"),
    [
        ("assigned", Step.RESOLVE),
        ("assigned", Step.RETURN),
        ("resolved", Step.REOPEN),
        ("received", Step.DROP),
        ("received", Step.COMMENT),
    ],
)
def test_step_that_needs_words_is_refused_without(world, people, status, step):
    matter = matter_in(status, world, people)
    with pytest.raises(ValidationError) as caught:
        take_step(matter=matter, step=step, by=world.officer, at=timezone.now(), note=" ")
    assert caught.value.code == "note_missing"


def test_step_assign_wants_exactly_one_holder(world, people):
    matter = MatterFactory(grid=world.grid)
    both = {"assignee": world.worker, "department": people["office"]}
    for to in ({}, both):
        with pytest.raises(ValidationError) as caught:
            take_step(matter=matter, step=Step.ASSIGN, by=world.officer, at=timezone.now(), **to)
        assert caught.value.code == "nobody_chosen"


def test_step_on_an_old_sight_of_the_matter_is_refused_by_name(world):
    matter = MatterFactory(grid=world.grid)
    stale = Matter.objects.get(pk=matter.pk)
    take_step(matter=matter, step=Step.TAKE, by=world.worker, at=timezone.now())
    with pytest.raises(ValidationError) as caught:
        take_step(
            matter=stale,
            step=Step.ASSIGN,
            by=world.officer,
            at=timezone.now(),
            assignee=world.worker,
        )
    assert caught.value.code == "overtaken"
    assert "worker" in caught.value.messages[0]
    assert matter.events.count() == 1


def test_step_reassigned_by_two_officers_has_one_winner(world):
    matter = MatterFactory(grid=world.grid, status="assigned", assignee=world.worker)
    stale = Matter.objects.get(pk=matter.pk)
    at = timezone.now()
    take_step(
        matter=matter, step=Step.ASSIGN, by=world.officer, at=at, department=world.department_office
    )
    with pytest.raises(ValidationError):
        take_step(
            matter=stale, step=Step.ASSIGN, by=world.street_officer, at=at, assignee=world.officer
        )
    stored = Matter.objects.get(pk=matter.pk)
    assert (stored.assignee, stored.department) == (None, world.department_office)


def test_step_sent_twice_is_one_step(world):
    matter = MatterFactory(grid=world.grid)
    for step, note in ((Step.TAKE, ""), (Step.COMMENT, "hm"), (Step.RESOLVE, "repaired")):
        seen = matter.moves
        events = {
            take_step(
                matter=Matter.objects.get(pk=matter.pk),
                step=step,
                by=world.worker,
                at=timezone.now(),
                note=note,
                seen=seen,
            ).pk
            for _twice in range(2)
        }
        assert len(events) == 1
        matter.refresh_from_db()
    assert list(matter.events.values_list("step", flat=True)) == ["take", "comment", "resolve"]


def test_step_assigned_at_once_to_another_person_is_a_second_step(world):
    matter = MatterFactory(grid=world.grid)
    for person in (world.worker, world.officer):
        take_step(
            matter=matter, step=Step.ASSIGN, by=world.officer, at=timezone.now(), assignee=person
        )
    assert (matter.events.count(), matter.assignee) == (2, world.officer)


def test_step_assigned_to_another_from_an_old_page_is_no_repetition(world):
    matter = MatterFactory(grid=world.grid)
    stale = Matter.objects.get(pk=matter.pk)
    at = timezone.now()
    take_step(matter=matter, step=Step.ASSIGN, by=world.officer, at=at, assignee=world.worker)
    with pytest.raises(ValidationError) as caught:
        take_step(matter=stale, step=Step.ASSIGN, by=world.officer, at=at, assignee=world.officer)
    assert caught.value.code == "overtaken"


def test_step_comment_of_an_old_page_is_kept(world):
    matter = MatterFactory(grid=world.grid)
    stale = Matter.objects.get(pk=matter.pk)
    take_step(matter=matter, step=Step.TAKE, by=world.worker, at=timezone.now())
    take_step(matter=stale, step=Step.COMMENT, by=world.officer, at=timezone.now(), note="hm")
    assert list(matter.events.values_list("step", "status")) == [
        ("take", "in_progress"),
        ("comment", "in_progress"),
    ]


def test_history_cannot_be_changed_or_deleted(world):
    matter = MatterFactory(grid=world.grid)
    event = take_step(matter=matter, step=Step.TAKE, by=world.worker, at=timezone.now())
    for change in (
        event.save,
        event.delete,
        MatterEvent.objects.all().delete,
        lambda: MatterEvent.objects.update(note="other"),
    ):
        with pytest.raises(TypeError, match="append-only"):
            change()


def test_step_taken_by_eight_people_at_once_has_one_winner(database_of_many, world):
    matter = MatterFactory(grid=world.grid)
    people = [
        MembershipFactory(grid=world.grid, user=UserFactory(username=f"at-once-{n}")).user
        for n in range(8)
    ]
    together = threading.Barrier(len(people))
    outcomes: list[str] = []

    def act(person) -> None:
        try:
            mine = Matter.objects.get(pk=matter.pk)
            together.wait(timeout=20)
            take_step(matter=mine, step=Step.TAKE, by=person, at=timezone.now())
            outcomes.append("won")
        except ValidationError as error:
            outcomes.append(error.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=act, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["overtaken"] * 7 + ["won"]
    matter.refresh_from_db()
    assert (matter.status, matter.moves, matter.events.count()) == ("in_progress", 1, 1)
    assert matter.events.get().by == matter.assignee
