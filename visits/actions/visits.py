"""Storing a visit, and what follows from it for its door and its grid."""

import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from communities.models import User
from households.models import FormerGrid, Household
from households.rhythm import rhythm_days
from visits.models import Visit, VisitTally, Way
from visits.rules import TRIES_READ, TRY_FIELDS, Rules, Try, door_fields

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
    "corrects_id",
    "withdrawn",
)
# The due dates follow from these two and the rhythm.
SCHEDULING_FIELDS = ("last_visited_on", "asked_for_on")
VISITED_FIELDS = (
    *SCHEDULING_FIELDS,
    "due_from",
    "due_by",
    "unanswered",
    "retry_on",
    "retry_part",
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
        store(visit)
    except IntegrityError as error:
        # Asked once the transaction is over, so that the insert needs no savepoint of its own.
        return stored_already(visit, error)
    return visit


@transaction.atomic
def store(visit: Visit) -> None:
    """Insert the visit with its grid and whether it counts; update its door and tally."""
    rules = Rules()
    door = lock_door(visit.household)
    visit.household = door
    visit.grid_id = grid_then(door, timezone.localdate(visit.done_at))
    visit.counts = rules.judge(visit.outcome, visit.way).counts and not visit.withdrawn
    visit.save(force_insert=True)
    update_door(door, rules)
    update_tallies(visit)


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
) -> Visit:
    """Record what happened at the door just now; the form sent again keeps its first time."""
    try:
        return record_visit(
            id=id, household=household, by=by, done_at=at, outcome=outcome, way=Way.DOOR
        )
    except VisitConflictError as conflict:
        stored = conflict.stored
        if (stored.household_id, stored.by_id, stored.outcome) == (household.pk, by.pk, outcome):
            return stored
        raise


def lock_door(household: Household) -> Household:
    """Return the household as it is now, held until the transaction ends.

    Held before the visit is inserted: two inserts that each wait to update the door
    would wait for each other.
    """
    return Household.objects.select_for_update(no_key=True).get(pk=household.pk)


def grid_then(door: Household, day: datetime.date) -> int:
    """Return the grid the household was in on that day."""
    if day >= door.grid_since:
        return door.grid_id
    former = FormerGrid.objects.filter(household=door, until__gte=day).order_by("until")
    return former.values_list("grid", flat=True).first() or door.grid_id


def update_door(door: Household, rules: Rules) -> None:
    """Derive from its visits what the door says, and save what changed."""
    before = values_of(door)
    visits = Visit.objects.filter(household=door).standing().newest_first()
    tries = [Try(*row) for row in visits.values_list(*TRY_FIELDS)[:TRIES_READ]]
    counted = next((attempt.done_at for attempt in tries if attempt.counts), None)
    if counted is None and len(tries) == TRIES_READ:
        counted = visits.counted().values_list("done_at", flat=True).first()
    derive(door, tries, rules, counted=counted)
    if any(before[name] != getattr(door, name) for name in SCHEDULING_FIELDS):
        door.reschedule(rhythm_days=rhythm_days(door))
    changed = {name: value for name, value in values_of(door).items() if value != before[name]}
    if changed:
        Household.objects.filter(pk=door.pk).update(**changed)


def values_of(door: Household) -> dict[str, object]:
    return {name: getattr(door, name) for name in VISITED_FIELDS}


def derive(
    door: Household, tries: list[Try], rules: Rules, *, counted: datetime.datetime | None
) -> None:
    """Set what the visits say of the door; `counted` is its last visit that counts."""
    last_visited_on = timezone.localdate(counted) if counted else None
    fields = door_fields(tries, rules=rules, last_visited_on=last_visited_on)
    for name, value in vars(fields).items():
        setattr(door, name, value)


def update_tallies(visit: Visit) -> None:
    """Add the visit to its day, and take away the one it corrects."""
    changes = [] if visit.withdrawn else [(visit, 1)]
    if visit.corrects:
        changes.append((visit.corrects, -1))
    # Always in this order, so that two corrections never wait for each other.
    for changed, amount in sorted(changes, key=lambda change: sorted(tally_key(change[0]).items())):
        add_to_tally(changed, amount)


def tally_key(visit: Visit) -> dict[str, object]:
    day = timezone.localdate(visit.done_at)
    return {"day": day, "grid_id": visit.grid_id, "outcome": visit.outcome}


def add_to_tally(visit: Visit, amount: int) -> None:
    """Add in the database, so that visits stored at the same moment are all counted."""
    counted = amount * visit.counts
    # A tally already too low stays for recompute_doors; the visit is not refused for it.
    enough = {"visits__gte": -amount, "counted__gte": -counted} if amount < 0 else {}
    tally = VisitTally.objects.filter(**tally_key(visit), **enough)
    change = {"visits": F("visits") + amount, "counted": F("counted") + counted}
    if tally.update(**change) or amount < 0:
        return
    try:
        with transaction.atomic():
            VisitTally.objects.create(**tally_key(visit), visits=1, counted=counted)
    except IntegrityError:
        tally.update(**change)
