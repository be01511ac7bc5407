"""How every form is drawn: what refers to another part of it finds it there."""

from bs4 import BeautifulSoup
from django import forms
from django.urls import reverse


class EveryKind(forms.Form):
    """A text with help, a choice of buttons, a box to tick: all to be filled in."""

    text = forms.CharField(help_text="Help")
    choice = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    agreed = forms.BooleanField(help_text="Help")


def test_refused_form_describes_each_field_by_its_help_and_its_error():
    soup = BeautifulSoup(str(EveryKind({})), "html.parser")
    described = {
        name: element["aria-describedby"].split()
        for name, element in (
            ("text", soup.find(attrs={"name": "text"})),
            ("choice", soup.fieldset),
            ("agreed", soup.find(attrs={"name": "agreed"})),
        )
    }
    assert described == {
        "text": ["id_text_helptext", "id_text_error"],
        "choice": ["id_choice_error"],
        "agreed": ["id_agreed_helptext", "id_agreed_error"],
    }
    for names in described.values():
        assert all(soup.find(id=name) for name in names)


def test_error_summary_leads_to_each_field():
    soup = BeautifulSoup(str(EveryKind({})), "html.parser")
    targets = [link["href"] for link in soup.select("#error-summary a")]
    assert targets == ["#id_text", "#id_choice", "#id_agreed"]
    assert all(soup.find(id=target.removeprefix("#")) for target in targets)


def test_language_switch_returns_to_the_same_choice(world, as_user):
    address = reverse("visits:visit_list") + "?outcome=met&grid=" + world.grid.code
    soup = BeautifulSoup(as_user(world.officer).get(address).content, "html.parser")
    switch = soup.find("form", action=reverse("language"))
    assert switch.find(attrs={"name": "next"})["value"] == address
