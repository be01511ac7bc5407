"""Telling a household what became of the matters reported from its door."""

from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext_lazy as _

from communities.models import User
from households.models import Household
from visits.door_tasks import concerns, matters_for
from visits.models import Matter, Step
from visits.workflow import transitions_for

ANSWERS = {
    Step.CLOSE: _("Told them: it is solved"),
    Step.REWORK: _("Told them: they say it is not solved"),
}


class Told(NamedTuple):
    """A matter they were told of, and the step that follows from their answer."""

    matter: Matter
    step: str


class ReportBackForm(forms.Form):
    """One question for each resolved matter of a door; nothing has to be answered."""

    def __init__(self, *args: Any, household: Household, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = matters_for(user).filter(concerns([household])).select_related("category", "grid")
        self.matters = {
            f"told_{matter.pk}": matter for matter in found.order_by("reported_at", "pk")
        }
        for name, matter in self.matters.items():
            may = {transition.step for transition in transitions_for(matter, user)}
            choices = [(step.value, words) for step, words in ANSWERS.items() if step in may]
            self.fields[name] = forms.ChoiceField(
                label=matter.category.name,
                help_text=matter.description[:80],
                choices=[("", _("Not told yet")), *choices],
                required=False,
                widget=forms.RadioSelect,
            )

    def told(self) -> list[Told]:
        """Return what they were told and what follows; after validation."""
        return [
            Told(matter, self.cleaned_data[name])
            for name, matter in self.matters.items()
            if self.cleaned_data[name]
        ]
