"""What officers count of matters: every definition once, for the figure, its rows and the file.

A figure counts the rows that its condition matches, and its number links to the list of
matters narrowed by the same condition. The moment is always an argument.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from communities.models import Area, Grid, User, inside
from communities.roles import MANAGERS
from visits.models import Matter, RoutingProposal

Status = Matter.Status


class ToDo(models.TextChoices):
    """What waits for somebody: who decides first, then who does the work."""

    HAND_ON = "hand_on", _("To accept and hand on")
    RETURNED = "returned", _("Returned: hand on again")
    EXTENSION = "extension", _("More time asked for")
    VERIFY = "verify", _("To verify")
    BACK = "back", _("Waiting or long-running, due")
    MINE = "mine", _("In your hands")
    MINE_BACK = "mine_back", _("Yours, waiting or long-running, due")
    MINE_VERIFY = "mine_verify", _("You reported it: is it in order?")


# For an officer of the place; for whoever has the matter; for whoever reported it.
DECIDED = (ToDo.HAND_ON, ToDo.RETURNED, ToDo.EXTENSION, ToDo.VERIFY, ToDo.BACK)
HELD = (ToDo.MINE, ToDo.MINE_BACK)
REPORTED = (ToDo.MINE_VERIFY,)


def in_charge(user: User) -> Q:
    """Match what the user decides about: an officer her community's, a street what came up to it."""
    if user.is_superuser:
        return Q()
    codes = user.place_codes(MANAGERS)
    areas = [code for code in codes if len(code) <= Area.Level.STREET]
    places = [code for code in codes if len(code) > Area.Level.STREET]
    found = Q(pk__in=[])
    for level, held in ((Matter.Level.STREET, areas), (Matter.Level.COMMUNITY, places)):
        if held:
            found |= Q(level=level, grid__in=Grid.objects.filter(inside(held)))
    return found


def in_hands_of(user: User) -> Q:
    """Match what the user has herself or handles for her department."""
    departments = user.handled_departments
    return Q(assignee=user) | Q(department__in=departments) if departments else Q(assignee=user)


def stands_at(to_do: str, on: datetime.date) -> Q:
    """Match the matters that have come to this point, whoever they wait for."""
    back = Q(status__in=Matter.SLEEPING, next_on__lte=on)
    return {
        ToDo.HAND_ON: Q(status__in=Matter.UNDISPATCHED, returned=0),
        ToDo.RETURNED: Q(status__in=Matter.UNDISPATCHED, returned__gt=0),
        ToDo.EXTENSION: Q(status__in=Matter.HANDLED, extension_until__isnull=False),
        ToDo.VERIFY: Q(status=Status.RESOLVED),
        ToDo.BACK: back,
        ToDo.MINE: Q(status__in=Matter.HANDLED),
        ToDo.MINE_BACK: back,
        ToDo.MINE_VERIFY: Q(status=Status.RESOLVED),
    }[ToDo(to_do)]


def waits_for(user: User, kinds: tuple[ToDo, ...]) -> Q:
    """Match the matters that things of these kinds, all of one sort, make hers to move."""
    if kinds[0] in DECIDED:
        return in_charge(user)
    return in_hands_of(user) if kinds[0] in HELD else Q(reported_by=user)


class Age(models.TextChoices):
    """How many whole days ago a matter was reported."""

    NEW = "0-1", _("0–1 days")
    DAYS = "2-3", _("2–3 days")
    WEEK = "4-7", _("4–7 days")
    MONTH = "8-30", _("8–30 days")
    OLDER = "31-", _("Over 30 days")


def is_aged(age: str, at: datetime.datetime) -> Q:
    first, _dash, last = age.partition("-")
    found = Q(reported_at__lte=at - datetime.timedelta(days=int(first)))
    if first == "0":
        # A clock that runs ahead reports from the future; that is new as well.
        found = Q()
    if last:
        found &= Q(reported_at__gt=at - datetime.timedelta(days=int(last) + 1))
    return found


