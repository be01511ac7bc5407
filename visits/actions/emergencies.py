"""Switching to emergency and back, saying what is known of a door, making a matter of it."""

import datetime
import uuid
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from communities.models import Community, Grid, User
from households.models import Household
from visits.actions.matters import report_matter
from visits.models import (
    Emergency,
    EmergencyGrid,
    Matter,
    MatterCategory,
    RollCall,
    RollCallEntry,
    RollCallState,
)
from visits.models.matter_category import Urgency

BATCH = 2000
# The category that came with the program for what happens suddenly.
INCIDENTS = "incidents"


@transaction.atomic
def start_emergency(
    *, emergency: Emergency, grids: Sequence[Grid], by: User, at: datetime.datetime
) -> Emergency:
    """Store the emergency and fix the doors of its roll call: the actual households of its grids.

    The same one sent again is returned as stored. Of two officers who switch a grid at once
    the second is told who did.
    """
    # Held, so that of two for the same grids the second sees the first.
    Community.objects.select_for_update(no_key=True).get(pk=emergency.community_id)
    emergency.started_by, emergency.started_at = by, at
    rivals = rivals_of(grids)
    if rivals and (same := repeated(emergency, grids, rivals)):
        return same
    if rivals:
        raise ValidationError(taken_words(rivals), code="taken")
    emergency.full_clean()
    emergency.save()
    EmergencyGrid.objects.bulk_create(
        EmergencyGrid(emergency=emergency, grid=grid) for grid in grids
    )
    doors = Household.objects.filter(grid__in=grids).actual().order_by("pk")
    RollCall.objects.bulk_create(
        [
            RollCall(emergency=emergency, household_id=door, grid_id=grid)
            for door, grid in doors.values_list("pk", "grid")
        ],
        batch_size=BATCH,
    )
    return emergency


def rivals_of(grids: Sequence[Grid]) -> list[EmergencyGrid]:
    """Return those of the grids that are in an emergency, with it."""
    rows = EmergencyGrid.objects.filter(grid__in=grids, is_running=True)
    return list(rows.select_related("grid", "emergency__started_by").order_by("grid__code"))


def repeated(
    emergency: Emergency, grids: Sequence[Grid], rivals: Sequence[EmergencyGrid]
) -> Emergency | None:
    """Return the stored emergency that this one says once more, by the same person."""
    stored = rivals[0].emergency
    same = ("community_id", "name", "asked", "started_by_id")
    if any(getattr(stored, name) != getattr(emergency, name) for name in same):
        return None
    own = set(EmergencyGrid.objects.filter(emergency=stored).values_list("grid", flat=True))
    return stored if own == {grid.pk for grid in grids} else None


def taken_words(rivals: Sequence[EmergencyGrid]) -> str:
    """Say in one sentence which grids are taken, by which emergencies."""
    events = {rival.emergency_id: rival.emergency for rival in rivals}
    told = [
        _("“%(name)s”, since %(time)s, by %(by)s")
        % {
            "name": event,
            "time": date_format(timezone.localtime(event.started_at), "m-d H:i"),
            "by": event.started_by,
        }
        for event in events.values()
    ]
    return _(
        "Already in emergency: %(grids)s (%(events)s). Open that one, or choose other grids."
    ) % {"grids": "、".join(str(rival.grid) for rival in rivals), "events": "; ".join(told)}


@transaction.atomic
def end_emergency(*, emergency: Emergency, by: User, at: datetime.datetime) -> Emergency:
    """Switch back. What phones still hold counts when it was said before this moment.

    One that has ended already stays as it was.
    """
    current = Emergency.objects.select_for_update(of=("self",), no_key=True).get(pk=emergency.pk)
    if current.is_running:
        current.ended_at, current.ended_by = at, by
        current.save(update_fields=["ended_at", "ended_by"])
        EmergencyGrid.objects.filter(emergency=current).update(is_running=False)
        # Doors that were closed or merged meanwhile and that nobody called are none to count.
        current.roll_calls.filter(
            state=RollCallState.PENDING, household__closed_on__isnull=False
        ).delete()
    return current


