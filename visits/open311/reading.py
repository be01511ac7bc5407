"""What city systems read: the services of the place, and the state of its matters."""

import datetime
import re
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from visits.models import ApiClient, Matter, MatterCategory, MatterEvent
from visits.models.matter import MatterQuerySet
from visits.open311.documents import RefusedError

LONGEST_SPAN = datetime.timedelta(days=90)
MOST_ROWS = 1000
# Seven digits in a row, or eleven with blanks and dashes between: no date has as many.
PRIVATE_NUMBER = re.compile(r"\d(?:[ -]?\d){10,}[Xx]?|\d{7,}")
# Moments outside are a mistake, and some of them no database can hold.
FIRST_YEAR, LAST_YEAR = 1970, 2999


def public_categories() -> Any:
    """Categories offered to residents that have a service code, with what they ask."""
    offered = MatterCategory.objects.filter(is_public=True).exclude(code=None)
    return offered.prefetch_related("attributes")


def categories_of(codes: list[str]) -> list[MatterCategory]:
    found = list(public_categories().filter(code__in=codes))
    if unknown := set(codes) - {category.code for category in found}:
        raise RefusedError(
            404,
            _("The service_code %(code)s is not known.") % {"code": ", ".join(sorted(unknown))},
        )
    return found


def category_of(code: str) -> MatterCategory:
    return categories_of([code])[0]


def service(category: MatterCategory) -> dict[str, Any]:
    return {
        "service_code": category.code,
        "service_name": category.name,
        "description": category.name,
        "metadata": bool(category.attributes.all()),
        "type": "realtime",
        "keywords": None,
        "group": None,
    }


def service_definition(category: MatterCategory) -> dict[str, Any]:
    questions = enumerate(category.attributes.all(), start=1)
    return {
        "service_code": category.code,
        "attributes": [question.document(number) for number, question in questions],
    }


def listed(params: QueryDict, name: str) -> list[str]:
    """Return the values of a parameter, given several times or with commas between."""
    values = [part.strip() for value in params.getlist(name) for part in value.split(",")]
    return [value for value in values if value]


def asked_for(client: ApiClient, code: str, params: QueryDict, at: datetime.datetime) -> Any:
    """Return the matters a query asks for, newest first, a thousand at most.

    Named ones override everything else; otherwise at most 90 days are looked at, the last
    ones unless the query says which.
    """
    matters = with_details(client.matters(code))
    if names := listed(params, "service_request_id"):
        return matters.filter(pk__in=identifiers(names[:MOST_ROWS]))[:MOST_ROWS]
    matters = matters.filter(reported_at__range=span(params, at))
    if codes := listed(params, "service_code"):
        matters = matters.filter(category__in=categories_of(codes))
    if states := listed(params, "status"):
        matters = matters.filter(status__in=statuses(states))
    return matters.order_by("-reported_at", "-pk")[:MOST_ROWS]


def with_details(matters: MatterQuerySet) -> MatterQuerySet:
    """Bring along what a request document shows, in the same query."""
    moves = MatterEvent.objects.filter(matter=OuterRef("pk"), move__isnull=False).order_by("-move")
    return matters.select_related(
        "category", "grid__community", "department", "service_request"
    ).annotate(moved_at=Subquery(moves.values("at")[:1]))


def one(client: ApiClient, code: str, name: str) -> Matter:
    matter: Matter | None = (
        with_details(client.matters(code)).filter(pk__in=identifiers([name])).first()
    )
    if matter is None:
        raise RefusedError(404, _("The service_request_id is not known."))
    return matter


def identifiers(names: list[str]) -> list[UUID]:
    """Return those that can name a matter at all; the others name none."""
    found = []
    for name in names:
        try:
            found.append(UUID(name))
        except ValueError:
            continue
    return found


