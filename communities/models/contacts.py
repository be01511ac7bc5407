"""Who stands beside a grid and does not log in: police, property management, the Party group."""

import datetime
from typing import Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communities.models.people import User
from communities.models.place import Community, Grid


class GridContactQuerySet(models.QuerySet["GridContact"]):
    def visible_to(self, user: User) -> Self:
        """Contacts of the grids the user reads, and of the communities these lie in."""
        return self.filter(
            Q(grid__in=Grid.objects.visible_to(user))
            | Q(community__in=Community.objects.visible_to(user))
        )

    def editable_by(self, user: User) -> Self:
        return self.filter(
            Q(grid__in=Grid.objects.editable_by(user))
            | Q(community__in=Community.objects.editable_by(user))
        )

    def current(self, on: datetime.date) -> Self:
        return self.filter(Q(until=None) | Q(until__gte=on), since__lte=on)

    def not_over(self, on: datetime.date) -> Self:
        return self.filter(Q(until=None) | Q(until__gte=on))

    def of_grid(self, grid: Grid) -> Self:
        """Contacts of this grid, and those for every grid of its community."""
        return self.filter(Q(grid=grid) | Q(community=grid.community_id))


class GridContact(models.Model):
    """A person or an office to call about a grid, or about every grid of a community."""

    class Kind(models.TextChoices):
        POLICE = "police", _("Community police officer")
        PROPERTY = "property", _("Property management")
        PARTY_GROUP = "party_group", _("Party group of the grid")
        OTHER = "other", _("Another contact")

    grid = models.ForeignKey(
        Grid,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="contacts",
        verbose_name=_("grid"),
    )
    community = models.ForeignKey(
        Community,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="contacts",
        verbose_name=_("community"),
        help_text=_("For every grid of a community."),
    )
    kind = models.CharField(_("kind"), max_length=15, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=60)
    unit_name = models.CharField(
        _("office or company"),
        max_length=60,
        blank=True,
        help_text=_("Such as 东风派出所 or the property company."),
    )
    phone = models.CharField(
        _("work phone"),
        max_length=30,
        validators=[RegexValidator(r"^[0-9+*#() -]+$", _("Digits, spaces and + - ( ) only."))],
        help_text=_("The number of the office or the duty phone, not a private one."),
    )
    since = models.DateField(_("first day"), default=timezone.localdate)
    until = models.DateField(
        _("last day"), null=True, blank=True, help_text=_("Leave empty while it goes on.")
    )

    objects = GridContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact of a grid")
        verbose_name_plural = _("contacts of grids")
        ordering = ["kind", "pk"]
        constraints = [
            models.CheckConstraint(
                name="contact_of_one_place",
                condition=Q(grid=None, community__isnull=False)
                | Q(grid__isnull=False, community=None),
                violation_error_message=_("Choose a grid or a community, one of the two."),
            ),
            models.CheckConstraint(
                name="contact_days_in_order",
                condition=Q(until=None) | Q(until__gte=F("since")),
                violation_error_message=_("The last day cannot be before the first."),
            ),
            # A form sent twice is one contact.
            *(
                models.UniqueConstraint(
                    fields=[place, "kind", "name", "phone"],
                    name=f"contact_once_in_{place}",
                    condition=Q(until=None),
                    violation_error_message=_("This contact stands here already."),
                )
                for place in ("grid", "community")
            ),
        ]

    def __str__(self) -> str:
        return str(_("Contact %(number)s") % {"number": self.pk})
