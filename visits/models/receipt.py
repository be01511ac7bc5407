"""Receipts: what a resident holds to see how her matter stands, and to say how it ended."""

import datetime
import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communities.models import User
from households.crypto import blind_index
from visits.models.matter import Matter
from visits.models.resident_report import ResidentReport

# Crockford's: no I, L, O and U, so that what was copied by hand is still read.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOOKS_LIKE = str.maketrans("OILU", "011V")
CODE_LENGTH = 12
GROUP = 4
BITS = 5
DAYS_AFTER_THE_END = 90


def code_of(key: uuid.UUID) -> str:
    """Return the code of the receipt with this key, such as "7K3M-9QXA-2BTD".

    Sixty bits that only the server's own key makes of it: whoever reads the database alone
    finds no code.
    """
    number = int(blind_index(str(key), context="receipt code"), 16)
    letters = "".join(ALPHABET[number >> BITS * i & 31] for i in range(CODE_LENGTH))
    return "-".join(letters[i : i + GROUP] for i in range(0, CODE_LENGTH, GROUP))


def read_code(typed: str) -> str:
    """Return the letters of a code as it was typed, "" for what cannot be one."""
    letters = "".join(typed.upper().translate(LOOKS_LIKE).replace("-", " ").split())
    is_code = len(letters) == CODE_LENGTH and set(letters) <= set(ALPHABET)
    return letters if is_code else ""


def hash_of(code: str) -> str:
    """Return what is stored of a code: a keyed digest of its letters."""
    return blind_index(read_code(code), context="receipt")


class ReceiptQuerySet(models.QuerySet["Receipt"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(matter__in=Matter.objects.visible_to(user))

    def editable_by(self, user: User) -> Self:  # noqa: ARG002 - a receipt is never edited
        return self.none()

    def with_code(self, code: str, at: datetime.datetime) -> "Receipt | None":
        """Return the receipt this code opens at that moment, None for any other code."""
        if not read_code(code):
            return None
        ended = at - datetime.timedelta(days=DAYS_AFTER_THE_END)
        gone = Q(matter__closed_at__lt=ended) | Q(
            report__state="refused", report__decided_at__lt=ended
        )
        return self.filter(code_hash=hash_of(code)).exclude(gone).first()


class Receipt(models.Model):
    """A code that opens the state of one matter to whoever holds it.

    It comes with a report from the public form, or is made by somebody at work for a
    resident she reports for; `made_by` says which.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code_hash = models.CharField(max_length=32, unique=True, editable=False)
    report = models.OneToOneField(
        ResidentReport,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="receipt",
        verbose_name=_("report"),
    )
    matter = models.ForeignKey(
        Matter,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="receipts",
        verbose_name=_("matter"),
    )
    made_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("made by")
    )
    made_at = models.DateTimeField(_("made at"), default=timezone.now)

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="receipt_of_something",
                condition=Q(report__isnull=False) | Q(matter__isnull=False),
                violation_error_message=_("A receipt belongs to a report or a matter."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.made_at.date())

    @property
    def code(self) -> str:
        return code_of(self.pk)


class ResidentAnswerQuerySet(models.QuerySet["ResidentAnswer"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(matter__in=Matter.objects.visible_to(user))

    def editable_by(self, user: User) -> Self:  # noqa: ARG002 - what was said stays
        return self.none()


class ResidentAnswer(models.Model):
    """What a resident answered when asked whether her matter is solved.

    Every answer stays; `Matter.rating` is the last one.
    """

    matter = models.ForeignKey(
        Matter, models.CASCADE, related_name="answers", verbose_name=_("matter")
    )
    rating = models.PositiveSmallIntegerField(_("the resident says"), choices=Matter.Rating.choices)
    # The round of the matter it is about: how often the matter was reworked and reopened before.
    round = models.PositiveIntegerField(default=0, editable=False)
    words = models.CharField(_("in her words"), max_length=300, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)

    objects = ResidentAnswerQuerySet.as_manager()

    class Meta:
        verbose_name = _("resident's answer")
        verbose_name_plural = _("residents' answers")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_rating_display()} {timezone.localtime(self.at):%Y-%m-%d}"
