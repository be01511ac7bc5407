"""What people type about a visit."""

import datetime
import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from households.models import Household
from visits.answers import rules_against
from visits.knocking import KnockRules, explain
from visits.models import Outcome, Visit, Way

# A visit is written down within the week it was made in.
DAYS_BACK = 7
# Phones and servers disagree by minutes.
CLOCK_SLACK = datetime.timedelta(minutes=5)
# Later than the usual rhythm, an appointment would only hide the door from the list.
LATEST_APPOINTMENT = datetime.timedelta(days=90)


class MomentInput(forms.DateTimeInput):
    """The browser's own picker for day and time."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class AskedInput(forms.TextInput):
    """A line that the browser lets pass empty: whether it is due depends on the other answers."""

    def use_required_attribute(self, initial: Any) -> bool:  # noqa: ARG002 - Django's signature
        return False


class QuickVisitForm(forms.Form):
    """What the two buttons at a door of the list send."""

    QUICK = (Outcome.MET, Outcome.NOBODY_HOME)

    visit_id = forms.UUIDField()
    outcome = forms.ChoiceField(choices=[(outcome, outcome.label) for outcome in QUICK])


class VisitForm(forms.Form):
    """One visit. `arguments()` are those of `record_visit` that the form decides.

    The key is made with the empty form, so that the form sent twice is one visit. Why the
    rules of knocking were not kept is asked only where they were not. The household comes
    with its grid and community loaded.
    """

    visit_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    outcome = forms.ChoiceField(
        label=_("What happened"), choices=Outcome.choices, widget=forms.RadioSelect
    )
    way = forms.ChoiceField(
        label=_("How"), choices=Way.choices, initial=Way.DOOR, widget=forms.RadioSelect
    )
    went_alone = forms.BooleanField(label=_("I went alone this time"), required=False)
    companions = forms.CharField(label=_("Who came along"), max_length=100, required=False)
    reason = forms.CharField(
        label=_("Why at this time"), max_length=200, required=False, widget=AskedInput
    )
    note = forms.CharField(
        label=_("Note"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    next_on = forms.DateField(label=_("Asked to come again on"), required=False, widget=DayInput)
    done_at = forms.DateTimeField(label=_("When"), widget=MomentInput)

    def __init__(
        self, *args: Any, household: Household, at: datetime.datetime, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.at = at
        self.door = household
        self.fields["done_at"].initial = at
        if not self.is_bound:
            self.offer_reason()
        if not household.visit_in_pairs:
            del self.fields["went_alone"]

    def offer_reason(self) -> None:
        """Ask in the empty form where a knock now goes against a rule, else leave it out."""
        outcome = self.get_initial_for_field(self.fields["outcome"], "outcome") or Outcome.MET
        against = rules_against(self.door, self.at, outcome=outcome, way=Way.DOOR, visit_id=None)
        if against:
            rules = KnockRules.of(self.door.grid.community)
            self.fields["reason"].help_text = explain(against, rules)
            self.fields["reason"].required = True
        else:
            del self.fields["reason"]

    def check_reason(self, cleaned: dict[str, Any]) -> None:
        """Ask why a rule of knocking was not kept; nobody is refused for it."""
        if not {"done_at", "outcome", "way", "visit_id"} <= cleaned.keys():
            return
        against = rules_against(
            self.door,
            cleaned["done_at"],
            outcome=cleaned["outcome"],
            way=cleaned["way"],
            visit_id=cleaned["visit_id"],
        )
        if not against:
            if not cleaned.get("reason"):
                del self.fields["reason"]
        elif not cleaned.get("reason"):
            self.fields["reason"].required = True
            rule = explain(against, KnockRules.of(self.door.grid.community))
            self.add_error(
                "reason",
                _("%(rule)s Write in a few words why you knocked all the same.") % {"rule": rule},
            )

    def earliest(self) -> datetime.datetime:
        return self.at - datetime.timedelta(days=DAYS_BACK)

    def clean_done_at(self) -> datetime.datetime:
        done_at: datetime.datetime = self.cleaned_data["done_at"]
        if done_at > self.at + CLOCK_SLACK:
            raise ValidationError(_("This time has not come yet. Give the time of the visit."))
        if done_at < self.earliest():
            raise ValidationError(
                _("A visit can be entered up to %(days)s days afterwards."),
                params={"days": DAYS_BACK},
            )
        return done_at

    def clean_next_on(self) -> datetime.date | None:
        day: datetime.date | None = self.cleaned_data["next_on"]
        today = timezone.localdate(self.at)
        if day and not today <= day <= today + LATEST_APPOINTMENT:
            raise ValidationError(_("Choose a day from today on, within three months."))
        return day

    def clean(self) -> dict[str, Any]:
        """Ask, at a door to be visited in pairs, who came along; being alone is only confirmed."""
        cleaned = super().clean() or self.cleaned_data
        alone = "went_alone" in self.fields and not cleaned.get("companions")
        if alone and cleaned.get("way") == Way.DOOR and not cleaned.get("went_alone"):
            self.add_error(
                "went_alone",
                _("This door is to be visited in pairs. Tick this box, or write who came along."),
            )
        if "reason" in self.fields:
            self.check_reason(cleaned)
        return cleaned

    def arguments(self) -> dict[str, Any]:
        values = dict(self.cleaned_data)
        values.pop("went_alone", None)
        return {"id": values.pop("visit_id"), **values}


class AnywhereVisitForm(VisitForm):
    """The empty form of a visit at a door that only the phone knows, with all it may ask."""

    def __init__(self, *, at: datetime.datetime) -> None:
        super().__init__(household=Household(visit_in_pairs=True), at=at)

    def offer_reason(self) -> None:
        """Leave it on the page: the phone takes it away where no rule is broken."""


class VisitCorrectionForm(VisitForm):
    """A visit as it should have been written, or a note that it never took place."""

    withdrawn = forms.BooleanField(
        label=_("Entered by mistake: this visit did not take place"), required=False
    )
    field_order = ["visit_id", "withdrawn"]

    def __init__(self, *args: Any, visit: Visit, **kwargs: Any) -> None:
        names = ("outcome", "way", "done_at", "companions", "reason", "note", "next_on")
        initial = {name: getattr(visit, name) for name in names}
        self.visit = visit
        super().__init__(*args, household=visit.household, initial=initial, **kwargs)
        self.fields.pop("went_alone", None)

    def offer_reason(self) -> None:
        """Let a reason that was given be set right."""
        if not self.visit.reason:
            del self.fields["reason"]

    def check_reason(self, cleaned: dict[str, Any]) -> None:
        """The visit has happened: setting it right needs no new reason."""

    def earliest(self) -> datetime.datetime:
        """The time may stay what it was, however long ago."""
        return min(super().earliest(), self.visit.done_at - datetime.timedelta(days=1))

    def clean_next_on(self) -> datetime.date | None:
        if self.cleaned_data["next_on"] == self.visit.next_on:
            return self.visit.next_on
        return super().clean_next_on()

    def arguments(self) -> dict[str, Any]:
        """A visit that did not take place keeps the words it was written down with."""
        values = super().arguments()
        return {**values, **self.initial} if values["withdrawn"] else values
