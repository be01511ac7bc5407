"""What officers type about an emergency, and what is said of a door in its roll call."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from communities.models import Community, Grid, User
from visits.models import Emergency
from visits.models.emergency import LONGEST_NOTE, MOST_PEOPLE, SAID


class EmergencyForm(forms.ModelForm):
    """The event, what is asked, and the grids; none chosen means all of the community."""

    grids = forms.ModelMultipleChoiceField(
        Grid.objects.none(),
        label=_("Grids"),
        to_field_name="code",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: the whole community."),
    )
    field_order = ["name", "asked", "grids"]

    class Meta:
        model = Emergency
        fields = ["name", "asked"]
        help_texts = {
            "name": _("Short, such as: typhoon, no water. All of it is kept under this name."),
            "asked": _("One line that everybody at work there reads on top of the list."),
        }

    def __init__(self, data: Any = None, *, user: User, community: Community) -> None:
        super().__init__(data, instance=Emergency(community=community))
        self.all_grids = Grid.objects.editable_by(user).filter(community=community).open()
        field: Any = self.fields["grids"]
        field.queryset = self.all_grids
        if not self.all_grids.exists():
            del self.fields["grids"]

    @property
    def chosen_grids(self) -> list[Grid]:
        """The grids that the valid form means."""
        return list(self.cleaned_data.get("grids") or self.all_grids.order_by("code"))


class RollCallForm(forms.Form):
    """What one of the buttons at a door says, with a note and a number for whoever has one."""

    # Made with the page, so that the form sent twice is one entry.
    entry_id = forms.UUIDField()
    state = forms.ChoiceField(choices=SAID)
    people = forms.IntegerField(
        label=_("Number of people"), min_value=0, max_value=MOST_PEOPLE, required=False
    )
    note = forms.CharField(label=_("Note"), max_length=LONGEST_NOTE, required=False)

    def arguments(self) -> dict[str, Any]:
        """Return the fields of the entry that it makes."""
        values = dict(self.cleaned_data)
        key: uuid.UUID = values.pop("entry_id")
        return {**values, "id": key}
