"""Taking a matter a step further: one winner, one history, one clear word for the others."""

import datetime
from typing import Any, Unpack

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from communities.models import User
from visits.actions.step_choices import Choice, check
from visits.actions.step_values import values_after
from visits.models import CalledDepartment, Matter, MatterEvent, Step
from visits.notices import notify
from visits.workflow import WORDS, Holder, Transition, line_of, transition_for

# So often a matter that somebody moves meanwhile is looked at again before it is left.
MOST_TRIES = 5


@transaction.atomic
def take_step(
    *,
    matter: Matter,
    step: str,
    by: User | None,
    at: datetime.datetime,
    note: str = "",
    seen: int | None = None,
    **choice: Unpack[Choice],
) -> MatterEvent:
    """Take a matter one step further and write it into its history.

    `by` is None for the resident, who holds the receipt. `seen` is the number of moves the
    person saw when she decided; without it, that of `matter`. Of two people acting on the same
    sight of a matter the first wins and the second gets a ValidationError; the same step sent
    twice by one person is one step.
    """
    event = MatterEvent(
        matter=matter,
        by=by,
        at=at,
        step=step,
        note=note,
        assignee=choice.get("assignee"),
        department=choice.get("department") or choice.get("lead"),
    )
    seen = matter.moves if seen is None else seen
    current = Matter.objects.select_related("grid", "category").get(pk=matter.pk)
    is_words = step in WORDS
    if is_words or current.moves != seen:
        last = last_event(current, words=is_words)
        if last and says_the_same(last, event) and chose_the_same(current, choice):
            return last
        if not is_words:
            raise overtaken(current, last)
    transition = transition_for(current, by, step)
    if transition is None:
        raise ValidationError(
            _("You cannot do this with a matter that is “%(status)s”."),
            params={"status": current.get_status_display()},
            code="not_allowed",
        )
    check(current, transition, note, choice, at)
    if not move(current, transition, values_after(current, transition, by, at, choice)):
        # Moved since it was read just now; the second look finds who it was.
        return take_step(matter=matter, step=step, by=by, at=at, note=note, seen=seen, **choice)
    if transition.holder == Holder.LEAD:
        call_together(current, choice, at)
    elif step == Step.ANSWER and by is not None:
        note_answer(current, by, at)
    matter.refresh_from_db()
    event.status, event.assignee, event.department = (
        matter.status,
        matter.assignee,
        matter.department,
    )
    event.move = matter.moves if transition.moves else None
    event.save()
    notify(event, matter)
    return event


def hand_over_matter(
    *, matter: Matter, to: User, by: User | None, at: datetime.datetime, note: str
) -> bool:
    """Let the matter follow the doors of whoever has it to `to`; say whether it moved.

    Status and clock stay as they are. One that somebody moves meanwhile is looked at again.
    """
    return follow(matter, Step.HAND_OVER, by=by, at=at, note=note, to=to)


def change_grid(
    *, matter: Matter, grid: int, by: User | None, at: datetime.datetime, note: str
) -> bool:
    """Let the open matter follow its door into another grid; say whether it moved.

    Whoever has it keeps it, and its clock runs on.
    """
    return follow(matter, Step.CHANGE_GRID, by=by, at=at, note=note, grid=grid)


def follow(
    matter: Matter,
    step: Step,
    *,
    by: User | None,
    at: datetime.datetime,
    note: str,
    to: User | None = None,
    grid: int | None = None,
) -> bool:
    """Take a step that comes with the doors and that nobody presses; say whether it was taken."""
    for _try in range(MOST_TRIES):
        current = Matter.objects.select_related("grid", "category").get(pk=matter.pk)
        transition = line_of(step, current)
        if transition is None or (to and current.assignee_id != matter.assignee_id):
            return False
        values = values_after(current, transition, by, at, {"assignee": to} if to else {})
        if move(current, transition, values | ({"grid": grid} if grid else {})):
            break
    else:
        return False
    current.refresh_from_db()
    event = MatterEvent(
        matter=current,
        by=by,
        at=at,
        step=step,
        note=note,
        status=current.status,
        assignee=current.assignee,
        department=current.department,
        move=current.moves,
    )
    event.save()
    notify(event, current)
    return True


def move(matter: Matter, transition: Transition, values: dict[str, Any]) -> bool:
    """Write the new state unless somebody moved the matter since it was read; say which."""
    if not transition.moves:
        return True
    unmoved = Matter.objects.filter(pk=matter.pk, status=matter.status, moves=matter.moves)
    status = transition.target or matter.status
    return unmoved.update(status=status, moves=F("moves") + 1, **values) == 1


def call_together(matter: Matter, choice: Choice, at: datetime.datetime) -> None:
    """Note the departments that are called, besides those called before."""
    CalledDepartment.objects.filter(matter=matter, is_lead=True).update(is_lead=False)
    for department in choice.get("departments", ()):
        CalledDepartment.objects.update_or_create(
            matter=matter,
            department=department,
            defaults={
                "is_lead": department == choice.get("lead"),
                "called_at": at,
                "answered_at": None,
            },
        )


def note_answer(matter: Matter, by: User, at: datetime.datetime) -> None:
    mine = [standing.department_id for standing in by.standings if standing.department_id]
    matter.called.filter(department__in=mine, answered_at=None).update(answered_at=at)


def last_event(matter: Matter, *, words: bool) -> MatterEvent | None:
    """Return the newest event; without `words`, the newest that moved the matter."""
    events = matter.events.select_related("by").order_by("-pk")
    return events.first() if words else events.exclude(move=None).first()


def says_the_same(earlier: MatterEvent, later: MatterEvent) -> bool:
    """Say whether the later step only repeats the earlier: a form sent twice."""
    names = ["step", "by_id", "note"]
    if later.step in (Step.ASSIGN, Step.WHISTLE):
        names += ["assignee_id", "department_id"]
    return all(getattr(earlier, name) == getattr(later, name) for name in names)


def chose_the_same(matter: Matter, choice: Choice) -> bool:
    """Say whether the matter already is as the form sent twice wants it."""
    day, until, into = choice.get("day"), choice.get("until"), choice.get("into")
    called = {department.pk for department in choice.get("departments", ())}
    return (
        day in (None, matter.next_on)
        and until in (None, matter.extension_until)
        and (into is None or into.pk == matter.merged_into_id)
        and called <= set(matter.called.values_list("department", flat=True))
    )


def overtaken(matter: Matter, last: MatterEvent | None) -> ValidationError:
    """Say who was quicker, and how the matter stands now."""
    return ValidationError(
        _(
            "%(name)s was quicker: “%(step)s”. The matter is now “%(status)s”. "
            "Look at its history and decide again."
        ),
        params={
            "name": last.by or _("The resident") if last else "",
            "step": last.get_step_display() if last else "",
            "status": matter.get_status_display(),
        },
        code="overtaken",
    )
