"""`kill -9` of the server at the steps of a hand-over: everything has moved, or nothing."""

from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.utils import timezone

from communities.models import Membership
from communities.roles import Role
from tests.factories import MatterFactory, PairingFactory
from tests.faults.net import DIES_AT, Lost, OverHTTP, Request
from tests.faults.town import cookie_of
from visits.models import HandOver, Matter, MatterEvent, Notice, Pairing

TOKEN = "t" * 32
# More than a request with two matters and a pairing takes; reached, the test would be no test.
MOST_STEPS = 250
# Between two of these all steps are statements of the same transaction.
STRIDE = 3


@pytest.fixture
def officer(town):
    user = town.country.new_user()
    Membership.objects.create(
        user=user,
        role=Role.COMMUNITY_OFFICER,
        community=town.country.community,
        since=timezone.localdate(),
    )
    return user


def standing(town) -> list:
    """Return all that a hand-over changes."""
    giver, receiver = town.workers
    return [
        list(Membership.objects.filter(user=giver, until=None).values_list("grid", flat=True)),
        sorted(Membership.objects.filter(user=receiver).values_list("grid", flat=True)),
        [(row.receiver_id, bool(row.carried_out_at)) for row in HandOver.objects.all()],
        list(Matter.objects.order_by("pk").values_list("assignee", flat=True)),
        MatterEvent.objects.filter(step="hand_over").count(),
        Notice.objects.count(),
        list(Pairing.objects.filter(until=None).values_list("user", flat=True)),
    ]


def request_of(town, officer, step: int) -> Request:
    """Return an officer's press that gives the first worker's grid to the second from today."""
    giver, receiver = town.workers
    membership = Membership.objects.get(user=giver)
    cookies = cookie_of(town.session(officer)) | {settings.CSRF_COOKIE_NAME: TOKEN}
    data = {
        "csrfmiddlewaretoken": TOKEN,
        "step": "confirmed",
        "first": timezone.localdate().isoformat(),
        f"to_{membership.pk}": receiver.pk,
    }
    return Request(
        "POST",
        f"/work/communities/{town.country.community.code}/people/reassign/",
        {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            DIES_AT: str(step),
        },
        urlencode(data).encode(),
    )


def test_at_every_step_of_a_hand_over(town, mortal, officer):
    giver, receiver = town.workers
    for status in ("assigned", "waiting"):
        MatterFactory(grid=town.grids[0], assignee=giver, reported_by=officer, status=status)
    PairingFactory(
        household=town.doors[0], user=giver, unit_name="", since=town.minds[giver.pk][0].since
    )
    nothing = standing(town)
    line = OverHTTP(mortal.url)
    deaths = 0
    for step in range(1, MOST_STEPS, STRIDE):
        try:
            line.send(request_of(town, officer, step))
        except Lost:
            deaths += 1
        now = standing(town)
        if now != nothing:
            break
    assert deaths > 40 / STRIDE
    grids = sorted(grid.pk for grid in town.grids)
    assert now == [
        [],
        grids,
        [(receiver.pk, True)],
        [receiver.pk] * 2,
        2,
        2,
        [receiver.pk],
    ]
