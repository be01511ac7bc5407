"""Where buildings stand, and what keeps them apart on the ground."""

from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from communities.division.coordinates import Datum, to_wgs84
from communities.models import Community, Grid, User
from households.models.place import Building

Position = tuple[float, float]
# A line drawn by hand has some ten points; more than this is a file for another purpose.
MOST_POINTS = 2000


# A centimetre.
DECIMALS = 7
# Where China is; longitude and latitude in the other order lie outside of it.
EASTERN, NORTHERN = 60, 60


def is_position(value: object) -> bool:
    """Say whether a value read from JSON is a longitude and a latitude in degrees."""
    return (
        isinstance(value, list | tuple)
        and len(value) == 2  # noqa: PLR2004 - longitude and latitude
        and all(isinstance(part, int | float) and not isinstance(part, bool) for part in value)
        and abs(value[0]) <= 180  # noqa: PLR2004
        and abs(value[1]) <= 90  # noqa: PLR2004
    )


def is_swapped(longitude: float, latitude: float) -> bool:
    """Say whether the two stand in the other order, as far as that can be told."""
    is_backwards = not is_position([longitude, latitude]) and is_position([latitude, longitude])
    return is_backwards or longitude < EASTERN < latitude


def in_wgs84(longitude: float, latitude: float, datum: Datum) -> Position:
    """Return a position of this datum as it is stored."""
    longitude, latitude = to_wgs84(longitude, latitude, datum)
    return round(longitude, DECIMALS), round(latitude, DECIMALS)


class BarrierQuerySet(models.QuerySet["Barrier"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(community__in=Community.objects.visible_to(user))

    def editable_by(self, user: User) -> Self:
        return self.filter(community__in=Community.objects.editable_by(user))


class Barrier(models.Model):
    """A road, river or wall that no grid reaches across, as a line of positions (WGS 84)."""

    class Kind(models.TextChoices):
        ROAD = "road", _("Road")
        RIVER = "river", _("River")
        RAILWAY = "railway", _("Railway")
        WALL = "wall", _("Wall or fence")

    community = models.ForeignKey(
        Community, models.CASCADE, related_name="barriers", verbose_name=_("community")
    )
    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.ROAD)
    line = models.JSONField(
        _("line"), help_text=_("Longitude and latitude of each point: [[116.41, 39.92], …].")
    )

    objects = BarrierQuerySet.as_manager()

    class Meta:
        verbose_name = _("barrier")
        verbose_name_plural = _("barriers")
        ordering = ["community", "name", "pk"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a line of anything but two or more positions."""
        line = self.line
        if not isinstance(line, list) or not 2 <= len(line) <= MOST_POINTS:  # noqa: PLR2004
            raise ValidationError({"line": _("Give the line as two or more points.")})
        if not all(map(is_position, line)):
            raise ValidationError(
                {"line": _("Each point is a longitude and a latitude in degrees.")}
            )
        if all(point == line[0] for point in line):
            raise ValidationError({"line": _("Give the line as two or more points.")})


class BuildingPairQuerySet(models.QuerySet["BuildingPair"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(first__community__in=Community.objects.visible_to(user))

    def editable_by(self, user: User) -> Self:
        return self.filter(first__community__in=Community.objects.editable_by(user))


class BuildingPair(models.Model):
    """What somebody who knows the place says of two buildings: next to each other, or never.

    Pairs that are said to be neighbours stand beside those worked out from positions; a
    pair that must not touch is taken out, whatever else speaks for it.
    """

    class Relation(models.TextChoices):
        NEIGHBOURS = "neighbours", _("Next to each other")
        APART = "apart", _("Not next to each other")

    first = models.ForeignKey(
        Building, models.CASCADE, related_name="+", verbose_name=_("building")
    )
    second = models.ForeignKey(
        Building, models.CASCADE, related_name="+", verbose_name=_("other building")
    )
    relation = models.CharField(_("relation"), max_length=10, choices=Relation.choices)

    objects = BuildingPairQuerySet.as_manager()

    class Meta:
        verbose_name = _("pair of buildings")
        verbose_name_plural = _("pairs of buildings")
        constraints = [
            models.UniqueConstraint(
                fields=["first", "second"],
                name="building_pair_unique",
                violation_error_message=_("This pair is there already."),
            ),
            # Told once, whichever is named first.
            models.CheckConstraint(
                name="building_pair_in_order",
                condition=Q(first__lt=F("second")),
                violation_error_message=_("Choose two different buildings."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first} – {self.second}"


class GridAreaQuerySet(models.QuerySet["GridArea"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(grid__in=Grid.objects.visible_to(user))

    def editable_by(self, user: User) -> Self:
        return self.filter(grid__in=Grid.objects.editable_by(user))


class GridArea(models.Model):
    """The outline of a grid as somebody drew it elsewhere, for the map alone.

    A grid is its households; without an outline the map derives one from their buildings.
    """

    grid = models.OneToOneField(Grid, models.CASCADE, related_name="area", verbose_name=_("grid"))
    # Rings of longitude and latitude (WGS 84), outlines and holes alike: even-odd.
    rings = models.JSONField(_("outline"))
    imported_at = models.DateTimeField(_("imported at"), auto_now=True)

    objects = GridAreaQuerySet.as_manager()

    class Meta:
        verbose_name = _("area of a grid")
        verbose_name_plural = _("areas of grids")

    def __str__(self) -> str:
        return str(self.grid)


class PlaceFileQuerySet(models.QuerySet["PlaceFile"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(community__in=Community.objects.editable_by(user))

    def editable_by(self, user: User) -> Self:
        return self.visible_to(user)


class PlaceFile(models.Model):
    """What a file says of places, looked at before it is taken in; nothing of it holds yet."""

    class Kind(models.TextChoices):
        BUILDINGS = "buildings", _("Positions of buildings")
        GRIDS = "grids", _("Areas of grids")
        BARRIERS = "barriers", _("Barriers")

    community = models.ForeignKey(
        Community, models.CASCADE, related_name="place_files", verbose_name=_("community")
    )
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("uploaded by"))
    uploaded_at = models.DateTimeField(_("uploaded at"), auto_now_add=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    # What would be written, in WGS 84, and the names that the register does not know.
    found = models.JSONField(default=list)
    unknown = models.JSONField(default=list)

    objects = PlaceFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("file of places")
        verbose_name_plural = _("files of places")

    def __str__(self) -> str:
        return str(self.get_kind_display())

    def get_absolute_url(self) -> str:
        return reverse("households:place_file", args=[self.pk])
