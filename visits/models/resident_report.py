"""What residents write on the public form of a grid, and how much of it arrives."""

import datetime
import uuid
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communities.models import Grid, User
from communities.roles import MANAGERS
from households.fields import EncryptedTextField
from visits.models.matter import Matter
from visits.models.matter_category import MatterCategory

# What makes a report wait for an officer, as stored in `held_for`, in words.
SUSPICIONS = {
    "trap": _("A field was filled in that people do not see."),
    "fast": _("It was sent faster than anybody writes."),
    "stamp": _("The form was not opened before, or a day ago or more."),
    "links": _("There are links in it."),
    "again": _("The same words were sent for this grid within a day."),
    "many": _("Many reports came from one place or for this grid within an hour."),
}


class ResidentReportQuerySet(models.QuerySet["ResidentReport"]):
    def visible_to(self, user: User) -> Self:
        """Reports of the grids whose matters the user decides about."""
        return self.filter(grid__in=Grid.objects.held_by(user, MANAGERS))

    def editable_by(self, user: User) -> Self:
        """Reports that wait for the user's decision."""
        return self.visible_to(user).held()

    def held(self) -> Self:
        return self.filter(state=ResidentReport.State.HELD)


class ResidentReport(models.Model):
    """One report from the public form: a matter at once, or held until an officer decides.

    Its words stand here only while no matter holds them. How to reach the resident is
    ciphertext, shown one at a time for a reason.
    """

    class State(models.TextChoices):
        HELD = "held", _("To be looked at")
        PASSED = "passed", _("Passed on")
        REFUSED = "refused", _("Refused")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    grid = models.ForeignKey(
        Grid, models.PROTECT, related_name="resident_reports", verbose_name=_("grid")
    )
    matter = models.OneToOneField(
        Matter,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="resident_report",
        verbose_name=_("matter"),
    )
    category = models.ForeignKey(MatterCategory, models.PROTECT, verbose_name=_("category"))
    place = models.CharField(_("where"), max_length=120, blank=True)
    description = models.TextField(_("what is wrong"), max_length=2000, blank=True)
    contact_name = EncryptedTextField(_("name"), blank=True, editable=False)
    contact_phone = EncryptedTextField(_("phone"), blank=True, editable=False)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.PASSED)
    held_for = models.CharField(_("held because"), max_length=60, blank=True)
    # Keyed digests: of the whole form, to know it when it is sent twice; of the words alone.
    digest = models.CharField(max_length=32, editable=False)
    words_digest = models.CharField(max_length=32, editable=False)
    reported_at = models.DateTimeField(_("reported at"), default=timezone.now)
    decided_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    refusal = models.CharField(_("why it was refused"), max_length=200, blank=True)

    objects = ResidentReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("resident's report")
        verbose_name_plural = _("residents' reports")
        ordering = ["-reported_at", "-pk"]
        indexes = [
            models.Index(fields=["state", "-reported_at", "-id"], name="report_of_state"),
            models.Index(fields=["grid", "words_digest"], name="report_of_words"),
            # The few whose contact is not forgotten yet.
            models.Index(
                fields=["reported_at"], name="report_with_contact", condition=~Q(contact_phone="")
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="resident_report_passed_has_matter",
                condition=Q(state="passed", matter__isnull=False)
                | ~Q(state="passed") & Q(matter=None),
                violation_error_message=_("A report that was passed on has a matter."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grid} {timezone.localtime(self.reported_at):%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        return reverse("visits:resident_report", args=[self.pk])

    @property
    def can_be_reached(self) -> bool:
        return bool(self.contact_phone)

    @property
    def held_because(self) -> list[str]:
        return [str(SUSPICIONS[code]) for code in self.held_for.split() if code in SUSPICIONS]


class ReportPhotoQuerySet(models.QuerySet["ReportPhoto"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(report__in=ResidentReport.objects.visible_to(user))

    def editable_by(self, user: User) -> Self:  # noqa: ARG002 - a photo is never edited
        return self.none()


class ReportPhoto(models.Model):
    """A picture of a report that waits; it joins the matter or is deleted with the decision."""

    report = models.ForeignKey(ResidentReport, models.CASCADE, related_name="photos")
    content = models.BinaryField()

    objects = ReportPhotoQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return str(self.pk)

    def get_absolute_url(self) -> str:
        return reverse("visits:report_photo", args=[self.pk])


class ReportCount(models.Model):
    """How many forms came within one hour for a grid, or for a grid from one address.

    `key` is a keyed digest that holds for its day alone; no address can be read off it.
    """

    key = models.CharField(max_length=32)
    hour = models.DateTimeField(db_index=True)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "hour"], name="report_count_once"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    def add(cls, key: str, hour: datetime.datetime) -> None:
        """Count one more form under this key."""
        row = ReportCount.objects.filter(key=key, hour=hour)
        if not row.update(count=F("count") + 1):
            ReportCount.objects.bulk_create(
                [ReportCount(key=key, hour=hour)], ignore_conflicts=True
            )
            row.update(count=F("count") + 1)
