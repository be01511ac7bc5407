"""Admin forms that take a new identity number or phone and never show the stored one."""

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from households.identity import InvalidIdentityError
from households.models import (
    Phone,
    Resident,
    identity_error_text,
    identity_index,
    phone_index,
)

PHONE = re.compile(r"\+?\d{5,15}")
UNFILLED = forms.TextInput(attrs={"autocomplete": "off"})


class ResidentForm(forms.ModelForm):
    """A person's record; a typed identity number replaces the stored one."""

    new_identity_number = forms.CharField(
        label=_("New identity number"),
        required=False,
        max_length=30,
        widget=UNFILLED,
        help_text=_("Only to enter or correct it. Birth date and sex are taken from it."),
    )

    class Meta:
        model = Resident
        fields = ["name", "birth_date", "sex", "note", "died_on"]

    def clean_new_identity_number(self) -> str:
        number: str = self.cleaned_data["new_identity_number"].strip()
        if not number:
            return ""
        probe = Resident()
        try:
            probe.identify(number)
        except InvalidIdentityError as error:
            raise ValidationError(identity_error_text(error.code)) from None
        index = identity_index(probe.identity_number)
        if Resident.objects.filter(identity_index=index).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("The register already has a person with this identity number."))
        return number

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc] # where ModelForm fills the instance
        if self.cleaned_data.get("new_identity_number"):
            self.instance.identify(self.cleaned_data["new_identity_number"])


class PhoneForm(forms.ModelForm):
    """A phone; a typed number replaces the stored one."""

    new_number = forms.CharField(
        label=_("New number"), required=False, max_length=20, widget=UNFILLED
    )

    class Meta:
        model = Phone
        fields = ["label"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "new_number" in self.fields:
            self.fields["new_number"].required = self.instance.pk is None

    def clean_new_number(self) -> str:
        typed = unicodedata.normalize("NFKC", self.cleaned_data["new_number"])
        number = re.sub(r"[\s\-()]", "", typed)
        if not number:
            return ""
        if not PHONE.fullmatch(number):
            raise ValidationError(_("A phone number has 5 to 15 digits."))
        same = Phone.objects.filter(
            resident=self.instance.resident_id, number_index=phone_index(number)
        )
        if same.exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("This person already has this number."))
        return number

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc] # where ModelForm fills the instance
        if self.cleaned_data.get("new_number"):
            self.instance.number = self.cleaned_data["new_number"]


class PhoneFormSet(forms.BaseInlineFormSet):
    """Phones of one person, each number once."""

    def clean(self) -> None:
        super().clean()
        typed = [form.cleaned_data.get("new_number") for form in self.forms if form.is_valid()]
        numbers = [number for number in typed if number]
        if len(numbers) != len(set(numbers)):
            raise ValidationError(_("This person already has this number."))
