"""Matters: what is to be put right somewhere, who has it, and by when."""

import datetime
import uuid
from typing import Any, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communities.models import Area, Department, Grid, User
from communities.roles import READERS, WRITERS
from households.models import Household
from visits.clock import Unit
from visits.models.matter_category import MatterCategory, Urgency
from visits.models.visit import Visit


class MatterQuerySet(models.QuerySet["Matter"]):
    def visible_to(self, user: User) -> Self:
        """Matters in the user's grids and posts, of her department or calling it, or her own."""
        if user.is_superuser:
            return self
        departments = user.handled_departments
        called = CalledDepartment.objects.filter(department__in=departments)
        return self.filter(
            within(Grid.objects.held_by(user, READERS), "grid", user)
            | within(Household.objects.visible_to(user), "household", user)
            | Q(department__in=departments)
            | Q(pk__in=called.values("matter"))
            | Q(reported_by=user)
            | Q(assignee=user)
        )

    def of_places(self, user: User) -> Self:
        """Of those visible to the user the ones that figures count: of her grids or department."""
        if user.is_superuser:
            return self
        if user.has_any_role(READERS):
            return self.filter(grid__in=Grid.objects.held_by(user, READERS))
        return self.filter(department__in=user.handled_departments)

    def editable_by(self, user: User) -> Self:
        """Matters the user may read and take some step on; `workflow` says which."""
        if user.has_any_role(WRITERS):
            return self.visible_to(user)
        return self.none()

    def open(self) -> Self:
        """Matters that have not ended; asked by the column that an index of the open ones knows."""
        return self.filter(closed_at=None)

    def ended(self) -> Self:
        return self.filter(closed_at__isnull=False)

    def counted(self) -> Self:
        """Matters that stand for something of their own: neither declined nor merged."""
        return self.exclude(status__in=(Matter.Status.DECLINED, Matter.Status.MERGED))

    def late(self, at: datetime.datetime) -> Self:
        """Open matters whose clock had run out at that moment."""
        return self.open().filter(due_at__lt=at)

    def warned(self, at: datetime.datetime) -> Self:
        """Open matters whose light was yellow or red at that moment, and not yet late."""
        return self.open().filter(yellow_at__lte=at, due_at__gte=at)

    def yellow(self, at: datetime.datetime) -> Self:
        return self.open().filter(yellow_at__lte=at, red_at__gt=at, due_at__gte=at)

    def red(self, at: datetime.datetime) -> Self:
        return self.open().filter(red_at__lte=at, due_at__gte=at)

    def back_on(self, on: datetime.date) -> Self:
        """Waiting and long-running matters to be looked at on that day or before."""
        return self.filter(status__in=Matter.SLEEPING, next_on__lte=on)


def within(places: models.QuerySet[Any], name: str, user: User) -> Q:
    """Match matters whose grid or household, as `name` says, is among these of the user.

    A street and more sees so many matters that a list is read in its order and each row asked
    for its place; whoever sees few has them looked up by place and sorted. Databases cannot
    tell the two apart: they do not know how many rows a condition on codes finds.
    """
    if any(len(code) <= Area.Level.STREET for code in user.place_codes(READERS)):
        return Q(Exists(places.filter(pk=OuterRef(name))))
    return Q(**{f"{name}__in": places})


