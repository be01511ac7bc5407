"""Where the work happens: areas, communities and grids.

One code names every place: 2, 4, 6 and 9 digits for areas, 12 for a community (codes of
the National Bureau of Statistics), 15 for a grid, so a place lies inside another exactly
when its code begins with the other's.
"""

import datetime
import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from communities.fields import UP_TO_30_000, UP_TO_TEN_YEARS
from communities.roles import MANAGERS, POST_HOLDERS, READERS, Role

if TYPE_CHECKING:
    from communities.models.people import User

LONGEST_CODE = 15
# More days than this would keep a door closed longer than the shortest care rhythm.
LONGEST_KNOCK_GAP = 14
COMMUNITY_DIGITS = 12
# 128 bits, and short enough for a QR code that old phones read off a worn badge.
CARD_KEY_BYTES = 16
HOLDING_SEQUENCE = "000"
MOST_GRIDS = 999


def new_card_key() -> str:
    """Return the part of a public card's address that nobody can guess."""
    return secrets.token_urlsafe(CARD_KEY_BYTES)


def inside(codes: Iterable[str], *, field: str = "code") -> Q:
    """Match rows whose code lies inside any of the places with these codes.

    Ranges rather than LIKE, which SQLite answers without the index.
    """
    condition = Q(pk__in=[])
    for code in codes:
        condition |= Q(**{f"{field}__range": (code, code.ljust(LONGEST_CODE, "9"))})
    return condition


def codes_above(codes: Iterable[str]) -> set[str]:
    """Return the codes of the areas that the places with these codes lie in."""
    return {code[:level] for code in codes for level in Area.Level.values if len(code) >= level}


def refuse_number_outside(code: str, around: "Area | Community") -> None:
    """Refuse a number that does not begin with that of the place around: scope goes by number."""
    if code and not code.startswith(around.code):
        raise ValidationError(
            _("A number in %(place)s begins with %(code)s."),
            params={"place": around, "code": around.code},
        )


class AreaQuerySet(models.QuerySet["Area"]):
    def visible_to(self, user: "User") -> Self:
        """Areas the user governs, and those her places lie in."""
        if user.is_superuser:
            return self
        codes = user.place_codes(READERS)
        return self.filter(inside(codes) | Q(code__in=codes_above(codes)))

    def editable_by(self, user: "User") -> Self:
        if user.is_superuser:
            return self
        return self.filter(inside(user.place_codes(MANAGERS)))

    def streets(self) -> Self:
        return self.filter(level=Area.Level.STREET)


class Area(models.Model):
    """A province, city, county or street; streets hold the communities."""

    class Level(models.IntegerChoices):
        PROVINCE = 2, _("Province")
        CITY = 4, _("City")
        COUNTY = 6, _("County or district")
        STREET = 9, _("Subdistrict or town")

    code = models.CharField(
        _("code"),
        max_length=9,
        unique=True,
        validators=[RegexValidator(r"^(\d{2}|\d{4}|\d{6}|\d{9})$", _("2, 4, 6 or 9 digits."))],
    )
    name = models.CharField(_("name"), max_length=60)
    level = models.PositiveSmallIntegerField(_("level"), choices=Level.choices)
    # A street may lie directly under a city (东莞, 中山, 儋州, 嘉峪关).
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent"),
    )

    objects = AreaQuerySet.as_manager()

    class Meta:
        verbose_name = _("area")
        verbose_name_plural = _("areas")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("area", args=[self.code])

    def clean(self) -> None:
        if self.parent_id and self.parent:
            refuse_number_outside(self.code, self.parent)


class CommunityQuerySet(models.QuerySet["Community"]):
    def visible_to(self, user: "User") -> Self:
        """Communities the user governs, and those of the grids she may see."""
        if user.is_superuser:
            return self
        return self.filter(
            inside(user.place_codes(READERS))
            | Q(pk__in=Grid.objects.visible_to(user).values("community"))
        )

    def held_by(self, user: "User", roles: Iterable[Role]) -> Self:
        """Communities lying in a place where the user holds one of `roles` today."""
        if user.is_superuser:
            return self
        return self.filter(inside(user.place_codes(roles)))

    def around(self, user: "User") -> Self:
        """Communities the user works in whatever her role, be it in one of their stairwells.

        Only for what everybody may know of a community; `visible_to` opens its records.
        """
        if user.is_superuser:
            return self
        codes = user.place_codes(Role)
        return self.filter(inside(codes) | Q(code__in=[code[:COMMUNITY_DIGITS] for code in codes]))

    def editable_by(self, user: "User") -> Self:
        return self.held_by(user, MANAGERS)


