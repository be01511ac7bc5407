"""Work that changes hands: who gives which grid or doors to whom, from which day."""

import datetime
from collections.abc import Collection
from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from communities.models import Grid, Membership, User
from communities.models.cover import Cover
from households.models import GridPlan, Household
from visits.models.matter import Matter


class HandOverQuerySet(models.QuerySet["HandOver"]):
    def visible_to(self, user: User) -> Self:
        """Hand-overs one gives or receives, and those in grids the user manages."""
        if user.is_superuser:
            return self
        return self.filter(
            Q(giver=user) | Q(receiver=user) | Q(grid__in=Grid.objects.editable_by(user))
        )

    def editable_by(self, user: User) -> Self:
        """Hand-overs the user decides about: in grids she manages; nobody gives to herself."""
        if user.is_superuser:
            return self
        return self.filter(grid__in=Grid.objects.editable_by(user)).exclude(receiver=user)

    def answerable_by(self, user: User) -> Self:
        """Hand-overs that wait for the user's own word."""
        return self.filter(receiver=user, state=HandOver.State.WAITING)

    def open(self) -> Self:
        """Hand-overs that nobody has accepted."""
        return self.exclude(state=HandOver.State.ACCEPTED)

    def unsettled(self) -> Self:
        """Hand-overs that can still be withdrawn: accepted and carried out they have happened."""
        return self.filter(~Q(state=HandOver.State.ACCEPTED) | Q(carried_out_at=None))

    def due(self, on: datetime.date) -> Self:
        """Hand-overs whose day has come and whose matters were not moved yet.

        Those of a plan of grids wait until it is carried out: until then the doors stay.
        """
        in_time = Q(until=None) | Q(until__gte=on)
        rows = self.filter(in_time, carried_out_at=None, effective_on__lte=on)
        return rows.exclude(plan__in=GridPlan.objects.waiting())

    def lending(self) -> Self:
        """Covers whose matters moved and were not given back yet."""
        return self.filter(
            reason=HandOver.Reason.LEAVE, carried_out_at__isnull=False, given_back_at=None
        )

    def superseded(self) -> Self:
        """Hand-overs of a grid to nobody yet whose giver has given it to somebody since."""
        later = HandOver.objects.filter(
            giver=OuterRef("giver"),
            grid=OuterRef("grid"),
            is_partial=False,
            receiver__isnull=False,
            effective_on__gte=OuterRef("effective_on"),
        )
        own = self.filter(receiver=None, is_partial=False)
        return own.filter(Exists(later.exclude(reason=HandOver.Reason.LEAVE)))

    def over(self, on: datetime.date) -> Self:
        """Covers whose last day has passed and whose matters were not given back yet."""
        return self.filter(carried_out_at__isnull=False, given_back_at=None, until__lt=on)


