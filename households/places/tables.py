"""Reading positions of buildings from tables, CSV or Excel."""

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from communities.division.coordinates import Datum
from households.places.place import Place, converted, meanings_of
from households.register.problems import file_text
from households.register.reader import BROWSER, FileRefused, check_upload, read_sheets
from households.register.values import Cell, text_of

HEADING_ROWS = 20


def read_table(file: UploadedFile, suffix: str, datum: Datum) -> Iterator[Place]:
    with tempfile.NamedTemporaryFile(suffix=suffix) as copy:
        for chunk in file.chunks():
            copy.write(chunk)
        copy.flush()
        try:
            check_upload(copy.file, suffix=suffix, size=file.size or 0, limits=BROWSER)  # type: ignore[arg-type] # reads and seeks like one
            for sheet in read_sheets(Path(copy.name), suffix=suffix, limits=BROWSER):
                yield from places_of_rows(sheet.rows, datum)
        except FileRefused as refusal:
            raise ValidationError(file_text(refusal.code, refusal.values)) from None


def places_of_rows(rows: Iterator[list[Cell]], datum: Datum) -> Iterator[Place]:
    """Yield a place for each row below the headings that has a name and a position."""
    numbered = enumerate(rows, start=1)
    columns: dict[str, int] = {}
    for _number, row in itertools.islice(numbered, HEADING_ROWS):
        columns = columns_of(row)
        if {"name", "longitude", "latitude"} <= columns.keys():
            break
    else:
        raise ValidationError(
            _(
                "No row of headings was found. The table needs the columns building, longitude and latitude (楼栋, 经度, 纬度); estate (小区) too where there are several."
            )
        )
    for number, row in numbered:
        cells = {name: text_of(row[at]) if at < len(row) else "" for name, at in columns.items()}
        if not cells["name"] or not (cells["longitude"] or cells["latitude"]):
            continue
        try:
            point = converted([float(cells["longitude"]), float(cells["latitude"])], datum)
        except ValueError:
            raise ValidationError(
                _(
                    "Row %(number)s: longitude and latitude are not numbers. Write degrees such as 116.41."
                )
                % {"number": number}
            ) from None
        except ValidationError as error:
            raise ValidationError(
                _("Row %(number)s: %(problem)s")
                % {"number": number, "problem": " ".join(error.messages)}
            ) from None
        yield Place(cells.get("estate", ""), cells["name"], "", "", point, [], [])


def columns_of(row: list[Cell]) -> dict[str, int]:
    found: dict[str, int] = {}
    for index, cell in enumerate(row):
        for meaning in meanings_of(cell):
            found.setdefault(meaning, index)
    return found
