"""What people type about residents, where they live, their phones and their care."""

import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communities.forms import DayInput
from communities.models import User
from communities.names import plain_name
from households.addresses import half_width
from households.identity import InvalidIdentityError, parse_identity
from households.models import CareTag, Household, Residency, Resident, identity_error_text
from households.models import identity_index as index_of
from households.register.values import read_name, read_phones

SHORT_NOTE = forms.Textarea(attrs={"rows": 3})
UNFILLED = {"autocomplete": "off"}
LONGEST_REASON = 200


def read_identity(typed: str) -> str:
    """Return the number in its 18 characters; refuse what is not one, saying what to do."""
    text = half_width(typed).replace("-", "")
    if not text:
        return ""
    try:
        return parse_identity(text).number
    except InvalidIdentityError as error:
        raise ValidationError(identity_error_text(error.code)) from None


def read_phone(typed: str) -> str:
    """Return one phone number in digits; refuse what is none, and several."""
    phones, unreadable = read_phones(typed)
    if unreadable or (typed.strip() and not phones):
        raise ValidationError(
            _(
                "This is not a phone number. A mobile has 11 digits; write a landline as 0512-63123456."
            )
        )
    if len(phones) > 1:
        raise ValidationError(_("Enter one number at a time."))
    return phones[0].number if phones else ""


class PersonForm(forms.ModelForm):
    """A person; with an identity number, birth date and sex are taken from it, not asked."""

    identity_number = forms.CharField(
        label=_("Identity number"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs=UNFILLED),
        help_text=_("18 characters. Birth date and sex are taken from it."),
    )

    class Meta:
        model = Resident
        fields = ["name", "birth_date", "sex", "note"]
        labels = {"name": _("Full name")}
        help_texts = {
            "birth_date": _("Only without an identity number."),
            "sex": _("Only without an identity number."),
        }
        widgets = {"birth_date": DayInput(), "note": SHORT_NOTE}

    field_order = ["name", "identity_number", "birth_date", "sex"]

    def clean_name(self) -> str:
        name = read_name(self.cleaned_data["name"])
        if not plain_name(name):
            raise ValidationError(_("Give the name."))
        return name

    def clean_identity_number(self) -> str:
        return read_identity(self.cleaned_data["identity_number"])

    def clean_birth_date(self) -> datetime.date | None:
        day: datetime.date | None = self.cleaned_data["birth_date"]
        if day and day > timezone.localdate():
            raise ValidationError(_("This day lies in the future."))
        return day

    def identity_index(self) -> str | None:
        return index_of(self.cleaned_data.get("identity_number"))


