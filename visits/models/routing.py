"""What the program proposed when a matter was handed on, and what was chosen."""

from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from communities.models import Department, User
from visits.models.matter import Matter
from visits.models.matter_event import MatterEvent


class RoutingProposalQuerySet(models.QuerySet["RoutingProposal"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(matter__in=Matter.objects.visible_to(user))

    def editable_by(self, user: User) -> Self:  # noqa: ARG002 - a record of what was chosen
        return self.none()


class RoutingProposal(models.Model):
    """Whom the form proposed when somebody handed a matter on."""

    event = models.OneToOneField(
        MatterEvent, models.CASCADE, related_name="proposal", verbose_name=_("step")
    )
    # That of the step: a year of a district is counted by matter, without looking at its steps.
    matter = models.ForeignKey(
        Matter,
        models.CASCADE,
        related_name="+",
        db_index=False,
        editable=False,
        verbose_name=_("matter"),
    )
    assignee = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("proposed person"),
    )
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("proposed department"),
    )
    is_accepted = models.BooleanField(_("accepted"))

    objects = RoutingProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("routing proposal")
        verbose_name_plural = _("routing proposals")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["matter", "is_accepted"], name="proposal_by_matter")]

    def __str__(self) -> str:
        return str(self.department or _("a person"))

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.matter_id = self.event.matter_id
        super().save(*args, **kwargs)
