"""The doors of a stairwell where nobody opened, ticked on one page."""

import datetime
import uuid
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from households.models import Household
from visits.forms.visits import AskedInput
from visits.knocking import KnockRules, explain
from visits.models import Outcome


class Tick(NamedTuple):
    """A box that was ticked: a door, and the key its visit will have."""

    household: Household
    visit_id: uuid.UUID


class UnansweredForm(forms.Form):
    """Ticks of doors with the keys made when the page was opened, and a reason where one is due.

    The same ticks sent twice are the same visits. `doors` are those the user may visit in
    this stairwell, their building with its community loaded.
    """

    reason = forms.CharField(
        label=_("Why at this time"), max_length=200, required=False, widget=AskedInput
    )

    def __init__(
        self, *args: Any, doors: Sequence[Household], at: datetime.datetime, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.at = timezone.localtime(at)
        self.doors = {str(door.pk): door for door in doors}
        if not self.is_bound:
            self.offer_reason()

    def offer_reason(self) -> None:
        """Ask in the empty form where a knock now goes against a rule, else leave it out."""
        against = self.rules_against(self.doors.values())
        if against:
            self.fields["reason"].required = True
            self.fields["reason"].help_text = against[0]
        else:
            del self.fields["reason"]

    def rules_against(self, doors: Iterable[Household]) -> list[str]:
        """Return the rules in words that knocking at these doors now goes against."""
        return [rule for door in doors if (rule := self.rule_against(door))]

    def rule_against(self, door: Household) -> str:
        """Return the rule that asks why, "" for none: where nobody answers, only quiet hours do."""
        rules = KnockRules.of(door.building.community)
        found = rules.against(
            self.at,
            outcome=Outcome.NOBODY_HOME,
            last_answer=None,
            asked_for_on=door.asked_for_on,
        )
        return explain(found, rules)

    @property
    def ticks(self) -> list[Tick]:
        """Return what was ticked and understood, of doors that one may visit alone."""
        found = []
        ticked = self.data.getlist("door") if isinstance(self.data, QueryDict) else []
        for value in ticked:
            key, _colon, visit_id = value.partition(":")
            door = self.doors.get(key)
            try:
                parsed = uuid.UUID(visit_id)
            except ValueError:
                continue
            if door and not door.visit_in_pairs:
                found.append(Tick(door, parsed))
        return found

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        ticks = self.ticks
        if not ticks:
            raise ValidationError(_("Tick the doors where nobody was home."))
        against = self.rules_against(tick.household for tick in ticks)
        if not against:
            del self.fields["reason"]
        elif not cleaned.get("reason"):
            self.fields["reason"].required = True
            self.add_error(
                "reason",
                _("%(rule)s Write in a few words why you knocked all the same.")
                % {"rule": against[0]},
            )
        return cleaned
