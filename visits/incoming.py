"""What is suspicious about a form that anybody may send, and when it is too much.

Nothing is asked of an honest resident: no account, no puzzle. What looks odd is stored and
waits for an officer; only a flood is refused. The limits are wide because whole estates
share one address at their phone company.
"""

import datetime
import re
import unicodedata
from enum import IntEnum
from typing import NamedTuple

from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.db.models import Q, Sum
from django.utils import timezone

from communities.models import Grid
from households.crypto import blind_index
from visits.models import ReportCount, ResidentReport

DAY = datetime.timedelta(days=1)
FASTEST_SECONDS = 3
LINK = re.compile(
    r"https?:|www\.|\[url|<a\s|\b[a-z0-9-]+\.(?:com|net|cn|top|xyz|vip|cc)\b", re.IGNORECASE
)
SIGNER = TimestampSigner(salt="resident report form")
FORM = "form"


class Limits(NamedTuple):
    """Forms within an hour after which the next ones wait for an officer, and are refused."""

    some: int
    most: int
    most_a_day: int


FROM_ADDRESS = Limits(6, 30, 100)
FOR_GRID = Limits(40, 300, 1000)


class Flow(IntEnum):
    """How much comes in: as usual, more than usual, too much."""

    USUAL = 0
    MUCH = 1
    FLOOD = 2


def count_form(*, grid: Grid, address: str, at: datetime.datetime) -> Flow:
    """Count one more form for the grid, and say how much is coming in.

    The address is kept as a keyed digest that differs from day to day and grid to grid, for
    two days.
    """
    ReportCount.objects.filter(hour__lt=at - 2 * DAY).delete()
    hour = timezone.localtime(at).replace(minute=0, second=0, microsecond=0)
    sender = blind_index(f"{hour:%Y-%m-%d} {grid.pk} {address}", context="report address")
    place = blind_index(str(grid.pk), context="report grid")
    return max(flow(sender, hour, FROM_ADDRESS), flow(place, hour, FOR_GRID))


def flow(key: str, hour: datetime.datetime, limits: Limits) -> Flow:
    ReportCount.add(key, hour)
    counts = ReportCount.objects.filter(key=key, hour__gte=hour.replace(hour=0)).aggregate(
        hour=Sum("count", filter=Q(hour=hour)), day=Sum("count")
    )
    if counts["hour"] > limits.most or counts["day"] > limits.most_a_day:
        return Flow.FLOOD
    return Flow.MUCH if counts["hour"] > limits.some else Flow.USUAL


def new_stamp() -> str:
    """Return the signed moment at which a form was opened."""
    return SIGNER.sign(FORM)


def doubt_of_stamp(stamp: str) -> str:
    """Return "stamp" for one that is forged or older than a day, "fast", or "" for a good one."""
    try:
        SIGNER.unsign(stamp, max_age=DAY)
    except BadSignature:
        return "stamp"
    try:
        SIGNER.unsign(stamp, max_age=FASTEST_SECONDS)
    except SignatureExpired:
        return ""
    return "fast"


def doubts_of_words(*texts: str) -> list[str]:
    return ["links"] if any(LINK.search(text) for text in texts) else []


def words_digest(description: str) -> str:
    """Return a keyed digest that texts share which differ in blanks, marks and case alone."""
    plain = unicodedata.normalize("NFKC", description).casefold()
    return blind_index("".join(filter(str.isalnum, plain)), context="report words")


def said_before(*, grid: Grid, digest: str, at: datetime.datetime) -> bool:
    """Say whether the same words were sent for the grid within a day."""
    reports = ResidentReport.objects.filter(grid=grid, words_digest=digest)
    return reports.filter(reported_at__gt=at - DAY).exists()
