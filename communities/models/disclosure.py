"""Who saw or took personal data in full, and why."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from communities.models.people import Membership, User, at_places
from communities.models.place import Community, inside
from communities.roles import MANAGERS, Role


class DisclosureQuerySet(models.QuerySet["Disclosure"]):
    def visible_to(self, user: User) -> Self:
        """Disclosures of communities the user audits or manages, and her own.

        A list over several communities has none: it is visible where whoever took it works.
        """
        if user.is_superuser:
            return self
        codes = user.place_codes(MANAGERS | {Role.AUDITOR})
        workers = Membership.objects.filter(at_places(codes)).values("user")
        return self.filter(
            inside(codes, field="community__code") | Q(community=None, by__in=workers) | Q(by=user)
        )

    def editable_by(self, user: User) -> Self:  # noqa: ARG002 - nobody edits the record
        return self.none()


class Disclosure(models.Model):
    """One reveal of a masked value or one download; written once, never changed.

    Holds no personal data itself: `subject` names a row ("resident 41") or a list.
    """

    class Kind(models.TextChoices):
        REVEAL = "reveal", _("Revealed")
        EXPORT = "export", _("Exported")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    by = models.ForeignKey(
        "communities.User", models.PROTECT, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"), auto_now_add=True, db_index=True)
    community = models.ForeignKey(
        Community,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("community"),
    )
    subject = models.CharField(_("what"), max_length=100)
    field = models.CharField(_("field"), max_length=40, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    rows = models.PositiveIntegerField(_("rows"), default=1)

    objects = DisclosureQuerySet.as_manager()

    class Meta:
        verbose_name = _("disclosure")
        verbose_name_plural = _("disclosures")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.subject}"
