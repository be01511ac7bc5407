"""Visits as they happened, the rules that judge them, and their daily sums."""

import datetime
import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communities.fields import UP_TO_30_000, UP_TO_TEN_YEARS
from communities.models import Grid, User
from communities.roles import VISIT_KEEPERS
from households.models import Household


class Outcome(models.TextChoices):
    MET = "met", _("Met")
    NOBODY_HOME = "nobody_home", _("Nobody home")
    DECLINED = "declined", _("Declined")
    MOVED_AWAY = "moved_away", _("Moved away")
    VACANT = "vacant", _("Vacant")
    NOT_SAFE = "not_safe", _("Could not reach safely")


# Somebody came to the door, whether or not she was let in.
ANSWERED = frozenset({Outcome.MET, Outcome.DECLINED})


class Way(models.TextChoices):
    DOOR = "door", _("At the door")
    OFFICE = "office", _("At the office")
    PHONE = "phone", _("By phone")
    MESSAGE = "message", _("By message")
    NEIGHBOUR = "neighbour", _("Through a neighbour")
    VOLUNTEER = "volunteer", _("Through a volunteer")


# Beyond this a visit says that the phone's clock was wrong.
CLOCK_TOLERANCE_SECONDS = 5 * 60
# Of two at one moment, the one received later is the newer.
NEWEST_FIRST = ("-done_at", "-received_at", "-pk")


def day_start(day: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time.min, timezone.get_current_timezone())


