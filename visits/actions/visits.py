"""Storing a visit, and what follows from it for its door and its grid."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from communities.models import User
from households.models import Household
from visits.actions.doors import grid_then, lock_doors, update_doors
from visits.models import Visit, VisitTally, Way
from visits.rules import Rules


class TallyKey(NamedTuple):
    """The tally that a visit is added to."""

    grid_id: int
    day: datetime.date
    outcome: str


# What two messages with one UUID must have in common to be one visit.
CONTENT = (
    "household_id",
    "by_id",
    "done_at",
    "outcome",
    "way",
    "companions",
    "note",
    "next_on",
    "reason",
    "corrects_id",
    "withdrawn",
)


class VisitConflictError(ValidationError):
    """The UUID belongs to another visit already; `stored` is that visit."""

    def __init__(self, stored: Visit) -> None:
        super().__init__(
            _(
                "This form was already saved with other content. Open the visit again to see "
                "what is stored."
            ),
            code="conflict",
        )
        self.stored = stored


def record_visit(
    *,
    id: UUID,  # noqa: A002 - the field's name; phones make this key
    household: Household,
    by: User,
    done_at: datetime.datetime,
    outcome: str,
    way: str,
    companions: str = "",
    note: str = "",
    next_on: datetime.date | None = None,
    reason: str = "",
    corrects: Visit | None = None,
    withdrawn: bool = False,
) -> Visit:
    """Store a visit and derive its door and its grid's tally from it; return the stored row.

    The same visit sent again, even at the same moment, is one row and the same answer; the
    same id with other content raises VisitConflictError. A correction replaces the visit it
    names, once; with `withdrawn` it says that the visit never happened. The order in which
    visits arrive does not matter.
    """
    visit = Visit(
        id=id,
        household=household,
        by=by,
        done_at=done_at,
        outcome=outcome,
        way=way,
        companions=companions,
        note=note,
        next_on=next_on,
        reason=reason,
        corrects=corrects,
        withdrawn=withdrawn,
    )
    if corrects and corrects.household_id != household.pk:
        raise ValidationError(
            _("A correction stays at the door of the visit it corrects."), code="not_correctable"
        )
    if corrects and corrects.withdrawn:
        raise ValidationError(
            _(
                "This entry was made by mistake and withdrawn. If the visit did take place, log "
                "it anew."
            ),
            code="not_correctable",
        )
    try:
        store([visit])
    except IntegrityError as error:
        # Asked once the transaction is over, so that the insert needs no savepoint of its own.
        return stored_already(visit, error)
    return visit


@transaction.atomic
def store(visits: Sequence[Visit]) -> None:
    """Insert visits with their grids and whether they count; update their doors and tallies.

    All or none: raises IntegrityError when one of them is stored already.
    """
    rules = Rules()
    doors = lock_doors({visit.household_id for visit in visits})
    for visit in visits:
        door = visit.household = doors[visit.household_id]
        visit.grid_id = grid_then(door, timezone.localdate(visit.done_at))
        visit.counts = rules.judge(visit.outcome, visit.way).counts and not visit.withdrawn
    Visit.objects.bulk_create(visits)
    corrects = any(visit.corrects_id for visit in visits)
    update_doors(doors.values(), rules, with_corrections=corrects)
    update_tallies(visits)


def stored_already(visit: Visit, refusal: IntegrityError) -> Visit:
    """Return the row that kept this visit out, if it says the same; else say what is wrong."""
    stored = Visit.objects.filter(pk=visit.pk).first()
    if stored:
        if any(getattr(stored, name) != getattr(visit, name) for name in CONTENT):
            raise VisitConflictError(stored) from None
        return stored
    if visit.corrects_id:
        raise ValidationError(
            _("This visit was corrected already. Open the correction to change it."),
            code="corrected",
        ) from None
    raise refusal


def record_door_visit(
    *,
    id: UUID,  # noqa: A002 - as in record_visit
    household: Household,
    by: User,
    at: datetime.datetime,
    outcome: str,
    reason: str = "",
) -> Visit:
    """Record what happened at the door just now; the form sent again keeps its first time."""
    try:
        return record_visit(
            id=id,
            household=household,
            by=by,
            done_at=at,
            outcome=outcome,
            way=Way.DOOR,
            reason=reason,
        )
    except VisitConflictError as conflict:
        stored = conflict.stored
        if (stored.household_id, stored.by_id, stored.outcome) == (household.pk, by.pk, outcome):
            return stored
        raise


def update_tallies(visits: Iterable[Visit]) -> None:
    """Add the visits to their days, and take away those they correct."""
    changes: dict[TallyKey, list[int]] = defaultdict(lambda: [0, 0])
    for visit in visits:
        signed = [] if visit.withdrawn else [(visit, 1)]
        if visit.corrects:
            signed.append((visit.corrects, -1))
        for changed, amount in signed:
            change = changes[tally_key(changed)]
            change[0] += amount
            change[1] += amount * changed.counts
    # Always in this order, so that two corrections never wait for each other.
    for key in sorted(changes):
        add_to_tally(key, *changes[key])


def tally_key(visit: Visit) -> TallyKey:
    return TallyKey(visit.grid_id, timezone.localdate(visit.done_at), visit.outcome)


def add_to_tally(key: TallyKey, visits: int, counted: int) -> None:
    """Add in the database, so that visits stored at the same moment are all counted."""
    if not visits and not counted:
        return
    # A tally already too low stays for recompute_doors; the visit is not refused for it.
    enough = {"visits__gte": max(-visits, 0), "counted__gte": max(-counted, 0)}
    tally = VisitTally.objects.filter(**key._asdict(), **enough)
    change = {"visits": F("visits") + visits, "counted": F("counted") + counted}
    if tally.update(**change) or visits <= 0:
        return
    try:
        with transaction.atomic():
            VisitTally.objects.create(**key._asdict(), visits=visits, counted=counted)
    except IntegrityError:
        tally.update(**change)
