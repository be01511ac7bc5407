"""Narrowing the list of visits; dashboards link here by these names."""

import datetime
from typing import Any

import django_filters
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from communities.models import Area, Community, Grid, User, inside
from visits.forms.visits import DayInput
from visits.models import Outcome, Visit, Way

# A longer choice is no help; the address still narrows the list.
LONGEST_CHOICE = 100
DAYS_KNOWN = [
    MinValueValidator(datetime.date(1990, 1, 1)),
    MaxValueValidator(datetime.date(2999, 12, 31)),
]


class VisitFilter(django_filters.FilterSet):
    """Visits by place, result, person and day."""

    area = django_filters.ModelChoiceFilter(
        label=_("Area"), to_field_name="code", queryset=Area.objects.none(), method="in_area"
    )
    community = django_filters.ModelChoiceFilter(
        label=_("Community"),
        field_name="grid__community",
        to_field_name="code",
        queryset=Community.objects.none(),
        empty_label=_("All"),
    )
    grid = django_filters.ModelChoiceFilter(
        label=_("Grid"), to_field_name="code", queryset=Grid.objects.none(), empty_label=_("All")
    )
    outcome = django_filters.ChoiceFilter(
        label=_("Outcome"), choices=Outcome.choices, empty_label=_("All")
    )
    way = django_filters.ChoiceFilter(label=_("Way"), choices=Way.choices, empty_label=_("All"))
    by = django_filters.ModelChoiceFilter(
        label=_("By"), queryset=User.objects.none(), empty_label=_("All")
    )
    since = django_filters.DateFilter(
        label=_("From"), method="filter_since", widget=DayInput, validators=DAYS_KNOWN
    )
    until = django_filters.DateFilter(
        label=_("Until"), method="filter_until", widget=DayInput, validators=DAYS_KNOWN
    )
    counts = django_filters.BooleanFilter(
        label=_("Counts as a visit"),
        widget=forms.Select(choices=[("", _("All")), ("true", _("Yes")), ("false", _("No"))]),
    )

    class Meta:
        model = Visit
        fields: list[str] = []

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.form.fields["area"].queryset = Area.objects.visible_to(user)
        self.form.fields["area"].widget = forms.HiddenInput()
        self.offer("community", Community.objects.visible_to(user))
        self.offer("grid", Grid.objects.visible_to(user).select_related("community"))
        self.offer("by", User.objects.visible_to(user))

    def offer(self, name: str, choices: "models.QuerySet[Any]") -> None:
        """Let people choose among these; hide a choice of one, and one too long to read."""
        field = self.form.fields[name]
        field.queryset = choices
        if not 1 < choices[: LONGEST_CHOICE + 1].count() <= LONGEST_CHOICE:
            field.widget = forms.HiddenInput()

    def in_area(
        self, visits: "models.QuerySet[Visit]", _name: str, area: Area
    ) -> "models.QuerySet[Visit]":
        return visits.filter(inside([area.code], field="grid__code"))

    def filter_since(
        self, visits: "models.QuerySet[Visit]", _name: str, day: datetime.date
    ) -> "models.QuerySet[Visit]":
        return visits.since(day)  # type: ignore[attr-defined] # Visit's own queryset

    def filter_until(
        self, visits: "models.QuerySet[Visit]", _name: str, day: datetime.date
    ) -> "models.QuerySet[Visit]":
        return visits.until(day)  # type: ignore[attr-defined] # Visit's own queryset
