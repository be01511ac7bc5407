"""Imports of a register: the uploaded file, what it would change, what it changed."""

import uuid
from typing import Self

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from communities.models import Community, User


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
    community = models.ForeignKey(Community, models.PROTECT, related_name="imports")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    file = models.FileField(upload_to=register_path)
    original_suffix = models.CharField(max_length=5)
    state = models.CharField(max_length=10, choices=State.choices, default=State.UPLOADED)
    uploaded_at = models.DateTimeField(auto_now_add=True)
    # Rows done of rows in all, for the progress bar.
    rows_done = models.PositiveIntegerField(default=0)
    rows_total = models.PositiveIntegerField(default=0)
    # Counts by kind of change, unknown columns, and the sentence of a failure.
    summary = models.JSONField(default=dict)
    applied_at = models.DateTimeField(null=True)

    objects = RegisterImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("register import")
        verbose_name_plural = _("register imports")
        ordering = ["-uploaded_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.community} · {self.get_state_display()}"

    def get_absolute_url(self) -> str:
        return reverse("households:register_import", args=[self.pk])
