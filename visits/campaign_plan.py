"""Before a campaign starts: its doors, what speaks against asking there, and the load it makes."""

import datetime
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import Count, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from communities.models import Community, Grid, Membership, User
from communities.roles import Role
from households.facts import is_known
from households.models import CareTag, Household, Residency
from households.models.place import HouseholdQuerySet
from visits.models import Campaign, CampaignDoor, Visit

# About every second knock is answered, so a door takes two on average; 400 households in
# a quarter make some thirteen knocks each working day of one person, and that is a full one.
TRIES_PER_DOOR = 2
MOST_TRIES_A_DAY = 13
# What she usually does is told from the last four weeks.
USUAL_DAYS = 28
SATURDAY = 5


@dataclass(frozen=True)
class DoorChoice:
    """Which doors of a community a campaign is to reach; nothing chosen leaves all of them."""

    grids: list[Grid] = field(default_factory=list)
    tags: list[CareTag] = field(default_factory=list)
    never_visited: bool = False
    not_visited_since: datetime.date | None = None

    def doors(self, community: Community) -> HouseholdQuerySet:
        """Return the actual households meant: of any of the grids, with any of the tags."""
        grids = self.grids or community.grids.open().numbered()
        doors = Household.objects.actual().filter(grid__in=grids)
        if self.tags:
            living = Residency.objects.living().filter(
                resident__care__tag__in=self.tags, resident__care__until=None
            )
            doors = doors.filter(pk__in=living.values("household"))
        if self.never_visited:
            doors = doors.filter(last_visited_on=None)
        elif self.not_visited_since:
            doors = doors.exclude(last_visited_on__gte=self.not_visited_since)
        return doors


@dataclass(frozen=True)
class DoorPlan:
    """The doors an unsaved campaign would have, and those it may not ask again."""

    campaign: Campaign
    choice: DoorChoice

    @property
    def fresh_since(self) -> datetime.date:
        """What was confirmed on this day or later is still fresh when the campaign begins."""
        return self.campaign.first_on - datetime.timedelta(days=self.campaign.fresh_days)

    @property
    def chosen(self) -> HouseholdQuerySet:
        return self.choice.doors(self.campaign.community)

    @property
    def known(self) -> HouseholdQuerySet:
        """The chosen doors of which the register has the fact already, and fresh."""
        if not self.campaign.fact:
            return self.chosen.none()
        return self.chosen.filter(is_known(self.campaign.fact, self.fresh_since))

    @property
    def doors(self) -> HouseholdQuerySet:
        """The chosen doors without those where the answer is known."""
        if not self.campaign.fact:
            return self.chosen
        return self.chosen.exclude(is_known(self.campaign.fact, self.fresh_since))

    @cached_property
    def known_count(self) -> int:
        return self.known.count()

    def rival(self) -> tuple[Campaign, int] | None:
        """Return a campaign that asks some of the doors for the same in these days, and how many."""
        campaign = self.campaign
        if not campaign.fact:
            return None
        others = Campaign.objects.asking_for(
            campaign.fact, first=campaign.first_on, last=campaign.last_on
        )
        both = CampaignDoor.objects.filter(campaign__in=others, household__in=self.doors)
        found = both.order_by("campaign").values_list("campaign").annotate(doors=Count("pk"))[:1]
        for key, doors in found:
            return Campaign.objects.get(pk=key), doors
        return None

    def refusal(self) -> str:
        """Say why the campaign may not start with these doors; "" when it may."""
        if rival := self.rival():
            other, doors = rival
            return _(
                "“%(name)s” asks %(doors)s of these doors for the same until %(day)s. Choose "
                "other doors, or days after it."
            ) % {"name": other, "doors": doors, "day": date_format(other.last_on)}
        if self.doors.exists():
            return ""
        if self.known_count:
            return _(
                "Nothing to ask: the register already has this of all %(doors)s doors, "
                "confirmed since %(day)s. Use what is there, or choose other doors."
            ) % {"doors": self.known_count, "day": date_format(self.fresh_since)}
        return _("No door fits this choice. Choose more grids or other doors.")


