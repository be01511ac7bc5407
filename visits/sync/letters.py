"""Items opened: who wrote what."""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from communities.models import User
from visits.sync.parcel import Item, digest_of
from visits.sync.passes import read_author
from visits.sync.sealing import SealedError, open_envelope


@dataclass(frozen=True)
class Letter:
    """One item opened. `raw` is whatever JSON was in it, None when it did not open.

    `author` is the key of the account it says it is of, not yet known to exist.
    """

    item: Item
    raw: Any
    author: int | None
    digest: str

    @property
    def key(self) -> UUID:
        return self.item.id

    @property
    def household(self) -> int | None:
        """The key of the household it names, without believing anything else of it."""
        key = self.raw.get("household") if isinstance(self.raw, dict) else None
        return key if isinstance(key, int) and 0 < key < 2**63 else None

    @property
    def kept(self) -> object:
        """What is kept of it when it is held back: its content, or the envelope unopened."""
        if self.raw is None and self.item.envelope is not None:
            return base64.b64encode(self.item.envelope).decode()
        return self.raw


def open_letter(item: Item, user: User | None) -> Letter:
    """Open an item: a sealed one is its author's, a plain one the user's."""
    if item.envelope is None:
        return Letter(item, item.content, user.pk if user else None, digest_of(item.content))
    try:
        raw = json.loads(open_envelope(item.envelope, context=str(item.id)))
    except (SealedError, ValueError, RecursionError):
        unopened = base64.b64encode(item.envelope).decode()
        return Letter(item, None, None, digest_of(unopened))
    author = read_author(raw.pop("author", None)) if isinstance(raw, dict) else None
    return Letter(item, raw, author, digest_of(raw))


def apart(letters: Iterable[Letter]) -> tuple[list[Letter], list[Letter]]:
    """Return the first letter under each key, and those that repeat a key."""
    first: dict[UUID, Letter] = {}
    again = []
    for letter in letters:
        if letter.key in first:
            again.append(letter)
        else:
            first[letter.key] = letter
    return list(first.values()), again
