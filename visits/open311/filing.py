"""Filing a matter: what a city system sends, where it belongs, and the same thing sent twice."""

import datetime
import json
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import URLValidator
from django.db import transaction
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from communities.photos import MAX_PHOTOS, shrink_photo
from households.crypto import blind_index
from visits.actions.matters import report_matter
from visits.incoming import words_digest
from visits.models import ApiClient, Matter, MatterCategory, ResidentReport, ServiceRequest
from visits.open311.attributes import answers_in_words
from visits.open311.documents import RefusedError
from visits.open311.places import Location, locate
from visits.open311.reading import category_of

# Four photos as phones send them, and the words.
MAX_BODY = 25 * 1024 * 1024
LONGEST_DESCRIPTION = 4000
LONGEST_URL = 500
LONGEST_KEY = 200
LONGEST_CONTACT = 100
FILINGS_AN_HOUR = 300
SAME_WITHIN = datetime.timedelta(minutes=10)
KEYED = uuid.UUID("6e2c7c0e-6d0a-5d44-9a30-2f3b6f8a4c11")
DIGEST_OF = "visits.open311.request"


class Contact(NamedTuple):
    """How to reach the person behind a request; empty where nothing was said."""

    name: str
    phone: str


@dataclass(frozen=True)
class Filing:
    """A request as it was understood."""

    category: MatterCategory
    location: Location
    description: str
    media_url: str
    contact: Contact
    photos: list[bytes]
    # Of everything that was sent, and the name the client gave its sending.
    digest: str
    key: str


def read_filing(request: HttpRequest, code: str) -> Filing:
    """Read what was sent about a place; refuses with every reason at once."""
    sent, files = request.POST, list(uploads(request))
    (category, answers), location, description, media_url, contact, photos, key = gather(
        lambda: asked_category(sent),
        lambda: locate(code, sent),
        lambda: text(sent, "description", LONGEST_DESCRIPTION),
        lambda: address_of_picture(sent),
        lambda: contact_in(sent),
        lambda: pictures(files),
        lambda: name_of_sending(request),
    )
    shown = _("Picture: %(url)s") % {"url": media_url} if media_url else ""
    words = "\n".join(filter(None, [description or category.name, answers, shown]))
    digest = digest_of(sent, files)
    return Filing(category, location, words, media_url, contact, photos, digest, key)


def uploads(request: HttpRequest) -> Iterable[UploadedFile]:
    for name in request.FILES:
        yield from request.FILES.getlist(name)


def gather(*reads: Callable[[], Any]) -> list[Any]:
    """Return what each of them reads, or refuse with the reasons of all that cannot."""
    values, refused = [], []
    for read in reads:
        try:
            values.append(read())
        except RefusedError as error:
            refused.append(error)
    if refused:
        reasons = [reason for error in refused for reason in error.reasons]
        raise RefusedError(refused[0].status, *reasons)
    return values


def text(sent: QueryDict, name: str, longest: int) -> str:
    value = sent.get(name, "").replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(value) > longest:
        raise RefusedError(
            400,
            _("%(name)s is longer than %(count)s characters.") % {"name": name, "count": longest},
        )
    return value


def asked_category(sent: QueryDict) -> tuple[MatterCategory, str]:
    """Return the category and the answers to its questions, in words."""
    code = sent.get("service_code", "").strip()
    if not code:
        raise RefusedError(400, _("service_code was not provided."))
    category = category_of(code)
    return category, answers_in_words(category, sent)


def address_of_picture(sent: QueryDict) -> str:
    """Read where a picture lies. It is not fetched: whoever looks at it follows it herself."""
    url = text(sent, "media_url", LONGEST_URL)
    try:
        if url:
            URLValidator(schemes=["http", "https"])(url)
    except ValidationError:
        raise RefusedError(400, _("media_url is not a web address.")) from None
    return url


def contact_in(sent: QueryDict) -> Contact:
    """Read name and phone, or mail where there is no phone; device and account are left out."""
    first, last = (text(sent, name, LONGEST_CONTACT) for name in ("first_name", "last_name"))
    name = f"{first} {last}".strip() if (first + last).isascii() else last + first
    phone, email = (text(sent, name, LONGEST_CONTACT) for name in ("phone", "email"))
    return Contact(name, phone or email)


