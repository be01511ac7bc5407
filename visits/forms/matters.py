"""What people type about matters."""

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from communities.models import Grid, User
from communities.photos import MAX_PHOTOS, shrink_photo
from communities.roles import REPORTERS
from households.models import Household, Post
from visits.models import Matter, MatterCategory


class ClientKeyField(forms.UUIDField):
    """A key made with the empty form, so that the form sent twice is known as one."""

    def __init__(self) -> None:
        super().__init__(required=False, widget=forms.HiddenInput, initial=uuid.uuid4)

    def has_changed(self, initial: object, data: object) -> bool:  # noqa: ARG002 - Django's signature
        """Return False: nobody types it, so a form with only a key is an empty form."""
        return False


class PhotosInput(forms.ClearableFileInput):
    """Choose several photos; naming JPEG makes phones convert their own formats."""

    allow_multiple_selected = True

    def __init__(self) -> None:
        super().__init__(attrs={"accept": "image/jpeg,image/png,image/webp"})


class PhotosField(forms.FileField):
    """Up to four photos, cleaned to a list of small JPEGs."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Photos"),
            help_text=_(
                "Up to four. They are made smaller, and the place and time in them removed."
            ),
            required=False,
            widget=PhotosInput,
        )

    def clean(self, data: list[UploadedFile] | None, initial: object = None) -> list[bytes]:
        files = [file for file in data or [] if file]
        if len(files) > MAX_PHOTOS:
            raise ValidationError(
                _("These are %(count)s photos. Choose four at most."), params={"count": len(files)}
            )
        photos, errors = [], []
        for number, file in enumerate(files, start=1):
            try:
                photos.append(shrink_photo(super().clean(file, initial)))
            except ValidationError as error:
                errors.append(self.refusal(number, error))
        if errors:
            errors.append(gettext("Choose the photos again, or send the form without them."))
            raise ValidationError(errors)
        return photos

    def has_changed(self, initial: object, data: list[UploadedFile] | None) -> bool:  # noqa: ARG002 - Django's signature
        """Say whether a file was chosen; an input left alone sends an empty list."""
        return any(data or [])

    @staticmethod
    def refusal(number: int, error: ValidationError) -> str:
        return gettext("Photo %(number)s %(problem)s") % {
            "number": number,
            "problem": " ".join(error.messages),
        }


class MatterForm(forms.Form):
    """What is wrong, and where unless `household` already says it.

    With `empty_permitted=True` it may be left empty inside another form. Once valid,
    `report_matter(by=…, at=…, **form.arguments())` stores it.
    """

    id = ClientKeyField()
    category = forms.ModelChoiceField(
        MatterCategory.objects.none(), label=_("Category"), empty_label=_("Choose")
    )
    grid = forms.ModelChoiceField(
        Grid.objects.none(), label=_("Grid"), to_field_name="code", empty_label=_("Choose")
    )
    door = forms.ChoiceField(label=_("Door or stairwell"))
    place = forms.CharField(
        label=_("Where"),
        max_length=120,
        required=False,
        help_text=_("For example: yard behind 3号楼."),
    )
    description = forms.CharField(
        label=_("What is wrong"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )
    urgency = forms.ChoiceField(
        label=_("Urgency"),
        choices=Matter.Urgency.choices,
        initial=Matter.Urgency.NORMAL,
        widget=forms.RadioSelect,
    )
    is_solved = forms.BooleanField(label=_("Already solved on the spot"), required=False)
    photos = PhotosField()

    def __init__(
        self, *args: Any, user: User, household: Household | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.household = household
        self.places: dict[str, dict[str, Any]] = {}
        self.fields["category"].queryset = MatterCategory.objects.visible_to(user)  # type: ignore[attr-defined] # a model choice field
        grids = Grid.objects.held_by(user, REPORTERS).open().select_related("community")
        if household:
            del self.fields["grid"], self.fields["door"]
        elif grids.exists():
            del self.fields["door"]
            self.fields["grid"].queryset = grids  # type: ignore[attr-defined] # a model choice field
            self.offer_grids(wide=user.spans_streets(REPORTERS))
        else:
            del self.fields["grid"]
            choices, self.places = doors_and_stairwells(user)
            self.fields["door"].choices = choices  # type: ignore[attr-defined] # a choice field

    def offer_grids(self, *, wide: bool) -> None:
        """Let people choose a grid; those over more than a street type its number instead."""
        field = self.fields["grid"]
        self.fields["place"].required = True
        if wide:
            field.label, field.widget = (
                _("Grid number"),
                forms.TextInput(attrs={"inputmode": "numeric"}),
            )
            field.error_messages["invalid_choice"] = _("None of your grids has this number.")
        else:
            field.label_from_instance = lambda grid: f"{grid.community} · {grid}"  # type: ignore[attr-defined] # a model choice field

    def clean(self) -> dict[str, Any]:
        """Tell people whose form comes back that their photos do not come back with it."""
        cleaned = super().clean() or self.cleaned_data
        if self.errors and cleaned.get("photos"):
            self.add_error("photos", _("Your browser does not keep photos. Choose them again."))
        return cleaned

    def renew_key(self) -> None:
        """Give the form a new key, so that what it holds can be sent as another matter."""
        data = QueryDict(mutable=True)
        data.update(self.data)
        data[self.add_prefix("id")] = str(uuid.uuid4())
        self.data = data

    def arguments(self) -> dict[str, Any]:
        """Return what `report_matter` wants to know, apart from who and when."""
        values = dict(self.cleaned_data)
        if self.household:
            values |= {"household": self.household, "grid": self.household.grid}
        elif "door" in values:
            values |= self.places[values.pop("door")]
            values["place"] = " ".join(filter(None, [values.pop("stairwell", ""), values["place"]]))
        return values


def doors_and_stairwells(user: User) -> tuple[list[Any], dict[str, dict[str, Any]]]:
    """Return the choices of somebody who looks after stairwells, and what each choice means.

    A stairwell belongs to the grid of its first door; one without doors is left out.
    """
    posts = Post.objects.held_today(user).select_related("building")
    doors = (
        Household.objects.visible_to(user)
        .open()
        .in_walking_order()
        .select_related("building", "grid")
    )
    choices: list[Any] = [("", _("Choose"))]
    meanings: dict[str, dict[str, Any]] = {}
    for post in posts:
        behind = [
            door
            for door in doors
            if door.building_id == post.building_id and post.unit in ("", door.unit)
        ]
        if not behind:
            continue
        whole = f"post-{post.pk}"
        meanings[whole] = {"grid": behind[0].grid, "stairwell": str(post)}
        options: list[tuple[str, Any]] = [(whole, _("The stairwell itself"))]
        for door in behind:
            value = f"door-{door.pk}"
            meanings[value] = {"grid": door.grid, "household": door}
            options.append((value, door.door))
        choices.append((str(post), options))
    return choices, meanings
