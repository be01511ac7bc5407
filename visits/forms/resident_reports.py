"""What residents type on the public pages, and what officers decide about it."""

import uuid
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from households.forms.residents import LONGEST_REASON, read_phone
from visits.forms.matters import ClientKeyField, PhotosField
from visits.incoming import Flow, doubt_of_stamp, doubts_of_words, new_stamp
from visits.models import Matter, MatterCategory
from visits.models.receipt import read_code


class ResidentReportForm(forms.Form):
    """What is wrong and where; a way to be reached only from whoever gives one.

    Once valid, `submit_report(grid=…, at=…, doubts=form.doubts(flow), **form.arguments())`
    stores it. `website` is seen by machines alone.
    """

    id = ClientKeyField()
    stamp = forms.CharField(required=False, widget=forms.HiddenInput, initial=new_stamp)
    website = forms.CharField(
        required=False,
        label=_("Leave this empty"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )
    category = forms.ModelChoiceField(
        MatterCategory.objects.none(),
        label=_("What is it about?"),
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what it is about.")},
    )
    place = forms.CharField(
        label=_("Where is it?"),
        max_length=120,
        help_text=_("For example: yard behind 3号楼."),
        error_messages={"required": _("Write where it is.")},
    )
    description = forms.CharField(
        label=_("What is wrong?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Write what is wrong.")},
    )
    photos = PhotosField()
    contact_name = forms.CharField(
        label=_("Your name"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    contact_phone = forms.CharField(
        label=_("Your phone"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        help_text=_("Only whoever takes care of it may look it up, and each time is recorded."),
    )

    SHOWN = ("category", "place", "description", "photos", "contact_name", "contact_phone")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].queryset = MatterCategory.objects.filter(is_public=True)  # type: ignore[attr-defined] # a model choice field

    def clean_id(self) -> uuid.UUID:
        """Return the key; a form without one cannot be known again and gets a new one."""
        key: uuid.UUID | None = self.cleaned_data["id"]
        return key or uuid.uuid4()

    def clean_contact_phone(self) -> str:
        return read_phone(self.cleaned_data["contact_phone"])

    def clean(self) -> dict[str, Any]:
        """Ask for a phone beside a name; say that photos do not come back with the form."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("contact_name") and cleaned.get("contact_phone") == "":
            self.add_error("contact_phone", _("Write your phone too, or leave out your name."))
        if self.errors and cleaned.get("photos"):
            self.add_error("photos", _("Your browser does not keep photos. Choose them again."))
        return cleaned

    def renew_key(self) -> None:
        """Give the form a new key, so that what it holds can be sent as another report."""
        data = QueryDict(mutable=True)
        data.update(self.data)
        data["id"] = str(uuid.uuid4())
        self.data = data

    @property
    def shown(self) -> list[forms.BoundField]:
        """The fields that people see."""
        return [self[name] for name in self.SHOWN]

    def doubts(self, flow: Flow) -> list[str]:
        """Return what makes this form wait for an officer."""
        data = self.cleaned_data
        stamp = doubt_of_stamp(data["stamp"])
        found = ["trap"] if data["website"] else []
        found += [stamp] if stamp else []
        found += doubts_of_words(data["place"], data["description"], data["contact_name"])
        return found + (["many"] if flow != Flow.USUAL else [])

    def arguments(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("id", *self.SHOWN)}


class CodeForm(forms.Form):
    """The code of a receipt, as it was copied down."""

    code = forms.CharField(
        label=_("Code of your receipt"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
        help_text=_("Twelve letters and digits, such as 7K3M-9QXA-2BTD."),
    )

    def clean_code(self) -> str:
        code = read_code(self.cleaned_data["code"])
        if not code:
            raise forms.ValidationError(
                _("A code has twelve letters and digits. Compare it with your receipt.")
            )
        return code


class AnswerForm(forms.Form):
    """Whether the resident finds her matter solved; `seen` is what its page showed."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    rating = forms.TypedChoiceField(choices=Matter.Rating.choices, coerce=int)
    words = forms.CharField(
        label=_("Anything to add?"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class RefusalForm(forms.Form):
    """Why a report is not passed on."""

    reason = forms.CharField(
        label=_("Reason"),
        min_length=2,
        max_length=LONGEST_REASON,
        help_text=_("For example: advertising; not about anything here."),
        error_messages={"min_length": _("Give the reason in a few words.")},
    )


class ContactForm(forms.Form):
    """Why somebody needs to reach the resident."""

    reason = forms.CharField(
        label=_("Reason"),
        min_length=4,
        max_length=LONGEST_REASON,
        help_text=_("For example: to ask which lamp it is. It is kept with your name."),
        error_messages={"min_length": _("Give the reason in a few words.")},
    )
