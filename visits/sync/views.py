"""The addresses that phones talk to: docs/sync.md. Answers are JSON and never cached."""

import base64
import binascii
import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from communities.models import Community, User
from visits.actions.plan_changes import change_grids
from visits.models import PhotoUpload, ServerEpoch
from visits.sync import photos
from visits.sync.parcel import MAX_BYTES, MAX_ITEMS, SCHEMA, ParcelError, incomplete, read_parcel
from visits.sync.passes import author_pass, is_ticket, ticket
from visits.sync.receive import RETRY_AFTER, receive
from visits.sync.sealing import public_key

SERVICE = "gridmgmt-sync"
TUS = "1.0.0"
CHUNK = 64 * 1024


# Public: whoever is logged out still uploads what her phone holds.
@login_not_required
@require_safe
def hello(request: HttpRequest) -> HttpResponse:
    """Say what a phone needs before it sends anything."""
    user = signed_in(request)
    key = public_key()
    return answer(
        {
            "schema": SCHEMA,
            "csrf": get_token(request),
            "key": {"id": key.id, "public": key.public},
            "limits": {"items": MAX_ITEMS, "bytes": MAX_BYTES, "photo_bytes": photos.MAX_BYTES},
            "user": user and {"id": user.pk, "author": author_pass(user.pk), "ticket": ticket()},
            "left": user is None and has_left(request),
        }
    )


def has_left(request: HttpRequest) -> bool:
    """Say whether the login of this browser is of somebody whose roles or account have ended."""
    key = request.session.get(SESSION_KEY)
    if key is None:
        return False
    person = User.objects.with_standings(int(key), timezone.localdate(), timezone.now())
    return person is not None and (person.has_left or not person.is_active)


# Public: the ticket in the body, or an author inside each envelope, stands for the login.
@login_not_required
@require_POST
def visits(request: HttpRequest) -> HttpResponse:
    """Take in a batch of visits and matters; answer each by its UUID."""
    try:
        parcel = read_parcel(body_of(request))
    except ParcelError as error:
        return refusal(error.status, error.code, error.reason)
    user = signed_in(request)
    all_sealed = all(item.envelope is not None for item in parcel.items)
    if user is None and not (all_sealed and is_ticket(parcel.ticket)):
        return refusal(401, "ticket", _("Log in once, then it is sent again."))
    if user is None:
        change_grids_if_due()
    try:
        answers = receive(parcel, user=user, now=timezone.now())
    except (OperationalError, InterfaceError):
        return later()
    return answer({"items": [entry.as_json() for entry in answers]}, HTTPStatus.MULTI_STATUS)


# Public, as above: the ticket stands in a header.
@login_not_required
@require_http_methods(["POST", "OPTIONS"])
def photo_add(request: HttpRequest) -> HttpResponse:
    """Begin the upload of a photo, or find the one begun: tus 1.0, creation."""
    if request.method == "OPTIONS":
        return tus(204, {"Tus-Version": TUS, "Tus-Extension": "creation"})
    if refused := refuse_upload(request):
        return refused
    key = metadata(request).get("id", "")
    try:
        upload_id, length = UUID(key), int(request.headers.get("Upload-Length", ""))
    except ValueError:
        return tus(400)
    if not 0 < length <= photos.MAX_BYTES:
        return tus(413)
    upload = photos.begin(upload_id, length)
    if upload.length != length:
        return tus(409)
    place = reverse("sync:photo", args=[upload.pk])
    return tus(201, {"Location": place, "Upload-Offset": str(upload.offset)})


