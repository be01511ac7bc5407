"""Admin forms that take a new identity number or phone and never show the stored one."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from communities.names import plain_name
from households.forms.residents import read_identity, read_phone
from households.models import Household, Phone, Question, Resident, identity_index, phone_index
from households.register.values import read_name

UNFILLED = {"autocomplete": "off"}


class ResidentForm(forms.ModelForm):
    """A person's record; a typed identity number replaces the stored one."""

    new_identity_number = forms.CharField(
        label=_("New identity number"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs=UNFILLED),
        help_text=_("Only to enter or correct it. Birth date and sex are taken from it."),
    )

    class Meta:
        model = Resident
        fields = ["name", "birth_date", "sex", "note", "died_on"]
        labels = {"name": _("Full name")}

    def clean_name(self) -> str:
        name = read_name(self.cleaned_data["name"])
        if not plain_name(name):
            raise ValidationError(_("Give the name."))
        return name

    def clean_new_identity_number(self) -> str:
        number = read_identity(self.cleaned_data["new_identity_number"])
        others = Resident.objects.filter(identity_index=identity_index(number) or "")
        if number and others.exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("The register already has a person with this identity number."))
        return number

    def _post_clean(self) -> None:
        """Take birth date and sex from the number, whatever else was typed."""
        super()._post_clean()  # type: ignore[misc] # where ModelForm fills the instance
        if self.cleaned_data.get("new_identity_number"):
            self.instance.identify(self.cleaned_data["new_identity_number"])


class PhoneForm(forms.ModelForm):
    """A phone; a typed number replaces the stored one."""

    new_number = forms.CharField(
        label=_("New number"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs=UNFILLED),
    )

    class Meta:
        model = Phone
        fields = ["label", "confirmed_on"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "new_number" in self.fields:
            self.fields["new_number"].required = self.instance.pk is None

    def clean_new_number(self) -> str:
        number = read_phone(self.cleaned_data["new_number"])
        same = Phone.objects.filter(
            resident=self.instance.resident_id, number_index=phone_index(number)
        )
        if number and same.exclude(pk=self.instance.pk).exists():
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


class QuestionForm(forms.ModelForm):
    """A question as administrators define it; what is held elsewhere already is refused."""

    occupancies = forms.MultipleChoiceField(
        label=_("Kinds of occupancy"),
        choices=Household.Occupancy.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Question
        fields = [
            "topic",
            "name",
            "text",
            "kind",
            "choices",
            "applies_to",
            "tags",
            "occupancies",
            "every_days",
            "is_sensitive",
            "order",
            "is_active",
        ]
        widgets = {"tags": forms.CheckboxSelectMultiple}

    def clean(self) -> dict[str, Any]:
        """Keep a question from telling who carries a sensitive care tag."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("applies_to") != Question.Applies.CARE:
            return cleaned
        tags = cleaned.get("tags") or []
        if not tags:
            self.add_error("tags", _("Choose at least one care tag."))
        if any(tag.is_sensitive for tag in tags) and not self.is_hidden(cleaned):
            self.add_error(
                "is_sensitive",
                _(
                    "One of the care tags is sensitive: whoever is asked would be known by it. "
                    "Mark the question as sensitive too."
                ),
            )
        return cleaned

    def is_hidden(self, cleaned: dict[str, Any]) -> bool:
        return bool(cleaned.get("is_sensitive", self.instance.is_sensitive))
