"""The one table that says who may take which step on a matter, and from where.

A person stands in relations to a matter: she reported it, it is assigned to her or to her
department, her department was called to it, she works in its grid, she decides at its level.
A line of the table names a step, the statuses it starts from, the status it leads to and the
relations that may take it. `visits.triggers` makes the database refuse every other change.
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from communities.models import Area, User
from communities.roles import GRID_TEAM, MANAGERS, WRITERS
from visits.models import Matter, Step

Status = Matter.Status
Level = Matter.Level


class Relation(enum.Enum):
    """What makes a matter somebody's business."""

    REPORTER = "reporter"
    # Whoever holds the receipt; nobody at work.
    RESIDENT = "resident"
    ASSIGNEE = "assignee"
    DEPARTMENT = "department"
    CALLED = "called"
    TEAM = "team"
    # Decides at the level the matter is at.
    MANAGER = "manager"
    # Manages the place while the street decides.
    LOCAL = "local"


class Holder(enum.Enum):
    """Who has the matter after a step."""

    SAME = "same"
    NOBODY = "nobody"
    ACTOR = "actor"
    CHOSEN = "chosen"
    LEAD = "lead"


class Need(enum.Enum):
    """What has to be chosen along with a step, besides its words."""

    HOLDER = "holder"
    DEPARTMENTS = "departments"
    MATTER = "matter"
    MOMENT = "moment"
    DAY = "day"


@dataclass(frozen=True)
class Transition:
    """One line of the table; `target` None leaves the status as it is.

    `level` limits it to matters the community or the street decides about, `asked` to those
    for which more time is asked for (True) or not (False).
    """

    step: Step
    sources: frozenset[Status]
    target: Status | None
    relations: frozenset[Relation]
    holder: Holder = Holder.SAME
    needs_note: bool = False
    need: Need | None = None
    level: Level | None = None
    asked: bool | None = None

    def fits(self, matter: Matter) -> bool:
        """Say whether the matter stands where this line starts."""
        return (
            matter.status in self.sources
            and self.level in (None, matter.level)
            and self.asked in (None, matter.extension_until is not None)
        )

    @property
    def moves(self) -> bool:
        """Say whether it changes the matter; words alone do not."""
        return self.step not in WORDS


def line(
    step: Step,
    sources: Iterable[Status],
    target: Status | None,
    relations: Iterable[Relation],
    *,
    holder: Holder = Holder.SAME,
    needs_note: bool = False,
    need: Need | None = None,
    level: Level | None = None,
    asked: bool | None = None,
) -> Transition:
    return Transition(
        step,
        frozenset(sources),
        target,
        frozenset(relations),
        holder,
        needs_note,
        need,
        level,
        asked,
    )


WORDS = frozenset({Step.COMMENT, Step.ANSWER})
HANDLERS = (Relation.ASSIGNEE, Relation.DEPARTMENT)
KEEPERS = (Relation.TEAM, Relation.MANAGER)
NEW = Matter.UNDISPATCHED
HANDLED = Matter.HANDLED
UNFINISHED = (*NEW, *HANDLED, Status.WAITING)

