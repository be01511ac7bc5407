"""The addresses that city systems talk to: Open311 GeoReport v2, docs/open311.md.

Every address answers as JSON or XML by its ending, refusals too. Nobody logs in here: the
key of the client stands for it where anything but the offered services is told, and no
cookie opens anything, so that the forged requests which CSRF tokens keep out have nothing to
ride on: the addresses are exempt, or those that only read would answer a POST with a web page.
"""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    QueryDict,
    UnreadablePostError,
)
from django.http.multipartparser import MultiPartParserError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from visits.models.api_client import is_place
from visits.open311 import reading
from visits.open311.callers import caller, jurisdiction, refuse_strange_characters
from visits.open311.documents import Document, RefusedError, write
from visits.open311.filing import MAX_BODY, file_request, read_filing

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
# The day on which the interface last changed.
CHANGESET = "2026-11-26 00:00"
RETRY_AFTER = "30"
UNREADABLE = (BadRequest, SuspiciousOperation, UnreadablePostError, MultiPartParserError)

View = Callable[..., Document]


def answering(*methods: str) -> Callable[[View], Callable[..., HttpResponse]]:
    """Write what the view returns, or why it refuses, in the format of the address."""

    def around(view: View) -> Callable[..., HttpResponse]:
        @wraps(view)
        def answer(request: HttpRequest, extension: str, **named: str) -> HttpResponse:
            if request.method not in methods:
                refused = RefusedError(405, _("This address does not take this method."))
                return write(refused.document(), extension)
            try:
                refuse_strange_characters(request.GET.lists())
                refuse_strange_characters((name, [value]) for name, value in named.items())
                return write(view(request, **named), extension)
            except RefusedError as error:
                return write(error.document(), extension)
            except RequestDataTooBig:
                return write(too_large().document(), extension)
            except UNREADABLE:
                refused = RefusedError(400, _("The request cannot be read."))
                return write(refused.document(), extension)
            except (OperationalError, InterfaceError):
                return later(extension)

        return answer

    return around


def too_large() -> RefusedError:
    return RefusedError(
        400, _("The request is larger than 25 MB, or its text than 2.5 MB."), code=413
    )


def later(extension: str) -> HttpResponse:
    response = write(RefusedError(503, _("The server is busy. Try again.")).document(), extension)
    response.headers["Retry-After"] = RETRY_AFTER
    return response


# Public: says where the interface is and how to get a key.
@login_not_required
@csrf_exempt
@answering("GET", "HEAD")
def discovery(request: HttpRequest) -> Document:
    endpoint = {
        "specification": SPECIFICATION,
        "url": endpoint_address(request),
        "changeset": CHANGESET,
        "type": "production",
        "formats": ["text/xml", "application/json"],
    }
    content = {
        "changeset": CHANGESET,
        "contact": _("The administrators of the community or street that runs this server."),
        "key_service": _("The administrators give a key for their place, in Administration."),
        "endpoints": [endpoint],
    }
    return Document("discovery", content)


def endpoint_address(request: HttpRequest) -> str:
    """Return the address that city systems are given, from which all others begin."""
    return request.build_absolute_uri(reverse("open311:openapi")).rpartition("/")[0]


# Public: the description of the interface holds nothing of this place.
@login_not_required
@require_safe
def openapi(_request: HttpRequest) -> HttpResponseBase:
    return HttpResponse(description(), content_type="application/json; charset=utf-8")


@lru_cache(maxsize=1)
def description() -> bytes:
    return (settings.BASE_DIR / "docs" / "openapi.json").read_bytes()


# Public, as the specification has it: these categories are offered to every resident.
@login_not_required
@csrf_exempt
@answering("GET", "HEAD")
def services(request: HttpRequest) -> Document:
    known_jurisdiction(request.GET)
    content = [reading.service(category) for category in reading.public_categories()]
    return Document("services", content)


# Public, as above.
@login_not_required
@csrf_exempt
@answering("GET", "HEAD")
def service_definition(request: HttpRequest, service_code: str) -> Document:
    known_jurisdiction(request.GET)
    category = reading.category_of(service_code)
    return Document("service_definition", reading.service_definition(category))


def known_jurisdiction(params: QueryDict) -> None:
    """Refuse a place that is none; every place offers the same services."""
    code = params.get("jurisdiction_id", "").strip()
    if code and not is_place(code):
        raise RefusedError(404, _("This jurisdiction_id is not known."))


# Public: the key in the request stands for the login. Open to forms without a CSRF token, as
# no cookie opens anything here: a page elsewhere gains nothing by sending one.
@login_not_required
@csrf_exempt
@answering("GET", "HEAD", "POST")
def requests(request: HttpRequest) -> Document:
    """Tell how matters stand, or take one in."""
    if request.method == "POST":
        return filed(request)
    now = timezone.now()
    client = caller(request, request.GET, now)
    code = jurisdiction(client, request.GET)
    matters = reading.asked_for(client, code, request.GET, now)
    content = [reading.request_document(matter, client) for matter in matters]
    return Document("service_requests", content)


def filed(request: HttpRequest) -> Document:
    """Take in a matter; the same sending again gets the same answer and changes nothing."""
    if length_of(request) > MAX_BODY:
        raise too_large()
    now = timezone.now()
    client = caller(request, request.POST, now)
    refuse_strange_characters(request.POST.lists())
    if not client.may_file:
        raise RefusedError(403, _("This api_key is for reading only."))
    filing = read_filing(request, jurisdiction(client, request.POST))
    matter, is_new = file_request(client, filing, now)
    content: dict[str, Any] = {
        "service_request_id": str(matter.pk),
        "service_notice": reading.service_notice(matter),
        "account_id": None,
    }
    return Document("service_requests", [content], 201 if is_new else 200)


def length_of(request: HttpRequest) -> int:
    """Return how long the body says it is; without a length none is read."""
    length = request.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else 0


# Public: the key stands for the login.
@login_not_required
@csrf_exempt
@answering("GET", "HEAD")
def service_request(request: HttpRequest, service_request_id: str) -> Document:
    client = caller(request, request.GET, timezone.now())
    matter = reading.one(client, jurisdiction(client, request.GET), service_request_id)
    return Document("service_requests", [reading.request_document(matter, client)])


# Public: the key stands for the login.
@login_not_required
@csrf_exempt
@answering("GET", "HEAD")
def token(request: HttpRequest, token: str) -> Document:
    """Answer at once: every request has its number from the start, which is its token too."""
    client = caller(request, request.GET, timezone.now())
    matter = reading.one(client, jurisdiction(client, request.GET), token)
    content = {"service_request_id": str(matter.pk), "token": token}
    return Document("service_requests", [content])


# Public: nothing is here, which clients are told in their own format.
@login_not_required
@csrf_exempt
def nowhere(_request: HttpRequest, elsewhere: str) -> HttpResponse:
    refused = RefusedError(404, _("There is nothing at this address."))
    return write(refused.document(), "json" if elsewhere.endswith(".json") else "xml")
