"""Narrowing the doors of a campaign; its progress page links here by these names."""

from typing import Any

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from communities.models import Grid, User
from visits.models import Campaign, CampaignDoor, DoorResult
from visits.models.campaign import CampaignDoorQuerySet

UNOPENED = "unopened"
RESULTS = [(UNOPENED, _("Still to reach")), *DoorResult.choices]


class CampaignDoorFilter(django_filters.FilterSet):
    """Doors by grid and by what came of them."""

    grid = django_filters.ChoiceFilter(
        label=_("Grid"), field_name="household__grid__code", empty_label=_("All")
    )
    result = django_filters.ChoiceFilter(
        label=_("Result"), choices=RESULTS, method="with_result", empty_label=_("All")
    )

    class Meta:
        model = CampaignDoor
        fields: list[str] = []

    def __init__(self, *args: Any, user: User, campaign: Campaign, **kwargs: Any) -> None:
        doors = CampaignDoor.objects.visible_to(user).with_result(campaign)
        super().__init__(*args, queryset=doors, **kwargs)
        grids = Grid.objects.filter(pk__in=doors.values("household__grid")).order_by("code")
        choices = [(grid.code, str(grid)) for grid in grids]
        field = self.form.fields["grid"]
        field.choices = choices
        # A choice of one is none.
        if not choices[1:]:
            field.widget = forms.HiddenInput()

    def with_result(
        self, doors: CampaignDoorQuerySet, _name: str, value: str
    ) -> CampaignDoorQuerySet:
        if value == UNOPENED:
            results = [DoorResult.TRIED, DoorResult.UNTRIED]
            return doors.filter(result__in=results)  # type: ignore[misc] # of with_result
        return doors.filter(result=value)  # type: ignore[misc] # of with_result
