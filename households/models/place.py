"""Buildings and the households behind their doors."""

import datetime
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communities.fields import UP_TO_30_000, DerivedField, natural_key
from communities.models import Community, Grid, Standing, User
from communities.roles import MANAGERS, POST_HOLDERS, READERS, REGISTER_KEEPERS, VISITORS, Role
from households.addresses import building_key, floor_of, room_label, unit_label

QUARTER_DAYS = 90
# Room numbers tell two digits of a floor.
HIGHEST_FLOOR = 99


class BuildingQuerySet(models.QuerySet["Building"]):
    def visible_to(self, user: User) -> Self:
        """Buildings with a door the user may see, and those of communities she governs.

        A worker sees a tower shared with another grid; its other doors stay hidden.
        """
        if user.is_superuser:
            return self
        return self.filter(
            Q(community__in=Community.objects.held_by(user, READERS))
            | Q(pk__in=Household.objects.visible_to(user).values("building"))
        )

    def editable_by(self, user: User) -> Self:
        return self.filter(community__in=Community.objects.editable_by(user))


class Building(models.Model):
    """A building of an estate, or one standing alone in a street."""

    community = models.ForeignKey(
        Community, models.PROTECT, related_name="buildings", verbose_name=_("community")
    )
    estate = models.CharField(
        _("estate"),
        max_length=60,
        blank=True,
        help_text=_("Empty for a building outside any estate."),
    )
    name = models.CharField(_("building"), max_length=60, help_text=_("For example 3号楼."))
    street_address = models.CharField(_("street and number"), max_length=120, blank=True)
    floors = models.PositiveSmallIntegerField(
        _("floors"), null=True, blank=True, validators=[UP_TO_30_000]
    )
    # In degrees of WGS 84; what comes in GCJ-02 or BD-09 is converted on its way in.
    longitude = models.FloatField(
        _("longitude"),
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )
    latitude = models.FloatField(
        _("latitude"),
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
    )
    # The footprint as rings of longitude and latitude, the outer one first; empty if not known.
    footprint = models.JSONField(_("footprint"), default=list, blank=True, editable=False)
    match_key = DerivedField(
        max_length=160, derive=lambda building: building_key(building.estate, building.name)
    )
    walk_order = DerivedField(
        max_length=160,
        derive=lambda building: f"{natural_key(building.estate)}|{natural_key(building.name)}"[
            :160
        ],
    )

    objects = BuildingQuerySet.as_manager()

    class Meta:
        verbose_name = _("building")
        verbose_name_plural = _("buildings")
        ordering = ["community", "walk_order"]
        constraints = [
            models.UniqueConstraint(
                fields=["community", "match_key"],
                name="building_unique_in_community",
                violation_error_message=_("The register already has this building."),
            ),
            models.CheckConstraint(
                name="building_position_whole",
                condition=Q(longitude=None, latitude=None)
                | Q(longitude__range=(-180, 180), latitude__range=(-90, 90)),
                violation_error_message=_(
                    "Give both longitude and latitude in degrees, or neither."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.estate}{self.name}"

    def get_absolute_url(self) -> str:
        return reverse("households:building", args=[self.pk])


class DoorState(models.TextChoices):
    """What the schedule says of a door on a day: the figures of every dashboard."""

    DUE = "due", _("Due, overdue included")
    WEEK = "week", _("Due by the end of this week")
    OVERDUE = "overdue", _("Overdue")
    ACTUAL = "actual", _("Actual households")
    COVERED = "covered", _("Visited this quarter")
    UNCOVERED = "uncovered", _("Not yet visited this quarter")
    NEVER = "never", _("Never visited")
    UNANSWERED = "unanswered", _("Three or more unanswered tries")


# The tail: doors that knocking again at the same hours will not open.
UNANSWERED_TAIL = 3


def quarter_start(on: datetime.date) -> datetime.date:
    """Return the first day of the calendar quarter, over which coverage is counted."""
    return on.replace(month=(on.month - 1) // 3 * 3 + 1, day=1)


def week_end(on: datetime.date) -> datetime.date:
    """Return the Sunday that ends the week of that day."""
    return on + datetime.timedelta(days=6 - on.weekday())


# The definitions, as conditions so that lists can filter and figures can count by them.


def is_open() -> Q:
    return Q(closed_on=None)


def is_actual() -> Q:
    return is_open() & ~Q(occupancy__in=Household.EMPTY)


def is_due(on: datetime.date) -> Q:
    return is_open() & Q(due_from__lte=on)


def is_overdue(on: datetime.date) -> Q:
    return is_open() & Q(due_by__lt=on)


def is_ready(on: datetime.date) -> Q:
    """Match doors whose next try is not set for a later day."""
    return Q(retry_on=None) | Q(retry_on__lte=on)


def is_listed(on: datetime.date) -> Q:
    """Match due doors, without those whose next try is set for a later day."""
    return is_due(on) & is_ready(on)


def is_visited_since(day: datetime.date) -> Q:
    return Q(last_visited_on__gte=day)


def is_in_state(state: str, on: datetime.date) -> Q:
    """Match the households in this `DoorState` on that day."""
    visited = is_visited_since(quarter_start(on))
    conditions = {
        DoorState.DUE: is_due(on),
        DoorState.WEEK: is_due(week_end(on)),
        DoorState.OVERDUE: is_overdue(on),
        DoorState.ACTUAL: is_actual(),
        DoorState.COVERED: is_actual() & visited,
        DoorState.UNCOVERED: is_actual() & ~visited,
        DoorState.NEVER: is_actual() & Q(last_visited_on=None),
        DoorState.UNANSWERED: is_open() & Q(unanswered__gte=UNANSWERED_TAIL),
    }
    return conditions[DoorState(state)]


class HouseholdQuerySet(models.QuerySet["Household"]):
    def held_by(self, user: User, roles: frozenset[Role]) -> Self:
        """Households of the grids where the user holds one of `roles`, and of her posts.

        A captain of 3号楼 unit 2 gets the doors of that unit, whichever grid they are in.
        """
        scope = Q(grid__in=Grid.objects.held_by(user, roles))
        if not user.is_superuser and roles & user.roles & POST_HOLDERS:
            scope |= Q(pk__in=Post.objects.doors_of(user))
        return self.filter(scope)

    def visible_to(self, user: User) -> Self:
        return self.held_by(user, READERS | POST_HOLDERS)

    def editable_by(self, user: User) -> Self:
        return self.held_by(user, REGISTER_KEEPERS)

    def visitable_by(self, user: User) -> Self:
        """Households the user may log a visit at."""
        return self.held_by(user, VISITORS)

    def managed_by(self, user: User) -> Self:
        """Households the user may give to another grid."""
        return self.held_by(user, MANAGERS)

    def open(self) -> Self:
        """Households whose dwelling still stands and is not merged into another."""
        return self.filter(is_open())

    def actual(self) -> Self:
        """Actual households (实有户数): open ones where somebody lives."""
        return self.filter(is_actual())

    def due(self, on: datetime.date) -> Self:
        """Open households to be visited on that day, overdue ones included."""
        return self.filter(is_due(on))

    def overdue(self, on: datetime.date) -> Self:
        """Open households whose rhythm had run out before that day."""
        return self.filter(is_overdue(on))

    def visited_since(self, day: datetime.date) -> Self:
        """Households with a visit that counts on or after that day."""
        return self.filter(is_visited_since(day))

    def in_state(self, state: str, on: datetime.date) -> Self:
        """Households in this `DoorState` on that day."""
        return self.filter(is_in_state(state, on))

    def in_walking_order(self) -> Self:
        """Estate, building, unit, floor, room; numbers in their natural order."""
        return self.order_by("walk_order", "pk")


def default_due_by() -> datetime.date:
    """Give a door registered today one quarter, until `reschedule` applies its own rhythm."""
    return timezone.localdate() + datetime.timedelta(days=QUARTER_DAYS)


class Household(models.Model):
    """The people behind one door, and when that door is next to be knocked on."""

    class Occupancy(models.TextChoices):
        OWNER = "owner", _("Owner-occupied")
        RENTED = "rented", _("Rented")
        COLLECTIVE = "collective", _("Collective household")
        REGISTRATION_ONLY = "registration_only", _("Registration only")
        VACANT = "vacant", _("Vacant")
        UNKNOWN = "unknown", _("Not known")

    class PartOfDay(models.TextChoices):
        MORNING = "morning", _("Morning")
        AFTERNOON = "afternoon", _("Afternoon")
        EVENING = "evening", _("Evening")
        WEEKEND = "weekend", _("Weekend")

    EMPTY = (Occupancy.VACANT, Occupancy.REGISTRATION_ONLY)

    building = models.ForeignKey(
        Building, models.PROTECT, related_name="households", verbose_name=_("building")
    )
    unit = models.CharField(
        _("unit"), max_length=20, blank=True, help_text=_("The number alone, such as 2.")
    )
    room = models.CharField(_("room"), max_length=30, help_text=_("The number alone, such as 502."))
    grid = models.ForeignKey(
        Grid, models.PROTECT, related_name="households", verbose_name=_("grid")
    )
    grid_since = models.DateField(_("in this grid since"), default=timezone.localdate)
    occupancy = models.CharField(
        _("occupancy"), max_length=20, choices=Occupancy.choices, default=Occupancy.UNKNOWN
    )
    # The last day somebody said so: entered, changed or checked. Empty while it is not known.
    occupancy_confirmed_on = models.DateField(
        _("occupancy last confirmed on"), null=True, blank=True
    )
    visit_in_pairs = models.BooleanField(_("visit in pairs"), default=False)
    has_dog = models.BooleanField(_("dog"), default=False)
    safety_note = models.CharField(_("safety note"), max_length=200, blank=True)
    note = models.TextField(_("note"), blank=True)
    registered_on = models.DateField(_("registered on"), default=timezone.localdate)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)
    walk_order = DerivedField(
        max_length=260, derive=lambda household: household.compute_walk_order()
    )
    walk_down = DerivedField(max_length=260, derive=lambda household: household.compute_walk_down())

    # What the visits say of this door. Written by visits.actions in the transaction that
    # stores the visit; `manage.py recompute_doors` derives them again from the visits.
    last_visited_on = models.DateField(_("last visited"), null=True, blank=True, editable=False)
    asked_for_on = models.DateField(_("asked to come on"), null=True, blank=True, editable=False)
    due_from = models.DateField(_("due from"), default=timezone.localdate, editable=False)
    due_by = models.DateField(_("due by"), default=default_due_by, editable=False)
    unanswered = models.PositiveSmallIntegerField(_("unanswered tries"), default=0, editable=False)
    retry_on = models.DateField(_("try again on"), null=True, blank=True, editable=False)
    retry_part = models.CharField(
        _("try again in the"), max_length=10, choices=PartOfDay.choices, blank=True, editable=False
    )

    objects = HouseholdQuerySet.as_manager()

    class Meta:
        verbose_name = _("household")
        verbose_name_plural = _("households")
        constraints = [
            models.UniqueConstraint(
                fields=["building", "unit", "room"],
                name="household_unique_door",
                violation_error_message=_("The register already has this door."),
            ),
            models.CheckConstraint(
                name="household_due_dates_in_order", condition=Q(due_from__lte=F("due_by"))
            ),
        ]
        indexes = [
            models.Index(fields=["grid", "walk_order"], name="household_walk"),
            models.Index(fields=["grid", "walk_down"], name="household_walk_down"),
            models.Index(
                fields=["grid", "closed_on", "occupancy", "due_by", "due_from", "last_visited_on"],
                name="household_figures",
            ),
        ]

    def __str__(self) -> str:
        return self.address

    def get_absolute_url(self) -> str:
        return reverse("households:household", args=[self.pk])

    def clean(self) -> None:
        """Refuse a grid of another community than the building's."""
        if (
            self.building_id
            and self.grid_id
            and self.grid.community_id != self.building.community_id
        ):
            raise ValidationError({"grid": _("This grid belongs to another community.")})

    @property
    def address(self) -> str:
        return f"{self.building}{self.door}"

    @property
    def door(self) -> str:
        """The unit and room, without the building."""
        return f"{unit_label(self.unit)}{room_label(self.room)}"

    @property
    def floor(self) -> int | None:
        return floor_of(self.room)

    @property
    def has_safety_warning(self) -> bool:
        return self.visit_in_pairs or self.has_dog or bool(self.safety_note)

    def compute_walk_order(self) -> str:
        """Return the key of the way up: each stairwell from its lowest floor."""
        return self.compute_walk(self.floor or 0)

    def compute_walk_down(self) -> str:
        """Return the key of the way down: each stairwell from its highest floor."""
        return self.compute_walk(HIGHEST_FLOOR - (self.floor or 0))

    def compute_walk(self, step: int) -> str:
        building = self.building
        return (
            f"{natural_key(building.estate)}|{natural_key(building.name)}"
            f"|{natural_key(self.unit)}|{step:03d}|{natural_key(self.room)}"
        )[:260]

    def confirm_occupancy(self, on: datetime.date) -> None:
        """Note that the occupancy was told or checked on that day; does not save."""
        is_known = self.occupancy != self.Occupancy.UNKNOWN
        self.occupancy_confirmed_on = on if is_known else None

    def reschedule(self, *, rhythm_days: int) -> None:
        """Set when the door is due, from the last visit that counts; does not save.

        Due by: the last visit plus the rhythm, or the day the household asked for; a door
        never visited is due from its registration. Due from: one sixth of the rhythm
        earlier, so a quarterly door comes onto the list fifteen days before it is late.
        """
        if self.asked_for_on:
            self.due_from = self.due_by = self.asked_for_on
        elif self.last_visited_on:
            self.due_by = self.last_visited_on + datetime.timedelta(days=rhythm_days)
            self.due_from = self.due_by - datetime.timedelta(days=rhythm_days // 6)
        else:
            self.due_from = self.registered_on
            self.due_by = self.registered_on + datetime.timedelta(days=rhythm_days)


class FormerGridQuerySet(models.QuerySet["FormerGrid"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(household__in=Household.objects.visible_to(user))

    def editable_by(self, user: User) -> Self:  # noqa: ARG002 - history is never edited
        return self.none()


class FormerGrid(models.Model):
    """A grid that a household was in before today's, with its first and last day."""

    household = models.ForeignKey(Household, models.CASCADE, related_name="former_grids")
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="+")
    since = models.DateField()
    until = models.DateField()

    objects = FormerGridQuerySet.as_manager()

    class Meta:
        verbose_name = _("former grid")
        verbose_name_plural = _("former grids")
        constraints = [
            models.CheckConstraint(
                name="former_grid_days_in_order", condition=Q(until__gte=F("since"))
            )
        ]

    def __str__(self) -> str:
        return f"{self.grid} {self.since}–{self.until}"


class PostQuerySet(models.QuerySet["Post"]):
    def visible_to(self, user: User) -> Self:
        if user.is_superuser:
            return self
        return self.filter(
            Q(building__community__in=Community.objects.held_by(user, READERS))
            | Q(membership__user=user)
        )

    def editable_by(self, user: User) -> Self:
        return self.filter(building__community__in=Community.objects.editable_by(user))

    def held_today(self, user: User) -> Self:
        posts = [standing.membership_id for standing in user.standings if is_post(standing)]
        return self.filter(membership__in=posts)

    def doors_of(self, user: User) -> "models.QuerySet[Household, Any]":
        """The households of the stairwells the user looks after today."""
        held = self.held_today(user).filter(building=models.OuterRef("building"))
        own_unit = models.Exists(held.filter(Q(unit="") | Q(unit=models.OuterRef("unit"))))
        return (
            Household.objects.filter(building__in=self.held_today(user).values("building"))
            .filter(own_unit)
            .values("pk")
        )


def is_post(standing: Standing) -> bool:
    return standing.role in POST_HOLDERS


class Post(models.Model):
    """The stairwell or building that a captain or an information volunteer looks after."""

    membership = models.ForeignKey(
        "communities.Membership", models.CASCADE, related_name="posts", verbose_name=_("membership")
    )
    building = models.ForeignKey(
        Building, models.PROTECT, related_name="posts", verbose_name=_("building")
    )
    unit = models.CharField(
        _("unit"), max_length=20, blank=True, help_text=_("Empty for the whole building.")
    )

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        constraints = [
            models.UniqueConstraint(fields=["membership", "building", "unit"], name="post_unique")
        ]

    def __str__(self) -> str:
        return f"{self.building}{unit_label(self.unit)}"
