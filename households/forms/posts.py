"""Which stairwell a post holder looks after."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from communities.models import Membership, User
from households.figures import stairwell_rows
from households.models import Post


class PostForm(forms.Form):
    """One stairwell, or a whole building, of the grid that a post holder belongs to."""

    stairwell = forms.ChoiceField(
        label=_("Stairwell"), help_text=_("A unit of a building, or the whole building.")
    )

    def __init__(self, *args: Any, membership: Membership, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.membership = membership
        choices: list[tuple[str, str]] = [("", str(_("Choose")))]
        last = 0
        rows = stairwell_rows(membership.grid, user) if membership.grid else []
        for row in rows:
            if row.building_pk != last:
                last = row.building_pk
                choices.append((f"{last}:", f"{row.building} · {_('whole building')}"))
            if row.unit:
                choices.append((f"{last}:{row.unit}", f"{row.building} {row.unit_label}"))
        self.fields["stairwell"].choices = choices  # type: ignore[attr-defined] # a choice field

    def clean_stairwell(self) -> str:
        chosen: str = self.cleaned_data["stairwell"]
        building, _colon, unit = chosen.partition(":")
        if self.membership.posts.filter(building=int(building), unit=unit).exists():
            raise ValidationError(_("This person looks after this stairwell already."))
        return chosen

    def save(self) -> None:
        building, _colon, unit = self.cleaned_data["stairwell"].partition(":")
        # Sent twice, it is one post.
        Post.objects.get_or_create(membership=self.membership, building_id=int(building), unit=unit)