class Community(models.Model):
    """A community or village: some 3,000 households cut into grids."""

    code = models.CharField(
        _("code"),
        max_length=12,
        unique=True,
        validators=[RegexValidator(r"^\d{12}$", _("12 digits."))],
    )
    name = models.CharField(_("name"), max_length=60)
    area = models.ForeignKey(
        Area, models.PROTECT, related_name="communities", verbose_name=_("subdistrict or town")
    )
    grid_size = models.PositiveSmallIntegerField(
        _("households per grid"),
        default=300,
        validators=[UP_TO_30_000],
        help_text=_("The size aimed at when grids are cut."),
    )
    grid_size_min = models.PositiveSmallIntegerField(
        _("smallest grid"), default=30, validators=[UP_TO_30_000]
    )
    grid_size_max = models.PositiveSmallIntegerField(
        _("largest grid"), default=500, validators=[UP_TO_30_000]
    )
    households_per_worker = models.PositiveSmallIntegerField(
        _("households per full-time worker"), default=100, validators=[UP_TO_30_000]
    )
    visit_every_days = models.PositiveSmallIntegerField(
        _("days between visits"),
        default=90,
        validators=[UP_TO_TEN_YEARS],
        help_text=_("For households without a care tag that asks for more."),
    )
    quiet_from = models.TimeField(
        _("quiet hours from"),
        default=datetime.time(21),
        help_text=_("Whoever knocks in the quiet hours is asked why."),
    )
    quiet_until = models.TimeField(
        _("quiet hours until"),
        default=datetime.time(8),
        help_text=_("The same time twice: no quiet hours."),
    )
    knock_gap_days = models.PositiveSmallIntegerField(
        _("least days between two answered knocks"),
        default=3,
        validators=[MaxValueValidator(LONGEST_KNOCK_GAP)],
        help_text=_("So that no door is disturbed twice for two departments; 0 for none."),
    )
    duty_phone = models.CharField(
        _("duty phone"),
        max_length=30,
        blank=True,
        validators=[RegexValidator(r"^[0-9+*#() -]+$", _("Digits, spaces and + - ( ) only."))],
        help_text=_("Stands on badges, door slips and the public cards. Residents call it."),
    )

    # The day an accepted change of grids takes effect, or is tried again; empty once it has.
    # Here, so that the query of the logged-in user notices the day without another one.
    grids_change_on = models.DateField(null=True, blank=True, editable=False)

    objects = CommunityQuerySet.as_manager()

    class Meta:
        verbose_name = _("community")
        verbose_name_plural = _("communities")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="community_grid_sizes_in_order",
                condition=Q(grid_size_min__lte=F("grid_size"), grid_size__lte=F("grid_size_max")),
                violation_error_message=_(
                    "The size aimed at must lie between the smallest and the largest grid."
                ),
            ),
            models.CheckConstraint(
                name="community_rhythm_positive",
                condition=Q(visit_every_days__gte=1, households_per_worker__gte=1),
                violation_error_message=_("Give at least one day and one household."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["grids_change_on"],
                name="community_grids_change",
                condition=Q(grids_change_on__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("community", args=[self.code])

    def clean(self) -> None:
        if self.area_id:
            refuse_number_outside(self.code, self.area)

    def holding_grid(self) -> "Grid":
        """Return the grid of the households that no grid has been given yet."""
        grid, _created = Grid.objects.get_or_create(
            code=self.code + HOLDING_SEQUENCE,
            defaults={"community": self, "name": "未划入网格", "kind": Grid.Kind.HOLDING},
        )
        return grid

    def next_grid_code(self) -> str:
        """Return the lowest free grid number: this community's code and three digits.

        Raises ValueError when all 999 are taken.
        """
        taken = set(self.grids.values_list("code", flat=True))
        for sequence in range(1, MOST_GRIDS + 1):
            code = f"{self.code}{sequence:03d}"
            if code not in taken:
                return code
        raise ValueError(f"community {self.code} has no free grid number")


class GridQuerySet(models.QuerySet["Grid"]):
    def held_by(self, user: "User", roles: Iterable[Role]) -> Self:
        """Grids lying in a place where the user holds one of `roles` today.

        The root of every scope: a worker at grid 110101001001003 gets that grid, an
        officer at community 110101001001 its grids, a street officer at 110101001 all.
        Holders of a post get no grid: they look after single stairwells of it.
        """
        if user.is_superuser:
            return self
        return self.filter(inside(user.place_codes(frozenset(roles) - POST_HOLDERS)))

    def visible_to(self, user: "User") -> Self:
        """Grids the user may read; every other scope is derived from this one."""
        return self.held_by(user, READERS)

    def editable_by(self, user: "User") -> Self:
        return self.held_by(user, MANAGERS)

    def open(self) -> Self:
        return self.filter(closed_on=None)

    def numbered(self) -> Self:
        """Return the grids people work in, without those that only hold the unassigned."""
        return self.exclude(kind=Grid.Kind.HOLDING)


class Grid(models.Model):
    """A part of a community minded by one main worker."""

    class Kind(models.TextChoices):
        GENERAL = "general", _("General grid")
        DEDICATED = "dedicated", _("Dedicated grid")
        HOLDING = "holding", _("Not yet in a grid")

    code = models.CharField(
        _("grid number"),
        max_length=15,
        unique=True,
        validators=[RegexValidator(r"^\d{15}$", _("15 digits."))],
        error_messages={"unique": _("This grid number is taken. Use the next free one.")},
    )
    name = models.CharField(_("name"), max_length=60)
    community = models.ForeignKey(
        Community, models.PROTECT, related_name="grids", verbose_name=_("community")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.GENERAL)
    opened_on = models.DateField(_("opened on"), null=True, blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    card_key = models.CharField(
        _("address of the public card"),
        max_length=43,
        unique=True,
        default=new_card_key,
        editable=False,
    )

    objects = GridQuerySet.as_manager()

    class Meta:
        verbose_name = _("grid")
        verbose_name_plural = _("grids")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="grid_closes_after_opening",
                condition=Q(closed_on=None) | Q(opened_on=None) | Q(closed_on__gte=F("opened_on")),
                violation_error_message=_("A grid cannot close before it opens."),
            )
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display()) if self.kind == self.Kind.HOLDING else self.name

    def get_absolute_url(self) -> str:
        return reverse("households:grid", args=[self.code])

    def clean(self) -> None:
        if self.community_id:
            refuse_number_outside(self.code, self.community)
        if self.code and (self.kind == self.Kind.HOLDING) != self.code.endswith(HOLDING_SEQUENCE):
            raise ValidationError(
                _("The number that ends in 000, and no other, is for doors waiting for a grid.")
            )

    @property
    def has_size_limits(self) -> bool:
        """Whether the community's limits of size hold for it.

        A dedicated grid is as large as what it was made for, and no plan moves its border.
        """
        return self.kind == self.Kind.GENERAL
