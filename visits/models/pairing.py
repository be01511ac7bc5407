"""Pairing (结对): somebody who keeps in touch with a household, at a rhythm of its own."""

import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communities.models import Grid, User
from households.models import Household


class PairingQuerySet(models.QuerySet["Pairing"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(
            Q(grid__in=Grid.objects.visible_to(user))
            | Q(household__in=Household.objects.visible_to(user))
        )

    def editable_by(self, user: User) -> Self:
        return self.filter(
            Q(grid__in=Grid.objects.editable_by(user))
            | Q(household__in=Household.objects.managed_by(user))
        )

    def current(self, on: datetime.date) -> Self:
        return self.filter(Q(until=None) | Q(until__gte=on), since__lte=on)

    def of_grid(self, grid: Grid) -> Self:
        """Pairings of the whole grid and of single doors in it."""
        return self.filter(Q(grid=grid) | Q(household__grid=grid))

    def concerning(self, user: User) -> Self:
        """Pairings that put doors on the user's list: her own, and those of units.

        A unit has no account, so whoever goes to the door is told of it.
        """
        return self.filter(Q(user=user) | Q(user=None))


class Pairing(models.Model):
    """A partner, at work here or a unit, for one household or for every one of a grid."""

    class Rhythm(models.IntegerChoices):
        WEEK = 7, _("Every week")
        TWO_WEEKS = 14, _("Every two weeks")
        MONTH = 30, _("Every month")
        TWO_MONTHS = 60, _("Every two months")
        QUARTER = 90, _("Every quarter")
        HALF_YEAR = 180, _("Every half year")

    household = models.ForeignKey(
        Household,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="pairings",
        verbose_name=_("household"),
    )
    grid = models.ForeignKey(
        Grid,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="pairings",
        verbose_name=_("grid"),
        help_text=_("For every household of a grid."),
    )
    user = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="pairings",
        verbose_name=_("person"),
    )
    unit_name = models.CharField(_("unit without an account"), max_length=60, blank=True)
    every_days = models.PositiveSmallIntegerField(
        _("how often"), choices=Rhythm.choices, default=Rhythm.MONTH
    )
    since = models.DateField(_("first day"), default=timezone.localdate)
    until = models.DateField(_("last day"), null=True, blank=True)

    objects = PairingQuerySet.as_manager()

    class Meta:
        verbose_name = _("pairing")
        verbose_name_plural = _("pairings")
        constraints = [
            models.CheckConstraint(
                name="pairing_of_one_place",
                condition=Q(household=None, grid__isnull=False)
                | Q(household__isnull=False, grid=None),
                violation_error_message=_("Choose a household or a grid, one of the two."),
            ),
            models.CheckConstraint(
                name="pairing_with_one_partner",
                condition=Q(user=None) & ~Q(unit_name="") | Q(user__isnull=False, unit_name=""),
                violation_error_message=_("Choose a person or write a unit, one of the two."),
            ),
            models.CheckConstraint(
                name="pairing_days_in_order",
                condition=Q(until=None) | Q(until__gte=F("since")),
                violation_error_message=_("The last day cannot be before the first."),
            ),
        ]

    def __str__(self) -> str:
        return str(_("Pairing %(number)s") % {"number": self.pk})

    @property
    def home(self) -> Grid:
        """The grid on whose page it is kept: its own, or that of its household."""
        if self.household:
            return self.household.grid
        assert self.grid  # noqa: S101 - it has one of the two
        return self.grid

    @property
    def partner(self) -> str:
        return str(self.user or self.unit_name)

    def is_due(self, household: Household, on: datetime.date) -> bool:
        """Say whether this household, one of its own, waits for a visit by anybody.

        Anybody's counts: the household is not to be disturbed twice for one purpose.
        """
        due_on = self.due_on(household)
        return due_on is None or due_on <= on

    def due_on(self, household: Household) -> datetime.date | None:
        """Return the day from which the household waits; None where nobody has visited it."""
        last = household.last_visited_on
        return last and last + datetime.timedelta(days=self.every_days)
