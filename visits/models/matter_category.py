"""Kinds of matters, how long each may take, and whom it usually goes to."""

from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from communities.fields import UP_TO_30_000, UP_TO_TEN_YEARS
from communities.models import User
from visits.clock import Unit

DEFAULT_LIMIT = (7, Unit.DAYS)


class Urgency(models.TextChoices):
    """How much a matter weighs; with its category it decides how long it may take."""

    MINOR = "minor", _("Minor")
    NORMAL = "normal", _("Normal")
    URGENT = "urgent", _("Urgent")
    MAJOR = "major", _("Major")


class MatterCategoryQuerySet(models.QuerySet["MatterCategory"]):
    def visible_to(self, user: User) -> Self:  # noqa: ARG002 - everyone may choose a category
        return self

    def editable_by(self, user: User) -> Self:
        return self if user.keeps_rules else self.none()


class MatterCategory(models.Model):
    """A kind of matter: its clocks, its usual department, what residents may report of it."""

    name = models.CharField(_("name"), max_length=40, unique=True)
    code = models.SlugField(
        _("code"),
        max_length=40,
        null=True,
        blank=True,
        unique=True,
        help_text=_("The service code under which city clients file it; letters and digits."),
    )
    department_name = models.CharField(
        _("usual department"),
        max_length=60,
        blank=True,
        help_text=_("Its name; the department of that name over the grid is proposed first."),
    )
    is_public = models.BooleanField(
        _("offered to residents"),
        default=False,
        help_text=_("Stands in the form behind the grid's QR code and among the city services."),
    )
    hint = models.TextField(
        _("what to know"),
        max_length=1000,
        blank=True,
        help_text=_("Shown beside the matter: what to ask, what usually helps."),
    )
    is_errand = models.BooleanField(
        _("errand for a resident"),
        default=False,
        help_text=_("Done step by step; the resident can follow the steps."),
    )
    checklist = models.TextField(
        _("steps of the errand"), max_length=1000, blank=True, help_text=_("One step a line.")
    )
    accept_working_days = models.PositiveSmallIntegerField(
        _("working days to accept and hand on"),
        default=1,
        validators=[MinValueValidator(1), UP_TO_TEN_YEARS],
    )
    verify_working_days = models.PositiveSmallIntegerField(
        _("working days to verify"),
        default=3,
        validators=[MinValueValidator(1), UP_TO_TEN_YEARS],
    )
    yellow_percent = models.PositiveSmallIntegerField(
        _("yellow after"),
        default=70,
        validators=[MaxValueValidator(100)],
        help_text=_("Percent of the time used up."),
    )
    red_percent = models.PositiveSmallIntegerField(
        _("red after"),
        default=90,
        validators=[MaxValueValidator(100)],
        help_text=_("Percent of the time used up."),
    )
    order = models.PositiveSmallIntegerField(
        _("place in the list"), default=0, validators=[UP_TO_30_000]
    )

    objects = MatterCategoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("matter category")
        verbose_name_plural = _("matter categories")
        ordering = ["order", "name"]
        constraints = [
            models.CheckConstraint(
                name="matter_category_lights_in_order",
                condition=Q(yellow_percent__lte=F("red_percent"), red_percent__lte=100),
                violation_error_message=_("Yellow comes before red, and red by 100 percent."),
            ),
            models.CheckConstraint(
                name="matter_category_stages_positive",
                condition=Q(accept_working_days__gte=1, verify_working_days__gte=1),
                violation_error_message=_("Give at least one day."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def limit(self, urgency: str) -> tuple[int, str]:
        """Return how long a matter of this urgency may take once it is handed on."""
        found = (row for row in self.limits.all() if row.urgency == urgency)
        return next(((row.amount, row.unit) for row in found), DEFAULT_LIMIT)


class TimeLimitQuerySet(models.QuerySet["TimeLimit"]):
    def visible_to(self, user: User) -> Self:  # noqa: ARG002 - everyone may know the limits
        return self

    def editable_by(self, user: User) -> Self:
        return self if user.keeps_rules else self.none()


class TimeLimit(models.Model):
    """How long matters of a category and urgency may take, counted from their dispatch."""

    category = models.ForeignKey(
        MatterCategory, models.CASCADE, related_name="limits", verbose_name=_("category")
    )
    urgency = models.CharField(_("urgency"), max_length=10, choices=Urgency.choices)
    amount = models.PositiveSmallIntegerField(
        _("time limit"), validators=[MinValueValidator(1), UP_TO_TEN_YEARS]
    )
    unit = models.CharField(_("counted in"), max_length=14, choices=Unit.choices)

    objects = TimeLimitQuerySet.as_manager()

    class Meta:
        verbose_name = _("time limit")
        verbose_name_plural = _("time limits")
        ordering = ["category", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["category", "urgency"],
                name="time_limit_once",
                violation_error_message=_("This urgency has a time limit already."),
            ),
            models.CheckConstraint(
                name="time_limit_positive",
                condition=Q(amount__gte=1),
                violation_error_message=_("Give at least one day."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.get_unit_display()}"
