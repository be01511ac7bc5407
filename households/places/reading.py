"""Reading files of places, whatever their format."""

import itertools
from pathlib import PurePath

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from communities.division.coordinates import Datum
from households.places.geojson import read_geojson
from households.places.place import Place
from households.places.tables import read_table

GEOJSON_SUFFIXES = {".geojson", ".json"}
MOST_PLACES = 20_000


def read_places(file: UploadedFile, datum: Datum) -> list[Place]:
    """Read all places of a file; raises ValidationError with what is wrong and what to do."""
    suffix = PurePath(file.name or "").suffix.lower()
    places = list(
        itertools.islice(
            read_geojson(file, datum)
            if suffix in GEOJSON_SUFFIXES
            else read_table(file, suffix, datum),
            MOST_PLACES + 1,
        )
    )
    if not places:
        raise ValidationError(_("The file holds no place. Compare it with what the file needs."))
    if len(places) > MOST_PLACES:
        raise ValidationError(
            _("The file holds more than %(number)s places. Split it."),
            params={"number": MOST_PLACES},
        )
    return places