def pictures(files: list[UploadedFile]) -> list[bytes]:
    if len(files) > MAX_PHOTOS:
        raise RefusedError(400, _("At most %(count)s pictures.") % {"count": MAX_PHOTOS})
    return [picture(number, file) for number, file in enumerate(files, start=1)]


def picture(number: int, file: UploadedFile) -> bytes:
    try:
        return shrink_photo(file)
    except ValidationError as error:
        raise RefusedError(
            400,
            _("Photo %(number)s %(problem)s")
            % {"number": number, "problem": " ".join(error.messages)},
        ) from None


def name_of_sending(request: HttpRequest) -> str:
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > LONGEST_KEY:
        raise RefusedError(400, _("The Idempotency-Key is too long."))
    return key


def digest_of(sent: QueryDict, files: list[UploadedFile]) -> str:
    """Return what two sendings of the same request share, and nobody can try texts against."""
    fields = sorted((name, values) for name, values in sent.lists() if name != "api_key")
    content = json.dumps([fields, [digest_of_file(file) for file in files]])
    return blind_index(content, context=DIGEST_OF)


def digest_of_file(file: UploadedFile) -> str:
    file.seek(0)
    digest = sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    return digest.hexdigest()


@transaction.atomic
def file_request(client: ApiClient, filing: Filing, at: datetime.datetime) -> tuple[Matter, bool]:
    """Store the matter and say that it is new, or return the one filed by the same sending.

    Sendings of one client wait for each other, so that of two at once one is the first.
    """
    ApiClient.objects.select_for_update().get(pk=client.pk)
    if earlier := sent_before(client, filing, at):
        return earlier.matter, False
    refuse_floods(client, at)
    matter = report_matter(
        id=keyed_id(client, filing.key) if filing.key else None,
        by=None,
        source=Matter.Source.OPEN311,
        category=filing.category,
        grid=filing.location.grid,
        place=filing.location.place,
        description=filing.description,
        photos=filing.photos,
        at=at,
    )
    ServiceRequest.objects.create(
        matter=matter,
        client=client,
        filed_at=at,
        digest=filing.digest,
        address=filing.location.address,
        lat=filing.location.lat,
        long=filing.location.long,
        media_url=filing.media_url,
    )
    keep_contact(matter, filing)
    return matter, True


def keep_contact(matter: Matter, filing: Filing) -> None:
    """Keep how to reach the person as a resident's report does: encrypted, shown for a reason."""
    # A name alone reaches nobody.
    if not filing.contact.phone:
        return
    ResidentReport.objects.create(
        id=matter.pk,
        grid=matter.grid,
        matter=matter,
        category=filing.category,
        contact_name=filing.contact.name,
        contact_phone=filing.contact.phone,
        digest=filing.digest,
        words_digest=words_digest(filing.description),
        reported_at=matter.reported_at,
    )


def keyed_id(client: ApiClient, key: str) -> uuid.UUID:
    return uuid.uuid5(KEYED, f"{client.pk} {key}")


def sent_before(client: ApiClient, filing: Filing, at: datetime.datetime) -> ServiceRequest | None:
    """Return the request of the same key, or of the same content within ten minutes."""
    requests = client.requests.select_related("matter")
    if not filing.key:
        return requests.filter(digest=filing.digest, filed_at__gte=at - SAME_WITHIN).first()
    earlier = requests.filter(pk=keyed_id(client, filing.key)).first()
    if earlier and earlier.digest != filing.digest:
        raise RefusedError(400, _("This Idempotency-Key was used for another request."))
    return earlier


def refuse_floods(client: ApiClient, at: datetime.datetime) -> None:
    since = at - datetime.timedelta(hours=1)
    if client.requests.filter(filed_at__gte=since).count() >= FILINGS_AN_HOUR:
        raise RefusedError(429, _("Too many matters were filed within an hour. Go on later."))
