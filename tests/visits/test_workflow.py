"""Who may take which step from where: the table spelled out, and two people at once."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from communities.roles import Role
from tests.at_once import at_once
from tests.factories import (
    DepartmentFactory,
    MatterFactory,
    MembershipFactory,
    UserFactory,
)
from visits.actions.matter_steps import take_step
from visits.actions.matters import report_matter
from visits.models import CalledDepartment, Matter, MatterCategory, MatterEvent, Step
from visits.workflow import Relation, relations, transitions_for

EVERYBODY = {
    *("reporter", "resident", "assignee", "department", "called", "team", "manager", "local"),
}
HANDLERS = {"assignee", "department"}
DECIDES = {*HANDLERS, "manager"}
VERIFIES = {"reporter", "resident", "team", "manager"}
NEW = {
    "take": {"team", "manager"},
    "solve": {"reporter", "team", "manager"},
    "assign": {"team", "manager"},
    "decline": {"reporter", "manager"},
    "merge": {"manager"},
    "whistle": {"manager"},
    "escalate": {"manager"},
    "answer": {"called"},
}
IN_HANDS = {
    "resolve": DECIDES,
    "assign": {"manager"},
    "return": DECIDES,
    "wait": DECIDES,
    "keep": {"manager"},
    "ask_extension": HANDLERS,
    "merge": {"manager"},
    "whistle": {"manager"},
    "escalate": {"manager"},
    "remind": {"manager"},
    "yellow": {"manager"},
    "red": {"manager"},
    "give_up": {"manager"},
    "answer": {"called"},
}
# What everybody may do at the level of the community, written out a second time and
# independently of the program's table.
EXPECTED = {
    "received": NEW | {"accept": {"team", "manager"}},
    "accepted": NEW | {"give_up": {"manager"}},
    "assigned": IN_HANDS | {"start": HANDLERS},
    "in_progress": IN_HANDS,
    "waiting": {
        "resume": DECIDES,
        "resolve": DECIDES,
        "assign": {"manager"},
        "return": DECIDES,
        "merge": {"manager"},
        "whistle": {"manager"},
        "remind": {"manager"},
        "yellow": {"manager"},
        "red": {"manager"},
        "give_up": {"manager"},
        "answer": {"called"},
    },
    "ongoing": {
        "entry": {*HANDLERS, "team", "manager"},
        "resume": {"manager"},
        "resolve": DECIDES,
        "give_up": {"manager"},
        "answer": {"called"},
    },
    "resolved": {
        "close": VERIFIES,
        "rework": VERIFIES,
        "give_up": {"manager"},
        "answer": {"called"},
    },
    "closed": {"reopen": VERIFIES},
    "unsolved": {"reopen": VERIFIES},
    "declined": {"reopen": VERIFIES},
    "merged": {"separate": {"manager"}},
}
for steps in EXPECTED.values():
    steps["comment"] = EVERYBODY
LEADS_TO = {
    "accept": "accepted",
    "take": "in_progress",
    "solve": "closed",
    "assign": "assigned",
    "whistle": "assigned",
    "start": "in_progress",
    "wait": "waiting",
    "resume": "in_progress",
    "keep": "ongoing",
    "resolve": "resolved",
    "return": "accepted",
    "escalate": "accepted",
    "hand_back": "accepted",
    "merge": "merged",
    "separate": "accepted",
    "decline": "declined",
    "close": "closed",
    "rework": "in_progress",
    "give_up": "unsolved",
    "reopen": "accepted",
}
WORDS = {"comment", "answer"}


@pytest.fixture
def people(world):
    """One person for each relation, none of whom has any other; nobody for the resident."""
    office, called = DepartmentFactory(area=world.street), DepartmentFactory(area=world.street)

    def handler(department):
        return MembershipFactory(
            role=Role.DEPARTMENT_HANDLER, grid=None, area=world.street, department=department
        ).user

    return {
        "reporter": world.captain,
        "resident": None,
        "assignee": MembershipFactory(grid=world.next_grid).user,
        "department": handler(office),
        "called": handler(called),
        "team": world.worker,
        "manager": world.officer,
        "local": world.officer,
        "office": office,
        "called_office": called,
    }


def matter_for(relation: str, status: str, world, people, **values) -> Matter:
    """Return a matter in that status to which the relation's person has just this relation."""
    held = status not in ("received", "accepted")
    by_department = relation == "department"
    level = "street" if relation == "local" else "community"
    matter = MatterFactory(
        **{
            "grid": world.grid,
            "status": status,
            "level": level,
            "reported_by": people["reporter"],
            "assignee": people["assignee"] if held and not by_department else None,
            "department": people["office"] if held and by_department else None,
            **values,
        }
    )
    CalledDepartment.objects.create(
        matter=matter, department=people["called_office"], called_at=timezone.now()
    )
    return matter


def chosen(step: str, matter: Matter, people) -> dict[str, object]:
    """Return what the step asks for."""
    soon = timezone.now() + timezone.timedelta(days=30)
    return {
        Step.ASSIGN: {"assignee": people["assignee"]},
        Step.WHISTLE: {"departments": [people["office"]], "lead": people["office"]},
        Step.MERGE: {"into": MatterFactory(grid=matter.grid)},
        Step.WAIT: {"day": timezone.localdate(soon)},
        Step.ASK_EXTENSION: {"until": soon},
    }.get(step, {})


CASES = [
    (status, relation.value)
    for status in Matter.Status.values
    for relation in Relation
    if not (status in ("received", "accepted") and relation.value in HANDLERS)
]


