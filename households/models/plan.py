"""Drafts of how a community might be cut into grids, and the changes accepted from them."""

import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from communities.fields import UP_TO_30_000
from communities.models import Community, Grid, User
from communities.roles import READERS
from households.addresses import unit_label
from households.models.place import Building, Household


class GridPlanQuerySet(models.QuerySet["GridPlan"]):
    def visible_to(self, user: User) -> Self:
        """Plans of communities the user governs: who reads one sees where everybody lives."""
        return self.filter(community__in=Community.objects.held_by(user, READERS))

    def editable_by(self, user: User) -> Self:
        return self.filter(community__in=Community.objects.editable_by(user))

    def drafts(self) -> Self:
        return self.filter(accepted_at=None)

    def waiting(self) -> Self:
        """Plans accepted for a day that has not come."""
        return self.filter(accepted_at__isnull=False, taken_back_at=None, in_effect_at=None)

    def due(self, on: datetime.date) -> Self:
        """Accepted plans whose day has come and that were not carried out yet."""
        return self.waiting().filter(effective_on__lte=on)


class GridPlan(models.Model):
    """One proposal for the grids of a community: a draft until it is accepted.

    Several drafts may stand side by side; one plan of a community at a time waits for its day.
    """

    class Measure(models.TextChoices):
        WORKLOAD = "workload", _("Workload")
        HOUSEHOLDS = "households", _("Households")

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        WAITING = "waiting", _("Accepted, from a later day")
        IN_EFFECT = "in_effect", _("In effect")
        TAKEN_BACK = "taken_back", _("Taken back")

    class Failure(models.TextChoices):
        """Why an accepted plan could not be carried out on its day, and what to do about it."""

        NUMBERS = (
            "numbers",
            _(
                "This community has no free grid numbers left. Take the plan back and make one "
                "that opens no grid."
            ),
        )
        CLOSED = (
            "closed",
            _("A grid of the plan was closed meanwhile. Take the plan back and make a new one."),
        )
        OTHER = (
            "other",
            _(
                "Something unforeseen stopped it. Take the plan back and make a new one; whoever "
                "looks after the server finds the cause in its log."
            ),
        )

    community = models.ForeignKey(
        Community, models.CASCADE, related_name="grid_plans", verbose_name=_("community")
    )
    name = models.CharField(_("name"), max_length=60)
    made_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("made by")
    )
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)
    # A re-cut starts from today's grids and moves as few households as it can.
    is_recut = models.BooleanField(_("keeps today's grids where it can"), default=False)
    measure = models.CharField(
        _("balanced by"), max_length=10, choices=Measure.choices, default=Measure.WORKLOAD
    )
    tolerance_percent = models.PositiveSmallIntegerField(
        _("allowed deviation in percent"), default=10, validators=[UP_TO_30_000]
    )
    # Workload or households, whichever is balanced, that each grid was to have.
    target = models.FloatField(_("aimed at per grid"), default=0)
    # Percent that the worst of this many connected grids is off: what is proven to be the
    # least possible, and the least that was found. Empty once a grid is added by hand.
    least_proven = models.FloatField(null=True, blank=True, editable=False)
    least_found = models.FloatField(null=True, blank=True, editable=False)
    seed = models.PositiveIntegerField(default=0)
    # Pairs of parts (by key) that may stand in one grid, as they were when the draft was made.
    edges = models.JSONField(default=list)
    # Codes and numbers of what could not be met, as the planner said; the page words them.
    remarks = models.JSONField(default=list)
    accepted_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("accepted by")
    )
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    effective_on = models.DateField(_("holds from"), null=True, blank=True)
    in_effect_at = models.DateTimeField(_("carried out at"), null=True, blank=True)
    # Since when and why a plan whose day has come waits all the same; empty again once it does not.
    failed_at = models.DateTimeField(null=True, blank=True, editable=False)
    failure = models.CharField(max_length=8, blank=True, choices=Failure.choices, editable=False)
    taken_back_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("taken back by"),
    )
    taken_back_at = models.DateTimeField(_("taken back at"), null=True, blank=True)
    # What carrying out changed besides the doors, for whoever takes it back (`Carried` says how):
    # grids opened, closed and renamed, memberships ended, removed and made, posts and matters
    # without a door that went along.
    carried = models.JSONField(default=dict, editable=False)

    objects = GridPlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("grid plan")
        verbose_name_plural = _("grid plans")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="grid_plan_accepted_for_a_day",
                condition=Q(accepted_at=None, effective_on=None)
                | Q(accepted_at__isnull=False, effective_on__isnull=False),
            ),
            models.CheckConstraint(
                name="grid_plan_changed_only_when_accepted",
                condition=Q(accepted_at__isnull=False) | Q(in_effect_at=None, taken_back_at=None),
            ),
            models.CheckConstraint(
                name="grid_plan_failed_only_while_waiting",
                condition=Q(failed_at=None, failure="")
                | Q(
                    failed_at__isnull=False,
                    accepted_at__isnull=False,
                    in_effect_at=None,
                    taken_back_at=None,
                )
                & ~Q(failure=""),
            ),
            models.UniqueConstraint(
                fields=["community"],
                name="grid_plan_one_waiting",
                condition=Q(accepted_at__isnull=False, in_effect_at=None, taken_back_at=None),
                violation_error_message=_(
                    "Another plan of this community waits for its day. Take it back first."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("households:plan", args=[self.pk])

    @property
    def by_workload(self) -> bool:
        return self.measure == self.Measure.WORKLOAD

    @property
    def state(self) -> State:
        if self.taken_back_at:
            return self.State.TAKEN_BACK
        if self.in_effect_at:
            return self.State.IN_EFFECT
        return self.State.WAITING if self.accepted_at else self.State.DRAFT

    @property
    def state_words(self) -> str:
        """The state as pages say it: of a plan that could not be carried out, just that."""
        return gettext("Could not be carried out") if self.failure else str(self.state.label)


class PlannedGrid(models.Model):
    """A grid of a plan: one of today's going on, or a new one with a name and a worker to be."""

    plan = models.ForeignKey(
        GridPlan, models.CASCADE, db_index=False, related_name="grids", verbose_name=_("plan")
    )
    # The planner's label, from 0.
    number = models.PositiveSmallIntegerField(_("number"))
    name = models.CharField(_("name"), max_length=60)
    grid = models.ForeignKey(
        Grid, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("grid")
    )
    # The main worker from then on: whoever is it today for a grid that goes on.
    worker = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("worker")
    )

    class Meta:
        verbose_name = _("planned grid")
        verbose_name_plural = _("planned grids")
        ordering = ["plan", "number"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="planned_grid_number_unique"),
            models.UniqueConstraint(fields=["plan", "grid"], name="planned_grid_once"),
        ]

    def __str__(self) -> str:
        return self.name


