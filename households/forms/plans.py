"""What officers ask of the planner, and what they change in its drafts."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communities import staffing
from communities.forms import PersonChoiceField
from communities.models import Community, User
from households.models import GridPlan, PlannedGrid
from households.plans.instance import MOST_GRIDS, Wish

LARGEST_TOLERANCE = 50
MOST_HOUSEHOLDS = 30_000


class PlanForm(forms.Form):
    """How many grids, balanced by what; gives the checked `wish`."""

    COUNTING = (
        ("grids", gettext_lazy("Number of grids")),
        ("size", gettext_lazy("Size of a grid")),
        ("per_worker", gettext_lazy("Households per worker")),
    )

    count_by = forms.ChoiceField(
        label=gettext_lazy("Given"), choices=COUNTING, widget=forms.RadioSelect, initial="size"
    )
    number = forms.IntegerField(
        label=gettext_lazy("How many"),
        min_value=1,
        max_value=MOST_HOUSEHOLDS,
        help_text=gettext_lazy("For example 300 for a size, or 10 for a number of grids."),
    )
    measure = forms.ChoiceField(
        label=gettext_lazy("Balanced by"),
        choices=GridPlan.Measure.choices,
        initial=GridPlan.Measure.WORKLOAD,
        help_text=gettext_lazy("Workload counts households that need more visits for more."),
    )
    tolerance_percent = forms.IntegerField(
        label=gettext_lazy("Allowed deviation in percent"),
        min_value=0,
        max_value=LARGEST_TOLERANCE,
        initial=10,
    )
    name = forms.CharField(label=gettext_lazy("Name of the draft"), max_length=60, required=False)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("count_by") == "grids" and (values.get("number") or 0) > MOST_GRIDS:
            self.add_error(
                "number",
                ValidationError(
                    _("A community has at most %(most)s grids."), params={"most": MOST_GRIDS}
                ),
            )
        return values

    @property
    def wish(self) -> Wish:
        values = self.cleaned_data
        return Wish(
            measure=values["measure"],
            tolerance_percent=values["tolerance_percent"],
            **{values["count_by"]: values["number"]},
        )


class RecutForm(forms.Form):
    """What the grids of today are balanced by; gives the checked `wish`."""

    measure = PlanForm.base_fields["measure"]
    tolerance_percent = PlanForm.base_fields["tolerance_percent"]

    @property
    def wish(self) -> Wish:
        values = self.cleaned_data
        return Wish(
            measure=values["measure"],
            tolerance_percent=values["tolerance_percent"],
            is_recut=True,
        )


class PlannedGridForm(forms.ModelForm):
    """The name of a planned grid and who is to be its main worker."""

    worker = PersonChoiceField(
        queryset=User.objects.none(),
        label=gettext_lazy("Main worker"),
        required=False,
        help_text=gettext_lazy("May stay empty in a draft."),
    )

    class Meta:
        model = PlannedGrid
        fields = ["name", "worker"]

    def __init__(self, *args: Any, user: User, community: Community, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = staffing.candidates(user, community)
        if self.instance.worker_id:
            # Whoever minds the grid today stays a choice, wherever she belongs.
            offered = offered | User.objects.filter(pk=self.instance.worker_id)
        self.fields["worker"].queryset = offered  # type: ignore[attr-defined] # a model choice field

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = self.instance.plan.grids.exclude(pk=self.instance.pk)
        if "name" in self.changed_data and others.filter(name=name).exists():
            raise ValidationError(_("Another grid of this plan has this name."))
        return name
