"""What a hand-over says of the work that moves: its doors in walking order, what is open there."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from communities.models import User
from households.models import CareTag, Household, Residency
from households.models.place import UNANSWERED_TAIL
from visits.actions.hand_over_moves import matters_that_move
from visits.day_list import care_of
from visits.models import (
    Campaign,
    CampaignDoor,
    HandOver,
    HeldItem,
    Matter,
    Pairing,
    UnsentWord,
)


@dataclass(frozen=True)
class Facts:
    """The counts of a hand-over, whole for everybody who sees it; at most nine queries.

    Matters and pairings are listed as far as the reader may open them.
    """

    doors: int
    actual: int
    due: int
    open_matters: int
    # Open there as well, and with somebody else or with nobody: they stay where they are.
    matters_of_others: int
    matters: list[Matter]
    campaigns: list[Campaign]
    grid_pairings: list[Pairing]
    held: int
    unsent: UnsentWord | None


def facts_of(row: HandOver, user: User, on: datetime.date) -> Facts:
    doors = row.doors()
    matters = matters_of(row)
    counts = doors.aggregate(
        doors=Count("pk"),
        actual=Count("pk", filter=~Q(occupancy__in=Household.EMPTY)),
        due=Count("pk", filter=Q(due_from__lte=on)),
    )
    here = Q(household__in=doors) if row.is_partial else Q(grid=row.grid_id)
    to_reach = CampaignDoor.objects.open_on(on).filter(household__in=doors)
    return Facts(
        **counts,
        open_matters=matters.count(),
        matters_of_others=Matter.objects.open()
        .filter(here)
        .exclude(pk__in=matters.values("pk"))
        .count(),
        matters=list(
            matters.filter(pk__in=Matter.objects.visible_to(user).values("pk"))
            .select_related("category", "household__building", "grid")
            .order_by("due_at", "pk")
        ),
        campaigns=list(
            Campaign.objects.running(on)
            .annotate(doors_left=Count("doors", filter=Q(doors__in=to_reach)))
            .filter(doors_left__gt=0)
            .order_by("last_on", "pk")
        ),
        grid_pairings=list(
            Pairing.objects.visible_to(user)
            .current(on)
            .filter(grid=row.grid_id)
            .select_related("user")
            .order_by("pk")
        ),
        held=HeldItem.objects.waiting()
        .filter(by=row.giver_id, community=row.grid.community_id)
        .count(),
        unsent=UnsentWord.objects.visible_to(user).filter(user=row.giver_id).first(),
    )


def matters_of(row: HandOver) -> QuerySet[Matter]:
    """Return the open matters that went along, or that will."""
    if row.carried_out_at:
        return Matter.objects.open().filter(pk__in=row.matters.values("pk"))
    return matters_that_move(row)


def special_doors(doors: QuerySet[Household], user: User, on: datetime.date) -> QuerySet[Household]:
    """Return the doors of which there is more to say than when they are due.

    A campaign reaches most doors of a grid, so it is said once for all of them.
    """
    here = OuterRef("pk")
    living = Residency.objects.living().filter(
        household=here,
        resident__care__until=None,
        resident__care__tag__in=CareTag.objects.visible_to(user),
    )
    return doors.filter(
        Q(visit_in_pairs=True)
        | Q(has_dog=True)
        | ~Q(safety_note="")
        | Q(asked_for_on__isnull=False)
        | Q(unanswered__gte=UNANSWERED_TAIL)
        | Exists(living)
        | Exists(Matter.objects.open().filter(household=here))
        | Exists(Pairing.objects.current(on).filter(household=here))
    )


@dataclass(frozen=True)
class SheetLine:
    """One door and what is special there: warnings first, then what is open."""

    household: Household
    warnings: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


def lines_of(households: Sequence[Household], user: User, on: datetime.date) -> list[SheetLine]:
    """Say what is special at each of these doors, in their order; five queries."""
    care = care_of(CareTag.objects.visible_to(user), households)
    matters: dict[int, list[Matter]] = {}
    open_here = Matter.objects.open().filter(household__in=households)
    for matter in open_here.select_related("category").order_by("reported_at", "pk"):
        matters.setdefault(matter.household_id or 0, []).append(matter)
    pairings: dict[int, list[Pairing]] = {}
    paired = Pairing.objects.current(on).filter(household__in=households)
    for pairing in paired.select_related("user").order_by("pk"):
        pairings.setdefault(pairing.household_id or 0, []).append(pairing)
    return [
        SheetLine(
            household,
            warnings_of(household),
            [
                *asked(household),
                *care.get(household.pk, []),
                *(
                    _("%(matter)s: %(status)s")
                    % {"matter": matter.category, "status": matter.get_status_display()}
                    for matter in matters.get(household.pk, [])
                ),
                *(
                    _("Paired: %(partner)s") % {"partner": pairing.partner}
                    for pairing in pairings.get(household.pk, [])
                ),
            ],
        )
        for household in households
    ]


def warnings_of(door: Household) -> list[str]:
    said = [_("Visit in pairs")] * door.visit_in_pairs + [_("Dog")] * door.has_dog
    return said + [door.safety_note] * bool(door.safety_note)


def asked(door: Household) -> list[str]:
    """Say which day the household asked for, and how often nobody opened."""
    said = []
    if door.asked_for_on:
        day = date_format(door.asked_for_on, "MONTH_DAY_FORMAT")
        said.append(_("Asked to come on %(day)s") % {"day": day})
    if door.unanswered >= UNANSWERED_TAIL:
        said.append(_("%(count)s times nobody opened") % {"count": door.unanswered})
    return said