class PlannedPart(models.Model):
    """What moves as one: a building, a unit of it, or some floors of either."""

    plan = models.ForeignKey(GridPlan, models.CASCADE, related_name="parts", verbose_name=_("plan"))
    building = models.ForeignKey(
        Building, models.CASCADE, related_name="+", verbose_name=_("building")
    )
    unit = models.CharField(
        _("unit"), max_length=20, blank=True, help_text=_("Empty for the whole building.")
    )
    # Empty for all floors; both included.
    lowest_floor = models.SmallIntegerField(_("from floor"), null=True, blank=True)
    highest_floor = models.SmallIntegerField(_("to floor"), null=True, blank=True)
    # Where most of its households are today; empty where no grid has been given.
    today = models.ForeignKey(
        Grid, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("grid today")
    )
    planned_grid = models.ForeignKey(
        PlannedGrid, models.CASCADE, related_name="parts", verbose_name=_("planned grid")
    )
    # Actual households by the key of their grid today; without those that wait for one.
    by_grid = models.JSONField(default=dict)
    households = models.PositiveIntegerField(_("actual households"), default=0)
    workload = models.FloatField(_("workload"), default=0)
    is_locked = models.BooleanField(_("locked"), default=False)

    class Meta:
        verbose_name = _("planned part")
        verbose_name_plural = _("planned parts")
        constraints = [
            models.CheckConstraint(
                name="planned_part_floors_in_order",
                condition=Q(lowest_floor=None, highest_floor=None)
                | Q(lowest_floor__isnull=False, highest_floor__gte=F("lowest_floor")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.building}{unit_label(self.unit)}{self.floors_label}"

    @property
    def floors_label(self) -> str:
        """The floors as addresses write them, such as 3–8层; "" for all of them."""
        if self.lowest_floor is None:
            return ""
        if self.lowest_floor == self.highest_floor:
            return f"{self.lowest_floor}层"
        return f"{self.lowest_floor}–{self.highest_floor}层"

    @property
    def moving(self) -> int:
        """How many households leave the grid they are in today; new ones leave none."""
        return leaving(self.by_grid, str(self.planned_grid.grid_id))

    def holds(self, household: Household) -> bool:
        """Say whether a household of any building lies in this part."""
        if household.building_id != self.building_id or self.unit not in ("", household.unit):
            return False
        if self.lowest_floor is None or self.highest_floor is None:
            return True
        # A door whose number tells no floor goes with the lowest.
        return self.lowest_floor <= (household.floor or self.lowest_floor) <= self.highest_floor


def leaving(by_grid: dict[str, int], to: str) -> int:
    """Return how many of these households leave their grid when all go to the grid `to`."""
    return sum(by_grid.values()) - by_grid.get(to, 0)


class PlannedMove(models.Model):
    """A household that changes its grid on the day an accepted plan takes effect.

    Written in the transaction that accepts; `left_since` is filled when it is carried out,
    and with it the change can be taken back to the day.
    """

    plan = models.ForeignKey(
        GridPlan, models.CASCADE, db_index=False, related_name="moves", verbose_name=_("plan")
    )
    household = models.ForeignKey(
        Household, models.CASCADE, related_name="planned_moves", verbose_name=_("household")
    )
    left = models.ForeignKey(Grid, models.PROTECT, related_name="+", verbose_name=_("from grid"))
    left_since = models.DateField(null=True, blank=True)
    entered = models.ForeignKey(
        PlannedGrid, models.CASCADE, related_name="moves", verbose_name=_("to grid")
    )

    class Meta:
        verbose_name = _("planned move")
        verbose_name_plural = _("planned moves")
        constraints = [
            models.UniqueConstraint(fields=["plan", "household"], name="planned_move_once")
        ]

    def __str__(self) -> str:
        return f"{self.left} → {self.entered}"
