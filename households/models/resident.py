"""People, where they live or are registered, and the care they need."""

import datetime
from decimal import Decimal
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communities.fields import UP_TO_TEN_YEARS, DerivedField
from communities.models import User
from communities.names import search_terms
from communities.roles import SENSITIVE_READERS
from households.crypto import blind_index
from households.fields import EncryptedTextField
from households.identity import InvalidIdentityError, parse_identity
from households.masking import mask_identity, mask_phone
from households.models.place import Household
from households.models.workload import LIMITS as WORKLOAD_LIMITS


def identity_index(number: str | None) -> str | None:
    return blind_index(number, context="identity") if number else None


def phone_index(number: str) -> str:
    return blind_index(number, context="phone")


class ResidentQuerySet(models.QuerySet["Resident"]):
    def visible_to(self, user: User) -> Self:
        """People with a residency, present or past, at a door the user may see."""
        if user.is_superuser:
            return self
        return self.filter(pk__in=Residency.objects.visible_to(user).values("resident"))

    def editable_by(self, user: User) -> Self:
        if user.is_superuser:
            return self
        return self.filter(pk__in=Residency.objects.editable_by(user).values("resident"))


class Resident(models.Model):
    """A person, known once however many addresses she has.

    `__str__` stays the row number: the name must not reach logs or admin history.
    """

    class Sex(models.TextChoices):
        FEMALE = "female", _("Female")
        MALE = "male", _("Male")

    name = models.CharField(_("name"), max_length=60)
    identity_number = EncryptedTextField(_("identity number"), null=True, blank=True)
    identity_index = DerivedField(
        max_length=32,
        null=True,
        unique=True,
        derive=lambda resident: identity_index(resident.identity_number),
    )
    birth_date = models.DateField(_("birth date"), null=True, blank=True)
    sex = models.CharField(_("sex"), max_length=6, choices=Sex.choices, blank=True)
    note = models.TextField(_("note"), blank=True)
    died_on = models.DateField(_("died on"), null=True, blank=True)
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)
    # 60 different characters, their initials and the pairs of both fit.
    search_terms = DerivedField(max_length=800, derive=lambda resident: search_terms(resident.name))

    objects = ResidentQuerySet.as_manager()

    class Meta:
        verbose_name = _("resident")
        verbose_name_plural = _("residents")

    def __str__(self) -> str:
        return str(_("Resident %(number)s") % {"number": self.pk})

    def clean(self) -> None:
        """Check the identity number and take birth date and sex from it."""
        if not self.identity_number:
            self.identity_number = None
            return
        try:
            self.identify(self.identity_number)
        except InvalidIdentityError as error:
            raise ValidationError({"identity_number": identity_error_text(error.code)}) from None

    def identify(self, number: str) -> None:
        """Set the number in its 18-character form, and the birth date and sex it holds.

        Raises InvalidIdentityError and changes nothing when the number is not valid.
        """
        identity = parse_identity(number)
        self.identity_number = identity.number
        self.birth_date = identity.birth_date
        self.sex = identity.sex

    @property
    def masked_identity(self) -> str:
        return mask_identity(self.identity_number)

    def age(self, on: datetime.date) -> int | None:
        """Whole years on that day, or None when the birth date is not known."""
        born = self.birth_date
        if born is None:
            return None
        return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def identity_error_text(code: str) -> str:
    """Say what to do about an identity number that was refused with this code."""
    texts = {
        "shape": _("An identity number has 18 characters: 17 digits and a digit or X."),
        "date": _("Digits 7 to 14 of this identity number are not a birth date. Check them."),
        "check": _(
            "The last character of this identity number does not fit the others. Check every digit."
        ),
    }
    return str(texts[code])


class PhoneQuerySet(models.QuerySet["Phone"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(resident__in=Resident.objects.visible_to(user))

    def editable_by(self, user: User) -> Self:
        return self.filter(resident__in=Resident.objects.editable_by(user))


class Phone(models.Model):
    """One phone number of a resident, and whose or which it is."""

    resident = models.ForeignKey(
        Resident, models.CASCADE, related_name="phones", verbose_name=_("resident")
    )
    number = EncryptedTextField(_("number"))
    number_index = DerivedField(
        max_length=32, db_index=True, derive=lambda phone: phone_index(phone.number)
    )
    label = models.CharField(
        _("label"), max_length=20, blank=True, help_text=_("For example own, daughter, landlord.")
    )
    # The last day somebody gave this number; empty where no day can be told.
    confirmed_on = models.DateField(
        _("last confirmed on"), null=True, blank=True, default=timezone.localdate
    )

    objects = PhoneQuerySet.as_manager()

    class Meta:
        verbose_name = _("phone")
        verbose_name_plural = _("phones")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["resident", "number_index"], name="phone_unique_per_person"
            )
        ]

    def __str__(self) -> str:
        return self.masked

    @property
    def masked(self) -> str:
        return mask_phone(self.number)


