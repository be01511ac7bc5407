"""What makes a door more or less work than an ordinary one."""

from decimal import Decimal
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from communities.models import User

# A door that counts as more than so many is a mistyped number.
MOST = 20
LIMITS = [MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(MOST))]


class WorkloadRuleQuerySet(models.QuerySet["WorkloadRule"]):
    def visible_to(self, user: User) -> Self:  # noqa: ARG002 - a rule that holds everywhere
        return self

    def editable_by(self, user: User) -> Self:
        return self if user.keeps_rules else self.none()


class WorkloadRule(models.Model):
    """How many ordinary households a door of a kind counts for; floating residents add to it.

    A kind without a rule counts as one. What people with a care tag add stands with the tag.
    """

    class Kind(models.TextChoices):
        OWNER = "owner", _("Owner-occupied")
        RENTED = "rented", _("Rented")
        COLLECTIVE = "collective", _("Collective household")
        REGISTRATION_ONLY = "registration_only", _("Registration only")
        VACANT = "vacant", _("Vacant")
        UNKNOWN = "unknown", _("Not known")
        FLOATING = "floating", _("Added where somebody is registered elsewhere")

    kind = models.CharField(_("kind of door"), max_length=20, choices=Kind.choices, unique=True)
    weight = models.DecimalField(
        _("counts as so many households"), max_digits=4, decimal_places=2, validators=LIMITS
    )

    objects = WorkloadRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("workload of a door")
        verbose_name_plural = _("workload of doors")
        ordering = ["kind"]
        constraints = [
            models.CheckConstraint(
                name="workload_rule_in_range", condition=Q(weight__gte=0, weight__lte=MOST)
            )
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())
