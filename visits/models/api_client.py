"""City systems that read and file matters through the Open311 interface."""

import datetime
import hashlib
import secrets
from typing import Self

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from communities.models import Area, Community, Grid, User
from communities.models.place import inside
from communities.roles import MANAGERS, Role
from visits.models.matter import Matter, MatterQuerySet

KEY_BYTES = 32


def hash_key(key: str) -> str:
    """Return what is stored of a key; 256 random bits need no slow hash."""
    return hashlib.sha256(key.encode()).hexdigest()


def is_place(code: str) -> bool:
    """Say whether an area or a community has this code."""
    return Area.objects.filter(code=code).exists() or Community.objects.filter(code=code).exists()


class ApiClientQuerySet(models.QuerySet["ApiClient"]):
    def visible_to(self, user: User) -> Self:
        """Clients of the places the user manages."""
        if user.is_superuser:
            return self
        return self.filter(inside(user.place_codes(MANAGERS)))

    def editable_by(self, user: User) -> Self:
        """Clients of the places the user administers."""
        if user.is_superuser:
            return self
        return self.filter(inside(user.place_codes({Role.ADMINISTRATOR})))

    def with_key(self, key: str) -> "ApiClient | None":
        """Return the client this key opens the interface to, None for any other key."""
        return self.filter(key_hash=hash_key(key), is_active=True).first()


class ApiClient(models.Model):
    """A city system with a key to the matters of one area or community.

    The key is shown once and kept as a hash. Of its use the last day is known, nothing else.
    """

    name = models.CharField(_("name"), max_length=60, unique=True)
    code = models.CharField(
        _("place code"),
        max_length=12,
        db_index=True,
        validators=[
            RegexValidator(r"^(\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$", _("2, 4, 6, 9 or 12 digits."))
        ],
        help_text=_(
            "The area or community it serves, its jurisdiction_id. It reads and files nothing "
            "outside."
        ),
    )
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Without it the key opens nothing.")
    )
    may_file = models.BooleanField(_("may file matters"), default=True)
    reads_all = models.BooleanField(
        _("reads all matters of the place"),
        default=True,
        help_text=_(
            "Those of the categories offered to residents that are not about a household. "
            "Without it only those it filed itself."
        ),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    last_used_on = models.DateField(_("last used on"), null=True, blank=True, editable=False)

    objects = ApiClientQuerySet.as_manager()
    # A new key between its making and its one showing.
    fresh_key: str = ""

    class Meta:
        verbose_name = _("city service")
        verbose_name_plural = _("city services")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.code and not is_place(self.code):
            raise ValidationError({"code": _("No area or community has this code.")})

    def renew_key(self) -> str:
        """Set a new key, to be saved by the caller, and return it; the old one opens nothing."""
        self.fresh_key = secrets.token_urlsafe(KEY_BYTES)
        self.key_hash = hash_key(self.fresh_key)
        return self.fresh_key

    def note_use(self, on: datetime.date) -> None:
        """Keep the day, with at most one write a day."""
        if self.last_used_on != on:
            type(self).objects.filter(pk=self.pk).update(last_used_on=on)

    def matters(self, code: str) -> MatterQuerySet:
        """Matters it may read of a place inside its own.

        What it filed itself, and, where it reads all, what anybody reported of the public
        categories. What is about a household stays inside, unless it filed it.
        """
        own = Q(service_request__client=self.pk)
        if self.reads_all:
            own |= Q(category__is_public=True, household=None)
        return Matter.objects.filter(own, grid__in=Grid.objects.filter(inside([code])))


class ServiceRequestQuerySet(models.QuerySet["ServiceRequest"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(matter__in=Matter.objects.visible_to(user))

    def editable_by(self, user: User) -> Self:  # noqa: ARG002 - written by the interface alone
        return self.none()


class ServiceRequest(models.Model):
    """What a city system said of a matter it filed, to be told again as it was said.

    Nothing of the person behind it: how to reach her stands encrypted in `ResidentReport`.
    """

    matter = models.OneToOneField(
        Matter,
        models.CASCADE,
        primary_key=True,
        related_name="service_request",
        verbose_name=_("matter"),
    )
    client = models.ForeignKey(
        ApiClient, models.PROTECT, related_name="requests", verbose_name=_("city service")
    )
    filed_at = models.DateTimeField(_("filed at"))
    # Of all that was sent: the same again within minutes is the same request.
    digest = models.CharField(max_length=32, editable=False)
    address = models.CharField(_("address as sent"), max_length=300, blank=True)
    lat = models.FloatField(_("latitude"), null=True, blank=True)
    long = models.FloatField(_("longitude"), null=True, blank=True)
    media_url = models.URLField(_("address of a picture"), max_length=500, blank=True)

    objects = ServiceRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("city service request")
        verbose_name_plural = _("city service requests")
        ordering = ["-filed_at", "-pk"]
        indexes = [models.Index(fields=["client", "filed_at"], name="request_of_client")]
        constraints = [
            models.CheckConstraint(
                name="request_both_coordinates",
                condition=Q(lat=None, long=None) | Q(lat__range=(-90, 90), long__range=(-180, 180)),
                violation_error_message=_("Give both coordinates or none."),
            )
        ]

    def __str__(self) -> str:
        return str(self.matter_id)
