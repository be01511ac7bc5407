"""How lists of matters are narrowed."""

import datetime
from typing import Any

import django_filters as filters
from django import forms
from django.utils.translation import gettext_lazy as _

from communities.models import Area, Community, Department, Grid, User, inside
from communities.roles import READERS
from visits.models import Matter, MatterCategory
from visits.models.matter import MatterQuerySet

STATES = [
    ("open", _("Open")),
    ("late", _("Late")),
    ("warned", _("Late soon")),
    *Matter.Status.choices,
]
MINE = [("reported", _("I reported")), ("assigned", _("Assigned to me"))]


class MatterFilter(filters.FilterSet):
    """Narrow matters by state, place, kind and who has them; `at` says what is late."""

    status = filters.ChoiceFilter(
        label=_("Status"), choices=STATES, method="in_state", empty_label=_("All")
    )
    mine = filters.ChoiceFilter(
        label=_("Mine"), choices=MINE, method="of_mine", empty_label=_("All")
    )
    category = filters.ModelChoiceFilter(
        label=_("Category"),
        queryset=MatterCategory.objects.order_by("order", "name"),
        empty_label=_("All"),
    )
    urgency = filters.ChoiceFilter(
        label=_("Urgency"), choices=Matter.Urgency.choices, empty_label=_("All")
    )
    department = filters.ModelChoiceFilter(
        label=_("Department"), queryset=Department.objects.none(), empty_label=_("All")
    )
    area = filters.ModelChoiceFilter(
        label=_("Area"),
        queryset=Area.objects.none(),
        to_field_name="code",
        method="in_area",
        widget=forms.HiddenInput,
    )
    community = filters.ModelChoiceFilter(
        label=_("Community"),
        queryset=Community.objects.none(),
        empty_label=_("All"),
        to_field_name="code",
        field_name="grid__community",
    )
    grid = filters.ModelChoiceFilter(
        label=_("Grid"), queryset=Grid.objects.none(), empty_label=_("All"), to_field_name="code"
    )

    class Meta:
        model = Matter
        fields: list[str] = []

    def __init__(self, *args: Any, user: User, at: datetime.datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.at = at
        self.filters["department"].queryset = Department.objects.visible_to(user)
        if not user.has_any_role(READERS):
            del self.filters["area"], self.filters["community"], self.filters["grid"]
            return
        self.filters["area"].queryset = Area.objects.visible_to(user)
        self.filters["community"].queryset = Community.objects.visible_to(user)
        self.filters["grid"].queryset = Grid.objects.visible_to(user)
        if user.spans_streets(READERS):
            # Thousands of places are no list to choose from: their numbers are typed.
            for name, label in (("community", _("Community number")), ("grid", _("Grid number"))):
                self.filters[name].extra["widget"] = forms.TextInput
                self.filters[name].label = label

    def in_state(self, matters: MatterQuerySet, _name: str, value: str) -> MatterQuerySet:
        if value == "open":
            return matters.open()
        if value == "late":
            return matters.late(self.at)
        if value == "warned":
            return matters.warned(self.at)
        return matters.filter(status=value)

    def in_area(self, matters: MatterQuerySet, _name: str, area: Area) -> MatterQuerySet:
        return matters.filter(inside([area.code], field="grid__code"))

    def of_mine(self, matters: MatterQuerySet, _name: str, value: str) -> MatterQuerySet:
        if value == "reported":
            return matters.filter(reported_by=self.user)
        return matters.filter(assignee=self.user)