class ResidencyQuerySet(models.QuerySet["Residency"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(household__in=Household.objects.visible_to(user))

    def editable_by(self, user: User) -> Self:
        return self.filter(household__in=Household.objects.editable_by(user))

    def current(self) -> Self:
        return self.filter(until=None)

    def living(self) -> Self:
        """Current residencies of people who live at the door."""
        return self.current().exclude(kind=Residency.Kind.REGISTERED)


class Residency(models.Model):
    """A person's tie to a household: lives there, is registered there, or both."""

    class Kind(models.TextChoices):
        BOTH = "both", _("Lives and registered here")
        LIVES = "lives", _("Lives here, registered elsewhere")
        REGISTERED = "registered", _("Registered here, lives elsewhere")

    resident = models.ForeignKey(
        Resident, models.CASCADE, related_name="residencies", verbose_name=_("resident")
    )
    household = models.ForeignKey(
        Household, models.PROTECT, related_name="residencies", verbose_name=_("household")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.BOTH)
    is_head = models.BooleanField(_("head of household"), default=False)
    relation = models.CharField(_("relation to head"), max_length=30, blank=True)
    since = models.DateField(_("since"), null=True, blank=True)
    until = models.DateField(_("left on"), null=True, blank=True)
    confirmed_on = models.DateField(_("last confirmed on"), default=timezone.localdate)
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)

    objects = ResidencyQuerySet.as_manager()

    class Meta:
        verbose_name = _("residency")
        verbose_name_plural = _("residencies")
        constraints = [
            models.UniqueConstraint(
                fields=["resident", "household"],
                condition=Q(until=None),
                name="residency_one_open_per_door",
                violation_error_message=_("This person is already entered at this door."),
            ),
            models.CheckConstraint(
                name="residency_ends_after_it_begins",
                condition=Q(until=None) | Q(since=None) | Q(until__gte=F("since")),
                violation_error_message=_(
                    "The day of leaving cannot be before the day of arrival."
                ),
            ),
        ]

    def __str__(self) -> str:
        return str(_("Residency %(number)s") % {"number": self.pk})


class CareTagQuerySet(models.QuerySet["CareTag"]):
    def visible_to(self, user: User) -> Self:
        """Every tag, without the sensitive ones for roles that may not know them."""
        if user.has_any_role(SENSITIVE_READERS):
            return self
        return self.filter(is_sensitive=False)

    def editable_by(self, user: User) -> Self:
        """Every tag as a rule, sensitive ones too, for administrators."""
        return self if user.keeps_rules else self.none()


class CareTag(models.Model):
    """A reason to look after somebody more often (重点关爱), with its visit rhythm."""

    name = models.CharField(_("name"), max_length=30, unique=True)
    visit_every_days = models.PositiveSmallIntegerField(
        _("days between visits"), default=30, validators=[UP_TO_TEN_YEARS]
    )
    is_sensitive = models.BooleanField(
        _("sensitive"),
        default=False,
        help_text=_("Shown to grid leaders and officers only; the rhythm holds for everyone."),
    )
    extra_workload = models.DecimalField(
        _("added workload"),
        max_digits=4,
        decimal_places=2,
        default=Decimal("0.5"),
        validators=WORKLOAD_LIMITS,
        help_text=_("In ordinary households, for each person with this tag."),
    )
    description = models.CharField(_("description"), max_length=200, blank=True)

    objects = CareTagQuerySet.as_manager()

    class Meta:
        verbose_name = _("care tag")
        verbose_name_plural = _("care tags")
        ordering = ["visit_every_days", "name"]
        constraints = [
            models.CheckConstraint(
                name="care_tag_rhythm_positive",
                condition=Q(visit_every_days__gte=1),
                violation_error_message=_("Give at least one day."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class CareQuerySet(models.QuerySet["Care"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(
            resident__in=Resident.objects.visible_to(user), tag__in=CareTag.objects.visible_to(user)
        )

    def editable_by(self, user: User) -> Self:
        return self.filter(
            resident__in=Resident.objects.editable_by(user),
            tag__in=CareTag.objects.visible_to(user),
        )

    def current(self) -> Self:
        return self.filter(until=None)


class Care(models.Model):
    """A care tag given to a resident for a time."""

    resident = models.ForeignKey(
        Resident, models.CASCADE, related_name="care", verbose_name=_("resident")
    )
    tag = models.ForeignKey(
        CareTag, models.PROTECT, related_name="care", verbose_name=_("care tag")
    )
    since = models.DateField(_("since"), default=timezone.localdate)
    until = models.DateField(_("until"), null=True, blank=True)

    objects = CareQuerySet.as_manager()

    class Meta:
        verbose_name = _("care given")
        verbose_name_plural = _("care given")
        constraints = [
            models.UniqueConstraint(
                fields=["resident", "tag"], condition=Q(until=None), name="care_one_open_per_tag"
            )
        ]

    def __str__(self) -> str:
        return str(_("Care %(number)s") % {"number": self.pk})
