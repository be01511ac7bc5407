"""Narrowing the list of households; every number of a dashboard links here by these names."""

from typing import Any

import django_filters
from django import forms
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communities.models import Area, Community, Grid, User, inside
from households.models import Building, CareTag, DoorState, Household, Residency

# A longer choice is no help; the address still narrows the list.
LONGEST_CHOICE = 200


class HouseholdFilter(django_filters.FilterSet):
    """Households by place, state, occupancy, care tag and safety.

    The query string takes `grid`, `community` and `area` (codes), `state` (a DoorState:
    due, week, overdue, actual, covered, uncovered, never, unanswered), `occupancy`,
    `tag` (key of a care tag the user may know), `q_building` (key of a building) and
    `safety` (pairs, dog, any).
    """

    area = django_filters.ModelChoiceFilter(
        label=_("Area"), to_field_name="code", queryset=Area.objects.none(), method="in_area"
    )
    community = django_filters.ModelChoiceFilter(
        label=_("Community"),
        field_name="grid__community",
        to_field_name="code",
        queryset=Community.objects.none(),
    )
    grid = django_filters.ModelChoiceFilter(
        label=_("Grid"), to_field_name="code", queryset=Grid.objects.none()
    )
    q_building = django_filters.ModelChoiceFilter(
        label=_("Building"), field_name="building", queryset=Building.objects.none()
    )
    state = django_filters.ChoiceFilter(
        label=_("State"), choices=DoorState.choices, method="in_state", empty_label=_("All")
    )
    occupancy = django_filters.ChoiceFilter(
        label=_("Occupancy"), choices=Household.Occupancy.choices, empty_label=_("All")
    )
    tag = django_filters.ModelChoiceFilter(
        label=_("Care tag"),
        queryset=CareTag.objects.none(),
        method="with_tag",
        empty_label=_("All"),
    )
    safety = django_filters.ChoiceFilter(
        label=_("Safety"),
        choices=[
            ("any", _("Any warning")),
            ("pairs", _("Visit in pairs")),
            ("dog", _("Dog")),
        ],
        method="with_warning",
        empty_label=_("All"),
    )

    class Meta:
        model = Household
        fields: list[str] = []

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on = timezone.localdate()
        self.form.fields["area"].queryset = Area.objects.visible_to(user)
        self.form.fields["area"].widget = forms.HiddenInput()
        self.form.fields["tag"].queryset = CareTag.objects.visible_to(user)
        self.offer("community", Community.objects.visible_to(user))
        self.offer("grid", Grid.objects.visible_to(user).open().select_related("community"))
        self.offer("q_building", Building.objects.visible_to(user))

    def offer(self, name: str, choices: "models.QuerySet[Any]") -> None:
        """Let people choose among these; hide a choice of one, and one too long to read."""
        field = self.form.fields[name]
        field.queryset = choices
        field.empty_label = _("All")
        if not 1 < choices[: LONGEST_CHOICE + 1].count() <= LONGEST_CHOICE:
            field.widget = forms.HiddenInput()

    def in_area(
        self, households: "models.QuerySet[Household]", _name: str, area: Area
    ) -> "models.QuerySet[Household]":
        return households.filter(inside([area.code], field="grid__code"))

    def in_state(
        self, households: "models.QuerySet[Household]", _name: str, state: str
    ) -> "models.QuerySet[Household]":
        return households.in_state(state, self.on)  # type: ignore[attr-defined] # Household's own queryset

    def with_tag(
        self, households: "models.QuerySet[Household]", _name: str, tag: CareTag
    ) -> "models.QuerySet[Household]":
        """Keep households where somebody living there has this tag today."""
        living = Residency.objects.living().filter(
            resident__care__tag=tag, resident__care__until=None
        )
        return households.filter(pk__in=living.values("household"))

    def with_warning(
        self, households: "models.QuerySet[Household]", _name: str, warning: str
    ) -> "models.QuerySet[Household]":
        conditions = {
            "pairs": models.Q(visit_in_pairs=True),
            "dog": models.Q(has_dog=True),
            "any": models.Q(visit_in_pairs=True)
            | models.Q(has_dog=True)
            | ~models.Q(safety_note=""),
        }
        return households.filter(conditions[warning])
