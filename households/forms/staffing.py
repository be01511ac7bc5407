"""The question that the staffing board puts to the planner."""

from django import forms
from django.utils.translation import gettext_lazy as _

MOST_MORE = 20


class MoreWorkersForm(forms.Form):
    more = forms.IntegerField(label=_("More workers"), min_value=1, max_value=MOST_MORE, initial=1)
