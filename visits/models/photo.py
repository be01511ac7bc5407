"""Pictures of matters."""

import uuid
from typing import Self

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from communities.models import User
from visits.models.matter import Matter


def photo_path(instance: "Photo", _filename: str) -> str:
    return f"photos/{instance.pk}.jpg"


class PhotoQuerySet(models.QuerySet["Photo"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(matter__in=Matter.objects.visible_to(user))

    def editable_by(self, user: User) -> Self:  # noqa: ARG002 - a photo is never edited
        return self.none()


class Photo(models.Model):
    """A picture of a matter, shrunk and stripped of everything but its pixels."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    matter = models.ForeignKey(
        Matter, models.CASCADE, related_name="photos", verbose_name=_("matter")
    )
    image = models.ImageField(_("photo"), upload_to=photo_path)
    by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"), auto_now_add=True)

    objects = PhotoQuerySet.as_manager()

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        ordering = ["at"]

    def __str__(self) -> str:
        return str(self.pk)

    def get_absolute_url(self) -> str:
        return reverse("visits:photo", args=[self.pk])
