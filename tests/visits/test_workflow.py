"""Who may take which step from where: the table spelled out, and two people at once."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connections
from django.utils import timezone

from communities.roles import Role
from tests.factories import (
    DepartmentFactory,
    IssueFactory,
    MembershipFactory,
    UserFactory,
)
from visits.actions.issues import report_issue, take_step
from visits.models import Issue, IssueCategory, IssueEvent, Step
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


def issue_in(status: str, world, people) -> Issue:
    return IssueFactory(
        grid=world.grid,
        status=status,
        reported_by=people["reporter"],
        assignee=people["assignee"],
        department=people["office"],
    )


@pytest.mark.parametrize("relation", [relation.value for relation in Relation])
@pytest.mark.parametrize("status", Issue.Status.values)
def test_workflow_allows_exactly_the_table(world, people, status, relation):
    issue = issue_in(status, world, people)
    person = people[relation]
    assert relations(issue, person) == {Relation(relation)}
    allowed = {str(transition.step) for transition in transitions_for(issue, person)}
    assert allowed == {step for step, who in EXPECTED[status].items() if relation in who}


@pytest.mark.parametrize("relation", [relation.value for relation in Relation])
@pytest.mark.parametrize("status", Issue.Status.values)
def test_workflow_takes_allowed_steps_and_refuses_all_others(world, people, status, relation):
    results = {}
    for step in set(Step) - {Step.REPORT}:
        issue = issue_in(status, world, people)
        to = {"assignee": people["assignee"]} if step == Step.ASSIGN else {}
        try:
            take_step(
                issue=issue, step=step, by=people[relation], at=timezone.now(), note="done", **to
            )
        except ValidationError as error:
            assert error.code == "not_allowed"  # noqa: PT017 - other steps of the loop succeed
            assert (issue.events.count(), Issue.objects.get(pk=issue.pk).moves) == (0, 0)
        else:
            stored = Issue.objects.get(pk=issue.pk)
            results[str(step)] = stored.status
            assert stored.moves == (step != Step.COMMENT)
            assert [(e.step, e.status, e.by) for e in issue.events.all()] == [
                (step, stored.status, people[relation])
            ]
    assert results == {
        step: LEADS_TO.get(step, status)
        for step, who in EXPECTED[status].items()
        if relation in who
    }


def test_workflow_gives_auditors_and_outsiders_nothing(world, people):
    issue = IssueFactory(grid=world.grid, reported_by=world.auditor, assignee=world.auditor)
    for person in (world.auditor, world.outsider, UserFactory(), world.department):
        assert relations(issue, person) == frozenset()
        assert transitions_for(issue, person) == []


def test_workflow_counts_superusers_as_managers(world):
    issue = IssueFactory(grid=world.grid)
    assert relations(issue, UserFactory(is_superuser=True)) == {Relation.MANAGER}


def test_workflow_gives_the_street_its_communities_and_no_other(world):
    issue = IssueFactory(grid=world.next_grid)
    assert relations(issue, world.street_officer) == {Relation.MANAGER}
    assert relations(issue, world.officer) == frozenset()


def test_workflow_reaches_every_status_and_leaves_every_one(world):
    assert set(LEADS_TO.values()) == set(Issue.Status.values)
    assert all(set(steps) - {"comment"} for steps in EXPECTED.values())


def test_step_sets_holder_and_dates(world):
    category = IssueCategory.objects.create(name="路灯", days_to_resolve=4)
    start = timezone.now()
    issue = report_issue(
        by=world.worker, category=category, grid=world.grid, description="不亮", at=start
    )

    def go(step: Step, by, **more: object) -> tuple[object, ...]:
        take_step(issue=issue, step=step, by=by, at=start, note="x", **more)
        issue.refresh_from_db()
        return (
            issue.status,
            issue.assignee,
            issue.department,
            issue.resolved_at is not None,
            issue.closed_at is not None,
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
    assert list(issue.events.values_list("step", "department__name", "assignee__name")) == [
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
    category = IssueCategory.objects.create(name="路灯", days_to_resolve=4)
    long_ago = timezone.now() - timezone.timedelta(days=30)
    issue = report_issue(
        by=world.worker,
        category=category,
        grid=world.grid,
        description="不亮",
        at=long_ago,
        is_solved=True,
    )
    take_step(issue=issue, step=Step.REOPEN, by=world.worker, at=timezone.now(), note="again")
    assert issue.due_on == timezone.localdate() + timezone.timedelta(days=4)


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
    issue = issue_in(status, world, people)
    with pytest.raises(ValidationError) as caught:
        take_step(issue=issue, step=step, by=world.officer, at=timezone.now(), note=" ")
    assert caught.value.code == "note_missing"


def test_step_assign_wants_exactly_one_holder(world, people):
    issue = IssueFactory(grid=world.grid)
    both = {"assignee": world.worker, "department": people["office"]}
    for to in ({}, both):
        with pytest.raises(ValidationError) as caught:
            take_step(issue=issue, step=Step.ASSIGN, by=world.officer, at=timezone.now(), **to)
        assert caught.value.code == "nobody_chosen"


def test_step_on_an_old_sight_of_the_issue_is_refused_by_name(world):
    issue = IssueFactory(grid=world.grid)
    stale = Issue.objects.get(pk=issue.pk)
    take_step(issue=issue, step=Step.TAKE, by=world.worker, at=timezone.now())
    with pytest.raises(ValidationError) as caught:
        take_step(
            issue=stale,
            step=Step.ASSIGN,
            by=world.officer,
            at=timezone.now(),
            assignee=world.worker,
        )
    assert caught.value.code == "overtaken"
    assert "worker" in caught.value.messages[0]
    assert issue.events.count() == 1


def test_step_reassigned_by_two_officers_has_one_winner(world):
    issue = IssueFactory(grid=world.grid, status="assigned", assignee=world.worker)
    stale = Issue.objects.get(pk=issue.pk)
    at = timezone.now()
    take_step(
        issue=issue, step=Step.ASSIGN, by=world.officer, at=at, department=world.department_office
    )
    with pytest.raises(ValidationError):
        take_step(
            issue=stale, step=Step.ASSIGN, by=world.street_officer, at=at, assignee=world.officer
        )
    stored = Issue.objects.get(pk=issue.pk)
    assert (stored.assignee, stored.department) == (None, world.department_office)


def test_step_sent_twice_is_one_step(world):
    issue = IssueFactory(grid=world.grid)
    for step, note in ((Step.TAKE, ""), (Step.COMMENT, "hm"), (Step.RESOLVE, "repaired")):
        seen = issue.moves
        events = {
            take_step(
                issue=Issue.objects.get(pk=issue.pk),
                step=step,
                by=world.worker,
                at=timezone.now(),
                note=note,
                seen=seen,
            ).pk
            for _twice in range(2)
        }
        assert len(events) == 1
        issue.refresh_from_db()
    assert list(issue.events.values_list("step", flat=True)) == ["take", "comment", "resolve"]


def test_step_assigned_at_once_to_another_person_is_a_second_step(world):
    issue = IssueFactory(grid=world.grid)
    for person in (world.worker, world.officer):
        take_step(
            issue=issue, step=Step.ASSIGN, by=world.officer, at=timezone.now(), assignee=person
        )
    assert (issue.events.count(), issue.assignee) == (2, world.officer)


def test_step_assigned_to_another_from_an_old_page_is_no_repetition(world):
    issue = IssueFactory(grid=world.grid)
    stale = Issue.objects.get(pk=issue.pk)
    at = timezone.now()
    take_step(issue=issue, step=Step.ASSIGN, by=world.officer, at=at, assignee=world.worker)
    with pytest.raises(ValidationError) as caught:
        take_step(issue=stale, step=Step.ASSIGN, by=world.officer, at=at, assignee=world.officer)
    assert caught.value.code == "overtaken"


def test_step_comment_of_an_old_page_is_kept(world):
    issue = IssueFactory(grid=world.grid)
    stale = Issue.objects.get(pk=issue.pk)
    take_step(issue=issue, step=Step.TAKE, by=world.worker, at=timezone.now())
    take_step(issue=stale, step=Step.COMMENT, by=world.officer, at=timezone.now(), note="hm")
    assert list(issue.events.values_list("step", "status")) == [
        ("take", "in_progress"),
        ("comment", "in_progress"),
    ]


def test_history_cannot_be_changed_or_deleted(world):
    issue = IssueFactory(grid=world.grid)
    event = take_step(issue=issue, step=Step.TAKE, by=world.worker, at=timezone.now())
    for change in (
        event.save,
        event.delete,
        IssueEvent.objects.all().delete,
        lambda: IssueEvent.objects.update(note="other"),
    ):
        with pytest.raises(TypeError, match="append-only"):
            change()


def test_step_taken_by_eight_people_at_once_has_one_winner(database_of_many, world):
    issue = IssueFactory(grid=world.grid)
    people = [
        MembershipFactory(grid=world.grid, user=UserFactory(username=f"at-once-{n}")).user
        for n in range(8)
    ]
    together = threading.Barrier(len(people))
    outcomes: list[str] = []

    def act(person) -> None:
        try:
            mine = Issue.objects.get(pk=issue.pk)
            together.wait(timeout=20)
            take_step(issue=mine, step=Step.TAKE, by=person, at=timezone.now())
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
    issue.refresh_from_db()
    assert (issue.status, issue.moves, issue.events.count()) == ("in_progress", 1, 1)
    assert issue.events.get().by == issue.assignee
