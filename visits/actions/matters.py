"""What people do with matters: report one, and take it a step further."""

import datetime
import uuid
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communities.models import Department, Grid, User
from households.models import Household
from visits.models import Matter, MatterCategory, MatterEvent, Photo, Step, Visit
from visits.workflow import Holder, Transition, transition_for


@transaction.atomic
def report_matter(
    *,
    id: uuid.UUID | None = None,  # noqa: A002 - the name of the field
    by: User,
    category: MatterCategory,
    grid: Grid,
    household: Household | None = None,
    visit: Visit | None = None,
    place: str = "",
    description: str,
    urgency: str = Matter.Urgency.NORMAL,
    is_solved: bool = False,
    photos: Iterable[bytes] = (),
    at: datetime.datetime,
) -> Matter:
    """Store a matter with its first event and photos, and return it.

    The same report sent twice under one `id` is one matter, and both calls return it. An
    `id` that already names another report is refused. What was already solved on the spot
    is closed at once. `photos` are JPEGs from `communities.photos.shrink_photo`.
    """
    matter = Matter(
        id=id or uuid.uuid4(),
        category=category,
        grid=grid,
        household=household,
        visit=visit,
        place=place,
        description=description,
        urgency=urgency,
        reported_by=by,
        reported_at=at,
        due_on=category.due_on(urgency=urgency, since=timezone.localdate(at)),
    )
    # On a conflict PostgreSQL waits for the other transaction, SQLite has let only one in;
    # either way the other's event is visible afterwards, so its absence means this row is new.
    Matter.objects.bulk_create([matter], ignore_conflicts=True)
    if MatterEvent.objects.filter(matter=matter.pk).exists():
        return already_reported(matter)
    matter = Matter.objects.get(pk=matter.pk)
    MatterEvent.objects.create(matter=matter, by=by, at=at, step=Step.REPORT, status=matter.status)
    for photo in photos:
        Photo(matter=matter, by=by).image.save("", ContentFile(photo))
    if is_solved:
        take_step(matter=matter, step=Step.SOLVE, by=by, at=at)
    return matter


def already_reported(matter: Matter) -> Matter:
    """Return the stored matter that `matter` repeats; refuse one that says something else."""
    stored = Matter.objects.get(pk=matter.pk)
    same = (
        "reported_by_id",
        "category_id",
        # A door's grid may have become another since the first sending.
        *(() if matter.household_id else ("grid_id",)),
        "household_id",
        "place",
        "description",
        "urgency",
    )
    if any(getattr(stored, name) != getattr(matter, name) for name in same):
        raise ValidationError(
            _(
                "This form was already sent and saved as another matter. To report what it says now "
                "as well, send it once more."
            ),
            code="key_taken",
        )
    return stored


@transaction.atomic
def take_step(
    *,
    matter: Matter,
    step: str,
    by: User,
    at: datetime.datetime,
    note: str = "",
    assignee: User | None = None,
    department: Department | None = None,
    seen: int | None = None,
) -> MatterEvent:
    """Take a matter one step further and write it into its history.

    `seen` is the number of moves the person saw when she decided; without it, that of
    `matter`. Of two people acting on the same sight of a matter the first wins and the
    second gets a ValidationError; the same step sent twice by one person is one step.
    """
    event = MatterEvent(
        matter=matter, by=by, at=at, step=step, note=note, assignee=assignee, department=department
    )
    seen = matter.moves if seen is None else seen
    current = Matter.objects.select_related("grid", "category").get(pk=matter.pk)
    is_comment = step == Step.COMMENT
    if is_comment or current.moves != seen:
        last = last_event(current, comments=is_comment)
        if last and says_the_same(last, event):
            return last
        if not is_comment:
            raise overtaken(current, last)
    transition = transition_for(current, by, step)
    if transition is None:
        raise ValidationError(
            _("You cannot do this with a matter that is “%(status)s”."),
            params={"status": current.get_status_display()},
            code="not_allowed",
        )
    if transition.needs_note and not note.strip():
        raise ValidationError(_("Write a few words about it."), code="note_missing")
    if transition.holder == Holder.CHOSEN and (assignee is None) == (department is None):
        raise ValidationError(_("Choose a person or a department."), code="nobody_chosen")
    holder = holder_after(transition, by, assignee, department)
    if not move(current, transition, holder | dates(current, transition, at=at)):
        # Moved since it was read just now; the second look finds who it was.
        return take_step(
            matter=matter,
            step=step,
            by=by,
            at=at,
            note=note,
            assignee=assignee,
            department=department,
            seen=seen,
        )
    matter.refresh_from_db()
    event.status, event.assignee, event.department = (
        matter.status,
        matter.assignee,
        matter.department,
    )
    event.save()
    return event


def last_event(matter: Matter, *, comments: bool) -> MatterEvent | None:
    events = matter.events.select_related("by").order_by("-pk")
    return events.first() if comments else events.exclude(step=Step.COMMENT).first()


def says_the_same(earlier: MatterEvent, later: MatterEvent) -> bool:
    """Say whether the later step only repeats the earlier: a form sent twice."""
    names = ["step", "by_id", "note"]
    if later.step == Step.ASSIGN:
        names += ["assignee_id", "department_id"]
    return all(getattr(earlier, name) == getattr(later, name) for name in names)


def overtaken(matter: Matter, last: MatterEvent | None) -> ValidationError:
    """Say who was quicker, and how the matter stands now."""
    return ValidationError(
        _(
            "%(name)s was quicker: “%(step)s”. The matter is now “%(status)s”. "
            "Look at its history and decide again."
        ),
        params={
            "name": last.by if last else "",
            "step": last.get_step_display() if last else "",
            "status": matter.get_status_display(),
        },
        code="overtaken",
    )


def move(matter: Matter, transition: Transition, values: dict[str, object]) -> bool:
    """Write the new state unless somebody moved the matter since it was read; say which."""
    if transition.target is None:
        return True
    unmoved = Matter.objects.filter(pk=matter.pk, status=matter.status, moves=matter.moves)
    return unmoved.update(status=transition.target, moves=F("moves") + 1, **values) == 1


def holder_after(
    transition: Transition, by: User, assignee: User | None, department: Department | None
) -> dict[str, object]:
    values: dict[Holder, dict[str, object]] = {
        Holder.SAME: {},
        Holder.NOBODY: {"assignee": None, "department": None},
        Holder.ACTOR: {"assignee": by, "department": None},
        Holder.CHOSEN: {"assignee": assignee, "department": department},
    }
    return values[transition.holder]


def dates(matter: Matter, transition: Transition, *, at: datetime.datetime) -> dict[str, object]:
    """Return the dates a step sets; a reopened matter starts its days anew."""
    if transition.step == Step.REOPEN:
        due_on = matter.category.due_on(urgency=matter.urgency, since=timezone.localdate(at))
        return {"resolved_at": None, "closed_at": None, "due_on": due_on}
    done: dict[str, object] = {}
    if transition.step in (Step.RESOLVE, Step.SOLVE):
        done["resolved_at"] = at
    if transition.target == Matter.Status.CLOSED:
        done["closed_at"] = at
    return done
