"""What people do with issues: report one, and take it a step further."""

import datetime
import uuid
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communities.models import Grid, User
from households.models import Household
from visits.models import Issue, IssueCategory, IssueEvent, Photo, Step, Visit


@transaction.atomic
def report_issue(
    *,
    id: uuid.UUID | None = None,  # noqa: A002 - the name of the field
    by: User,
    category: IssueCategory,
    grid: Grid,
    household: Household | None = None,
    visit: Visit | None = None,
    place: str = "",
    description: str,
    urgency: str = Issue.Urgency.NORMAL,
    is_solved: bool = False,
    photos: Iterable[bytes] = (),
    at: datetime.datetime,
) -> Issue:
    """Store an issue with its first event and photos, and return it.

    The same report sent twice under one `id` is one issue, and both calls return it. An
    `id` that already names another report is refused. What was already solved on the spot
    is closed at once. `photos` are JPEGs from `visits.photos.shrink_photo`.
    """
    issue = Issue(
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
    Issue.objects.bulk_create([issue], ignore_conflicts=True)
    if IssueEvent.objects.filter(issue=issue.pk).exists():
        return already_reported(issue)
    issue = Issue.objects.get(pk=issue.pk)
    IssueEvent.objects.create(issue=issue, by=by, at=at, step=Step.REPORT, status=issue.status)
    for photo in photos:
        Photo(issue=issue, by=by).image.save("", ContentFile(photo))
    return issue


def already_reported(issue: Issue) -> Issue:
    """Return the stored issue that `issue` repeats; refuse one that says something else."""
    stored = Issue.objects.get(pk=issue.pk)
    same = (
        "reported_by_id",
        "category_id",
        "grid_id",
        "household_id",
        "place",
        "description",
        "urgency",
    )
    if any(getattr(stored, name) != getattr(issue, name) for name in same):
        raise ValidationError(
            _(
                "This form was already sent and saved as another issue. To report what it says now "
                "as well, send it once more."
            ),
            code="key_taken",
        )
    return stored
