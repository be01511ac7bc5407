"""The steps of an errand (代办) done for a resident."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from communities.models import User
from visits.models.matter import Matter


class ErrandStepQuerySet(models.QuerySet["ErrandStep"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(matter__in=Matter.objects.visible_to(user))

    def editable_by(self, user: User) -> Self:  # noqa: ARG002 - ticked on the page of the matter
        return self.none()


class ErrandStep(models.Model):
    """One line of an errand's checklist, as its category had it when the errand began."""

    matter = models.ForeignKey(
        Matter, models.CASCADE, related_name="errand_steps", verbose_name=_("matter")
    )
    number = models.PositiveSmallIntegerField(_("number"))
    text = models.CharField(_("what is to be done"), max_length=200)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    done_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("done by")
    )

    objects = ErrandStepQuerySet.as_manager()

    class Meta:
        verbose_name = _("errand step")
        verbose_name_plural = _("errand steps")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["matter", "number"], name="errand_step_once"),
            models.CheckConstraint(
                name="errand_step_done_by_somebody",
                condition=Q(done_at=None, done_by=None)
                | Q(done_at__isnull=False, done_by__isnull=False),
                violation_error_message=_("Say who did it and when."),
            ),
        ]

    def __str__(self) -> str:
        return self.text