# In the order in which a page offers the steps.
TABLE = (
    line(
        Step.GRANT_EXTENSION,
        HANDLED,
        None,
        [Relation.MANAGER],
        asked=True,
    ),
    line(Step.REFUSE_EXTENSION, HANDLED, None, [Relation.MANAGER], needs_note=True, asked=True),
    line(Step.START, [Status.ASSIGNED], Status.IN_PROGRESS, HANDLERS),
    line(Step.RESUME, [Status.WAITING], Status.IN_PROGRESS, [*HANDLERS, Relation.MANAGER]),
    # Among those with a deadline again, and so open to whoever can have it.
    line(Step.RESUME, [Status.ONGOING], Status.IN_PROGRESS, [Relation.MANAGER]),
    line(
        Step.RESOLVE,
        [*HANDLED, *Matter.SLEEPING],
        Status.RESOLVED,
        [*HANDLERS, Relation.MANAGER],
        needs_note=True,
    ),
    line(
        Step.CLOSE,
        [Status.RESOLVED],
        Status.CLOSED,
        [Relation.REPORTER, Relation.RESIDENT, *KEEPERS],
    ),
    line(
        Step.REWORK,
        [Status.RESOLVED],
        Status.IN_PROGRESS,
        [Relation.REPORTER, Relation.RESIDENT, *KEEPERS],
        needs_note=True,
    ),
    # What the street decides about, the grid's own people leave to it.
    line(Step.TAKE, NEW, Status.IN_PROGRESS, [Relation.MANAGER], holder=Holder.ACTOR),
    line(
        Step.TAKE,
        NEW,
        Status.IN_PROGRESS,
        [Relation.TEAM],
        holder=Holder.ACTOR,
        level=Level.COMMUNITY,
    ),
    line(Step.SOLVE, NEW, Status.CLOSED, [Relation.REPORTER, *KEEPERS], holder=Holder.ACTOR),
    line(
        Step.ASSIGN,
        NEW,
        Status.ASSIGNED,
        [Relation.MANAGER],
        holder=Holder.CHOSEN,
        need=Need.HOLDER,
    ),
    line(
        Step.ASSIGN,
        NEW,
        Status.ASSIGNED,
        [Relation.TEAM],
        holder=Holder.CHOSEN,
        need=Need.HOLDER,
        level=Level.COMMUNITY,
    ),
    line(Step.ACCEPT, [Status.RECEIVED], Status.ACCEPTED, [Relation.MANAGER]),
    line(Step.ACCEPT, [Status.RECEIVED], Status.ACCEPTED, [Relation.TEAM], level=Level.COMMUNITY),
    line(
        Step.ASSIGN,
        [*HANDLED, Status.WAITING],
        Status.ASSIGNED,
        [Relation.MANAGER],
        holder=Holder.CHOSEN,
        need=Need.HOLDER,
    ),
    line(
        Step.ENTRY,
        [Status.ONGOING],
        None,
        [*HANDLERS, *KEEPERS],
        needs_note=True,
    ),
    line(
        Step.WAIT,
        HANDLED,
        Status.WAITING,
        [*HANDLERS, Relation.MANAGER],
        needs_note=True,
        need=Need.DAY,
    ),
    line(
        Step.ASK_EXTENSION,
        HANDLED,
        None,
        HANDLERS,
        needs_note=True,
        need=Need.MOMENT,
        asked=False,
    ),
    line(
        Step.RETURN,
        [*HANDLED, Status.WAITING],
        Status.ACCEPTED,
        [*HANDLERS, Relation.MANAGER],
        holder=Holder.NOBODY,
        needs_note=True,
    ),
    line(
        Step.WHISTLE,
        UNFINISHED,
        Status.ASSIGNED,
        [Relation.MANAGER],
        holder=Holder.LEAD,
        needs_note=True,
        need=Need.DEPARTMENTS,
    ),
    line(Step.ANSWER, Matter.OPEN, None, [Relation.CALLED], needs_note=True),
    line(
        Step.MERGE,
        UNFINISHED,
        Status.MERGED,
        [Relation.MANAGER],
        holder=Holder.NOBODY,
        need=Need.MATTER,
    ),
    line(Step.SEPARATE, [Status.MERGED], Status.ACCEPTED, [Relation.MANAGER], needs_note=True),
    line(
        Step.KEEP,
        HANDLED,
        Status.ONGOING,
        [Relation.MANAGER],
        needs_note=True,
    ),
    line(Step.REMIND, [*HANDLED, Status.WAITING], None, [Relation.MANAGER]),
    line(
        Step.YELLOW,
        [*HANDLED, Status.WAITING],
        None,
        [Relation.MANAGER],
        needs_note=True,
    ),
    line(
        Step.RED,
        [*HANDLED, Status.WAITING],
        None,
        [Relation.MANAGER],
        needs_note=True,
    ),
    line(
        Step.ESCALATE,
        [*NEW, *HANDLED],
        Status.ACCEPTED,
        [Relation.MANAGER],
        holder=Holder.NOBODY,
        needs_note=True,
        level=Level.COMMUNITY,
    ),
    line(
        Step.HAND_BACK,
        [*NEW, *HANDLED],
        Status.ACCEPTED,
        [Relation.MANAGER],
        holder=Holder.NOBODY,
        needs_note=True,
        level=Level.STREET,
    ),
    line(
        Step.DECLINE, NEW, Status.DECLINED, [Relation.REPORTER, Relation.MANAGER], needs_note=True
    ),
    line(
        Step.GIVE_UP,
        [Status.ACCEPTED, *HANDLED, *Matter.SLEEPING, Status.RESOLVED],
        Status.UNSOLVED,
        [Relation.MANAGER],
        needs_note=True,
    ),
    line(
        Step.REOPEN,
        [Status.CLOSED, Status.UNSOLVED, Status.DECLINED],
        Status.ACCEPTED,
        [Relation.REPORTER, Relation.RESIDENT, *KEEPERS],
        holder=Holder.NOBODY,
        needs_note=True,
    ),
    # No press of anybody's: it comes with the doors of whoever had it (`actions.hand_over_moves`).
    line(
        Step.HAND_OVER,
        [*HANDLED, *Matter.SLEEPING, Status.RESOLVED],
        None,
        [],
        holder=Holder.CHOSEN,
        need=Need.HOLDER,
    ),
    # Nor is this: grids were cut anew (`actions.plan_changes`).
    line(Step.CHANGE_GRID, Matter.OPEN, None, []),
    line(Step.COMMENT, Status, None, Relation, needs_note=True),
)


