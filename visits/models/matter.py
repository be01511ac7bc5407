"""Matters: what is wrong somewhere, who works on it, and every step on the way."""

import datetime
import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communities.fields import UP_TO_30_000, UP_TO_TEN_YEARS
from communities.models import Department, Grid, User
from communities.roles import READERS, WRITERS, Role
from households.models import Household
from visits.models.visit import Visit


class MatterCategoryQuerySet(models.QuerySet["MatterCategory"]):
    def visible_to(self, user: User) -> Self:  # noqa: ARG002 - everyone may choose a category
        return self

    def editable_by(self, user: User) -> Self:
        return self if user.keeps_rules else self.none()


class MatterCategory(models.Model):
    """A kind of matter, and how many days it may take."""

    name = models.CharField(_("name"), max_length=40, unique=True)
    days_to_resolve = models.PositiveSmallIntegerField(
        _("days to resolve"), default=7, validators=[UP_TO_TEN_YEARS]
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
                name="matter_category_days_positive",
                condition=Q(days_to_resolve__gte=1),
                violation_error_message=_("Give at least one day."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def due_on(self, *, urgency: str, since: datetime.date) -> datetime.date:
        """Return the day to be resolved by; an urgent matter has half the days, at least one."""
        days = self.days_to_resolve
        if urgency == Matter.Urgency.URGENT:
            days = max(1, days // 2)
        return since + datetime.timedelta(days=days)


class MatterQuerySet(models.QuerySet["Matter"]):
    def visible_to(self, user: User) -> Self:
        """Matters in the user's grids and posts, handed to her department, or her own."""
        if user.is_superuser:
            return self
        departments = [
            standing.department_id
            for standing in user.standings
            if standing.role == Role.DEPARTMENT_HANDLER
        ]
        return self.filter(
            Q(grid__in=Grid.objects.held_by(user, READERS))
            | Q(household__in=Household.objects.visible_to(user))
            | Q(department__in=departments)
            | Q(reported_by=user)
            | Q(assignee=user)
        )

    def editable_by(self, user: User) -> Self:
        """Matters the user may read and take some step on; `workflow` says which."""
        if user.has_any_role(WRITERS):
            return self.visible_to(user)
        return self.none()

    def open(self) -> Self:
        return self.filter(status__in=Matter.OPEN)

    def late(self, on: datetime.date) -> Self:
        """Open matters whose day to be resolved by had passed before that day."""
        return self.open().filter(due_on__lt=on)


class Matter(models.Model):
    """Something to be put right, at a household or anywhere in a grid."""

    class Status(models.TextChoices):
        RECEIVED = "received", _("Received")
        ASSIGNED = "assigned", _("Assigned")
        IN_PROGRESS = "in_progress", _("Being worked on")
        RESOLVED = "resolved", _("Resolved")
        CLOSED = "closed", _("Closed")

    class Urgency(models.TextChoices):
        NORMAL = "normal", _("Normal")
        URGENT = "urgent", _("Urgent")

    OPEN = (Status.RECEIVED, Status.ASSIGNED, Status.IN_PROGRESS)
    ENDED = (Status.RESOLVED, Status.CLOSED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    category = models.ForeignKey(MatterCategory, models.PROTECT, verbose_name=_("category"))
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="matters", verbose_name=_("grid"))
    household = models.ForeignKey(
        Household,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="matters",
        verbose_name=_("household"),
    )
    visit = models.ForeignKey(
        Visit,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="matters",
        verbose_name=_("visit"),
    )
    place = models.CharField(
        _("where"), max_length=120, blank=True, help_text=_("For example: yard behind 3号楼.")
    )
    description = models.TextField(_("what is wrong"), max_length=2000)
    urgency = models.CharField(
        _("urgency"), max_length=10, choices=Urgency.choices, default=Urgency.NORMAL
    )
    status = models.CharField(
        _("status"), max_length=12, choices=Status.choices, default=Status.RECEIVED
    )
    reported_by = models.ForeignKey(
        User, models.PROTECT, related_name="reported_matters", verbose_name=_("reported by")
    )
    reported_at = models.DateTimeField(_("reported at"), default=timezone.now)
    due_on = models.DateField(_("to be resolved by"))
    assignee = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="assigned_matters",
        verbose_name=_("assigned to"),
    )
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="matters",
        verbose_name=_("department"),
    )
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    # Rises with every step that moves the matter. A step names the number it saw, so of two
    # people deciding on the same page the second is told.
    moves = models.PositiveIntegerField(default=0, editable=False)

    objects = MatterQuerySet.as_manager()

    class Meta:
        verbose_name = _("matter")
        verbose_name_plural = _("matters")
        ordering = ["-reported_at", "-pk"]
        indexes = [
            models.Index(fields=["grid", "status", "due_on"], name="matter_of_grid"),
            models.Index(fields=["-reported_at", "-id"], name="matter_newest"),
            # The few that are open, found without reading the many that are closed.
            models.Index(fields=["status", "-reported_at", "-id"], name="matter_of_status"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.category}"

    def get_absolute_url(self) -> str:
        return reverse("visits:matter", args=[self.pk])

    @property
    def reference(self) -> str:
        """A short name to say over the phone."""
        return str(self.pk)[:8].upper()

    @property
    def where(self) -> str:
        """The address of the door, or the place as it was described."""
        return " ".join(filter(None, [str(self.household or ""), self.place])) or str(self.grid)

    @property
    def is_urgent(self) -> bool:
        return self.urgency == self.Urgency.URGENT

    @property
    def holder(self) -> User | Department | None:
        """Who has it now: a person or a department, None while nobody does."""
        return self.assignee or self.department

    def is_late(self, on: datetime.date) -> bool:
        return self.status not in self.ENDED and self.due_on < on


class Step(models.TextChoices):
    """What a person does to a matter; `visits.workflow` says who may, and from where."""

    REPORT = "reported", _("Reported")
    TAKE = "take", _("Taken on")
    ASSIGN = "assign", _("Assigned")
    START = "start", _("Work begun")
    RETURN = "return", _("Returned")
    RESOLVE = "resolve", _("Resolved")
    SOLVE = "solve", _("Solved on the spot")
    DROP = "drop", _("Closed without work")
    CLOSE = "close", _("Confirmed and closed")
    REOPEN = "reopen", _("Reopened")
    COMMENT = "comment", _("Comment")


class MatterEventQuerySet(models.QuerySet["MatterEvent"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(matter__in=Matter.objects.visible_to(user))

    def editable_by(self, user: User) -> Self:  # noqa: ARG002 - history is never edited
        return self.none()

    def update(self, **_values: object) -> int:
        raise TypeError("the history of a matter is append-only")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("the history of a matter is append-only")


class MatterEvent(models.Model):
    """One step of a matter: who did what, when, why, and who has it since. Append-only."""

    matter = models.ForeignKey(
        Matter, models.CASCADE, related_name="events", verbose_name=_("matter")
    )
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"), default=timezone.now)
    step = models.CharField(_("step"), max_length=20, choices=Step.choices)
    status = models.CharField(_("status then"), max_length=12, choices=Matter.Status.choices)
    assignee = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("assigned to")
    )
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("department"),
    )
    note = models.TextField(_("note"), blank=True, max_length=2000)

    objects = MatterEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("matter step")
        verbose_name_plural = _("matter steps")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_step_display()} {timezone.localtime(self.at):%Y-%m-%d}"

    def save(self, **kwargs: object) -> None:
        if not self._state.adding:
            raise TypeError("the history of a matter is append-only")
        super().save(**(kwargs | {"force_insert": True}))  # type: ignore[arg-type] # passed on

    def delete(self, **_kwargs: object) -> tuple[int, dict[str, int]]:  # type: ignore[override]
        raise TypeError("the history of a matter is append-only")


def photo_path(instance: "Photo", _filename: str) -> str:
    return f"photos/{instance.pk}.jpg"


class PhotoQuerySet(models.QuerySet["Photo"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(matter__in=Matter.objects.visible_to(user))

    def editable_by(self, user: User) -> Self:  # noqa: ARG002 - a photo is never edited
        return self.none()


class Photo(models.Model):
    """A picture of a matter, shrunk and stripped of everything but its pixels."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    matter = models.ForeignKey(
        Matter, models.CASCADE, related_name="photos", verbose_name=_("matter")
    )
    image = models.ImageField(_("photo"), upload_to=photo_path)
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"), auto_now_add=True)

    objects = PhotoQuerySet.as_manager()

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        ordering = ["at"]

    def __str__(self) -> str:
        return str(self.pk)

    def get_absolute_url(self) -> str:
        return reverse("visits:photo", args=[self.pk])
