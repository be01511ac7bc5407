"""The step somebody takes on a matter, with the words and the choice it needs."""

import datetime
import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from communities.models import Department, Grid, Membership, User
from communities.models.place import codes_above
from communities.roles import MATTER_HELPERS
from visits.clock import OFFICE_HOURS, local
from visits.models import Matter, Step
from visits.routing import propose
from visits.workflow import Need, Transition

BUTTONS = {
    Step.ACCEPT: _("Accept it"),
    Step.DECLINE: _("Decline: nothing to be done"),
    Step.MERGE: _("It is the same as another matter"),
    Step.SEPARATE: _("It is a matter of its own after all"),
    Step.SOLVE: _("I solved it on the spot"),
    Step.TAKE: _("I take this on"),
    Step.ASSIGN: _("Hand it to a person or department"),
    Step.WHISTLE: _("Call several departments together"),
    Step.ANSWER: _("Answer the call"),
    Step.START: _("Begin work"),
    Step.WAIT: _("Wait for the resident or another body"),
    Step.RESUME: _("It can go on"),
    Step.KEEP: _("Keep it as long-running"),
    Step.ENTRY: _("Write this month's entry"),
    Step.ASK_EXTENSION: _("Ask for more time"),
    Step.GRANT_EXTENSION: _("Give the time asked for"),
    Step.REFUSE_EXTENSION: _("Refuse more time"),
    Step.REMIND: _("Remind who has it"),
    Step.YELLOW: _("Yellow card"),
    Step.RED: _("Red card"),
    Step.ESCALATE: _("Hand it up to the street"),
    Step.HAND_BACK: _("Hand it back to the community"),
    Step.RETURN: _("Return it"),
    Step.RESOLVE: _("It is resolved"),
    Step.REWORK: _("Not solved: back to work"),
    Step.CLOSE: _("Verified: close it"),
    Step.GIVE_UP: _("Close it though it is not solved"),
    Step.REOPEN: _("Reopen it"),
    Step.COMMENT: _("Write a comment"),
}
QUESTIONS = {
    Step.DECLINE: _("Why is nothing to be done?"),
    Step.SEPARATE: _("What is different about it?"),
    Step.SOLVE: _("What was done?"),
    Step.WHISTLE: _("What is to be done together?"),
    Step.ANSWER: _("What will your department do?"),
    Step.WAIT: _("Who is waited for, and for what?"),
    Step.KEEP: _("Why does it take so long?"),
    Step.ENTRY: _("How do things stand?"),
    Step.ASK_EXTENSION: _("Why is more time needed?"),
    Step.REFUSE_EXTENSION: _("Why is no more time given?"),
    Step.YELLOW: _("What has to happen now?"),
    Step.RED: _("What has to happen now?"),
    Step.ESCALATE: _("Why can the community not decide it?"),
    Step.HAND_BACK: _("What did the street decide?"),
    Step.RETURN: _("Why is it returned?"),
    Step.RESOLVE: _("What was done?"),
    Step.REWORK: _("What is not solved yet?"),
    Step.GIVE_UP: _("Why can it not be solved?"),
    Step.REOPEN: _("What is not solved yet?"),
    Step.COMMENT: _("Comment"),
}
DIGITS_OF_REFERENCE = 8
DIGITS_OF_KEY = 32


class DayField(forms.DateField):
    """A day typed in the browser's own calendar, where it has one."""

    def __init__(self, label: Any) -> None:
        super().__init__(
            label=label, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        )


