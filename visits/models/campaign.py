"""Drives from door to door (入户集中走访): what was set, and at which doors."""

import datetime
from collections.abc import Iterable
from typing import Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from communities.fields import UP_TO_TEN_YEARS
from communities.models import Community, User
from communities.roles import READERS
from households.facts import Fact
from households.models import CareTag, Household
from visits.models.visit import Outcome, Visit

# A drive of a week or two may stretch over holidays; one without an end is a routine.
LONGEST_DAYS = 31
LONGEST_EXTENSION_DAYS = 14


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def visible_to(self, user: User) -> Self:
        """Campaigns of the communities the user reads, and those with a door in her sight."""
        if user.is_superuser:
            return self
        doors = CampaignDoor.objects.visible_to(user)
        return self.filter(
            Q(community__in=Community.objects.held_by(user, READERS))
            | Q(pk__in=doors.values("campaign"))
        )

    def editable_by(self, user: User) -> Self:
        return self.filter(community__in=Community.objects.editable_by(user))

    def not_ended(self, on: datetime.date) -> Self:
        """Campaigns that run on that day or have their first day still before them."""
        return self.filter(Q(ended_on=None) | Q(ended_on__gt=on), last_on__gte=on)

    def running(self, on: datetime.date) -> Self:
        """Campaigns whose doors are to be knocked at on that day."""
        return self.not_ended(on).filter(first_on__lte=on)

    def asking_for(self, fact: str, *, first: datetime.date, last: datetime.date) -> Self:
        """Campaigns that ask for the same fact on a day from the first to the last."""
        return self.not_ended(first).filter(fact=fact, first_on__lte=last)