class NewResidentForm(PersonForm):
    """Somebody who lives or is registered at a door, new to it and perhaps to the register.

    After `is_valid`, `known` is the person whom the register has under this identity
    number, wherever she is entered; the page asks before it ties her to this door.
    """

    kind = forms.ChoiceField(label=_("Lives or is registered here"), choices=Residency.Kind.choices)
    relation = forms.CharField(
        label=_("Relation to head"),
        required=False,
        max_length=30,
        help_text=_("For example wife, son, tenant."),
    )
    is_head = forms.BooleanField(label=_("Head of household"), required=False)
    since = forms.DateField(label=_("Here since"), required=False, widget=DayInput())
    phone = forms.CharField(
        label=_("Phone"), required=False, max_length=40, widget=forms.TextInput(attrs=UNFILLED)
    )
    phone_label = forms.CharField(
        label=_("Whose phone"),
        required=False,
        max_length=20,
        help_text=_("For example own, daughter, landlord."),
    )

    field_order = [
        "name",
        "identity_number",
        "birth_date",
        "sex",
        "kind",
        "relation",
        "is_head",
        "phone",
        "phone_label",
        "since",
        "note",
    ]

    def __init__(self, *args: Any, household: Household, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.household = household
        self.known: Resident | None = None

    def clean_phone(self) -> str:
        return read_phone(self.cleaned_data["phone"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        index = self.identity_index()
        known = Resident.objects.filter(identity_index=index).first() if index else None
        if known is None:
            return cleaned
        # Whoever knows a number alone learns nothing: the name must fit as well.
        if plain_name(known.name) != plain_name(cleaned.get("name", "")):
            self.add_error(
                "identity_number",
                _(
                    "The register has this identity number under another name. "
                    "Check both; if both are right, ask your community officer."
                ),
            )
            return cleaned
        if known.residencies.current().filter(household=self.household).exists():
            self.add_error(None, _("This person is already entered at this door."))
        self.known = known
        return cleaned

    def _post_clean(self) -> None:
        """Take birth date and sex from the number, whatever else was typed."""
        super()._post_clean()  # type: ignore[misc] # where ModelForm fills the instance
        number = self.cleaned_data.get("identity_number")
        if number:
            self.instance.identify(number)

    def residency(self) -> Residency:
        """Return the unsaved residency that the form describes."""
        names = ("kind", "relation", "is_head", "since")
        return Residency(
            household=self.household, **{name: self.cleaned_data[name] for name in names}
        )


class ResidentForm(PersonForm):
    """A person's own facts; a typed identity number replaces the stored one."""

    died_on = forms.DateField(
        label=_("Died on"),
        required=False,
        widget=DayInput(),
        help_text=_("Ends the residencies and the care of this person."),
    )

    class Meta(PersonForm.Meta):
        fields = [*PersonForm.Meta.fields, "died_on"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.identity_number:
            del self.fields["birth_date"]
            del self.fields["sex"]
            self.fields["identity_number"].label = _("New identity number")
            self.fields["identity_number"].help_text = _(
                "Only to correct it; the stored one stays when this is empty."
            )

    def clean_identity_number(self) -> str:
        number = super().clean_identity_number()
        others = Resident.objects.filter(identity_index=index_of(number) or "")
        if number and others.exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("The register already has a person with this identity number."))
        return number

    def clean_died_on(self) -> datetime.date | None:
        day: datetime.date | None = self.cleaned_data["died_on"]
        if day and day > timezone.localdate():
            raise ValidationError(_("This day lies in the future."))
        return day

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc] # where ModelForm fills the instance
        if self.cleaned_data.get("identity_number"):
            self.instance.identify(self.cleaned_data["identity_number"])


class ResidencyForm(forms.ModelForm):
    """How a person belongs to a door."""

    class Meta:
        model = Residency
        fields = ["kind", "relation", "is_head", "since", "confirmed_on"]
        widgets = {"since": DayInput(), "confirmed_on": DayInput()}
        labels = {"kind": _("Lives or is registered here"), "since": _("Here since")}


class LeavingForm(forms.Form):
    """The last day of somebody at a door."""

    on = forms.DateField(label=_("Left on"), widget=DayInput())

    def __init__(self, *args: Any, today: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["on"].initial = today

    def clean_on(self) -> datetime.date:
        day: datetime.date = self.cleaned_data["on"]
        if day > self.today:
            raise ValidationError(_("This day lies in the future."))
        return day


class PhoneForm(forms.Form):
    """One number and whose it is."""

    number = forms.CharField(
        label=_("Phone"),
        max_length=40,
        widget=forms.TextInput(attrs={**UNFILLED, "inputmode": "tel"}),
    )
    label = forms.CharField(
        label=_("Whose phone"),
        required=False,
        max_length=20,
        help_text=_("For example own, daughter, landlord."),
    )

    def clean_number(self) -> str:
        return read_phone(self.cleaned_data["number"])


class CareForm(forms.Form):
    """A care tag that the person does not have yet, among those the user may know."""

    tag = forms.ModelChoiceField(label=_("Care tag"), queryset=CareTag.objects.none())
    since = forms.DateField(label=_("Since"), widget=DayInput())

    def __init__(
        self, *args: Any, resident: Resident, user: User, today: datetime.date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        given = resident.care.current().values("tag")
        self.fields["tag"].queryset = CareTag.objects.visible_to(user).exclude(pk__in=given)  # type: ignore[attr-defined] # a model choice
        self.fields["since"].initial = today


class RevealForm(forms.Form):
    """Why somebody needs to see one value in full."""

    field = forms.ChoiceField(label=_("What to show"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Reason"),
        min_length=4,
        max_length=LONGEST_REASON,
        help_text=_("For example: pension form for the street office. It is kept with your name."),
        error_messages={"min_length": _("Give the reason in a few words.")},
    )

    def __init__(self, *args: Any, resident: Resident, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [
            (f"phone:{phone.pk}", f"{phone.label or _('Phone')} {phone.masked}")
            for phone in resident.phones.all()
        ]
        if resident.identity_number:
            choices.insert(
                0, ("identity_number", f"{_('Identity number')} {resident.masked_identity}")
            )
        self.fields["field"].choices = choices  # type: ignore[attr-defined] # a choice field
        if len(choices) == 1:
            self.initial["field"] = choices[0][0]
