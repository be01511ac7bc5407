"""What a page measured of its own use."""

import datetime

from django import forms
from django.http import QueryDict

from visits.actions.burden import add_burden


class BurdenForm(forms.Form):
    """Sent along with a visit by `static/js/burden.js`; without scripts it is not there."""

    taps = forms.IntegerField()
    seconds = forms.IntegerField()
    prefilled = forms.IntegerField()
    typed = forms.IntegerField()


def count_burden(sent: QueryDict, *, community_id: int, day: datetime.date) -> None:
    """Add what was measured, if anything was; a visit is never refused for it."""
    form = BurdenForm(sent)
    if form.is_valid():
        add_burden(community_id=community_id, day=day, **form.cleaned_data)
