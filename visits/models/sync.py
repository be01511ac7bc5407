"""What phones hand over: what is held back for a person to decide, photos on their way."""

import datetime
import json
import uuid
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communities.models import Community, User
from communities.roles import VISIT_KEEPERS, Role
from households.fields import EncryptedTextField
from visits.models.emergency import RollCallEntry
from visits.models.matter import Matter
from visits.models.visit import Visit


class ServerEpoch(models.Model):
    """The one row that says which history of this database phones have talked to.

    Phones that meet another epoch than before offer their last visits again.
    """

    epoch = models.UUIDField(default=uuid.uuid4)
    since = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.epoch)

    @classmethod
    def current(cls) -> uuid.UUID:
        """Return the epoch; it begins when first asked for."""
        epoch: uuid.UUID | None = cls.objects.values_list("epoch", flat=True).first()
        return epoch or cls.objects.get_or_create(pk=1)[0].epoch

    @classmethod
    def renew(cls) -> uuid.UUID:
        """Begin another epoch, as after a restore, and return it."""
        values = {"epoch": uuid.uuid4(), "since": timezone.now()}
        return cls.objects.update_or_create(pk=1, defaults=values)[0].epoch


class HeldItemQuerySet(models.QuerySet["HeldItem"]):
    def visible_to(self, user: User) -> Self:
        """What the user sent herself, and what lies in communities where she sets visits right.

        An item that names no community is shown to its author and to superusers.
        Administrators see that it is there, as they see visits.
        """
        if user.is_superuser:
            return self
        keepers = VISIT_KEEPERS | {Role.ADMINISTRATOR}
        return self.filter(Q(by=user) | Q(community__in=Community.objects.held_by(user, keepers)))

    def editable_by(self, user: User) -> Self:
        """Items the user may decide about: an officer all, their author what she mistyped.

        A door that was not in her care is not hers to let through.
        """
        if user.is_superuser:
            return self.waiting()
        return self.waiting().filter(
            Q(by=user, reason__in=HeldItem.AUTHOR_MENDS)
            | Q(community__in=Community.objects.held_by(user, VISIT_KEEPERS))
        )

    def waiting(self) -> Self:
        """Items nobody has decided about."""
        return self.filter(decided_at=None)


class HeldItem(models.Model):
    """A visit or matter that a phone handed over and that could not be stored as it was.

    Kept word for word until a person mends it, which stores it, or says that it is void.
    """

    class Reason(models.TextChoices):
        CONFLICT = "conflict", _("Saved before with other content")
        SCOPE = "scope", _("The door was not in the worker's care on that day")
        HOUSEHOLD = "household", _("The door is not in the register")
        INVALID = "invalid", _("Something in it is not allowed")
        OLD = "old", _("More than 90 days old")
        ACCOUNT = "account", _("The account has been closed")
        LATE = "late", _("Came more than seven days after she left")
        SEALED = "sealed", _("It cannot be opened")

    class Decision(models.TextChoices):
        STORED = "stored", _("Mended and stored")
        VOID = "void", _("Void")

    AUTHOR_MENDS = (Reason.INVALID, Reason.CONFLICT)

    item = models.UUIDField(editable=False)
    digest = models.CharField(max_length=64, editable=False)
    by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("by"), editable=False
    )
    community = models.ForeignKey(
        Community,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("community"),
        editable=False,
    )
    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices)
    detail = models.CharField(_("detail"), max_length=300, blank=True)
    content = EncryptedTextField(editable=False)
    received_at = models.DateTimeField(_("received at"), default=timezone.now)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decision = models.CharField(_("decision"), max_length=10, choices=Decision.choices, blank=True)
    note = models.CharField(_("why"), max_length=200, blank=True)

    objects = HeldItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("held-back item")
        verbose_name_plural = _("held-back items")
        ordering = ["-received_at", "-pk"]
        constraints = [
            # The same words sent again are one item, other words under the same key another.
            models.UniqueConstraint(fields=["item", "digest"], name="held_item_once"),
            models.CheckConstraint(
                name="held_item_decided_by_somebody",
                condition=Q(decided_at=None, decided_by=None, decision="")
                | (Q(decided_at__isnull=False, decided_by__isnull=False) & ~Q(decision="")),
            ),
        ]
        indexes = [
            models.Index(fields=["community", "decided_at"], name="held_item_of_community"),
        ]

    def __str__(self) -> str:
        return f"{str(self.item)[:8].upper()} {self.get_reason_display()}"

    def get_absolute_url(self) -> str:
        return reverse("visits:held_item", args=[self.pk])

    @property
    def detail_words(self) -> str:
        """The field that is not allowed, in words; "" where no field is to blame."""
        for model in (Visit, Matter, RollCallEntry):
            fields = {field.name: field for field in model._meta.concrete_fields}
            if self.detail in fields:
                return str(fields[self.detail].verbose_name)
        return ""

    @property
    def written(self) -> dict[str, Any]:
        """What the phone sent, as far as it is an object; {} for an envelope unopened."""
        content = json.loads(self.content)
        return content if isinstance(content, dict) else {}


class SyncDeviceQuerySet(models.QuerySet["SyncDevice"]):
    def visible_to(self, user: User) -> Self:
        if user.is_superuser:
            return self
        return self.filter(community__in=Community.objects.held_by(user, VISIT_KEEPERS))

    def editable_by(self, user: User) -> Self:  # noqa: ARG002 - counted by the program
        return self.none()

    def with_gaps(self, before: datetime.date) -> Self:
        """Devices last heard of before that day that numbered more than they handed over."""
        return self.filter(missing__gt=0, seen_on__lt=before)


class SyncDevice(models.Model):
    """One browser's storage that hands over visits, by the number it gave itself.

    A device numbers what it saves. `gaps` are the stretches of numbers below `highest` that
    never arrived, first and last of each; one that stays means that the device lost something
    it had saved. Nothing else is known of a device.
    """

    id = models.UUIDField(primary_key=True)
    community = models.ForeignKey(Community, models.CASCADE, null=True, related_name="+")
    highest = models.PositiveIntegerField(default=0)
    gaps = models.JSONField(default=list)
    missing = models.PositiveIntegerField(default=0)
    seen_on = models.DateField(default=timezone.localdate)

    objects = SyncDeviceQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.pk)[:8].upper()


# How long a photo waits for its matter, and an unfinished upload for its rest.
PHOTO_WAIT = datetime.timedelta(days=90)


class PhotoUpload(models.Model):
    """A photo on its way from a phone, sealed until its last byte is here."""

    id = models.UUIDField(primary_key=True, editable=False)
    length = models.PositiveIntegerField()
    offset = models.PositiveIntegerField(default=0)
    began_at = models.DateTimeField(default=timezone.now)
    matter = models.UUIDField(null=True)
    by = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    done = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="photo_upload_within_length", condition=Q(offset__lte=models.F("length"))
            )
        ]
        indexes = [models.Index(fields=["matter", "done"], name="photo_upload_of_matter")]

    def __str__(self) -> str:
        return str(self.pk)
