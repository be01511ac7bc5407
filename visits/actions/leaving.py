"""What people have who lost their account or their last role, however that came about."""

import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from communities.models import Grid, Membership, User
from communities.roles import Role
from visits.actions.hand_over_moves import holder_of, move_matters
from visits.actions.hand_overs import drop, hand_over
from visits.models import HandOver, Matter


def hand_over_those_gone(*, at: datetime.datetime) -> int:
    """Hand over, to nobody yet, what people without any role or account still have.

    So no way of ending a role, SQL by hand included, leaves a matter with somebody who cannot
    see it. Returns how many people there were.
    """
    holders = Matter.objects.open().filter(assignee__isnull=False).values("assignee")
    gone = those_gone(timezone.localdate(at)).filter(pk__in=holders)
    for person in gone.order_by("pk"):
        hand_over_all(person, at=at)
    return len(gone)


def hand_over_if_gone(person: User, *, at: datetime.datetime) -> None:
    """Do the same for one person at once; nothing as long as she works here."""
    if those_gone(timezone.localdate(at)).contains(person):
        hand_over_all(person, at=at)


def those_gone(on: datetime.date) -> QuerySet[User]:
    """Return the people whose account is switched off, or whose roles were all over before."""
    roles = Membership.objects.exclude(until__lt=on)
    return User.objects.exclude(pk__in=roles.values("user"), is_active=True).filter(
        is_superuser=False
    )


@transaction.atomic
def hand_over_all(person: User, *, at: datetime.datetime) -> None:
    """Hand over, to nobody yet, the grids somebody stands in by her roles, and all her matters.

    An officer of the place keeps the matters meanwhile; without one they stay.
    """
    on = timezone.localdate(at)
    for grid in grids_left(person, on):
        officer = officer_of(grid, on)
        if officer:
            hand_over(
                giver=person,
                receiver=None,
                grid=grid,
                reason=HandOver.Reason.RESIGNATION,
                on=on,
                by=officer,
                at=at,
            )


def grids_left(person: User, on: datetime.date) -> list[Grid]:
    """Return the grids of somebody gone; for open matters alone the last one she had or theirs."""
    own = person.memberships.exclude(grid=None).select_related("grid").order_by("-since", "-pk")
    standing = own.filter(Q(until=None) | Q(until__gte=on), role=Role.GRID_WORKER, since__lte=on)
    if found := [membership.grid for membership in standing if membership.grid]:
        return found
    matters = Matter.objects.open().filter(assignee=person).select_related("grid")
    matter, last = matters.order_by("reported_at").first(), own.first()
    if matter is None:
        return []
    return [last.grid if last and last.grid else matter.grid]


def officer_of(grid: Grid, on: datetime.date) -> User | None:
    """Return an officer of the grid's community at work on that day, always the same one."""
    officers = Membership.objects.current(on).filter(
        role=Role.COMMUNITY_OFFICER, community=grid.community_id
    )
    membership = officers.select_related("user").order_by("pk").first()
    return membership.user if membership else None


@transaction.atomic
def return_to(person: User, *, at: datetime.datetime) -> None:
    """Give back to somebody whose account is open again what nobody has received meanwhile."""
    today = timezone.localdate(at)
    # A last day that is to come still comes.
    rows = HandOver.objects.filter(
        giver=person,
        receiver=None,
        reason=HandOver.Reason.RESIGNATION,
        effective_on__lte=today,
        grid__in=person.memberships.current(today).values("grid"),
    )
    call_back(rows, at=at)


def call_back(rows: QuerySet[HandOver], *, at: datetime.datetime) -> None:
    """Give back to the givers what officers keep for a receiver, and remove the hand-overs."""
    for row in rows.select_related("made_by", "giver", "grid").order_by("pk"):
        kept = row.matters.open().filter(assignee=holder_of(row))
        move_matters(row, kept, to=row.giver, at=at)
    drop(rows)
