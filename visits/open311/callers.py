"""Who asks: the key of a request, the place it may ask about, and how often."""

import base64
import datetime
from collections.abc import Iterable

from django.core.cache import cache
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from visits.models import ApiClient
from visits.models.api_client import is_place
from visits.open311.documents import REPLACEMENT, UNWRITABLE, RefusedError

# Of one client, in each web process.
REQUESTS_A_MINUTE = 120
MINUTE = 60


def refuse_strange_characters(sent: Iterable[tuple[str, list[str]]]) -> None:
    """Refuse bytes that are no UTF-8, and what neither XML nor a database can hold."""
    for name, values in sent:
        written = "".join([name, *values])
        if REPLACEMENT in written:
            raise RefusedError(400, _("The text is not UTF-8."))
        if UNWRITABLE.search(written):
            raise RefusedError(400, _("%(name)s holds control characters.") % {"name": name})


def caller(request: HttpRequest, sent: QueryDict, at: datetime.datetime) -> ApiClient:
    """Return the client whose key came with the request; refuses strangers and floods."""
    key = key_of(request, sent)
    if not key:
        raise RefusedError(403, _("The api_key is missing."))
    client = ApiClient.objects.with_key(key)
    if client is None:
        raise RefusedError(403, _("The api_key is not valid."))
    slow_down(client, at)
    client.note_use(timezone.localdate(at))
    return client


def key_of(request: HttpRequest, sent: QueryDict) -> str:
    """Return the key from the header, else from the parameters as the specification has it."""
    scheme, _space, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    if scheme.lower() == "basic":
        return password_in(given)
    return sent.get("api_key", "") or request.GET.get("api_key", "")


def password_in(given: str) -> str:
    """Return the key of https://any:key@…: clients that send none when reading send this."""
    try:
        written = base64.b64decode(given, validate=True).decode()
    except ValueError:
        return ""
    name, _colon, password = written.partition(":")
    return password or name


def slow_down(client: ApiClient, at: datetime.datetime) -> None:
    """Count the requests of the running minute, in memory alone."""
    name = f"open311:{client.pk}:{int(at.timestamp()) // MINUTE}"
    count = cache.get(name, 0) + 1
    cache.set(name, count, timeout=2 * MINUTE)
    if count > REQUESTS_A_MINUTE:
        raise RefusedError(429, _("Too many requests. Go on in a minute."))


def jurisdiction(client: ApiClient, sent: QueryDict) -> str:
    """Return the code of the place asked about: the client's, or the one named inside it."""
    asked = sent.get("jurisdiction_id", "").strip()
    if not asked or asked == client.code:
        return client.code
    if not asked.startswith(client.code) or not is_place(asked):
        raise RefusedError(404, _("This jurisdiction_id is not known."))
    return asked
