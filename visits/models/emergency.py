"""Emergencies (平急): what happened where, and the roll call from door to door."""

import datetime
import uuid
from typing import Self

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communities.models import Community, Grid, User
from communities.roles import READERS
from households.fields import EncryptedTextField
from households.models import Household
from visits.models.matter import Matter

# More people than this behind one door are a mistyped number.
MOST_PEOPLE = 99
LONGEST_NOTE = 200


class RollCallState(models.TextChoices):
    """What is known of a door. Sorted by their codes, those who need help come first."""

    NEEDS_HELP = "needs_help", _("Needs help")
    NOT_REACHED = "not_reached", _("Not reached")
    PENDING = "pending", _("Not yet called")
    SAFE = "safe", _("Safe")


# What somebody at the door can say of it.
SAID = [(state.value, state.label) for state in RollCallState if state != RollCallState.PENDING]


class EmergencyQuerySet(models.QuerySet["Emergency"]):
    def visible_to(self, user: User) -> Self:
        """Emergencies of the communities the user reads, and those with a door in her sight."""
        if user.is_superuser:
            return self
        doors = RollCall.objects.visible_to(user)
        return self.filter(
            Q(community__in=Community.objects.held_by(user, READERS))
            | Q(pk__in=doors.values("emergency"))
        )

    def editable_by(self, user: User) -> Self:
        return self.filter(community__in=Community.objects.editable_by(user))

    def running(self) -> Self:
        return self.filter(ended_at=None)


