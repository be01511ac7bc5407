"""What a request to `/sync/visits/` may look like, before anything in it is believed."""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

SCHEMA = 1
# A replaced version is taken for 90 more days: docs/sync.md, section 4.
SCHEMAS = (SCHEMA,)
MAX_ITEMS = 200
MAX_BYTES = 2_000_000
HIGHEST_SEQ = 2**31 - 1
# Different for the same words: who is logged in, and how long the typing took.
NOT_CONTENT = frozenset({"author", "effort"})


class ParcelError(ValueError):
    """The request as a whole cannot be read; `status` and `code` say why."""

    def __init__(self, status: int, code: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.code = code
        self.reason = reason


@dataclass(frozen=True)
class Item:
    """One visit or matter on its way: its key, and its envelope or its plain content."""

    id: UUID
    seq: int | None
    envelope: bytes | None
    content: Any


@dataclass(frozen=True)
class Parcel:
    """A request that could be read. `sent_at` is the phone's clock in milliseconds."""

    device: UUID | None
    sent_at: int | None
    ticket: object
    # How many entries stay on the phone besides these; None where it does not say.
    waiting: int | None
    items: list[Item]
    # Ids that are no UUIDs, as they came: nothing can be kept under them.
    nameless: list[object]


def read_parcel(body: bytes) -> Parcel:
    """Read a request body; raises ParcelError with the status to answer."""
    if len(body) > MAX_BYTES:
        raise ParcelError(
            413, "bytes", _("This request is larger than 2 MB. Send fewer items at a time.")
        )
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError):
        raise incomplete() from None
    if not isinstance(raw, dict) or not isinstance(raw.get("items"), list):
        raise ParcelError(400, "shape", _("This request holds no list of items."))
    if raw.get("schema") not in SCHEMAS:
        raise ParcelError(
            400, "schema", _("This version is not known. Open the page again to renew it.")
        )
    if len(raw["items"]) > MAX_ITEMS:
        raise ParcelError(413, "items", _("At most 200 items may be sent at a time."))
    items: list[Item] = []
    nameless: list[object] = []
    for entry in raw["items"]:
        key = read_uuid(entry.get("id")) if isinstance(entry, dict) else None
        if key is None:
            nameless.append(entry.get("id") if isinstance(entry, dict) else None)
        else:
            items.append(read_item(key, entry))
    return Parcel(
        device=read_uuid(raw.get("device")),
        sent_at=read_int(raw.get("sent_at")),
        ticket=raw.get("ticket"),
        waiting=read_count(raw.get("waiting")),
        items=items,
        nameless=nameless,
    )


def incomplete() -> ParcelError:
    return ParcelError(400, "json", _("This request is not complete JSON."))


def read_item(key: UUID, entry: dict[str, Any]) -> Item:
    seq = read_int(entry.get("seq"))
    envelope = None
    if isinstance(entry.get("sealed"), str):
        try:
            envelope = base64.b64decode(entry["sealed"], validate=True)
        except (binascii.Error, ValueError):
            envelope = b""
    return Item(
        key,
        seq if seq is not None and 0 < seq <= HIGHEST_SEQ else None,
        envelope,
        entry.get("content"),
    )


def read_uuid(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def read_int(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def read_count(value: object) -> int | None:
    count = read_int(value)
    return count if count is not None and 0 <= count <= HIGHEST_SEQ else None


def digest_of(content: object) -> str:
    """Return what the same content has in common however often it is sent."""
    if isinstance(content, dict):
        content = {name: value for name, value in content.items() if name not in NOT_CONTENT}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
