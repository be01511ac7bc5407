"""A worker, her colleague, and what she has in hand."""

import datetime

import pytest
from django.utils import timezone

from communities.models import Membership
from tests.factories import GridFactory, MatterFactory, MembershipFactory, UserFactory
from visits.actions.hand_overs import hand_over
from visits.models import HandOver, Matter

DAY = datetime.timedelta(days=1)
OPEN = ("assigned", "in_progress", "waiting", "ongoing", "resolved")


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def colleague(world):
    """A worker of the next grid of the same community."""
    grid = GridFactory(community=world.community, name="第二网格")
    return MembershipFactory(user=UserFactory(name="刘芳"), grid=grid).user


@pytest.fixture
def give(world, colleague, today, now):
    """Hand the worker's grid over to her colleague; any argument of `hand_over` may be given."""

    def say(**more: object) -> HandOver:
        usual = {"giver": world.worker, "receiver": colleague, "grid": world.grid, "on": today}
        return hand_over(**{**usual, "by": world.officer, "at": now, **more})

    return say


def main(world) -> Membership:
    """The worker as main worker of her grid."""
    membership = world.worker.memberships.get(grid=world.grid)
    membership.rank = Membership.Rank.MAIN
    membership.save()
    return membership


def held_by(world, user, **more) -> list[Matter]:
    return [MatterFactory(grid=world.grid, assignee=user, status=status, **more) for status in OPEN]


def holders(matters) -> set[object]:
    keys = [matter.pk for matter in matters]
    return {matter.assignee for matter in Matter.objects.filter(pk__in=keys)}
