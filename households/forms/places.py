"""What people type and upload about where things are."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from communities.division.coordinates import Datum
from communities.models import Community
from households.models import Barrier, Building, BuildingPair, PlaceFile
from households.places.distance import refuse_far
from households.places.matching import KnownBuildings, match_places
from households.places.place import converted
from households.places.reading import read_places

DATUMS = (
    (Datum.WGS84.value, _("GPS, OpenStreetMap, Tianditu (WGS 84, CGCS2000)")),
    (Datum.GCJ02.value, _("Amap, Tencent (GCJ-02)")),
    (Datum.BD09.value, _("Baidu (BD-09)")),
)
BETWEEN_NAMES = re.compile(r"[\t,，;；]+")
LONGEST_PASTE = 200_000
# More sentences than this help nobody.
MOST_ERRORS = 10
NOT_IN_NUMBERS = re.compile(r"[,，\s;；]+")


def datum_field(*, required: bool = True) -> forms.ChoiceField:
    return forms.ChoiceField(
        required=required,
        label=_("The positions come from"),
        choices=DATUMS,
        help_text=_("Maps in China shift every position; each is brought back by its own formula."),
    )


class PlaceFileForm(forms.Form):
    """A file of places; gives what it would write as `found` and the names not known."""

    kind = forms.ChoiceField(label=_("The file holds"), choices=PlaceFile.Kind.choices)
    datum = datum_field()
    file = forms.FileField(
        label=_("File"),
        help_text=_("GeoJSON; for positions of buildings Excel or CSV too."),
        widget=forms.FileInput(attrs={"accept": ".geojson,.json,.csv,.xlsx,.xls"}),
        error_messages={"empty": _("This file is empty.")},
    )

    def __init__(self, *args: Any, community: Community, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.community = community
        self.found: list[Any] = []
        self.unknown: list[str] = []

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if self.errors:
            return values
        try:
            places = read_places(values["file"], Datum(values["datum"]))
            self.found, self.unknown = match_places(values["kind"], self.community, places)
        except ValidationError as error:
            self.add_error("file", error)
        return values


class BarrierForm(forms.ModelForm):
    """A barrier typed or pasted as one point in each line."""

    line = forms.CharField(
        label=_("Points"),
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("One point in each line, longitude first: 116.4101, 39.9203."),
    )
    datum = datum_field()

    class Meta:
        model = Barrier
        fields = ["name", "kind"]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if "line" in values and "datum" in values:
            try:
                self.instance.line = read_points(values["line"], Datum(values["datum"]))
                refuse_far(self.instance.line, self.instance.community)
            except ValidationError as error:
                self.add_error("line", error)
        return values


def read_points(text: str, datum: Datum) -> list[tuple[float, float]]:
    """Read a point from each line that is not empty."""
    points = []
    for line in filter(str.strip, text.splitlines()):
        try:
            numbers = [float(part) for part in NOT_IN_NUMBERS.split(line.strip()) if part]
        except ValueError:
            numbers = []
        points.append(converted(numbers, datum))
    return points


class BuildingPairForm(forms.Form):
    """Two buildings of a community, and what somebody who knows the place says of them."""

    first = forms.ModelChoiceField(Building.objects.none(), label=_("Building"))
    second = forms.ModelChoiceField(Building.objects.none(), label=_("Other building"))
    relation = forms.ChoiceField(
        label=_("What is said of them"), choices=BuildingPair.Relation.choices[::-1]
    )

    def __init__(self, *args: Any, community: Community, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        buildings = Building.objects.filter(community=community).order_by("walk_order", "pk")
        for name in ("first", "second"):
            self.fields[name].queryset = buildings.defer("footprint")  # type: ignore[attr-defined] # a model choice field

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        first, second = values.get("first"), values.get("second")
        if first and second:
            if first == second:
                raise ValidationError(_("Choose two different buildings."))
            values["first"], values["second"] = sorted((first, second), key=lambda row: row.pk)
        return values

    def save(self) -> BuildingPair:
        """Say it of the pair, whatever was said before."""
        values = self.cleaned_data
        pair, _created = BuildingPair.objects.update_or_create(
            first=values["first"],
            second=values["second"],
            defaults={"relation": values["relation"]},
        )
        return pair


class PairLinesForm(forms.Form):
    """Many pairs at once, as two columns pasted from a table."""

    relation = forms.ChoiceField(
        label=_("What is said of them"), choices=BuildingPair.Relation.choices[::-1]
    )
    lines = forms.CharField(
        label=_("Pairs"),
        max_length=LONGEST_PASTE,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_(
            "Two buildings in each line with a comma between them, or two columns of Excel."
        ),
    )

    def __init__(self, *args: Any, community: Community, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The page holds another form with a field of the same name.
        self.auto_id = "many_%s"
        self.community = community

    def clean_lines(self) -> list[tuple[int, int]]:
        """Return the pairs by key, the lower first; name every line that cannot be read."""
        known = KnownBuildings(self.community)
        pairs, errors = [], []
        for number, line in enumerate(self.cleaned_data["lines"].splitlines(), start=1):
            if not line.strip():
                continue
            try:
                pairs.append(read_pair(line, known))
            except ValidationError as error:
                errors.append(
                    gettext("Line %(number)s: %(problem)s")
                    % {"number": number, "problem": " ".join(error.messages)}
                )
        if errors:
            raise ValidationError(errors[:MOST_ERRORS])
        return pairs

    def save(self) -> int:
        """Say it of every pair, whatever was said before; return how many there are."""
        relation = self.cleaned_data["relation"]
        with transaction.atomic():
            for first, second in self.cleaned_data["lines"]:
                BuildingPair.objects.update_or_create(
                    first_id=first, second_id=second, defaults={"relation": relation}
                )
        return len(self.cleaned_data["lines"])


def read_pair(line: str, known: KnownBuildings) -> tuple[int, int]:
    names = [part.strip() for part in BETWEEN_NAMES.split(line.strip()) if part.strip()]
    if len(names) != 2:  # noqa: PLR2004 - a pair
        raise ValidationError(_("write two buildings with a comma between them."))
    first, second = (known.find("", name) for name in names)
    for name, found in zip(names, (first, second), strict=True):
        if found is None:
            raise ValidationError(
                _("the register knows no single building %(name)s. Write it with its estate."),
                params={"name": name},
            )
    if first == second:
        raise ValidationError(_("Choose two different buildings."))
    lower, higher = sorted((first[0], second[0]))  # type: ignore[index] # both were found
    return lower, higher
