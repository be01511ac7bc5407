"""What stands under somebody's bell, and the digest she asked for."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from communities.models import User
from households.fields import EncryptedTextField
from visits.models.matter_event import MatterEvent


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, user: User) -> Self:
        """One's own, whoever one is."""
        return self.filter(user=user)

    def editable_by(self, user: User) -> Self:
        return self.visible_to(user)

    def unread(self) -> Self:
        return self.filter(read_at=None)


class Notice(models.Model):
    """A step of a matter that concerns somebody who did not take it."""

    user = models.ForeignKey(
        User, models.CASCADE, related_name="notices", verbose_name=_("person at work")
    )
    event = models.ForeignKey(MatterEvent, models.CASCADE, related_name="+", verbose_name=_("step"))
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["user", "-id"], name="notice_of_user")]
        constraints = [models.UniqueConstraint(fields=["user", "event"], name="notice_once")]

    def __str__(self) -> str:
        return str(self.event)


class DigestQuerySet(models.QuerySet["Digest"]):
    def visible_to(self, user: User) -> Self:
        """One's own, whoever one is."""
        return self.filter(user=user)

    def editable_by(self, user: User) -> Self:
        return self.visible_to(user)


class Digest(models.Model):
    """The address somebody gave for a daily e-mail; without a row none is sent."""

    user = models.OneToOneField(
        User, models.CASCADE, related_name="digest", verbose_name=_("person at work")
    )
    address = EncryptedTextField(_("e-mail address"))
    sent_on = models.DateField(_("last sent on"), null=True, blank=True, editable=False)

    objects = DigestQuerySet.as_manager()

    class Meta:
        verbose_name = _("digest")
        verbose_name_plural = _("digests")

    def __str__(self) -> str:
        return str(self.pk)
