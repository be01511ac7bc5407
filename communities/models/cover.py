"""Who goes for whom while she is on leave or ill."""

import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from communities.models.people import Membership, User, at_places
from communities.roles import MANAGERS


class CoverQuerySet(models.QuerySet["Cover"]):
    def visible_to(self, user: User) -> Self:
        """Covers in places the user manages, and those she goes for or is gone for herself."""
        if user.is_superuser:
            return self
        managed = Membership.objects.filter(at_places(user.place_codes(MANAGERS)))
        own = Membership.objects.filter(user=user)
        return self.filter(
            Q(away__in=managed.values("pk")) | Q(away__in=own.values("pk")) | Q(user=user)
        )

    def editable_by(self, user: User) -> Self:
        """Covers of assignments the user hands out; nobody keeps her own."""
        return self.filter(away__in=Membership.objects.editable_by(user).values("pk"))

    def current(self, on: datetime.date) -> Self:
        return self.filter(since__lte=on, until__gte=on)

    def not_over(self, on: datetime.date) -> Self:
        return self.filter(until__gte=on)

    def concerning(self, user: User) -> Self:
        """Covers the user goes for, and those that let her be away."""
        own = Membership.objects.filter(user=user)
        return self.filter(Q(user=user) | Q(away__in=own.values("pk")))


class Cover(models.Model):
    """A colleague goes to a grid worker's doors from a day until a day.

    What she may see and do comes from `stand_in`, a backup assignment with the same days,
    and ends with it by itself. Whoever works in the grid on all of these days needs none.
    """

    class Reason(models.TextChoices):
        LEAVE = "leave", _("Leave")
        ILLNESS = "illness", _("Illness")
        TRAINING = "training", _("Training")
        OTHER = "other", _("Other")

    away = models.ForeignKey(
        Membership, models.CASCADE, related_name="covers", verbose_name=_("who is away")
    )
    user = models.ForeignKey(
        User, models.CASCADE, related_name="covers", verbose_name=_("who goes instead")
    )
    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices)
    since = models.DateField(_("first day"))
    until = models.DateField(_("last day"))
    stand_in = models.OneToOneField(
        Membership,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="cover",
        verbose_name=_("assignment for these days"),
    )

    objects = CoverQuerySet.as_manager()

    class Meta:
        verbose_name = _("cover")
        verbose_name_plural = _("covers")
        ordering = ["since", "pk"]
        constraints = [
            models.CheckConstraint(
                name="cover_ends_after_it_begins",
                condition=Q(until__gte=F("since")),
                violation_error_message=_("The last day cannot be before the first."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.since:%Y-%m-%d} – {self.until:%Y-%m-%d}"
