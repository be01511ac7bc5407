"""The step somebody takes on a matter, with the words and the choice it needs."""

import datetime
from typing import Any

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from communities.models import Department, Grid, Membership, User
from communities.models.place import codes_above
from communities.roles import MATTER_HELPERS
from visits.models import Matter, Step
from visits.workflow import Holder, Transition

BUTTONS = {
    Step.START: _("Begin work"),
    Step.RESOLVE: _("It is resolved"),
    Step.CLOSE: _("Confirm and close"),
    Step.TAKE: _("I take this on"),
    Step.SOLVE: _("I solved it on the spot"),
    Step.ASSIGN: _("Hand it to a person or department"),
    Step.RETURN: _("Return it"),
    Step.REOPEN: _("Reopen: it is not solved"),
    Step.DROP: _("Close without work"),
    Step.COMMENT: _("Write a comment"),
}
QUESTIONS = {
    Step.RESOLVE: _("What was done?"),
    Step.SOLVE: _("What was done?"),
    Step.RETURN: _("Why is it returned?"),
    Step.REOPEN: _("What is not solved yet?"),
    Step.DROP: _("Why is nothing to be done?"),
    Step.COMMENT: _("Comment"),
}


class StepForm(forms.Form):
    """One step on one matter; `seen` is the number of moves its page showed."""

    step = forms.CharField(widget=forms.HiddenInput)
    seen = forms.IntegerField(widget=forms.HiddenInput)
    to = forms.ChoiceField(label=_("To whom"))
    note = forms.CharField(
        label=_("Note"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        matter: Matter,
        transition: Transition | None,
        on: datetime.date,
    ) -> None:
        """Without a transition, read the words alone: they are kept though the step is refused."""
        step = transition.step if transition else None
        super().__init__(
            data,
            auto_id=f"{step or 'step'}_%s",
            initial={"step": step, "seen": matter.moves},
        )
        self.button = BUTTONS.get(step, "") if step else ""
        self.fields["note"].required = bool(transition and transition.needs_note)
        self.fields["note"].label = QUESTIONS.get(step, _("Note")) if step else _("Note")
        self.people: dict[int, User] = {}
        self.departments: dict[int, Department] = {}
        if transition and transition.holder == Holder.CHOSEN:
            self.offer_holders(matter, on)
        else:
            del self.fields["to"]

    def offer_holders(self, matter: Matter, on: datetime.date) -> None:
        """Let people choose who works at the place, or a department of an area it lies in."""
        members = helpers_at(matter.grid, on)
        self.people = {member.user_id: member.user for member in members}
        self.departments = {row.pk: row for row in departments_over(matter.grid)}
        roles = {member.user_id: member.get_role_display() for member in members}
        self.fields["to"].choices = [  # type: ignore[attr-defined] # a choice field
            ("", _("Choose")),
            (
                _("People"),
                [(f"person-{pk}", f"{user} · {roles[pk]}") for pk, user in self.people.items()],
            ),
            (
                _("Departments"),
                [(f"department-{pk}", str(row)) for pk, row in self.departments.items()],
            ),
        ]

    def arguments(self) -> dict[str, Any]:
        """Return what `take_step` wants to know, apart from the matter, who and when."""
        data = self.cleaned_data
        kind, _dash, key = data.get("to", "").partition("-")
        return {
            "step": data["step"],
            "seen": data["seen"],
            "note": data["note"],
            "assignee": self.people[int(key)] if kind == "person" else None,
            "department": self.departments[int(key)] if kind == "department" else None,
        }


def helpers_at(grid: Grid, on: datetime.date) -> list[Membership]:
    """Return those who work in the grid or its community, each person once."""
    members = (
        Membership.objects.current(on)
        .filter(Q(grid=grid) | Q(community=grid.community_id), role__in=MATTER_HELPERS)
        .select_related("user")
        .order_by("user__name", "pk")
    )
    return list({row.user_id: row for row in members}.values())


def departments_over(grid: Grid) -> list[Department]:
    return list(Department.objects.filter(area__code__in=codes_above([grid.code])))
