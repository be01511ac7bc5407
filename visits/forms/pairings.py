"""What officers type about a pairing."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communities.forms import PersonChoiceField
from communities.models import Grid, User
from communities.roles import VISITORS
from communities.staffing import candidates
from households.finding import address_condition
from households.models import Household
from visits.models import Pairing


class PairingForm(forms.ModelForm):
    """A partner for a door of this grid, or for the whole grid."""

    address = forms.CharField(
        label=_("Door"),
        max_length=120,
        required=False,
        help_text=_(
            "Estate, building, unit and room, such as 幸福家园3号楼2单元502. Empty for every "
            "household of the grid."
        ),
    )
    user = PersonChoiceField(User.objects.none(), label=_("Person"), required=False)
    field_order = ["address", "user", "unit_name", "every_days"]

    class Meta:
        model = Pairing
        fields = ["user", "unit_name", "every_days"]

    def __init__(self, *args: Any, user: User, grid: Grid, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.grid = grid
        self.grid = grid
        self.fields["user"].queryset = candidates(user, grid.community)  # type: ignore[attr-defined] # a model choice field

    def clean(self) -> dict[str, Any]:
        """Refuse a pairing that goes on already; the form sent twice is one."""
        values = super().clean() or self.cleaned_data
        same = Pairing.objects.current(timezone.localdate()).filter(
            household=self.instance.household,
            grid=self.instance.grid,
            user=values.get("user"),
            unit_name=values.get("unit_name", ""),
        )
        if not self.errors and same.exists():
            raise ValidationError(_("These are paired already."))
        if not self.errors and values.get("user") and not self.goes_there(values["user"]):
            self.add_error(
                "user",
                _(
                    "This person does not go to this door, so it would come onto nobody's list. "
                    "Assign her in this grid first, or write her name as a unit without an account."
                ),
            )
        return values

    def goes_there(self, person: User) -> bool:
        """Say whether the door, or every door of the grid, can come onto the person's list."""
        if self.instance.household:
            doors = Household.objects.visitable_by(person)
            return doors.filter(pk=self.instance.household.pk).exists()
        return Grid.objects.held_by(person, VISITORS).filter(pk=self.grid.pk).exists()

    def clean_address(self) -> str:
        typed: str = self.cleaned_data["address"]
        if not typed:
            return typed
        condition = address_condition(typed)
        doors = Household.objects.filter(grid=self.grid).open()
        found = list(doors.filter(condition)[:2]) if condition is not None else []
        if len(found) != 1:
            raise ValidationError(
                _("This does not name exactly one door of the grid. Write all of its address.")
            )
        self.instance.household, self.instance.grid = found[0], None
        return typed
