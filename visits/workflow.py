"""The one table that says who may take which step on a matter, and from where.

A person stands in relations to a matter: she reported it, it is assigned to her or to her
department, she works in its grid, she manages its place. A line of the table names a step,
the statuses it starts from, the status it leads to and the relations that may take it.
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from communities.models import User
from communities.roles import GRID_TEAM, MANAGERS, WRITERS
from visits.models import Matter, Step

Status = Matter.Status


class Relation(enum.Enum):
    """What makes a matter somebody's business."""

    REPORTER = "reporter"
    ASSIGNEE = "assignee"
    DEPARTMENT = "department"
    TEAM = "team"
    MANAGER = "manager"


class Holder(enum.Enum):
    """Who has the matter after a step."""

    SAME = "same"
    NOBODY = "nobody"
    ACTOR = "actor"
    CHOSEN = "chosen"


@dataclass(frozen=True)
class Transition:
    """One line of the table; `target` None leaves the status as it is."""

    step: Step
    sources: frozenset[Status]
    target: Status | None
    relations: frozenset[Relation]
    holder: Holder = Holder.SAME
    needs_note: bool = False


def line(
    step: Step,
    sources: Iterable[Status],
    target: Status | None,
    relations: Iterable[Relation],
    *,
    holder: Holder = Holder.SAME,
    needs_note: bool = False,
) -> Transition:
    return Transition(step, frozenset(sources), target, frozenset(relations), holder, needs_note)


HANDLERS = (Relation.ASSIGNEE, Relation.DEPARTMENT)
KEEPERS = (Relation.TEAM, Relation.MANAGER)
HANDED_OVER = (Status.ASSIGNED, Status.IN_PROGRESS)

# In the order in which a page offers the steps.
TABLE = (
    line(Step.START, [Status.ASSIGNED], Status.IN_PROGRESS, HANDLERS),
    line(
        Step.RESOLVE,
        HANDED_OVER,
        Status.RESOLVED,
        [*HANDLERS, Relation.MANAGER],
        needs_note=True,
    ),
    line(Step.CLOSE, [Status.RESOLVED], Status.CLOSED, [Relation.REPORTER, *KEEPERS]),
    line(Step.TAKE, [Status.RECEIVED], Status.IN_PROGRESS, KEEPERS, holder=Holder.ACTOR),
    line(
        Step.SOLVE,
        [Status.RECEIVED],
        Status.CLOSED,
        [Relation.REPORTER, *KEEPERS],
        holder=Holder.ACTOR,
    ),
    line(Step.ASSIGN, [Status.RECEIVED], Status.ASSIGNED, KEEPERS, holder=Holder.CHOSEN),
    line(
        Step.ASSIGN,
        HANDED_OVER,
        Status.ASSIGNED,
        [Relation.MANAGER],
        holder=Holder.CHOSEN,
    ),
    line(
        Step.RETURN,
        HANDED_OVER,
        Status.RECEIVED,
        [*HANDLERS, Relation.MANAGER],
        holder=Holder.NOBODY,
        needs_note=True,
    ),
    line(
        Step.REOPEN,
        [Status.RESOLVED, Status.CLOSED],
        Status.RECEIVED,
        [Relation.REPORTER, *KEEPERS],
        holder=Holder.NOBODY,
        needs_note=True,
    ),
    line(
        Step.DROP,
        [Status.RECEIVED],
        Status.CLOSED,
        [Relation.REPORTER, Relation.MANAGER],
        needs_note=True,
    ),
    line(Step.COMMENT, Status, None, Relation, needs_note=True),
)


def relations(matter: Matter, user: User) -> frozenset[Relation]:
    """Return the relations the user has to the matter today; needs `matter.grid` loaded.

    An auditor has none, even to a matter she once reported in another role.
    """
    if user.is_superuser:
        return frozenset({Relation.MANAGER})
    if not user.has_any_role(WRITERS):
        return frozenset()
    here = {s.role for s in user.standings if matter.grid.code.startswith(s.code)}
    departments = {s.department_id for s in user.standings} - {None}
    held = {
        Relation.REPORTER: matter.reported_by_id == user.pk,
        Relation.ASSIGNEE: matter.assignee_id == user.pk,
        Relation.DEPARTMENT: matter.department_id in departments,
        Relation.TEAM: bool(here & GRID_TEAM),
        Relation.MANAGER: bool(here & MANAGERS),
    }
    return frozenset(relation for relation, is_held in held.items() if is_held)


def transitions_for(matter: Matter, user: User) -> list[Transition]:
    """Return the steps the user may take on the matter as it stands, one line for each."""
    mine = relations(matter, user)
    found: dict[Step, Transition] = {}
    for transition in TABLE:
        if matter.status in transition.sources and mine & transition.relations:
            found.setdefault(transition.step, transition)
    return list(found.values())


def transition_for(matter: Matter, user: User, step: str) -> Transition | None:
    """Return the line that lets the user take this step now, or None."""
    return next((t for t in transitions_for(matter, user) if t.step == step), None)