class Emergency(models.Model):
    """An event for which an officer switched grids of a community to emergency.

    It asks one thing of everybody at work there and calls the roll of the doors. Neither a
    place nor a picture is taken of anybody. Once it has ended, all of it stays under its name.
    """

    community = models.ForeignKey(
        Community, models.PROTECT, related_name="emergencies", verbose_name=_("community")
    )
    name = models.CharField(_("event"), max_length=40)
    asked = models.CharField(_("what is asked"), max_length=120)
    grids = models.ManyToManyField(
        Grid, through="EmergencyGrid", related_name="emergencies", verbose_name=_("grids")
    )
    started_at = models.DateTimeField(_("started at"))
    started_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("started by")
    )
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("ended by")
    )

    objects = EmergencyQuerySet.as_manager()

    class Meta:
        verbose_name = _("emergency")
        verbose_name_plural = _("emergencies")
        ordering = ["-started_at", "-pk"]
        indexes = [
            # The few that run are asked for on every list of the day.
            models.Index(fields=["ended_at"], name="emergency_running"),
            models.Index(fields=["community", "-started_at"], name="emergency_of_community"),
        ]
        constraints = [
            models.CheckConstraint(
                name="emergency_ended_by_somebody",
                condition=Q(ended_at=None, ended_by=None)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("visits:emergency", args=[self.pk])

    @property
    def is_running(self) -> bool:
        return self.ended_at is None

    def includes(self, at: datetime.datetime) -> bool:
        """Say whether something said at that moment still counts for the roll call."""
        return self.ended_at is None or at <= self.ended_at


class EmergencyGridQuerySet(models.QuerySet["EmergencyGrid"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(emergency__in=Emergency.objects.visible_to(user))

    def editable_by(self, user: User) -> Self:  # noqa: ARG002 - fixed when it starts
        return self.none()


class EmergencyGrid(models.Model):
    """A grid of an emergency. `is_running` repeats whether that one still runs."""

    # The unique pair below begins with it; an index of its own would be a second one.
    emergency = models.ForeignKey(
        Emergency, models.CASCADE, db_index=False, verbose_name=_("emergency")
    )
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="+", verbose_name=_("grid"))
    is_running = models.BooleanField(_("running"), default=True)

    objects = EmergencyGridQuerySet.as_manager()

    class Meta:
        verbose_name = _("grid of an emergency")
        verbose_name_plural = _("grids of emergencies")
        constraints = [
            models.UniqueConstraint(fields=["emergency", "grid"], name="emergency_grid_unique"),
            models.UniqueConstraint(
                fields=["grid"],
                condition=Q(is_running=True),
                name="emergency_one_per_grid",
                violation_error_message=_("This grid is in an emergency already."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.grid)


class RollCallQuerySet(models.QuerySet["RollCall"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(household__in=Household.objects.visible_to(user))

    def editable_by(self, user: User) -> Self:
        """Doors the user may say something of: those she may visit."""
        return self.filter(household__in=Household.objects.visitable_by(user))

    def running(self) -> Self:
        return self.filter(emergency__in=Emergency.objects.running())

    def counted(self) -> Self:
        """The doors of the figures: without those closed or merged that nobody has called.

        Of an ended emergency they are gone: `end_emergency`.
        """
        return self.exclude(state=RollCallState.PENDING, household__closed_on__isnull=False)


class RollCall(models.Model):
    """One door of a roll call, and what is known of it: its newest entry that counts."""

    # The index below begins with it.
    emergency = models.ForeignKey(
        Emergency,
        models.CASCADE,
        db_index=False,
        related_name="roll_calls",
        verbose_name=_("emergency"),
    )
    household = models.ForeignKey(
        Household, models.PROTECT, related_name="roll_calls", verbose_name=_("household")
    )
    # The grid when it began, so that its figures stay when borders move.
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="+", verbose_name=_("grid"))
    state = models.CharField(
        _("state"), max_length=12, choices=RollCallState.choices, default=RollCallState.PENDING
    )
    people = models.PositiveSmallIntegerField(_("number of people"), null=True, blank=True)
    note = EncryptedTextField(_("note"), blank=True)
    by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"), null=True, blank=True)
    # The entry that the five fields above repeat.
    entry = models.UUIDField(null=True, editable=False)
    matter = models.ForeignKey(
        Matter, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("matter")
    )

    objects = RollCallQuerySet.as_manager()

    class Meta:
        verbose_name = _("roll call")
        verbose_name_plural = _("roll calls")
        ordering = ["emergency", "state", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["emergency", "household"], name="roll_call_once_for_a_door"
            ),
            models.CheckConstraint(
                name="roll_call_said_by_somebody",
                condition=Q(state="pending", by=None, at=None, entry=None)
                | ~Q(state="pending") & Q(by__isnull=False, at__isnull=False, entry__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["emergency", "grid", "state"], name="roll_call_figures"),
        ]

    def __str__(self) -> str:
        return str(_("Door %(number)s of a roll call") % {"number": self.pk})

    def get_absolute_url(self) -> str:
        return reverse("visits:roll_call_door", args=[self.pk])


class RollCallEntryQuerySet(models.QuerySet["RollCallEntry"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(roll_call__in=RollCall.objects.visible_to(user))

    def editable_by(self, user: User) -> Self:  # noqa: ARG002 - history is never edited
        return self.none()

    def update(self, **_values: object) -> int:
        raise TypeError("the history of a roll call is append-only")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("the history of a roll call is append-only")


class RollCallEntry(models.Model):
    """What somebody said of a door at some moment. Append-only, its UUID made by the client."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    roll_call = models.ForeignKey(
        RollCall, models.CASCADE, related_name="entries", verbose_name=_("roll call")
    )
    state = models.CharField(_("state"), max_length=12, choices=SAID)
    people = models.PositiveSmallIntegerField(
        _("number of people"), null=True, blank=True, validators=[MaxValueValidator(MOST_PEOPLE)]
    )
    note = EncryptedTextField(_("note"), blank=True, max_length=LONGEST_NOTE)
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"))
    received_at = models.DateTimeField(_("received at"), default=timezone.now)
    # Of entries that a phone handed over: tells the same content sent again from other content.
    digest = models.CharField(max_length=64, blank=True, editable=False)

    objects = RollCallEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry of a roll call")
        verbose_name_plural = _("entries of roll calls")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_state_display()} {timezone.localtime(self.at):%Y-%m-%d %H:%M}"
