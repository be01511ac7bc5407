"""Narrowing the doors of a roll call; the page of its numbers links here by these names."""

from typing import Any

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from communities.models import Grid, User
from households.models import Building
from visits.models import Emergency, RollCall, RollCallState


class RollCallFilter(django_filters.FilterSet):
    """Doors by grid, by building and by what is known of them."""

    grid = django_filters.ChoiceFilter(
        label=_("Grid"), field_name="grid__code", empty_label=_("All")
    )
    building = django_filters.ModelChoiceFilter(
        field_name="household__building", queryset=Building.objects.none(), widget=forms.HiddenInput
    )
    state = django_filters.ChoiceFilter(
        label=_("Status"), choices=RollCallState.choices, empty_label=_("All")
    )

    class Meta:
        model = RollCall
        fields: list[str] = []

    def __init__(self, *args: Any, user: User, emergency: Emergency, **kwargs: Any) -> None:
        doors = RollCall.objects.visible_to(user).filter(emergency=emergency).counted()
        super().__init__(*args, queryset=doors, **kwargs)
        buildings = Building.objects.filter(pk__in=doors.values("household__building"))
        self.form.fields["building"].queryset = buildings
        grids = Grid.objects.filter(pk__in=doors.values("grid")).order_by("code")
        choices = [(grid.code, str(grid)) for grid in grids]
        field = self.form.fields["grid"]
        field.choices = choices
        # A choice of one is none.
        if not choices[1:]:
            field.widget = forms.HiddenInput()
