"""The day from which a plan of grids is to hold."""

import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communities.forms import DayInput


def next_monday(on: datetime.date) -> datetime.date:
    return on + datetime.timedelta(days=7 - on.weekday())


class PlanAcceptForm(forms.Form):
    effective_on = forms.DateField(
        label=_("Holds from"),
        widget=DayInput,
        help_text=_("Today or a later day. A Monday gives everybody the weekend to prepare."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("effective_on", next_monday(timezone.localdate()))