@pytest.mark.parametrize(("status", "relation"), CASES)
def test_workflow_allows_exactly_the_table(world, people, status, relation):
    matter = matter_for(relation, status, world, people)
    person = people[relation]
    assert relations(matter, person) == {Relation(relation)}
    allowed = {str(transition.step) for transition in transitions_for(matter, person)}
    assert allowed == {step for step, who in EXPECTED[status].items() if relation in who}


@pytest.mark.parametrize(("status", "relation"), CASES)
def test_workflow_takes_allowed_steps_and_refuses_all_others(world, people, status, relation):
    results = {}
    for step in set(Step) - {Step.REPORT}:
        matter = matter_for(relation, status, world, people)
        more = chosen(step, matter, people)
        try:
            take_step(
                matter=matter,
                step=step,
                by=people[relation],
                at=timezone.now(),
                note="done",
                **more,
            )
        except ValidationError as error:
            assert error.code == "not_allowed"  # noqa: PT017 - other steps of the loop succeed
            assert (matter.events.count(), Matter.objects.get(pk=matter.pk).moves) == (0, 0)
        else:
            stored = Matter.objects.get(pk=matter.pk)
            results[str(step)] = stored.status
            assert stored.moves == (step not in WORDS)
            assert [(e.step, e.status, e.by) for e in matter.events.all()] == [
                (step, stored.status, people[relation])
            ]
    assert results == {
        step: LEADS_TO.get(step, status)
        for step, who in EXPECTED[status].items()
        if relation in who
    }


def test_workflow_decides_about_more_time_only_while_it_is_asked_for(world, people):
    soon = timezone.now() + timezone.timedelta(days=30)
    matter = matter_for("assignee", "assigned", world, people, extension_until=soon)
    steps = {str(t.step) for t in transitions_for(matter, people["manager"])}
    assert {"grant_extension", "refuse_extension"} <= steps
    assert "ask_extension" not in {str(t.step) for t in transitions_for(matter, people["assignee"])}


def test_workflow_at_the_street_is_the_streets(world, people):
    matter = MatterFactory(grid=world.grid, status="accepted", level="street")
    street = {str(t.step) for t in transitions_for(matter, world.street_officer)}
    assert {"assign", "whistle", "hand_back", "decline"} <= street
    assert "escalate" not in street
    assert [t.step for t in transitions_for(matter, world.officer)] == ["comment"]
    assert "assign" not in {t.step for t in transitions_for(matter, world.worker)}


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
    assert {*LEADS_TO.values(), "received"} == set(Matter.Status.values)
    assert all(set(steps) - {"comment"} for steps in EXPECTED.values())


def limited(days: int) -> MatterCategory:
    category = MatterCategory.objects.create(name="路灯", accept_working_days=2)
    category.limits.create(urgency="normal", amount=days, unit="days")
    return category


def test_step_sets_holder_and_dates(world):
    category = limited(4)
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
    assert go(Step.REWORK, world.worker) == ("in_progress", None, office, False, False)
    assert go(Step.RETURN, world.department) == ("accepted", None, None, False, False)
    assert go(Step.TAKE, world.worker) == ("in_progress", world.worker, None, False, False)
    assert go(Step.RETURN, world.worker) == ("accepted", None, None, False, False)
    assert go(Step.SOLVE, world.worker) == ("closed", world.worker, None, True, True)
    assert list(matter.events.values_list("step", "department__name", "assignee__name")) == [
        ("reported", None, None),
        ("assign", "民政办", None),
        ("start", "民政办", None),
        ("resolve", "民政办", None),
        ("rework", "民政办", None),
        ("return", None, None),
        ("take", None, "worker"),
        ("return", None, None),
        ("solve", None, "worker"),
    ]


def test_step_reopen_starts_the_days_anew(world):
    category = limited(4)
    long_ago = timezone.now() - timezone.timedelta(days=30)
    matter = report_matter(
        by=world.worker,
        category=category,
        grid=world.grid,
        description="不亮",
        at=long_ago,
        is_solved=True,
    )
    # A Monday; two working days later the office closes on Wednesday.
    monday = datetime.datetime(2026, 3, 9, 2, 0, tzinfo=datetime.UTC)
    take_step(matter=matter, step=Step.REOPEN, by=world.worker, at=monday, note="again")
    assert matter.due_at == datetime.datetime(2026, 3, 11, 9, 30, tzinfo=datetime.UTC)
    take_step(matter=matter, step=Step.TAKE, by=world.worker, at=monday)
    assert matter.due_at == datetime.datetime(2026, 3, 13, 15, 59, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("status", "step"),
    [
        ("assigned", Step.RESOLVE),
        ("assigned", Step.RETURN),
        ("resolved", Step.REWORK),
        ("closed", Step.REOPEN),
        ("received", Step.DECLINE),
        ("received", Step.COMMENT),
    ],
)
def test_step_that_needs_words_is_refused_without(world, people, status, step):
    matter = matter_for("manager", status, world, people)
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
    seen = [Matter.objects.get(pk=matter.pk) for _person in people]

    def act(n: int) -> str:
        try:
            take_step(matter=seen[n], step=Step.TAKE, by=people[n], at=timezone.now())
        except ValidationError as error:
            return error.code
        return "won"

    outcomes = at_once(act, len(people))
    assert sorted(outcomes) == ["overtaken"] * 7 + ["won"]
    matter.refresh_from_db()
    assert (matter.status, matter.moves, matter.events.count()) == ("in_progress", 1, 1)
    assert matter.events.get().by == matter.assignee