class StepForm(forms.Form):
    """One step on one matter; `seen` is the number of moves its page showed.

    Only the fields that the step needs are there.
    """

    step = forms.CharField(widget=forms.HiddenInput)
    seen = forms.IntegerField(widget=forms.HiddenInput)
    to = forms.ChoiceField(label=_("To whom"))
    proposed = forms.CharField(widget=forms.HiddenInput, required=False)
    called = forms.MultipleChoiceField(label=_("Departments"), widget=forms.CheckboxSelectMultiple)
    lead = forms.ChoiceField(label=_("Who leads"))
    into = forms.CharField(
        label=_("Number of the other matter"),
        max_length=DIGITS_OF_REFERENCE,
        help_text=_("Eight letters and digits; they stand at the head of its page."),
    )
    until_on = DayField(_("Until when"))
    day = DayField(_("Look at it again on"))
    note = forms.CharField(
        label=_("Note"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        matter: Matter,
        transition: Transition | None,
        user: User,
        on: datetime.date,
    ) -> None:
        """Without a transition, read the words alone: they are kept though the step is refused."""
        step = transition.step if transition else None
        super().__init__(
            data,
            auto_id=f"{step or 'step'}_%s",
            initial={"step": step, "seen": matter.moves},
        )
        self.matter, self.user = matter, user
        self.button = BUTTONS.get(step, "") if step else ""
        self.fields["note"].required = bool(transition and transition.needs_note)
        self.fields["note"].label = QUESTIONS.get(step, _("Note")) if step else _("Note")
        self.people: dict[int, User] = {}
        self.departments: dict[int, Department] = {}
        self.keep_fields(transition.need if transition else None, on)

    def keep_fields(self, need: Need | None, on: datetime.date) -> None:
        """Drop the choices that the step does not ask for, and fill those it does."""
        wanted = {
            Need.HOLDER: {"to", "proposed"},
            Need.DEPARTMENTS: {"called", "lead"},
            Need.MATTER: {"into"},
            Need.MOMENT: {"until_on"},
            Need.DAY: {"day"},
            None: set(),
        }[need]
        for name in {"to", "proposed", "called", "lead", "into", "until_on", "day"} - wanted:
            del self.fields[name]
        if need == Need.HOLDER:
            self.offer_holders(on)
        elif need == Need.DEPARTMENTS:
            self.offer_departments()
        elif need == Need.DAY:
            self.fields["day"].widget.attrs["min"] = on.isoformat()
        elif need == Need.MOMENT:
            self.fields["until_on"].widget.attrs["min"] = on.isoformat()

    def offer_holders(self, on: datetime.date) -> None:
        """Let people choose who works at the place, or a department of an area it lies in."""
        members = helpers_at(self.matter.grid, on)
        self.people = {member.user_id: member.user for member in members}
        self.departments = {row.pk: row for row in departments_over(self.matter.grid)}
        roles = {member.user_id: member.get_role_display() for member in members}
        people = {f"person-{pk}": f"{user} · {roles[pk]}" for pk, user in self.people.items()}
        departments = {f"department-{pk}": str(row) for pk, row in self.departments.items()}
        self.fields["to"].choices = [  # type: ignore[attr-defined] # a choice field
            ("", _("Choose")),
            (_("People"), list(people.items())),
            (_("Departments"), list(departments.items())),
        ]
        proposal = None if self.is_bound else propose(self.matter, people | departments)
        if proposal:
            self.initial.update(to=proposal.to, proposed=proposal.to)
            self.fields["to"].help_text = _("Proposed. %(reason)s") % {"reason": proposal.reason}

    def offer_departments(self) -> None:
        self.departments = {row.pk: row for row in departments_over(self.matter.grid)}
        choices = [(str(pk), str(row)) for pk, row in self.departments.items()]
        self.fields["called"].choices = choices  # type: ignore[attr-defined] # a choice field
        self.fields["lead"].choices = [("", _("Choose")), *choices]  # type: ignore[attr-defined] # a choice field

    def clean_into(self) -> Matter:
        """Return the matter whose number was typed, among those the user may see."""
        found = matter_numbered(self.cleaned_data["into"], self.user)
        if found is None:
            raise ValidationError(_("You see no matter with this number. Check it and try again."))
        return found

    def clean(self) -> dict[str, Any]:
        """Ask that the department in the lead be among those called."""
        cleaned = super().clean() or self.cleaned_data
        if "lead" in cleaned and cleaned["lead"] not in cleaned.get("called", []):
            self.add_error("lead", _("Choose one of the departments that are called."))
        return cleaned

    def arguments(self) -> dict[str, Any]:
        """Return what `take_step` wants to know, apart from the matter, who and when."""
        data = self.cleaned_data
        values = {name: data[name] for name in ("step", "seen", "note")}
        if "to" in data:
            values |= self.holder(data["to"])
        if "called" in data:
            values["departments"] = [self.departments[int(key)] for key in data["called"]]
            values["lead"] = self.departments[int(data["lead"])]
        if "until_on" in data:
            values["until"] = local(data["until_on"], OFFICE_HOURS[-1][1])
        return values | {name: data[name] for name in ("into", "day") if name in data}

    def holder(self, value: str) -> dict[str, Any]:
        """Return the person or the department that a choice of the form names."""
        kind, _dash, key = value.partition("-")
        return {
            "assignee": self.people[int(key)] if kind == "person" else None,
            "department": self.departments[int(key)] if kind == "department" else None,
        }

    def proposal(self) -> dict[str, Any] | None:
        """Return whom the page proposed and whether that was chosen; None without a proposal."""
        proposed = self.cleaned_data.get("proposed", "")
        offered = {f"person-{pk}" for pk in self.people}
        if proposed not in offered | {f"department-{pk}" for pk in self.departments}:
            return None
        return self.holder(proposed) | {"is_accepted": proposed == self.cleaned_data["to"]}


def matter_numbered(number: str, user: User) -> Matter | None:
    """Return the matter of this reference that the user may see, None without exactly one."""
    digits = number.strip().lower()
    try:
        first = uuid.UUID(digits.ljust(DIGITS_OF_KEY, "0"))
        last = uuid.UUID(digits.ljust(DIGITS_OF_KEY, "f"))
    except ValueError:
        return None
    if len(digits) < DIGITS_OF_REFERENCE:
        return None
    found = Matter.objects.visible_to(user).filter(pk__range=(first, last))[:2]
    return found[0] if len(found) == 1 else None


def helpers_at(grid: Grid, on: datetime.date) -> list[Membership]:
    """Return those who work in the grid or its community, each person once."""
    members = (
        Membership.objects.current(on)
        .filter(Q(grid=grid) | Q(community=grid.community_id), role__in=MATTER_HELPERS)
        .select_related("user")
        .order_by("user__sorts_as", "pk")
    )
    return list({row.user_id: row for row in members}.values())


def departments_over(grid: Grid) -> list[Department]:
    return list(Department.objects.filter(area__code__in=codes_above([grid.code])))