class VisitQuerySet(models.QuerySet["Visit"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(household__in=Household.objects.visible_to(user))

    def editable_by(self, user: User) -> Self:  # noqa: ARG002 - a visit is never edited
        return self.none()

    def standing(self) -> Self:
        """Visits that no later row corrects or withdraws."""
        return self.filter(correction=None, withdrawn=False)

    def correctable_by(self, user: User) -> Self:
        """Visits the user may set right: her own, and those made in grids she leads."""
        return self.filter(household__in=Household.objects.visitable_by(user)).filter(
            Q(by=user) | Q(grid__in=Grid.objects.held_by(user, VISIT_KEEPERS))
        )

    def counted(self) -> Self:
        """Visits that count towards coverage under the rule of their day."""
        return self.standing().filter(counts=True)

    def answered_knocks(self) -> Self:
        """Standing visits at which somebody came to the door."""
        return self.standing().filter(way=Way.DOOR, outcome__in=ANSWERED)

    def since(self, first: datetime.date) -> Self:
        """Visits done on or after that day, in local time."""
        return self.filter(done_at__gte=day_start(first))

    def until(self, last: datetime.date) -> Self:
        """Visits done on or before that day, in local time."""
        return self.filter(done_at__lt=day_start(last + datetime.timedelta(days=1)))

    def between(self, first: datetime.date, last: datetime.date) -> Self:
        """Visits done from the first day to the last, both included, in local time."""
        return self.since(first).until(last)

    def newest_first(self) -> Self:
        return self.order_by(*NEWEST_FIRST)

    def update(self, **_values: object) -> int:
        raise TypeError("visits are append-only: record a correction instead")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("visits are append-only: record a correction instead")


class Visit(models.Model):
    """One attempt to reach a household. Append-only: a correction is a new row."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    household = models.ForeignKey(
        Household, models.PROTECT, related_name="visits", verbose_name=_("household")
    )
    # The grid at the time, so that figures of the past stay when borders move.
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="visits", verbose_name=_("grid"))
    by = models.ForeignKey(User, models.PROTECT, related_name="visits", verbose_name=_("by"))
    done_at = models.DateTimeField(_("done at"))
    received_at = models.DateTimeField(_("received at"), auto_now_add=True)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome.choices)
    way = models.CharField(_("way"), max_length=10, choices=Way.choices, default=Way.DOOR)
    counts = models.BooleanField(_("counts as a visit"))
    companions = models.CharField(_("companions"), max_length=100, blank=True)
    note = models.TextField(_("note"), blank=True, max_length=2000)
    next_on = models.DateField(_("asked to come on"), null=True, blank=True)
    reason = models.CharField(
        _("why at this time"),
        max_length=200,
        blank=True,
        help_text=_("Why quiet hours or the days between visits were not kept."),
    )
    # Only of visits that a phone handed over: its own clock and how many seconds were added
    # to it, and what tells the same content sent again from other content under one key.
    phone_done_at = models.DateTimeField(_("by the phone's clock"), null=True, editable=False)
    clock_offset = models.IntegerField(_("clock offset in seconds"), null=True, editable=False)
    digest = models.CharField(max_length=64, blank=True, editable=False)
    corrects = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="correction",
        verbose_name=_("corrects"),
    )
    # A correction that says only that the visit it corrects never happened.
    withdrawn = models.BooleanField(_("entered by mistake"), default=False)

    objects = VisitQuerySet.as_manager()

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        ordering = ["-done_at", "-pk"]
        indexes = [
            models.Index(fields=["household", "-done_at"], name="visit_of_household"),
            models.Index(fields=["grid", "-done_at"], name="visit_of_grid"),
            models.Index(fields=["by", "-done_at"], name="visit_by_worker"),
        ]
        constraints = [
            models.CheckConstraint(
                name="visit_withdrawn_is_a_correction",
                condition=Q(withdrawn=False) | Q(corrects__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.done_at):%Y-%m-%d} {self.get_outcome_display()}"

    def get_absolute_url(self) -> str:
        return reverse("visits:visit", args=[self.pk])

    @property
    def clock_was_wrong(self) -> bool:
        """Say whether the phone that wrote it down was more than five minutes wrong."""
        return abs(self.clock_offset or 0) > CLOCK_TOLERANCE_SECONDS

    def save(self, **kwargs: object) -> None:  # noqa: DJ012 - what Django wants first is a method here
        if not self._state.adding:
            raise TypeError("visits are append-only: record a correction instead")
        super().save(**{**kwargs, "force_insert": True})  # type: ignore[arg-type] # passed on as they came

    def delete(self, **_kwargs: object) -> tuple[int, dict[str, int]]:  # type: ignore[override]
        raise TypeError("visits are append-only: record a correction instead")


class VisitRuleQuerySet(models.QuerySet["VisitRule"]):
    def visible_to(self, user: User) -> Self:  # noqa: ARG002 - everyone may read the rules
        return self

    def editable_by(self, user: User) -> Self:
        return self if user.keeps_rules else self.none()


class VisitRule(models.Model):
    """Whether an outcome reached in a way counts as a visit, and when to come again.

    A rule without a way holds for every way that has none of its own.
    """

    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome.choices)
    way = models.CharField(
        _("way"),
        max_length=10,
        choices=Way.choices,
        blank=True,
        help_text=_("Empty for every way."),
    )
    counts = models.BooleanField(_("counts as a visit"))
    retry_after_days = models.PositiveSmallIntegerField(
        _("try again after days"),
        validators=[UP_TO_TEN_YEARS],
        null=True,
        blank=True,
        help_text=_("For outcomes that do not count; nobody home follows the retry rules instead."),
    )

    objects = VisitRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("visit rule")
        verbose_name_plural = _("visit rules")
        ordering = ["outcome", "way"]
        constraints = [models.UniqueConstraint(fields=["outcome", "way"], name="visit_rule_unique")]

    def __str__(self) -> str:
        way = self.get_way_display() if self.way else _("every way")
        return f"{self.get_outcome_display()} · {way}"


class RetryRule(models.Model):
    """When to knock again after this many unanswered tries in a row."""

    tries = models.PositiveSmallIntegerField(
        _("unanswered tries"), unique=True, validators=[UP_TO_30_000]
    )
    after_days = models.PositiveSmallIntegerField(
        _("try again after days"), validators=[UP_TO_TEN_YEARS]
    )
    changes_part = models.BooleanField(_("in another part of the day"), default=True)

    objects = VisitRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("retry rule")
        verbose_name_plural = _("retry rules")
        ordering = ["tries"]
        constraints = [
            models.CheckConstraint(name="retry_rule_from_first_try", condition=Q(tries__gte=1))
        ]

    def __str__(self) -> str:
        return str(_("after %(tries)s tries") % {"tries": self.tries})


class VisitTallyQuerySet(models.QuerySet["VisitTally"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(grid__in=Grid.objects.visible_to(user))

    def editable_by(self, user: User) -> Self:  # noqa: ARG002 - derived from the visits
        return self.none()


class VisitTally(models.Model):
    """How many visits of one outcome a grid had on one day.

    Derived: visits.actions adds to it in the transaction that stores the visit, and
    `manage.py recompute_doors` compares it with the visits.
    """

    grid = models.ForeignKey(Grid, models.PROTECT, related_name="+")
    day = models.DateField()
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    visits = models.PositiveIntegerField(default=0)
    counted = models.PositiveIntegerField(default=0)

    objects = VisitTallyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["grid", "day", "outcome"], name="visit_tally_unique"),
            models.CheckConstraint(
                name="visit_tally_counted_within", condition=Q(counted__lte=models.F("visits"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grid_id} {self.day} {self.outcome}"