def relations(matter: Matter, user: User | None) -> frozenset[Relation]:
    """Return the relations the user has to the matter today; needs `matter.grid` loaded.

    None is the resident. An auditor has none, even to a matter she once reported in another
    role.
    """
    if user is None:
        return frozenset({Relation.RESIDENT})
    if user.is_superuser:
        return frozenset({Relation.MANAGER})
    if not user.has_any_role(WRITERS):
        return frozenset()
    here = [s for s in user.standings if matter.grid.code.startswith(s.code)]
    decides = manages = False
    for standing in here:
        if standing.role in MANAGERS:
            manages = True
            decides |= matter.level == Level.COMMUNITY or len(standing.code) <= Area.Level.STREET
    departments = user.handled_departments
    held = {
        Relation.REPORTER: matter.reported_by_id == user.pk,
        Relation.ASSIGNEE: matter.assignee_id == user.pk,
        Relation.DEPARTMENT: matter.department_id in departments,
        Relation.CALLED: bool(departments)
        and matter.called.filter(department__in=departments).exists(),
        Relation.TEAM: any(s.role in GRID_TEAM for s in here),
        Relation.MANAGER: decides,
        Relation.LOCAL: manages and not decides,
    }
    return frozenset(relation for relation, is_held in held.items() if is_held)


def transitions_for(matter: Matter, user: User | None) -> list[Transition]:
    """Return the steps the user may take on the matter as it stands, one line for each."""
    mine = relations(matter, user)
    found: dict[Step, Transition] = {}
    for transition in TABLE:
        if transition.fits(matter) and mine & transition.relations:
            found.setdefault(transition.step, transition)
    return list(found.values())


def transition_for(matter: Matter, user: User | None, step: str) -> Transition | None:
    """Return the line that lets the user take this step now, or None."""
    return next((t for t in transitions_for(matter, user) if t.step == step), None)


def line_of(step: Step, matter: Matter) -> Transition | None:
    """Return the line of a step that the program takes itself, if it starts where the matter is."""
    return next((t for t in TABLE if t.step == step and t.fits(matter)), None)


def status_changes() -> list[tuple[str, str]]:
    """Return every pair of statuses that some line of the table leads from and to, sorted."""
    return sorted(
        {
            (source, line.target)
            for line in TABLE
            if line.target
            for source in line.sources
            if source != line.target
        }
    )
