"""A community about to be cut anew: two grids with their workers, and drafts in one word."""

import datetime

from django.utils import timezone

from communities.models import Membership
from households.models import GridPlan, Household, PlannedGrid, PlannedPart
from tests.factories import (
    BuildingFactory,
    GridFactory,
    HouseholdFactory,
    MembershipFactory,
    UserFactory,
)
from visits.actions.plan_changes import accept_plan

DAY = datetime.timedelta(days=1)


def noon(day: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(12)))


class Cut:
    """Grids A and B of the community, three buildings in A and one in B, each with a worker."""

    def __init__(self, world) -> None:
        self.world = world
        self.community = world.community
        self.a = world.grid
        self.b = GridFactory(community=world.community, name="第二网格")
        long_ago = datetime.date(2024, 1, 1)
        self.ann = MembershipFactory(
            user=UserFactory(name="安"), grid=self.a, rank=Membership.Rank.MAIN
        ).user
        self.bea = MembershipFactory(
            user=UserFactory(name="贝"), grid=self.b, rank=Membership.Rank.MAIN
        ).user
        self.buildings = [BuildingFactory(community=world.community) for _ in range(4)]
        self.doors = [
            [
                HouseholdFactory(
                    grid=self.b if place == 3 else self.a,
                    building=building,
                    room=f"{floor}01",
                    grid_since=long_ago,
                )
                for floor in (1, 2)
            ]
            for place, building in enumerate(self.buildings)
        ]
        Household.objects.filter(pk=world.household.pk).update(grid_since=long_ago)

    def plan(self, places: str, **grids: dict) -> GridPlan:
        """A draft: for each building the letter of its grid, `n` a new one, `-` in no part."""
        plan = GridPlan.objects.create(community=self.community, name="方案一")
        known = {"a": self.a, "b": self.b, "n": None}
        planned = {}
        for number, letter in enumerate(sorted(set(places) - {"-"})):
            name = known[letter].name if known[letter] else "新网格"
            values = {"name": name, **grids.get(letter, {})}
            planned[letter] = PlannedGrid.objects.create(
                plan=plan, number=number, grid=known[letter], **values
            )
        home = self.world.household.building
        for building, letter in zip([home, *self.buildings], places, strict=True):
            if letter != "-":
                PlannedPart.objects.create(
                    plan=plan,
                    building=building,
                    today=self.b if building == self.buildings[3] else self.a,
                    planned_grid=planned[letter],
                )
        return plan

    def accept(
        self, plan: GridPlan, day: datetime.date, *, at: datetime.datetime | None = None
    ) -> GridPlan:
        return accept_plan(
            plan=plan, by=self.world.officer, effective_on=day, at=at or timezone.now()
        )

    def lie(self) -> list[str]:
        return "".join(
            {self.a.pk: "a", self.b.pk: "b"}.get(Household.objects.get(pk=doors[0].pk).grid_id, "n")
            for doors in [[self.world.household], *self.doors]
        )
