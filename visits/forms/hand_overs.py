"""What officers and receivers type when work changes hands."""

import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from communities import staffing
from communities.forms import DayField, PersonChoiceField
from communities.models import Community, Membership, User
from visits.actions.assignments import Move


class LastDayForm(forms.Form):
    """The last day of an assignment, never before its first, and who takes over from then on."""

    until = DayField(label=_("Last day"))
    receiver = PersonChoiceField(
        queryset=User.objects.none(),
        label=_("Who takes over"),
        required=False,
        empty_label=pgettext_lazy("worker", "Nobody yet"),
        help_text=_("From the next day on, with the matters that are still open."),
    )

    def __init__(self, *args: Any, membership: Membership, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.membership = membership
        self.fields["until"].initial = max(timezone.localdate(), membership.since)
        community = membership.community_of
        if community is None:
            del self.fields["receiver"]
        else:
            self.fields["receiver"].queryset = receivers(user, community, membership.user)  # type: ignore[attr-defined] # a model choice field

    def clean_until(self) -> datetime.date:
        until: datetime.date = self.cleaned_data["until"]
        if until < self.membership.since:
            raise ValidationError(_("The last day cannot be before the first."))
        return until


def receivers(user: User, community: Community, giver: User) -> Any:
    """Return who may take over from somebody in a community."""
    return staffing.candidates(user, community).exclude(pk=giver.pk)


class ReturnForm(forms.Form):
    """Why a hand-over is returned."""

    reason = forms.CharField(
        label=_("Why you return it"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("An officer reads it and decides."),
    )


class DecisionForm(forms.Form):
    """Who is to receive it: the same person once more, with a word, or another."""

    receiver = PersonChoiceField(queryset=User.objects.none(), label=_("Who takes over"))
    word = forms.CharField(
        label=_("Your word about it"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Needed when it stays with the same person."),
    )

    def __init__(self, *args: Any, row: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.row = row
        people = receivers(user, row.grid.community, row.giver)
        self.fields["receiver"].queryset = people  # type: ignore[attr-defined] # a model choice field
        self.fields["receiver"].initial = row.receiver_id

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        stays = values.get("receiver") and values["receiver"].pk == self.row.receiver_id
        if stays and not values.get("word", "").strip():
            self.add_error("word", _("Say in a few words why it stays as it is."))
        return values


class ReassignForm(forms.Form):
    """For each assignment of a grid worker in a community whom it goes to, and from which day."""

    first = DayField(
        label=_("From"),
        help_text=_("The first day of those who take over; the others work up to the day before."),
    )

    def __init__(self, *args: Any, user: User, community: Community, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        self.fields["first"].initial = today + datetime.timedelta(days=1)
        self.people = {person.pk: person for person in staffing.candidates(user, community)}
        self.memberships = list(
            staffing.coverable(user, community, today).filter(since__lte=today, until=None)
        )
        choices = [
            ("", _("stays")),
            *((key, f"{person.name}（{person.username}）") for key, person in self.people.items()),
        ]
        for membership in self.memberships:
            self.fields[self.name_of(membership)] = forms.TypedChoiceField(
                label=f"{membership.grid} · {membership.user}",
                choices=choices,
                coerce=int,
                empty_value=None,
                required=False,
            )

    @staticmethod
    def name_of(membership: Membership) -> str:
        return f"to_{membership.pk}"

    def rows(self) -> list[tuple[Membership, forms.BoundField]]:
        """Return each assignment with the field that says whom it goes to."""
        return [(membership, self[self.name_of(membership)]) for membership in self.memberships]

    def clean_first(self) -> datetime.date:
        first: datetime.date = self.cleaned_data["first"]
        if first < timezone.localdate():
            raise ValidationError(_("That day has passed. Choose today or a later day."))
        return first

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for move in self.moves():
            if move.receiver == move.membership.user:
                self.add_error(self.name_of(move.membership), _("Nobody hands over to herself."))
        if not self.errors and not self.moves():
            raise ValidationError(_("Choose for at least one grid who takes over."))
        return values

    def moves(self) -> list[Move]:
        """Return the assignments that go to somebody else."""
        return [
            Move(membership, self.people[receiver])
            for membership in self.memberships
            if (receiver := self.cleaned_data.get(self.name_of(membership)))
        ]