@dataclass
class GridLoad:
    """What a campaign asks of one grid, beside what its main worker has to do anyway."""

    grid: Grid
    worker: User | None
    doors: int
    # Doors due by the last day that are not among those of the campaign.
    due: int
    days: int
    usual_tries: float
    # With the other grids of the campaign that the same person minds.
    tries_of_worker: float = 0

    @property
    def doors_a_day(self) -> float:
        return round(self.doors / self.days, 1)

    @property
    def tries_a_day(self) -> float:
        return tries_a_day(self.doors + self.due, self.days)

    @property
    def has_other_grids(self) -> bool:
        return self.tries_of_worker > self.tries_a_day

    @property
    def is_too_much(self) -> bool:
        return self.tries_of_worker > MOST_TRIES_A_DAY


def tries_a_day(doors: int, days: int) -> float:
    return round(TRIES_PER_DOOR * doors / days, 1)


def working_days(first: datetime.date, last: datetime.date) -> int:
    """Return the days from Monday to Friday, or all days where there are none: a weekend."""
    days = [first + datetime.timedelta(days=offset) for offset in range((last - first).days + 1)]
    return sum(day.weekday() < SATURDAY for day in days) or len(days)


def grid_loads(plan: DoorPlan, user: User, on: datetime.date) -> list[GridLoad]:
    """Return the load of every grid with a door in the plan; six queries."""
    campaign, doors = plan.campaign, plan.doors
    chosen = count_by_grid(doors)
    due = count_by_grid(Household.objects.filter(grid__in=chosen).due(campaign.last_on))
    due_and_chosen = count_by_grid(doors.due(campaign.last_on))
    workers = main_workers(chosen, user, campaign.first_on)
    usual = usual_tries([worker.pk for worker in workers.values()], user, on)
    days = working_days(campaign.first_on, campaign.last_on)
    loads = [
        GridLoad(
            grid=grid,
            worker=workers.get(grid.pk),
            doors=chosen[grid.pk],
            due=due.get(grid.pk, 0) - due_and_chosen.get(grid.pk, 0),
            days=days,
            usual_tries=usual.get(workers[grid.pk].pk, 0) if grid.pk in workers else 0,
        )
        for grid in Grid.objects.filter(pk__in=chosen).order_by("code")
    ]
    share_out(loads)
    return loads


def share_out(loads: list[GridLoad]) -> None:
    """Add up what the grids of one person ask of her together."""
    doors: Counter[int] = Counter()
    for load in loads:
        doors[key_of(load)] += load.doors + load.due
    for load in loads:
        load.tries_of_worker = tries_a_day(doors[key_of(load)], load.days)


def key_of(load: GridLoad) -> int:
    """Return the worker's key; a grid without one stands for itself."""
    return load.worker.pk if load.worker else -load.grid.pk


def count_by_grid(doors: HouseholdQuerySet) -> dict[int, int]:
    return dict(doors.order_by().values_list("grid").annotate(doors=Count("pk")))


def main_workers(grids: "dict[int, int]", user: User, on: datetime.date) -> dict[int, User]:
    """Return the main worker that each grid has on that day."""
    members = (
        Membership.objects.visible_to(user)
        .current(on)
        .filter(grid__in=grids, role=Role.GRID_WORKER, rank=Membership.Rank.MAIN)
        .select_related("user")
    )
    return {member.grid_id: member.user for member in members if member.grid_id}


def usual_tries(workers: list[int], user: User, on: datetime.date) -> dict[int, float]:
    """Return how many tries each made per working day of the four weeks before that day."""
    last = on - datetime.timedelta(days=1)
    first = on - datetime.timedelta(days=USUAL_DAYS)
    visits: QuerySet[Visit] = (
        Visit.objects.visible_to(user).standing().filter(by__in=workers).between(first, last)
    )
    rows = visits.order_by().values_list("by").annotate(tries=Count("pk"))
    days = working_days(first, last)
    return {worker: round(tries / days, 1) for worker, tries in rows}
