"""Imports of a register: the uploaded file, what it would change, what it changed."""

import json
import uuid
import zlib
from base64 import b64decode, b64encode
from typing import Any, Self

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from communities.models import Community, User
from households.fields import EncryptedTextField


def register_path(instance: "RegisterImport", _filename: str) -> str:
    """Store under the import's own number: file names of officers may hold names."""
    return f"registers/{instance.pk}"


class RegisterImportQuerySet(models.QuerySet["RegisterImport"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(community__in=Community.objects.editable_by(user))

    def editable_by(self, user: User) -> Self:
        return self.visible_to(user)


class RegisterImport(models.Model):
    """One uploaded register, from upload over preview to applied or undone."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("Being read")
        PREVIEWED = "previewed", _("Ready to confirm")
        CONFIRMED = "confirmed", _("Being written")
        APPLIED = "applied", _("Done")
        UNDONE = "undone", _("Undone")
        FAILED = "failed", _("Could not be read")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    community = models.ForeignKey(
        Community, models.PROTECT, related_name="imports", verbose_name=_("community")
    )
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    file = models.FileField(upload_to=register_path)
    original_suffix = models.CharField(max_length=5)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.UPLOADED
    )
    uploaded_at = models.DateTimeField(_("uploaded at"), auto_now_add=True)
    # Rows done of rows in all, for the progress bar.
    rows_done = models.PositiveIntegerField(_("rows done"), default=0)
    rows_total = models.PositiveIntegerField(_("rows in all"), default=0)
    # Counts by kind of change, columns not taken, and the code of a failure; no personal data.
    summary = models.JSONField(default=dict)
    applied_at = models.DateTimeField(_("written at"), null=True)

    objects = RegisterImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("register import")
        verbose_name_plural = _("register imports")
        ordering = ["-uploaded_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.community} · {self.get_state_display()}"

    def get_absolute_url(self) -> str:
        return reverse("households:register_import", args=[self.pk])

    @property
    def is_busy(self) -> bool:
        return self.state in {self.State.UPLOADED, self.State.CONFIRMED}

    def delete_file(self) -> None:
        """Remove the uploaded file: it is kept only while it can still be written."""
        if self.file:
            self.file.delete(save=False)
            type(self).objects.filter(pk=self.pk).update(file="")


class ImportPageQuerySet(models.QuerySet["ImportPage"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(register_import__in=RegisterImport.objects.visible_to(user))

    def editable_by(self, user: User) -> Self:  # noqa: ARG002 - written by the import alone
        return self.none()


class ImportPage(models.Model):
    """Some fifty lines of what an import found or did, as one sealed row.

    A register has as many lines as residents; one row each would double the database.
    """

    class Kind(models.TextChoices):
        NEW = "new", _("New")
        CHANGED = "changed", _("Changed")
        MOVED = "moved", _("Moved")
        UNCHANGED = "unchanged", _("Unchanged")
        ABSENT = "absent", _("Not in the file")
        DOUBTFUL = "doubtful", _("Doubtful, not imported")
        REFUSED = "refused", _("Refused, not imported")
        REMARKED = "remarked", _("Imported but for one cell")
        # Not shown: the rows as they stood in the file, for the workbook of problems.
        PROBLEM = "problem", _("Row with a problem")
        # Not shown: sheets, columns not taken, lines passed over, unknown words.
        DETAILS = "details", _("Details")
        # Not shown: what undoing needs.
        WRITTEN = "written", _("Written")

    register_import = models.ForeignKey(RegisterImport, models.CASCADE, related_name="pages")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    number = models.PositiveIntegerField()
    sealed = EncryptedTextField()

    objects = ImportPageQuerySet.as_manager()

    class Meta:
        verbose_name = _("import page")
        verbose_name_plural = _("import pages")
        ordering = ["kind", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["register_import", "kind", "number"], name="import_page_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"

    @property
    def content(self) -> Any:
        return json.loads(zlib.decompress(b64decode(self.sealed)))

    @content.setter
    def content(self, value: Any) -> None:
        packed = zlib.compress(json.dumps(value, ensure_ascii=False).encode(), level=1)
        self.sealed = b64encode(packed).decode()