class HandOver(models.Model):
    """A worker's doors go to somebody else, for good or for some days.

    It holds from its day whether or not it was accepted: doors are never left to nobody while
    two people discuss. Its open matters go along on that day and are named in `matters`.
    """

    class Reason(models.TextChoices):
        RESIGNATION = "resignation", _("She leaves")
        REASSIGNMENT = "reassignment", _("Somebody else takes over")
        LEAVE = "leave", _("Leave")
        RECUT = "recut", _("Grids cut anew")

    class State(models.TextChoices):
        """Sorted backwards by their codes, those nobody has accepted come first."""

        WAITING = "waiting", _("Not yet accepted")
        ACCEPTED = "accepted", pgettext_lazy("hand-over", "Accepted")
        RETURNED = "returned", pgettext_lazy("hand-over", "Returned")

    giver = models.ForeignKey(
        User, models.PROTECT, related_name="hand_overs_given", verbose_name=_("who gives")
    )
    receiver = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="hand_overs_received",
        verbose_name=_("who receives"),
    )
    grid = models.ForeignKey(
        Grid, models.PROTECT, related_name="hand_overs", verbose_name=_("grid")
    )
    # Doors of the grid named in rows, as in a re-cut; else the whole grid, asked when looked at.
    is_partial = models.BooleanField(_("only some doors"), default=False)
    reason = models.CharField(_("reason"), max_length=12, choices=Reason.choices)
    # The change of grids it comes from, there or back.
    plan = models.ForeignKey(
        GridPlan,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="hand_overs",
        verbose_name=_("grid plan"),
    )
    effective_on = models.DateField(_("from"))
    until = models.DateField(_("last day"), null=True, blank=True)
    # What lets the receiver work there, where it was made for this.
    membership = models.ForeignKey(
        Membership, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    cover = models.OneToOneField(
        Cover, models.SET_NULL, null=True, blank=True, related_name="hand_over"
    )
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.WAITING)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    return_reason = models.CharField(_("why it is returned"), max_length=300, blank=True)
    # What an officer said to a returned one that she gives once more.
    word = models.CharField(_("word of the officer"), max_length=300, blank=True)
    made_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("made by")
    )
    made_at = models.DateTimeField(_("made at"))
    carried_out_at = models.DateTimeField(_("matters moved at"), null=True, blank=True)
    given_back_at = models.DateTimeField(_("matters given back at"), null=True, blank=True)
    matters = models.ManyToManyField(
        Matter, blank=True, related_name="hand_overs", verbose_name=_("matters")
    )
    objects = HandOverQuerySet.as_manager()

    class Meta:
        verbose_name = _("hand-over")
        verbose_name_plural = _("hand-overs")
        ordering = ["-effective_on", "-pk"]
        indexes = [
            models.Index(
                fields=["grid", "-state", "-effective_on", "-id"], name="hand_over_of_grid"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["giver", "receiver", "grid", "effective_on", "is_partial"],
                condition=~Q(state="accepted") & Q(plan=None),
                name="hand_over_once",
                violation_error_message=_("This hand-over has been made already."),
            ),
            models.UniqueConstraint(
                fields=["giver", "grid", "effective_on", "is_partial"],
                condition=Q(receiver=None, plan=None),
                name="hand_over_to_nobody_once",
                violation_error_message=_("This hand-over has been made already."),
            ),
            models.UniqueConstraint(
                fields=["plan", "giver", "receiver", "grid", "effective_on"],
                condition=~Q(state="accepted"),
                name="hand_over_of_plan_once",
                violation_error_message=_("This hand-over has been made already."),
            ),
            models.UniqueConstraint(
                fields=["plan", "giver", "grid", "effective_on"],
                condition=Q(receiver=None),
                name="hand_over_of_plan_to_nobody_once",
                violation_error_message=_("This hand-over has been made already."),
            ),
            models.CheckConstraint(
                name="hand_over_between_two",
                condition=Q(receiver=None) | ~Q(receiver=F("giver")),
                violation_error_message=_("Nobody hands over to herself."),
            ),
            models.CheckConstraint(
                name="hand_over_days_in_order",
                condition=Q(until=None) | Q(until__gte=F("effective_on"), reason="leave"),
                violation_error_message=_("Only a leave has a last day, not before its first."),
            ),
            models.CheckConstraint(
                name="hand_over_answered",
                condition=Q(state="waiting", answered_at=None)
                | Q(state="accepted", answered_at__isnull=False, receiver__isnull=False)
                | Q(state="returned", answered_at__isnull=False, receiver__isnull=False)
                & ~Q(return_reason=""),
                violation_error_message=_("A returned hand-over says why."),
            ),
            models.CheckConstraint(
                name="hand_over_given_back_after_it_moved",
                condition=Q(given_back_at=None) | Q(carried_out_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(_("Hand-over %(number)s") % {"number": self.pk})

    def get_absolute_url(self) -> str:
        return reverse("visits:hand_over", args=[self.pk])

    def doors(self) -> models.QuerySet[Household]:
        """The open doors that move: those named, or all the grid has today."""
        doors = Household.objects.open()
        if self.is_partial:
            return doors.filter(pk__in=self.door_rows.values("household"))
        return doors.filter(grid=self.grid_id)

    def names_all(self, keys: Collection[int]) -> bool:
        """Say whether each of the doors with these keys is among those it names."""
        return set(keys) <= set(self.door_rows.values_list("household", flat=True))


class HandOverDoor(models.Model):
    """A door of a hand-over that takes only part of a grid."""

    hand_over = models.ForeignKey(HandOver, models.CASCADE, related_name="door_rows")
    household = models.ForeignKey(Household, models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hand_over", "household"], name="hand_over_door_once")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class UnsentWordQuerySet(models.QuerySet["UnsentWord"]):
    def visible_to(self, user: User) -> Self:
        """One's own, and those of people whose work the user hands over."""
        if user.is_superuser:
            return self
        given = HandOver.objects.visible_to(user).values("giver")
        return self.filter(Q(user=user) | Q(user__in=given))

    def editable_by(self, user: User) -> Self:  # noqa: ARG002 - said by her phone
        return self.none()


class UnsentWord(models.Model):
    """How many entries somebody's phone still held when it last spoke under her login.

    One row for each person, replaced each time: no trace of phones, places or hours.
    """

    user = models.OneToOneField(User, models.CASCADE, related_name="unsent_word")
    entries = models.PositiveIntegerField()
    said_at = models.DateTimeField()

    objects = UnsentWordQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.entries)