# Public, as above.
@login_not_required
@require_http_methods(["HEAD", "PATCH", "OPTIONS"])
def photo(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say how much of a photo is here, or take in what follows."""
    if request.method == "OPTIONS":
        return tus(204, {"Tus-Version": TUS, "Tus-Extension": "creation"})
    if refused := refuse_upload(request):
        return refused
    upload = get_object_or_404(PhotoUpload, pk=pk)
    photos.go_back_to_bytes(upload)
    if request.method == "HEAD":
        length = {"Upload-Length": str(upload.length)}
        return tus(200, {"Upload-Offset": str(upload.offset), **length, **finished(upload)})
    return take_part(request, upload)


def take_part(request: HttpRequest, upload: PhotoUpload) -> HttpResponse:
    if request.content_type != "application/offset+octet-stream":
        return tus(415)
    if request.headers.get("Upload-Offset") != str(upload.offset):
        return tus(409, {"Upload-Offset": str(upload.offset)})
    part = read_part(request, upload.length - upload.offset)
    try:
        if not photos.append(upload, part):
            return tus(409)
        if upload.offset == upload.length and not upload.done:
            photos.complete(upload)
        if upload.done:
            photos.hand_over(upload)
    except ValidationError as error:
        return tus(422, {"Upload-Offset": str(upload.offset)}, " ".join(error.messages))
    except OSError:
        return tus(507, {"Retry-After": str(RETRY_AFTER)})
    return tus(204, {"Upload-Offset": str(upload.offset), **finished(upload)})


def change_grids_if_due() -> None:
    """Let grids change on their day also where nobody is logged in: pages see to it else."""
    if Community.objects.filter(grids_change_on__lte=timezone.localdate()).exists():
        change_grids(at=timezone.now())


def body_of(request: HttpRequest) -> bytes:
    """Return the body, cut where it is larger than any parcel; raises ParcelError."""
    try:
        return request.read(MAX_BYTES + 1)
    except (UnreadablePostError, OSError):
        raise incomplete() from None


def signed_in(request: HttpRequest) -> User | None:
    user: Any = request.user
    return user if user.is_authenticated else None


def answer(values: dict[str, Any], status: int = HTTPStatus.OK) -> HttpResponse:
    """Return an answer by which a phone knows this server, its history and its clock."""
    now = timezone.now()
    response = JsonResponse(
        {
            "service": SERVICE,
            "epoch": str(ServerEpoch.current()),
            "now": milliseconds(now),
            **values,
        },
        status=status,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def refusal(status: int, code: str, reason: str) -> HttpResponse:
    response = JsonResponse({"service": SERVICE, "code": code, "reason": reason}, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def later() -> HttpResponse:
    response = refusal(503, "later", _("The server is busy. It is sent again."))
    response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


def milliseconds(moment: datetime.datetime) -> int:
    return int(moment.timestamp() * 1000)


def refuse_upload(request: HttpRequest) -> HttpResponse | None:
    """Refuse another version of the protocol, and strangers."""
    if request.headers.get("Tus-Resumable") != TUS:
        return tus(412, {"Tus-Version": TUS})
    if signed_in(request) is None and not is_ticket(request.headers.get("X-Upload-Ticket")):
        return refusal(401, "ticket", _("Log in once, then it is sent again."))
    return None


def metadata(request: HttpRequest) -> dict[str, str]:
    """Read `Upload-Metadata`: pairs of a name and a base64 value; what is damaged is left out."""
    found = {}
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        name, _space, value = pair.strip().partition(" ")
        try:
            found[name] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, ValueError):
            continue
    return found


def read_part(request: HttpRequest, most: int) -> bytes:
    """Read what arrives, at most so many bytes; a connection that breaks gives what came."""
    part = b""
    try:
        while len(part) < most and (chunk := request.read(min(CHUNK, most - len(part)))):
            part += chunk
    except (UnreadablePostError, OSError):
        pass
    return part


def finished(upload: PhotoUpload) -> dict[str, str]:
    return {"Upload-Complete": "yes"} if upload.done else {}


def tus(status: int, headers: dict[str, str] | None = None, reason: str = "") -> HttpResponse:
    response: HttpResponse = (
        JsonResponse({"service": SERVICE, "reason": reason}, status=status)
        if reason
        else HttpResponse(status=status)
    )
    for name, value in {
        "Tus-Resumable": TUS,
        "Cache-Control": "no-store",
        **(headers or {}),
    }.items():
        response.headers[name] = value
    return response