def statuses(states: list[str]) -> list[str]:
    groups = {"open": Matter.OPEN, "closed": Matter.ENDED}
    if unknown := set(states) - set(groups):
        raise RefusedError(
            400,
            _("status is open or closed, not %(value)s.") % {"value": ", ".join(sorted(unknown))},
        )
    return [status for state in states for status in groups[state]]


def span(params: QueryDict, at: datetime.datetime) -> tuple[datetime.datetime, datetime.datetime]:
    """Return first and last moment of a query: 90 days from one of them, or up to now."""
    start, end = moment(params, "start_date"), moment(params, "end_date")
    if end is None:
        end = start + LONGEST_SPAN if start else at
    if start is None:
        start = end - LONGEST_SPAN
    if start > end:
        raise RefusedError(400, _("start_date is later than end_date."))
    if end - start > LONGEST_SPAN:
        raise RefusedError(400, _("start_date and end_date may lie 90 days apart at most."))
    return start, end


def moment(params: QueryDict, name: str) -> datetime.datetime | None:
    """Read a moment of ISO 8601 with its zone; a plus sign sent unescaped arrives as a blank."""
    text = params.get(name, "").strip().replace(" ", "+")
    if not text:
        return None
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None or timezone.is_naive(found) or not FIRST_YEAR < found.year < LAST_YEAR:
        raise RefusedError(
            400,
            _("%(name)s is written like 2026-01-31T08:00:00+08:00, with its time zone.")
            % {"name": name},
        )
    return found


def request_document(matter: Matter, client: ApiClient) -> dict[str, Any]:
    """Return what the client may know of a matter, in the words of the specification.

    Where and what it reported itself is told again as it came. Of other people's reports the
    place is told by grid alone, and long numbers in the text are hidden.
    """
    sent = getattr(matter, "service_request", None)
    own = sent if sent and sent.client_id == client.pk else None
    return {
        "service_request_id": str(matter.pk),
        "status": "closed" if matter.status in Matter.ENDED else "open",
        "status_notes": status_notes(matter),
        "service_name": matter.category.name,
        "service_code": matter.category.code,
        "description": matter.description if own else without_numbers(matter.description),
        "agency_responsible": str(matter.department or matter.grid.community),
        "service_notice": service_notice(matter),
        "requested_datetime": written(matter.reported_at),
        "updated_datetime": written(matter.closed_at or moved_at(matter)),
        "expected_datetime": written(matter.expected_by),
        "address": (own and own.address) or grid_address(matter),
        "address_id": matter.grid.code,
        "zipcode": None,
        "lat": own and own.lat,
        "long": own and own.long,
        "media_url": own and own.media_url,
    }


def without_numbers(text: str) -> str:
    """Hide what is long enough for a phone or identity number, written with blanks or not."""
    return PRIVATE_NUMBER.sub("***", text)


def grid_address(matter: Matter) -> str:
    """From the most specific to the most general, as the specification has it."""
    return f"{matter.grid}, {matter.grid.community}"


def status_notes(matter: Matter) -> str:
    """Say in words how the matter stands; what people noted about it stays inside."""
    words = str(matter.get_status_display())
    return f"{words}: {matter.merged_into_id}" if matter.merged_into_id else words


def service_notice(matter: Matter) -> str | None:
    """Say what happens next and by when, as long as a clock runs."""
    if matter.due_at is None:
        return None
    by = f"{timezone.localtime(matter.due_at):%Y-%m-%d %H:%M}"
    if matter.status == Matter.Status.RESOLVED:
        return _("To be verified by %(moment)s.") % {"moment": by}
    if matter.handle_by is None:
        return _("By %(moment)s it is decided who handles it.") % {"moment": by}
    return _("To be handled by %(moment)s.") % {"moment": by}


def moved_at(matter: Matter) -> datetime.datetime:
    """Return when it last moved, as `with_details` found it."""
    at: datetime.datetime | None = getattr(matter, "moved_at", None)
    return at or matter.reported_at


def written(at: datetime.datetime | None) -> str | None:
    return timezone.localtime(at).isoformat(timespec="seconds") if at else None
