"""Somebody else a moment faster: her row is stored between the check of a form and its saving."""

from collections.abc import Callable

import pytest
from django import forms


def overtake(
    monkeypatch: pytest.MonkeyPatch, form_class: type[forms.BaseForm], rival: Callable[[], object]
) -> None:
    """Run `rival` once, right after a form of this class was found in order."""
    check = form_class.is_valid

    def is_valid(form):
        in_order = check(form)
        if in_order:
            monkeypatch.setattr(form_class, "is_valid", check)
            rival()
        return in_order

    monkeypatch.setattr(form_class, "is_valid", is_valid)