class Matter(models.Model):
    """Something to be put right or done, at a household or anywhere in a grid.

    `due_at` ends the stage the matter is in: to be accepted and handed on, to be handled, to
    be verified. `handle_by` is the end of the handling alone, kept after it. Both are empty
    while no clock runs.
    """

    Urgency = Urgency

    class Status(models.TextChoices):
        RECEIVED = "received", _("Received")
        ACCEPTED = "accepted", _("Accepted")
        ASSIGNED = "assigned", _("Assigned")
        IN_PROGRESS = "in_progress", _("Being worked on")
        WAITING = "waiting", _("Waiting for others")
        ONGOING = "ongoing", _("Long-running")
        RESOLVED = "resolved", _("Resolved, to be verified")
        CLOSED = "closed", _("Closed")
        UNSOLVED = "unsolved", _("Closed, not solved")
        DECLINED = "declined", _("Declined")
        MERGED = "merged", _("Merged into another")

    class Level(models.TextChoices):
        COMMUNITY = "community", _("Community")
        STREET = "street", _("Street")

    class Source(models.TextChoices):
        WORKER = "worker", _("Somebody at work")
        RESIDENT = "resident", _("A resident")
        OPEN311 = "open311", _("A city service")

    class Supervision(models.TextChoices):
        NONE = "", _("None")
        REMINDED = "reminded", _("Reminded")
        YELLOW = "yellow", _("Yellow card")
        RED = "red", _("Red card")

    class Rating(models.IntegerChoices):
        NOT_SOLVED = 1, _("Not solved")
        PARTLY = 2, _("Partly solved")
        SOLVED = 3, _("Solved")

    # To be accepted and handed on.
    UNDISPATCHED = (Status.RECEIVED, Status.ACCEPTED)
    HANDLED = (Status.ASSIGNED, Status.IN_PROGRESS)
    # No clock runs; `next_on` brings them back onto a list.
    SLEEPING = (Status.WAITING, Status.ONGOING)
    OPEN = (*UNDISPATCHED, *HANDLED, *SLEEPING, Status.RESOLVED)
    ENDED = (Status.CLOSED, Status.UNSOLVED, Status.DECLINED, Status.MERGED)

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
    # City services may write 4,000 characters and answer questions on top; forms take 2,000.
    description = models.TextField(_("what is wrong"), max_length=8000)
    urgency = models.CharField(
        _("urgency"), max_length=10, choices=Urgency.choices, default=Urgency.NORMAL
    )
    status = models.CharField(
        _("status"), max_length=12, choices=Status.choices, default=Status.RECEIVED
    )
    level = models.CharField(
        _("decided by the"), max_length=10, choices=Level.choices, default=Level.COMMUNITY
    )
    source = models.CharField(
        _("came from"), max_length=10, choices=Source.choices, default=Source.WORKER
    )
    reported_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reported_matters",
        verbose_name=_("reported by"),
    )
    reported_at = models.DateTimeField(_("reported at"), default=timezone.now)
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
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="merged",
        verbose_name=_("merged into"),
    )
    dispatched_at = models.DateTimeField(_("handed on at"), null=True, blank=True)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    yellow_at = models.DateTimeField(null=True, blank=True, editable=False)
    red_at = models.DateTimeField(null=True, blank=True, editable=False)
    handle_by = models.DateTimeField(_("to be handled by"), null=True, blank=True)
    # The clock of the handling: what it counts in, how long it was given, and what was left
    # of it when it was stopped.
    clock_unit = models.CharField(max_length=14, choices=Unit.choices, blank=True, editable=False)
    clock_seconds = models.PositiveIntegerField(default=0, editable=False)
    seconds_left = models.PositiveIntegerField(null=True, blank=True, editable=False)
    next_on = models.DateField(_("to be looked at again on"), null=True, blank=True)
    extension_until = models.DateTimeField(_("more time asked for until"), null=True, blank=True)
    supervision = models.CharField(
        _("supervision"),
        max_length=10,
        choices=Supervision.choices,
        default=Supervision.NONE,
        blank=True,
    )
    rating = models.PositiveSmallIntegerField(
        _("the resident says"), choices=Rating.choices, null=True, blank=True
    )
    returned = models.PositiveSmallIntegerField(_("times returned"), default=0, editable=False)
    reworked = models.PositiveSmallIntegerField(_("times reworked"), default=0, editable=False)
    extended = models.PositiveSmallIntegerField(_("times extended"), default=0, editable=False)
    reopened = models.PositiveSmallIntegerField(_("times reopened"), default=0, editable=False)
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
            models.Index(fields=["grid", "status", "due_at"], name="matter_of_grid"),
            models.Index(fields=["-reported_at", "-id"], name="matter_newest"),
            # Behind what is proposed when one like it is handed on.
            models.Index(fields=["category", "-reported_at", "-id"], name="matter_of_category"),
            # The few that are open, found without reading the many that are closed.
            models.Index(fields=["status", "-reported_at", "-id"], name="matter_of_status"),
            models.Index(
                fields=["-reported_at", "-id"],
                name="matter_open_newest",
                condition=Q(closed_at=None),
            ),
            # What the board counts of the open ones, without reading a row of them.
            models.Index(
                fields=[
                    *("grid", "category", "department", "assignee"),
                    *("reported_at", "due_at", "yellow_at", "red_at"),
                ],
                name="matter_open_counted",
                condition=Q(closed_at=None),
            ),
            # What it counts of a period, likewise.
            models.Index(
                fields=[
                    *("grid", "closed_at", "status", "rating"),
                    *("returned", "reworked", "extended", "reopened"),
                ],
                name="matter_ended_counted",
                condition=Q(closed_at__isnull=False),
            ),
            models.Index(
                fields=["grid", "handle_by", "status", "resolved_at"],
                name="matter_handled_counted",
                condition=Q(handle_by__isnull=False),
            ),
            models.Index(
                fields=["grid", "reported_at", "status", "category", "household"],
                name="matter_reported_counted",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="matter_one_holder",
                condition=Q(assignee=None) | Q(department=None),
                violation_error_message=_("Choose a person or a department."),
            ),
            models.CheckConstraint(
                name="matter_is_held",
                condition=~Q(status__in=["assigned", "in_progress", "waiting", "ongoing"])
                | Q(assignee__isnull=False)
                | Q(department__isnull=False),
                violation_error_message=_("A matter being worked on needs somebody who has it."),
            ),
            models.CheckConstraint(
                name="matter_merged_into_another",
                condition=Q(status="merged", merged_into__isnull=False) & ~Q(merged_into=F("pk"))
                | ~Q(status="merged") & Q(merged_into=None),
                violation_error_message=_("A merged matter names the other one."),
            ),
            models.CheckConstraint(
                name="matter_sleeps_until",
                condition=~Q(status__in=["waiting", "ongoing"]) | Q(next_on__isnull=False),
                violation_error_message=_("Say when it is to be looked at again."),
            ),
            models.CheckConstraint(
                name="matter_has_a_clock",
                condition=Q(
                    status__in=["received", "accepted", "assigned", "in_progress", "resolved"],
                    due_at__isnull=False,
                )
                | Q(
                    status__in=["waiting", "ongoing", "closed", "unsolved", "declined", "merged"],
                    due_at=None,
                ),
                violation_error_message=_("A deadline is missing, or one too many."),
            ),
            models.CheckConstraint(
                name="matter_ended_has_its_day",
                condition=Q(
                    status__in=["closed", "unsolved", "declined", "merged"],
                    closed_at__isnull=False,
                )
                | ~Q(status__in=["closed", "unsolved", "declined", "merged"]) & Q(closed_at=None),
                violation_error_message=_("An ended matter needs the moment it ended."),
            ),
            models.CheckConstraint(
                name="matter_has_a_reporter",
                condition=~Q(source="worker") | Q(reported_by__isnull=False),
                violation_error_message=_("Say who reported it."),
            ),
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
        return self.urgency in (Urgency.URGENT, Urgency.MAJOR)

    @property
    def reporter(self) -> str:
        """Who reported it, as far as anybody may know: of a resident no more than that."""
        if self.source == self.Source.OPEN311 and hasattr(self, "service_request"):
            return f"{self.get_source_display()} · {self.service_request.client}"
        return str(self.reported_by or self.get_source_display())

    @property
    def holder(self) -> User | Department | None:
        """Who has it now: a person or a department, None while nobody does."""
        return self.assignee or self.department

    @property
    def expected_by(self) -> datetime.datetime | None:
        """When it should be handled, while the clock of the handling runs."""
        return self.handle_by if self.status in self.HANDLED else None

    def is_late(self, at: datetime.datetime) -> bool:
        return self.due_at is not None and self.due_at < at

    def light(self, at: datetime.datetime) -> str:
        """Return "late", "red", "yellow", or "" while there is time or no clock runs."""
        if self.is_late(at):
            return "late"
        lights = (("red", self.red_at), ("yellow", self.yellow_at))
        return next((name for name, since in lights if since and since <= at), "")


class CalledDepartmentQuerySet(models.QuerySet["CalledDepartment"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(matter__in=Matter.objects.visible_to(user))

    def editable_by(self, user: User) -> Self:  # noqa: ARG002 - changed by the steps of the matter
        return self.none()


class CalledDepartment(models.Model):
    """A department called to a matter by whistle (吹哨); the lead has the matter itself."""

    matter = models.ForeignKey(
        Matter, models.CASCADE, related_name="called", verbose_name=_("matter")
    )
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="+", verbose_name=_("department")
    )
    is_lead = models.BooleanField(_("leads"), default=False)
    called_at = models.DateTimeField(_("called at"))
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)

    objects = CalledDepartmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("called department")
        verbose_name_plural = _("called departments")
        ordering = ["-is_lead", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["matter", "department"], name="department_called_once"),
            models.UniqueConstraint(
                fields=["matter"], condition=Q(is_lead=True), name="called_one_lead"
            ),
        ]

    def __str__(self) -> str:
        return str(self.department)
