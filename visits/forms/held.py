"""What people type to mend an item that a phone handed over and the server held back."""

import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communities.models import Grid, User
from communities.roles import REPORTERS
from households.finding import address_condition
from households.models import Household
from visits.forms.visits import LATEST_APPOINTMENT, VisitForm
from visits.models import Emergency, HeldItem, Matter, MatterCategory
from visits.models.emergency import LONGEST_NOTE, MOST_PEOPLE, SAID

VISIT_TEXTS = ("outcome", "way", "companions", "note", "next_on", "reason")
MATTER_TEXTS = ("category", "place", "description", "urgency", "grid")


def texts_of(part: object, names: tuple[str, ...]) -> dict[str, Any]:
    """Return what is plain text or a number of a part of an item, to begin a form with."""
    if not isinstance(part, dict):
        return {}
    return {name: part[name] for name in names if isinstance(part.get(name), str | int)}


class HeldVisitForm(VisitForm):
    """The visit as it should be stored; without a `household` it asks for one of the user's doors."""

    address = forms.CharField(
        label=_("Door"),
        max_length=120,
        help_text=_("Estate, building, unit and room, such as 幸福家园3号楼2单元502."),
    )
    field_order = ["address"]

    def __init__(
        self,
        *args: Any,
        held: HeldItem,
        user: User,
        household: Household | None,
        done_at: datetime.datetime,
        at: datetime.datetime,
        **kwargs: Any,
    ) -> None:
        initial = texts_of(held.written.get("visit"), VISIT_TEXTS)
        door = household or Household()
        super().__init__(*args, household=door, at=at, initial=initial, **kwargs)
        self.user = user
        self.household = household
        self.initial["done_at"] = done_at
        del self.fields["visit_id"]
        self.fields.pop("went_alone", None)
        if household:
            del self.fields["address"]

    def offer_reason(self) -> None:
        """Leave the field as it is: the visit has happened."""

    def check_reason(self, cleaned: dict[str, Any]) -> None:
        """Ask for no reason that the worker did not give."""

    def earliest(self) -> datetime.datetime:
        """Any time: the visit has waited long enough already."""
        return datetime.datetime.min.replace(tzinfo=datetime.UTC)

    def clean_next_on(self) -> datetime.date | None:
        """Take any day for now: which are allowed depends on when the visit was made."""
        day: datetime.date | None = self.cleaned_data["next_on"]
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        day, done_at = cleaned.get("next_on"), cleaned.get("done_at")
        if day and done_at:
            made_on = timezone.localdate(done_at)
            if not made_on <= day <= made_on + LATEST_APPOINTMENT:
                self.add_error(
                    "next_on", _("Choose a day from that of the visit on, within three months.")
                )
        return cleaned

    def clean_address(self) -> str:
        typed: str = self.cleaned_data["address"]
        condition = address_condition(typed)
        doors = Household.objects.visitable_by(self.user).open()
        found = list(doors.filter(condition)[:2]) if condition is not None else []
        if len(found) != 1:
            raise ValidationError(
                _("This does not name exactly one of your doors. Write all of its address.")
            )
        self.household = found[0]
        return typed

    def arguments(self) -> dict[str, Any]:
        values = dict(self.cleaned_data)
        values.pop("address", None)
        return {**values, "household": self.household}


class HeldMatterForm(forms.Form):
    """The matter as it should be stored."""

    category = forms.ModelChoiceField(
        MatterCategory.objects.none(), label=_("Category"), empty_label=_("Choose")
    )
    grid = forms.ModelChoiceField(
        Grid.objects.none(), label=_("Grid"), to_field_name="code", empty_label=_("Choose")
    )
    place = forms.CharField(label=_("Where"), max_length=120, required=False)
    description = forms.CharField(
        label=_("What is wrong"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )
    urgency = forms.ChoiceField(
        label=_("Urgency"), choices=Matter.Urgency.choices, widget=forms.RadioSelect
    )

    def __init__(
        self, data: Any, *, held: HeldItem, user: User, household: Household | None
    ) -> None:
        super().__init__(data, initial=texts_of(held.written.get("issue"), MATTER_TEXTS))
        self.household = household
        categories, grids = self.fields["category"], self.fields["grid"]
        categories.queryset = MatterCategory.objects.visible_to(user)  # type: ignore[attr-defined] # a model choice field
        grids.queryset = Grid.objects.held_by(user, REPORTERS).open()  # type: ignore[attr-defined] # a model choice field
        if household:
            del self.fields["grid"]

    def arguments(self) -> dict[str, Any]:
        door = {"grid": self.household.grid, "household": self.household} if self.household else {}
        return {**self.cleaned_data, **door}


class HeldRollCallForm(forms.Form):
    """What was said of a door in an emergency, as it should be stored."""

    state = forms.ChoiceField(label=_("Status"), choices=SAID, widget=forms.RadioSelect)
    people = forms.IntegerField(
        label=_("Number of people"), min_value=0, max_value=MOST_PEOPLE, required=False
    )
    note = forms.CharField(label=_("Note"), max_length=LONGEST_NOTE, required=False)

    def __init__(
        self,
        data: Any,
        *,
        held: HeldItem,
        household: Household,
        emergency: Emergency,
        said_at: datetime.datetime,
    ) -> None:
        initial = texts_of(held.written.get("roll_call"), ("state", "people", "note"))
        super().__init__(data, initial=initial)
        self.known = {"household": household, "emergency": emergency, "at": said_at}

    def arguments(self) -> dict[str, Any]:
        return {**self.cleaned_data, **self.known}


class VoidForm(forms.Form):
    """Why an item counts for nothing."""

    note = forms.CharField(label=_("Why it is void"), max_length=200)
