"""Who saw or took personal data in full, and why."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from communities.models.people import Membership, User, at_places
from communities.models.place import Community, inside
from communities.roles import MANAGERS, Role

# What `subject` and `field` name, in the words of the pages.
WORDS = {
    "campaign doors": _("Doors of campaigns"),
    "communities": _("Communities"),
    "disclosures": _("Disclosures"),
    "export": _("Saved export"),
    "exports": _("Saved exports"),
    "grids": _("Grids"),
    "households": _("Households"),
    "import problems": _("Rows to correct"),
    "matters": _("Matters"),
    "overview": _("Overview"),
    "people": _("People at work"),
    "roll call": _("Roll call"),
    "visits": _("Visits"),
    "resident": _("Resident"),
    "matter": _("Matter"),
    "identity_number": _("Identity number"),
    "contact": _("How to reach the resident"),
    "phone": _("Phone"),
}


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
        return f"{self.get_kind_display()} · {self.subject_words()}"

    def subject_words(self) -> str:
        """Return what was seen or taken, in words: "Resident 41 · Phone", "Households"."""
        name, _space, number = self.subject.partition(" ")
        if self.subject in WORDS:
            name, number = self.subject, ""
        subject = f"{WORDS.get(name, name)} {number}".strip()
        field = self.field.partition(":")[0]
        return f"{subject} · {WORDS.get(field, field)}" if field else subject