@transaction.atomic
def enter_roll_call(
    *, entry: RollCallEntry, emergency: Emergency, household: Household
) -> RollCallEntry:
    """Store an entry for a door; the door says it from now on, unless it knows newer.

    The same entry sent again is one row. What was said after the end of the emergency is kept
    and changes nothing. Needs `household.grid`.
    """
    if household.grid.community_id != emergency.community_id:
        raise ValidationError(
            _("This door is not of the community of the emergency."), code="emergency"
        )
    entry.roll_call = RollCall.objects.get_or_create(
        emergency=emergency, household=household, defaults={"grid": household.grid}
    )[0]
    door = RollCall.objects.select_for_update(of=("self",), no_key=True).get(pk=entry.roll_call_id)
    if stored := RollCallEntry.objects.filter(pk=entry.pk).first():
        return entered_already(stored, entry)
    try:
        # Of its own, so that the row above stays readable when another door has the key.
        with transaction.atomic():
            entry.save(force_insert=True)
    except IntegrityError:
        return entered_already(RollCallEntry.objects.get(pk=entry.pk), entry)
    if emergency.includes(entry.at) and is_newer(entry, door):
        RollCall.objects.filter(pk=door.pk).update(
            state=entry.state,
            people=entry.people,
            note=entry.note,
            by=entry.by,
            at=entry.at,
            entry=entry.pk,
        )
    return entry


def is_newer(entry: RollCallEntry, door: RollCall) -> bool:
    """Say whether the entry comes after what the door says, whichever arrived first."""
    if door.at is None or door.entry is None:
        return True
    return (entry.at, entry.pk.hex) > (door.at, door.entry.hex)


def entered_already(stored: RollCallEntry, entry: RollCallEntry) -> RollCallEntry:
    """Return the stored entry that this one repeats; refuse one that says something else."""
    same = ("roll_call_id", "by_id", "state", "people", "note")
    if any(getattr(stored, name) != getattr(entry, name) for name in same):
        raise ValidationError(
            _(
                "This page had already saved something else for a door. Open the list again and "
                "say it once more."
            ),
            code="key_taken",
        )
    return stored


@transaction.atomic
def call_for_help(*, roll_call: RollCall, by: User, at: datetime.datetime) -> Matter:
    """Make an urgent matter of a door that needs help; pressed again, it is the same one.

    An officer presses it: a slip of a thumb at the door should not send a department out.
    """
    door = (
        RollCall.objects.select_for_update(of=("self",), no_key=True)
        .select_related("household__grid", "emergency")
        .get(pk=roll_call.pk)
    )
    if door.matter_id:
        return Matter.objects.get(pk=door.matter_id)
    if door.state != RollCallState.NEEDS_HELP:
        raise ValidationError(_("This door does not need help any more. Look at it again."))
    matter = report_matter(
        id=uuid.uuid4(),
        by=by,
        category=category_of_help(),
        grid=door.household.grid,
        household=door.household,
        description=help_words(door),
        urgency=Urgency.URGENT,
        at=at,
    )
    RollCall.objects.filter(pk=door.pk).update(matter=matter)
    return matter


def category_of_help() -> MatterCategory:
    """Return the category of incidents, or the first one where a place has none."""
    known = MatterCategory.objects.filter(code=INCIDENTS).first()
    category = known or MatterCategory.objects.order_by("order", "pk").first()
    if category is None:
        raise ValidationError(_("There is no category of matters yet. An administrator adds one."))
    return category


def help_words(door: RollCall) -> str:
    """Return what the matter says: the event and how many people.

    What was noted at the door is ciphertext and stays in the roll call.
    """
    head = _("%(event)s: needs help") % {"event": door.emergency}
    people = _("people: %(count)s") % {"count": door.people} if door.people is not None else ""
    noted = _("what was noted stands in the roll call") if door.note else ""
    return " · ".join(part for part in (head, people, noted) if part)
