"""What people type into the search box."""

from django import forms
from django.utils.translation import gettext_lazy as _


class SearchForm(forms.Form):
    """A name, initials, an address, an identity number or a phone."""

    q = forms.CharField(
        label=_("Name, address, identity number or phone"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "type": "search"}),
    )
