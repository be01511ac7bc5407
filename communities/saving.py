"""Saving a form while somebody else saves the same."""

from collections.abc import Callable

from django import forms
from django.db import IntegrityError, transaction


def saved(form: forms.BaseForm, save: Callable[[], object]) -> bool:
    """Save what a valid form holds; False when another row was a moment faster.

    The form then says so in the words of its own check, and keeps what was typed.
    """
    try:
        with transaction.atomic():
            save()
    except IntegrityError:
        # The check ran before the other row was stored; now it sees it.
        form.full_clean()
        if form.is_valid():
            raise
        return False
    return True