class Campaign(models.Model):
    """A drive that an officer set: a week or two in which these doors are to be reached."""

    class State(models.TextChoices):
        PLANNED = "planned", _("Not yet begun")
        RUNNING = "running", _("Running")
        ENDED = "ended", _("Ended")
        TAKEN_BACK = "taken_back", _("Taken back")

    community = models.ForeignKey(
        Community, models.PROTECT, related_name="campaigns", verbose_name=_("community")
    )
    name = models.CharField(_("name"), max_length=40)
    purpose = models.TextField(_("purpose"), max_length=500)
    first_on = models.DateField(_("first day"))
    last_on = models.DateField(_("last day"))
    from_time = models.TimeField(_("hours from"), default=datetime.time(9))
    until_time = models.TimeField(_("hours until"), default=datetime.time(20, 30))
    target_percent = models.PositiveSmallIntegerField(
        _("target in percent"),
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )
    fact = models.CharField(_("asks for"), max_length=12, choices=Fact.choices, blank=True)
    fresh_days = models.PositiveSmallIntegerField(
        _("days a known fact stays fresh"),
        default=365,
        validators=[MinValueValidator(1), UP_TO_TEN_YEARS],
    )
    # How the doors were chosen, for whoever asks later; the doors themselves are rows.
    tags = models.ManyToManyField(
        CareTag, blank=True, related_name="+", verbose_name=_("care tags")
    )
    never_visited = models.BooleanField(_("never visited"), default=False)
    not_visited_since = models.DateField(_("not visited since"), null=True, blank=True)
    started_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("set by"))
    started_at = models.DateTimeField(_("set at"))
    # The day from which it no longer runs; before the first day when it was taken back.
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    ended_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("ended by")
    )
    extended_from = models.DateField(_("last day before it was extended"), null=True, blank=True)
    extension_reason = models.CharField(_("reason for extending"), max_length=200, blank=True)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["-first_on", "-pk"]
        indexes = [models.Index(fields=["community", "last_on"], name="campaign_of_community")]
        constraints = [
            models.UniqueConstraint(
                fields=["community", "name", "first_on"],
                # One that was taken back or ended may be set anew.
                condition=Q(ended_on=None),
                name="campaign_unique_name_and_day",
                violation_error_message=_(
                    "The community already has a campaign of this name that begins on this day."
                ),
            ),
            models.CheckConstraint(
                name="campaign_days_in_order",
                condition=Q(last_on__gte=F("first_on")),
                violation_error_message=_("The last day cannot be before the first."),
            ),
            models.CheckConstraint(
                name="campaign_hours_in_order",
                condition=Q(until_time__gt=F("from_time")),
                violation_error_message=_("The hours end after they begin."),
            ),
            models.CheckConstraint(
                name="campaign_target_is_a_share",
                condition=Q(target_percent__gte=1, target_percent__lte=100),
                violation_error_message=_("The target lies between 1 and 100 percent."),
            ),
            models.CheckConstraint(
                name="campaign_extended_with_a_reason",
                condition=Q(extended_from=None, extension_reason="")
                | (Q(extended_from__lt=F("last_on")) & ~Q(extension_reason="")),
            ),
            models.CheckConstraint(
                name="campaign_ended_by_somebody",
                condition=Q(ended_on=None, ended_by=None)
                | Q(ended_on__isnull=False, ended_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("visits:campaign", args=[self.pk])

    def clean(self) -> None:
        """Refuse a drive longer than a month: what goes on for ever is no campaign."""
        if self.first_on and self.last_on and self.planned_days > LONGEST_DAYS:
            raise ValidationError(
                {
                    "last_on": _(
                        "That would be %(days)s days. A campaign takes %(most)s days at most; "
                        "a week or two is usual."
                    )
                    % {"days": self.planned_days, "most": LONGEST_DAYS}
                }
            )

    @property
    def planned_days(self) -> int:
        """The days from the first to the last as first planned, both included."""
        return ((self.extended_from or self.last_on) - self.first_on).days + 1

    @property
    def latest_extension(self) -> datetime.date:
        return (self.extended_from or self.last_on) + datetime.timedelta(
            days=LONGEST_EXTENSION_DAYS
        )

    @property
    def closing_day(self) -> datetime.date:
        """The last day whose visits are told of it: that of an early end is still one."""
        return min(self.last_on, self.ended_on) if self.ended_on else self.last_on

    def state(self, on: datetime.date) -> State:
        """Say where it stands on that day; it ends by itself after its last day."""
        if self.ended_on and self.ended_on <= on:
            return self.State.TAKEN_BACK if self.ended_on < self.first_on else self.State.ENDED
        if on > self.last_on:
            return self.State.ENDED
        return self.State.PLANNED if on < self.first_on else self.State.RUNNING


class DoorResult(models.TextChoices):
    """What came of a door of a campaign; every door has exactly one."""

    REACHED = "reached", _("Reached")
    DECLINED = "declined", _("Declined")
    TRIED = "tried", _("Tried without success")
    UNTRIED = "untried", _("Not yet tried")


class CampaignDoorQuerySet(models.QuerySet["CampaignDoor"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(household__in=Household.objects.visible_to(user))

    def editable_by(self, user: User) -> Self:  # noqa: ARG002 - fixed when the campaign starts
        return self.none()

    def open_on(self, on: datetime.date) -> Self:
        """Doors of running campaigns that still wait for a visit that counts.

        `Household.last_visited_on` is the day of the last standing visit that counts.
        """
        return self.filter(
            Q(household__last_visited_on=None)
            | Q(household__last_visited_on__lt=F("campaign__first_on")),
            campaign__in=Campaign.objects.running(on),
            household__closed_on=None,
        )

    def with_result(self, campaign: Campaign) -> Self:
        """The doors of this campaign, each with its `result`, from the visits of its days."""
        visits = (
            Visit.objects.filter(household=OuterRef("household"))
            .standing()
            .between(campaign.first_on, campaign.closing_day)
        )
        # The best of them: who declined first and opened later was reached.
        best = visits.annotate(
            result=Case(
                When(counts=True, then=Value(DoorResult.REACHED)),
                When(outcome=Outcome.DECLINED, then=Value(DoorResult.DECLINED)),
                default=Value(DoorResult.TRIED),
            ),
            rank=Case(When(outcome=Outcome.DECLINED, then=1), default=2),
        ).order_by("-counts", "rank")
        # One look at the visits of a door; a condition for each result would take three.
        result = Coalesce(Subquery(best.values("result")[:1]), Value(DoorResult.UNTRIED))
        return self.filter(campaign=campaign).annotate(result=result)

    def count_results(self) -> dict[int, dict[str, int]]:
        """Return how many doors of each result every grid has, by its key; after `with_result`."""
        found: dict[int, dict[str, int]] = {}
        rows = self.order_by().values_list("household__grid", "result").annotate(doors=Count("pk"))
        for grid, result, doors in rows:
            found.setdefault(grid, dict.fromkeys(DoorResult.values, 0))[result] = doors
        return found


class CampaignDoor(models.Model):
    """A door that a campaign is to reach; fixed when the campaign starts."""

    # The unique pair below begins with it; an index of its own would be a second one.
    campaign = models.ForeignKey(
        Campaign,
        models.CASCADE,
        db_index=False,
        related_name="doors",
        verbose_name=_("campaign"),
    )
    household = models.ForeignKey(
        Household, models.PROTECT, related_name="campaign_doors", verbose_name=_("household")
    )

    objects = CampaignDoorQuerySet.as_manager()

    class Meta:
        verbose_name = _("door of a campaign")
        verbose_name_plural = _("doors of campaigns")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "household"], name="campaign_door_unique")
        ]

    def __str__(self) -> str:
        return str(_("Campaign door %(number)s") % {"number": self.pk})


def campaigns_at(households: Iterable[Household], on: datetime.date) -> dict[int, list[Campaign]]:
    """Return the campaigns that still wait for each of these doors, by household key; one query."""
    rows = (
        CampaignDoor.objects.open_on(on)
        .filter(household__in=[household.pk for household in households])
        .select_related("campaign")
        .order_by("campaign__last_on", "campaign")
    )
    found: dict[int, list[Campaign]] = {}
    for door in rows:
        found.setdefault(door.household_id, []).append(door.campaign)
    return found
