"""Reporting a matter, so that a report sent twice is one."""

import datetime
import uuid
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from communities.models import Grid, User
from households.models import Household
from visits.actions.errands import lay_out
from visits.actions.matter_steps import take_step
from visits.deadlines import Deadlines, calendar_from
from visits.models import Matter, MatterCategory, MatterEvent, Photo, Step, Visit
from visits.notices import notify


@transaction.atomic
def report_matter(
    *,
    id: uuid.UUID | None = None,  # noqa: A002 - the name of the field
    by: User | None,
    source: str = Matter.Source.WORKER,
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

    `by` is None for what did not come from somebody at work. The same report sent twice under
    one `id` is one matter, and both calls return it; an `id` that already names another
    report is refused. What was already solved on the spot is closed at once. `photos` are
    JPEGs from `communities.photos.shrink_photo`.
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
        source=source,
        reported_by=by,
        reported_at=at,
    )
    for name, value in Deadlines(matter, at, calendar_from(at)).acceptance().items():
        setattr(matter, name, value)
    # On a conflict PostgreSQL waits for the other transaction, SQLite has let only one in;
    # either way the other's event is visible afterwards, so its absence means this row is new.
    Matter.objects.bulk_create([matter], ignore_conflicts=True)
    if MatterEvent.objects.filter(matter=matter.pk).exists():
        return already_reported(matter)
    matter = Matter.objects.get(pk=matter.pk)
    event = MatterEvent.objects.create(
        matter=matter, by=by, at=at, step=Step.REPORT, status=matter.status, move=0
    )
    notify(event, matter)
    if category.is_errand:
        lay_out(matter)
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
