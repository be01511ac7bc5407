"""Everything open at one door, so that it is knocked at once for all of it."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import (
    Case,
    DateTimeField,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from communities.models import Grid, User
from communities.models.place import LONGEST_KNOCK_GAP
from communities.roles import GRID_TEAM, MANAGERS
from households.models import Household, is_listed, is_open, is_ready
from visits.models import Campaign, CampaignDoor, Matter, Pairing, Visit, campaigns_at
from visits.models.visit import day_start


def is_to_knock_at(user: User, on: datetime.date) -> Q:
    """Match households the user should knock at on that day, whatever the reasons.

    Due by the register's own definition, in a running campaign and not reached in it,
    waiting for her as a partner, or waiting to hear what became of a matter; not put off
    after an earlier try, and not answered within its community's least days between knocks.
    """
    calls = is_in_campaign(on) | waits_for_partner(user, on) | waits_for_news(user)
    return (is_listed(on) | is_open() & is_ready(on) & calls) & (may_not_wait(on) | ~rests(on))


# Each of these is one subquery that does not ask about the single door, so that a database
# answers it once for a list of any length.


def is_in_campaign(on: datetime.date) -> Q:
    return Q(pk__in=CampaignDoor.objects.open_on(on).values("household"))


def waits_for_partner(user: User, on: datetime.date) -> Q:
    """Match households with a pairing that concerns the user and whose rhythm has run out."""
    pairings = Pairing.objects.current(on).concerning(user)
    waited = Q(pk__in=[])
    for days in Pairing.Rhythm.values:
        those = pairings.filter(every_days=days)
        paired = Q(pk__in=those.exclude(household=None).values("household")) | Q(
            grid__in=those.exclude(grid=None).values("grid")
        )
        day = on - datetime.timedelta(days=days)
        waited |= (Q(last_visited_on=None) | Q(last_visited_on__lte=day)) & paired
    return waited


def waits_for_news(user: User) -> Q:
    """Match households that reported a resolved matter, or one that was merged into it."""
    resolved = matters_for(user)
    merged = Matter.objects.filter(status=Matter.Status.MERGED, merged_into__in=resolved)
    return Q(pk__in=resolved.exclude(household=None).values("household")) | Q(
        pk__in=merged.exclude(household=None).values("household")
    )


def concerns(households: Iterable[Household]) -> Q:
    """Match matters reported at one of the doors, themselves or by one merged into them."""
    keys = [household.pk for household in households]
    merged = Matter.objects.filter(status=Matter.Status.MERGED, household__in=keys)
    return Q(household__in=keys) | Q(pk__in=merged.values("merged_into"))


def matters_for(user: User) -> "QuerySet[Matter]":
    """Return the resolved matters whose outcome the user may tell a household and close."""
    return Matter.objects.filter(status=Matter.Status.RESOLVED).filter(
        Q(reported_by=user) | Q(grid__in=Grid.objects.held_by(user, GRID_TEAM | MANAGERS))
    )


def rests(on: datetime.date) -> Q:
    """Match households that answered a knock less than their community's least days ago."""
    gap = "grid__community__knock_gap_days"
    since = Case(
        *(
            When(**{gap: days}, then=Value(day_start(on - datetime.timedelta(days=days - 1))))
            for days in range(1, LONGEST_KNOCK_GAP + 1)
        ),
        output_field=DateTimeField(),
    )
    # The longest gap first: the index then finds the few visits that can matter.
    earliest = on - datetime.timedelta(days=LONGEST_KNOCK_GAP - 1)
    knocks = Visit.objects.filter(household=OuterRef("pk")).since(earliest).answered_knocks()
    return Q(Exists(knocks.filter(done_at__gte=since)))


def may_not_wait(on: datetime.date) -> Q:
    """Match households that asked for the day, or whose care asks for them again so soon."""
    recently = on - datetime.timedelta(days=LONGEST_KNOCK_GAP)
    return Q(asked_for_on__lte=on) | Q(due_by__lte=on, last_visited_on__gt=recently)


@dataclass(frozen=True)
class DoorTasks:
    """What is open at one door besides its ordinary visit."""

    campaigns: list[Campaign] = field(default_factory=list)
    pairings: list[Pairing] = field(default_factory=list)
    matters: list[Matter] = field(default_factory=list)

    def reasons(self) -> list[str]:
        """Say in a few words each why to knock there."""
        return [
            *(
                _("%(campaign)s, until %(day)s")
                % {"campaign": c, "day": date_format(c.last_on, "MONTH_DAY_FORMAT")}
                for c in self.campaigns
            ),
            *(
                _("Paired: %(partner)s, %(rhythm)s")
                % {"partner": p.partner, "rhythm": p.get_every_days_display().lower()}
                for p in self.pairings
            ),
            *(_("Tell them: %(matter)s") % {"matter": m.category} for m in self.matters),
        ]


def tasks_at(
    user: User, households: Sequence[Household], on: datetime.date
) -> dict[int, DoorTasks]:
    """Return what is open at each of these doors, by household key; four queries at most."""
    campaigns = campaigns_at(households, on)
    matters: dict[int, list[Matter]] = {}
    found = matters_for(user).filter(concerns(households)).prefetch_related("merged")
    for matter in found.select_related("category", "grid").order_by("reported_at", "pk"):
        for door in {matter.household_id, *(other.household_id for other in matter.merged.all())}:
            matters.setdefault(door or 0, []).append(matter)
    pairings = list(pairings_at(user, households, on))
    return {
        household.pk: DoorTasks(
            campaigns.get(household.pk, []),
            [
                pairing
                for pairing in pairings
                if (pairing.household_id == household.pk or pairing.grid_id == household.grid_id)
                and pairing.is_due(household, on)
            ],
            matters.get(household.pk, []),
        )
        for household in households
    }


def pairings_at(
    user: User, households: Sequence[Household], on: datetime.date
) -> "QuerySet[Pairing]":
    return (
        Pairing.objects.current(on)
        .concerning(user)
        .filter(
            Q(household__in=[household.pk for household in households])
            | Q(grid__in={household.grid_id for household in households})
        )
        .select_related("user")
        .order_by("pk")
    )
