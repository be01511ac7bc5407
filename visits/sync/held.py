"""Answers to items, and holding back what cannot be stored until a person has looked."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from communities.models import Community
from visits.models import HeldItem

STORED, HELD, NAMELESS, CONFLICT, LATER = 201, 202, 400, 422, 503


class Refusal(Exception):  # noqa: N818 - a judgement about an item, not an error of the program
    """An item is not stored as it is; `reason` says why, `detail` names the field if one does."""

    def __init__(self, reason: HeldItem.Reason, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Answer:
    """What a phone is told about one item."""

    id: object
    status: int
    code: str = ""
    reason: str = ""
    retry_after: int = 0
    matter: "Answer | None" = None
    # Of further matters, and of what was answered.
    matters: tuple["Answer", ...] = ()
    facts: "Answer | None" = None

    @classmethod
    def stored(cls, key: UUID) -> "Answer":
        return cls(key, STORED)

    @classmethod
    def later(cls, key: UUID, seconds: int) -> "Answer":
        return cls(key, LATER, "later", _("The server is busy. It is sent again."), seconds)

    @classmethod
    def nameless(cls, key: object) -> "Answer":
        return cls(key, NAMELESS, "id", _("Without a UUID nothing can be kept."))

    @classmethod
    def held(cls, item: HeldItem) -> "Answer":
        status = CONFLICT if item.reason == HeldItem.Reason.CONFLICT else HELD
        return cls(item.item, status, item.reason, item.get_reason_display())

    def as_json(self) -> dict[str, Any]:
        values: dict[str, Any] = {
            "id": str(self.id) if isinstance(self.id, UUID) else self.id,
            "status": self.status,
        }
        for name in ("code", "reason", "retry_after"):
            if getattr(self, name):
                values[name] = getattr(self, name)
        if self.matter:
            values["issue"] = self.matter.as_json()
        if self.matters:
            values["issues"] = [matter.as_json() for matter in self.matters]
        if self.facts:
            values["facts"] = self.facts.as_json()
        return values


def held_answers(keys: Iterable[tuple[UUID, str]]) -> dict[tuple[UUID, str], Answer]:
    """Return the answers given earlier to items that were held back, by key and digest."""
    wanted = set(keys)
    rows = HeldItem.objects.filter(item__in={key for key, _digest in wanted}).defer("content")
    return {
        key: Answer.held(row)
        for row in rows
        if (key := (row.item, row.digest)) in wanted and row.decision != HeldItem.Decision.STORED
    }


def hold(
    *,
    item: UUID,
    digest: str,
    by: int | None,
    community: str,
    refusal: Refusal,
    content: object,
) -> HeldItem:
    """Keep an item word for word, once; return its row."""
    with transaction.atomic():
        row, _is_new = HeldItem.objects.get_or_create(
            item=item,
            digest=digest,
            defaults={
                "by_id": by,
                "community": Community.objects.filter(code=community).first(),
                "reason": refusal.reason,
                "detail": refusal.detail,
                "content": json.dumps(content),
            },
        )
    return row
