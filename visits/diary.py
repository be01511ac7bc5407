"""A day told from its visits and matters, as its worker might have written it down."""

import datetime
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from communities.models import User
from households.addresses import room_label, unit_label
from visits.models import Matter, Outcome, Visit, Way
from visits.models.visit import VisitQuerySet, day_start

# In the order of telling: who was met first.
TOLD = {
    Outcome.MET: pgettext_lazy("diary", "met"),
    Outcome.NOBODY_HOME: pgettext_lazy("diary", "nobody home"),
    Outcome.DECLINED: pgettext_lazy("diary", "declined"),
    Outcome.MOVED_AWAY: pgettext_lazy("diary", "moved away"),
    Outcome.VACANT: pgettext_lazy("diary", "vacant"),
    Outcome.NOT_SAFE: pgettext_lazy("diary", "not safe to reach"),
}


class Knock(NamedTuple):
    """One visit as the diary tells it; `stairwell` and `room` together name the door."""

    stairwell: str
    room: str
    outcome: Outcome
    way: Way
    note: str = ""
    next_on: datetime.date | None = None


class Report(NamedTuple):
    """One matter as the diary tells it."""

    reference: str
    what: str
    where: str
    status: str


def compose(day: datetime.date, knocks: Sequence[Knock], reports: Sequence[Report]) -> str:
    """Return the diary of that day, in the language of the page.

    The knocks come in walking order, those of one door in the order they were made. A door
    is told by what came of it last; an empty day says that nothing is written down.
    """
    parts = [
        told_doors(knocks),
        told_appointments(knocks),
        told_notes(knocks),
        told_reports(reports),
    ]
    told = [part for part in parts if part] or [_("No visit and no matter is written down.")]
    heading = _("%(day)s, %(weekday)s") % {
        "day": formats.date_format(day, "DATE_FORMAT"),
        "weekday": formats.date_format(day, "l"),
    }
    return "\n\n".join([heading, *told])


def told_doors(knocks: Sequence[Knock]) -> str:
    """Say how many doors, with what result, then stairwell by stairwell."""
    if not knocks:
        return ""
    last = {(knock.stairwell, knock.room): knock for knock in knocks}
    counts = Counter(knock.outcome for knock in last.values())
    words = {"doors": len(last), "results": listed(counted(counts)), "tries": len(knocks)}
    if len(knocks) > len(last):
        lines = [_("Doors visited: %(doors)s, in %(tries)s tries (%(results)s).") % words]
    else:
        lines = [_("Doors visited: %(doors)s (%(results)s).") % words]
    for stairwell, doors in groupby(last.values(), key=lambda knock: knock.stairwell):
        lines.append(
            _("%(stairwell)s: %(doors)s.")
            % {"stairwell": stairwell, "doors": told_stairwell(list(doors))}
        )
    return "\n".join(lines)


def counted(counts: Counter[Outcome]) -> list[str]:
    return [
        _("%(outcome)s %(count)s") % {"outcome": TOLD[outcome], "count": counts[outcome]}
        for outcome in TOLD
        if counts[outcome]
    ]


def told_stairwell(doors: Sequence[Knock]) -> str:
    """Say the doors of a stairwell by result: "met 502, 601; nobody home 302"."""
    clauses = []
    for outcome, word in TOLD.items():
        rooms = [room_of(knock) for knock in doors if knock.outcome == outcome]
        if rooms:
            words = {"outcome": word, "rooms": listed(rooms)}
            clauses.append(_("%(rooms)s %(outcome)s") % words)
    return _("; ").join(clauses)


def room_of(knock: Knock) -> str:
    if knock.way == Way.DOOR:
        return knock.room
    return _("%(room)s (%(way)s)") % {"room": knock.room, "way": knock.way.label.lower()}


def told_appointments(knocks: Iterable[Knock]) -> str:
    days = [(knock.next_on, knock) for knock in knocks if knock.next_on]
    # As the day is read in a sentence: Chinese writes 3月4日 without a nought.
    written = pgettext("day of a year, as Django writes formats", "F j")
    lines = [
        _("%(day)s: %(door)s.")
        % {"day": formats.date_format(day, written), "door": f"{knock.stairwell}{knock.room}"}
        for day, knock in sorted(days, key=lambda row: row[0])
    ]
    return "\n".join([_("Asked to come again:"), *lines]) if lines else ""


def told_notes(knocks: Iterable[Knock]) -> str:
    lines = [
        _("%(door)s: %(note)s")
        % {"door": f"{knock.stairwell}{knock.room}", "note": " ".join(knock.note.split())}
        for knock in knocks
        if knock.note.strip()
    ]
    return "\n".join([_("What I noted:"), *lines]) if lines else ""


def told_reports(reports: Sequence[Report]) -> str:
    if not reports:
        return ""
    lines = [
        _("%(where)s: %(what)s (no. %(reference)s, %(status)s)")
        % {**report._asdict(), "what": " ".join(report.what.split()).rstrip("。.")}
        for report in reports
    ]
    return "\n".join([_("Matters reported: %(count)s") % {"count": len(reports)}, *lines])


def listed(words: Iterable[str]) -> str:
    return _(", ").join(words)


def rows_of(user: User, day: datetime.date) -> VisitQuerySet:
    """Return every row of her visits of that day, corrected ones too, at doors in her care.

    What an officer corrected is still her visit; what she corrected for others is not.
    """
    hers = Q(by=user, corrects=None) | Q(corrects__by=user)
    return Visit.objects.visible_to(user).filter(hers).between(day, day)


def visits_of(user: User, day: datetime.date) -> "QuerySet[Visit]":
    """Return her visits of that day as they stand, in walking order."""
    return (
        rows_of(user, day)
        .standing()
        .select_related("household__building")
        .order_by("household__walk_order", "household", "done_at", "received_at", "pk")
    )


def matters_of(user: User, day: datetime.date) -> "QuerySet[Matter]":
    """Return the matters she reported that day, in the order she did."""
    start, end = day_start(day), day_start(day + datetime.timedelta(days=1))
    return (
        Matter.objects.filter(reported_by=user, reported_at__gte=start, reported_at__lt=end)
        .select_related("household__building", "grid")
        .order_by("reported_at", "pk")
    )


def written_by(user: User, day: datetime.date) -> str:
    """Return the diary of her day as its rows stand now; two queries."""
    knocks = [
        Knock(
            stairwell=f"{visit.household.building}{unit_label(visit.household.unit)}",
            room=room_label(visit.household.room),
            outcome=Outcome(visit.outcome),
            way=Way(visit.way),
            note=visit.note,
            next_on=visit.next_on,
        )
        for visit in visits_of(user, day)
    ]
    reports = [
        Report(matter.reference, matter.description, matter.where, matter.get_status_display())
        for matter in matters_of(user, day)
    ]
    return compose(day, knocks, reports)


class Since(NamedTuple):
    """What came in after a diary was saved."""

    visits: int
    matters: int


def since_saved(user: User, day: datetime.date, saved_at: datetime.datetime) -> Since:
    """Count the visits and matters of that day that came in after it; corrections are visits."""
    return Since(
        rows_of(user, day).filter(received_at__gt=saved_at).count(),
        matters_of(user, day).filter(reported_at__gt=saved_at).count(),
    )
