"""What officers type about campaigns."""

import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communities.forms import DayInput, HourInput
from communities.models import Community, Grid, User
from communities.roles import MANAGERS
from households.facts import Fact
from households.models import CareTag
from visits.campaign_plan import DoorChoice, DoorPlan
from visits.models import Campaign

# What the form proposes: two weeks.
USUAL_DAYS = 14


class CommunityChoiceForm(forms.Form):
    """For which of her communities an officer sets a campaign."""

    community = forms.ModelChoiceField(
        Community.objects.none(),
        label=_("Community"),
        to_field_name="code",
        empty_label=_("Choose"),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["community"]
        field.queryset = Community.objects.editable_by(user)
        if user.spans_streets(MANAGERS):
            # Thousands of communities are no list to choose from: the number is typed.
            field.label = _("Community number")
            field.widget = forms.TextInput(attrs={"inputmode": "numeric"})
            field.error_messages["invalid_choice"] = _("None of your communities has this number.")


class LastVisit(models.TextChoices):
    ANY = "any", _("Does not matter")
    BEFORE = "before", _("Before the day below, or never")
    NEVER = "never", _("Never visited")


class CampaignForm(forms.ModelForm):
    """A campaign of one community, and which doors it is for.

    No sensitive care tag is offered: a list of doors would tell everybody on the round.
    """

    grids = forms.ModelMultipleChoiceField(
        Grid.objects.none(),
        label=_("Grids"),
        to_field_name="code",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all grids of the community."),
    )
    tags = forms.ModelMultipleChoiceField(
        CareTag.objects.none(),
        label=_("Care tags"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Only doors where somebody has one of them. None chosen: all doors."),
    )
    last_visit = forms.ChoiceField(
        label=_("Last visit"),
        choices=LastVisit.choices,
        initial=LastVisit.ANY,
        widget=forms.RadioSelect,
    )
    field_order = [
        "name",
        "purpose",
        "first_on",
        "last_on",
        "from_time",
        "until_time",
        "target_percent",
        "grids",
        "tags",
        "last_visit",
        "not_visited_since",
        "fact",
        "fresh_days",
    ]

    class Meta:
        model = Campaign
        fields = [
            "name",
            "purpose",
            "first_on",
            "last_on",
            "from_time",
            "until_time",
            "target_percent",
            "not_visited_since",
            "fact",
            "fresh_days",
        ]
        labels = {
            "from_time": _("Hours of the day from"),
            "until_time": _("Hours of the day until"),
            "target_percent": _("Target: percent of the doors reached"),
            "not_visited_since": _("Last visited before"),
            "fact": _("Asks for"),
            "fresh_days": _("What is known stays fresh for days"),
        }
        help_texts = {
            "name": _("Short, as it stands on the list of the day. For example: safety of gas."),
            "purpose": _("What is to be said or asked at the door, and why."),
            "last_on": _("A week or two is usual. It ends by itself after this day."),
            "fact": _("Doors where the register has it already, and fresh, are left out."),
            "fresh_days": _("Counts only for a campaign that asks for something."),
        }
        widgets = {
            "purpose": forms.Textarea(attrs={"rows": 3}),
            "first_on": DayInput(),
            "last_on": DayInput(),
            "not_visited_since": DayInput(),
            "from_time": HourInput(),
            "until_time": HourInput(),
        }

    def __init__(self, data: Any = None, *, user: User, community: Community) -> None:
        today = timezone.localdate()
        days = {
            "first_on": today + datetime.timedelta(days=1),
            "last_on": today + datetime.timedelta(days=USUAL_DAYS),
        }
        instance = Campaign(community=community)
        super().__init__(data, instance=instance, initial=days)
        fact: Any = self.fields["fact"]
        fact.choices = [("", _("Nothing the register holds")), *Fact.choices]
        self.offer(
            "grids", Grid.objects.editable_by(user).filter(community=community).open().numbered()
        )
        self.offer("tags", CareTag.objects.visible_to(user).filter(is_sensitive=False))

    def offer(self, name: str, rows: "models.QuerySet[Any]") -> None:
        """Let people choose among these; a choice of none is not shown."""
        field: Any = self.fields[name]
        field.queryset = rows
        if not rows.exists():
            del self.fields[name]

    def clean_first_on(self) -> datetime.date:
        first_on: datetime.date = self.cleaned_data["first_on"]
        if first_on < timezone.localdate():
            raise ValidationError(_("The first day has passed. Choose today or a later day."))
        return first_on

    def clean(self) -> dict[str, Any]:
        """Take the day of the last visit only where the choice above it asks for one."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        kind, day = cleaned.get("last_visit"), cleaned.get("not_visited_since")
        if kind == LastVisit.BEFORE and not day and "not_visited_since" not in self.errors:
            self.add_error("not_visited_since", _("Give the day, or choose another line above."))
        if kind != LastVisit.BEFORE:
            cleaned["not_visited_since"] = None
        return cleaned

    def _post_clean(self) -> None:
        self.instance.never_visited = self.cleaned_data.get("last_visit") == LastVisit.NEVER
        super()._post_clean()  # type: ignore[misc] # where ModelForm fills the instance

    @property
    def plan(self) -> DoorPlan:
        """The doors that the valid form means."""
        choice = DoorChoice(
            grids=list(self.cleaned_data.get("grids", [])),
            tags=list(self.cleaned_data.get("tags", [])),
            never_visited=self.instance.never_visited,
            not_visited_since=self.instance.not_visited_since,
        )
        return DoorPlan(self.instance, choice)


class ExtensionForm(forms.Form):
    """More time for a running campaign, and why."""

    last_on = forms.DateField(label=_("New last day"), widget=DayInput())
    reason = forms.CharField(
        label=_("Reason"),
        min_length=2,
        max_length=200,
        help_text=_("For example: three days of storm."),
    )