class Span(NamedTuple):
    """A stretch of time, the end not part of it."""

    start: datetime.datetime
    end: datetime.datetime


# What of a measure is meant: those counted from, those that fit, those that do not.
OF, FITS, NOT = "of", "", "not"


@dataclass(frozen=True)
class Measure:
    """A share: of the matters `of` a span those that `fits`; `meaning` says both in a sentence."""

    name: str
    heading: str | Promise
    meaning: str | Promise
    of: Callable[[Span], Q]
    fits: Q
    # Of a good share the others are the ones to look at.
    is_good: bool = False

    def part(self, part: str, span: Span) -> Q:
        """Match one part of the measure, as the list of matters names it."""
        if part == FITS:
            return self.of(span) & self.fits
        return self.of(span) & ~self.fits if part == NOT else self.of(span)


def closed_in(span: Span) -> Q:
    return Q(
        closed_at__gte=span.start,
        closed_at__lt=span.end,
        status__in=(Status.CLOSED, Status.UNSOLVED),
    )


def to_be_resolved_in(span: Span) -> Q:
    """Match matters whose deadline of handling lies in the span; what waits has none now."""
    handled = Q(handle_by__gte=span.start, handle_by__lt=span.end)
    return handled & ~Q(status__in=(Status.WAITING, Status.DECLINED, Status.MERGED))


def answered_in(span: Span) -> Q:
    return closed_in(span) & Q(rating__isnull=False)


def has_proposal(**conditions: bool) -> Q:
    """Match matters for which a holder was proposed, asked row by row so that none counts twice."""
    return Q(Exists(RoutingProposal.objects.filter(matter=OuterRef("pk"), **conditions)))


def proposed_and_closed_in(span: Span) -> Q:
    return closed_in(span) & has_proposal()


MEASURES = (
    Measure(
        "on_time",
        _("Resolved on time"),
        _(
            "Of the matters whose time for handling ended in these days: those resolved by then. "
            "Waiting, declined and merged ones are left out."
        ),
        to_be_resolved_in,
        Q(
            status__in=(Status.RESOLVED, Status.CLOSED),
            resolved_at__isnull=False,
            resolved_at__lte=F("handle_by"),
        ),
        is_good=True,
    ),
    Measure(
        "satisfied",
        _("Residents call it solved"),
        _(
            "Of the matters closed in these days about which a resident answered: those she "
            "calls solved."
        ),
        answered_in,
        Q(rating=Matter.Rating.SOLVED),
        is_good=True,
    ),
    Measure(
        "unsolved",
        _("Closed without being solved"),
        _("Of the matters closed in these days: those closed as “not solved”."),
        closed_in,
        Q(status=Status.UNSOLVED),
    ),
    Measure(
        "reworked",
        _("Back to work"),
        _("Of the matters closed in these days: those that were not in order when checked."),
        closed_in,
        Q(reworked__gt=0),
    ),
    Measure(
        "extended",
        _("More time given"),
        _("Of the matters closed in these days: those that were given more time."),
        closed_in,
        Q(extended__gt=0),
    ),
    Measure(
        "returned",
        _("Returned"),
        _("Of the matters closed in these days: those that whoever had them gave back."),
        closed_in,
        Q(returned__gt=0),
    ),
    Measure(
        "reopened",
        _("Reopened"),
        _("Of the matters closed in these days: those that had been closed before."),
        closed_in,
        Q(reopened__gt=0),
    ),
    Measure(
        "as_proposed",
        _("Handed on as proposed"),
        _(
            "Of the matters closed in these days for which the program proposed to whom they go: "
            "those where its proposal was taken every time."
        ),
        proposed_and_closed_in,
        ~has_proposal(is_accepted=False),
    ),
)
BY_NAME = {measure.name: measure for measure in MEASURES}
