"""What a step changes in the columns of a matter: holder, clocks, counts and ends."""

import datetime
from typing import Any

from django.db.models import F

from communities.models import User
from visits.actions.step_choices import Choice
from visits.deadlines import Deadlines, calendar_from
from visits.models import Matter, Step
from visits.workflow import Holder, Transition

COUNTED = {
    Step.RETURN: "returned",
    Step.REWORK: "reworked",
    Step.GRANT_EXTENSION: "extended",
    Step.REOPEN: "reopened",
}


def values_after(
    matter: Matter,
    transition: Transition,
    by: User | None,
    at: datetime.datetime,
    choice: Choice,
) -> dict[str, Any]:
    """Return the columns that the step changes, besides status and moves."""
    step = transition.step
    if not transition.moves:
        return {}
    values = holder_after(transition, by, choice)
    if values:
        values["supervision"] = Matter.Supervision.NONE
    if values or transition.target not in (None, Matter.Status.IN_PROGRESS):
        values["extension_until"] = None
    if step in COUNTED:
        values[COUNTED[step]] = F(COUNTED[step]) + 1
    clocks = Deadlines(matter, at, calendar_from(at)).after(step, day=choice.get("day"))
    own = own_values(step, choice) | grid_after(matter, step)
    return values | own | clocks | ends(transition, at)


def grid_after(matter: Matter, step: Step) -> dict[str, Any]:
    """What is taken up again belongs to the grid its door is in by now."""
    if step in (Step.REOPEN, Step.SEPARATE) and matter.household:
        return {"grid": matter.household.grid_id}
    return {}


def own_values(step: Step, choice: Choice) -> dict[str, Any]:
    """Return what only this one step changes."""
    changes: dict[Step, dict[str, Any]] = {
        Step.REMIND: {"supervision": Matter.Supervision.REMINDED},
        Step.YELLOW: {"supervision": Matter.Supervision.YELLOW},
        Step.RED: {"supervision": Matter.Supervision.RED},
        Step.ASK_EXTENSION: {"extension_until": choice.get("until")},
        Step.GRANT_EXTENSION: {"extension_until": None},
        Step.REFUSE_EXTENSION: {"extension_until": None},
        Step.MERGE: {"merged_into": choice.get("into")},
        Step.SEPARATE: {"merged_into": None},
        Step.ESCALATE: {"level": Matter.Level.STREET},
        Step.HAND_BACK: {"level": Matter.Level.COMMUNITY},
    }
    return changes.get(step, {})


def holder_after(transition: Transition, by: User | None, choice: Choice) -> dict[str, Any]:
    values: dict[Holder, dict[str, Any]] = {
        Holder.SAME: {},
        Holder.NOBODY: {"assignee": None, "department": None},
        Holder.ACTOR: {"assignee": by, "department": None},
        Holder.CHOSEN: {
            "assignee": choice.get("assignee"),
            "department": choice.get("department"),
        },
        Holder.LEAD: {"assignee": None, "department": choice.get("lead")},
    }
    return values[transition.holder]


def ends(transition: Transition, at: datetime.datetime) -> dict[str, Any]:
    """Return the moments a step sets or clears."""
    if transition.step in (Step.REOPEN, Step.SEPARATE):
        return {"resolved_at": None, "closed_at": None, "rating": None}
    if transition.step == Step.REWORK:
        return {"resolved_at": None}
    # What was thought to be solved and is given up was not.
    done: dict[str, Any] = {"resolved_at": None} if transition.step == Step.GIVE_UP else {}
    if transition.step in (Step.RESOLVE, Step.SOLVE):
        done["resolved_at"] = at
    if transition.target in Matter.ENDED:
        done["closed_at"] = at
    return done
