"""Areas and communities from the list of the National Bureau of Statistics.

One row per community, with the codes and names of everything above it. The file is read
in batches, so memory does not grow with it; what the database holds already is compared
and only differences are written, so a second run writes nothing.
"""

import csv
import itertools
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TextIO

from django.db import transaction
from django.utils.translation import gettext as _

from communities.models import Area, Community

COLUMNS = (
    "community_code",
    "community_name",
    "street_code",
    "street_name",
    "county_code",
    "county_name",
    "city_code",
    "city_name",
    "province",
)
BATCH = 2000
CODE_DIGITS = 12
LONGEST_NAME = 60


class InvalidRowError(ValueError):
    """A row that cannot be placed; the text says why."""


class MissingColumnsError(ValueError):
    """The file lacks columns; the text names them."""


class PlaceRow(NamedTuple):
    """A place as the file has it: its code, name, and the code of what it lies in."""

    code: str
    name: str
    parent: str


@dataclass
class Report:
    """What an import did, counted; `tell` hears each rename, move and refused line."""

    tell: Callable[[str], None]
    lines: int = 0
    new_areas: int = 0
    new_communities: int = 0
    renamed: int = 0
    moved: int = 0
    refused: int = 0

    def notes_change(self, row: PlaceRow, name: str, *, moved: bool) -> bool:
        """Say whether a stored place with this name differs from the row, and report it."""
        if row.name != name:
            self.renamed += 1
            self.tell(
                _("Renamed %(code)s: %(old)s, now %(new)s.")
                % {"code": row.code, "old": name, "new": row.name}
            )
        if moved:
            self.moved += 1
            self.tell(
                _("Moved %(code)s %(name)s: now in %(parent)s.")
                % {"code": row.code, "name": row.name, "parent": row.parent}
            )
        return moved or row.name != name


def import_areas(
    file: TextIO, *, tell: Callable[[str], None], progress: Callable[[int], None]
) -> Report:
    """Bring areas and communities up to date with the file.

    Each batch is one transaction, so an interrupted run leaves whole batches and is simply
    started again. Raises MissingColumnsError before anything is written.
    """
    report = Report(tell)
    reader = csv.reader(file)
    positions = column_positions(next(reader, []))
    places = places_of(((reader.line_num, row) for row in reader), positions, report)
    while batch := list(itertools.islice(places, BATCH)):
        store_batch(batch, report)
        progress(report.lines)
    return report


def column_positions(headings: list[str]) -> list[int]:
    found = {heading.strip(): index for index, heading in enumerate(headings)}
    missing = [name for name in COLUMNS if name not in found]
    if missing:
        raise MissingColumnsError(", ".join(missing))
    return [found[name] for name in COLUMNS]


def places_of(
    rows: Iterable[tuple[int, list[str]]], positions: list[int], report: Report
) -> Iterator[list[PlaceRow]]:
    """Yield the places that each good row names, widest first; report the others by line."""
    for line, row in rows:
        if not any(row):
            continue
        report.lines += 1
        try:
            yield read_row(cells_of(row, positions))
        except InvalidRowError as error:
            report.refused += 1
            report.tell(_("Line %(line)s left out: %(reason)s.") % {"line": line, "reason": error})


def cells_of(row: list[str], positions: list[int]) -> dict[str, str]:
    if len(row) <= max(positions):
        raise InvalidRowError(_("columns are missing"))
    return {
        column: row[position].strip() for column, position in zip(COLUMNS, positions, strict=True)
    }


def read_row(cells: dict[str, str]) -> list[PlaceRow]:
    """Return province, city, county, street and community of one row, widest first.

    A street directly under a city has a blank county, or the city once more: the row of
    441900003001 in 441900003000 gives the codes 44, 4419, 441900003 and 441900003001.
    """
    community_code = cells["community_code"]
    if not is_code(community_code) or len(community_code) != CODE_DIGITS:
        raise InvalidRowError(
            _("community code %(code)s is not 12 digits") % {"code": community_code}
        )
    city = area_code(cells["city_code"], Area.Level.CITY)
    county = city
    if cells["county_code"] not in ("", cells["city_code"], city + "00"):
        county = area_code(cells["county_code"], Area.Level.COUNTY)
    street = area_code(cells["street_code"], Area.Level.STREET)
    if not (
        community_code.startswith(street) and street.startswith(county) and county.startswith(city)
    ):
        raise InvalidRowError(
            _("code %(code)s does not lie inside the places named beside it")
            % {"code": community_code}
        )
    places = [
        PlaceRow(city[: Area.Level.PROVINCE], cells["province"], ""),
        PlaceRow(city, cells["city_name"], city[: Area.Level.PROVINCE]),
    ]
    if county != city:
        places.append(PlaceRow(county, cells["county_name"], city))
    places.append(PlaceRow(street, cells["street_name"], places[-1].code))
    places.append(PlaceRow(community_code, cells["community_name"], street))
    for place in places:
        check_name(place)
    return places


def is_code(text: str) -> bool:
    return text.isascii() and text.isdigit()


def area_code(text: str, digits: int) -> str:
    """Return the code without the zeros it is padded with."""
    if not is_code(text) or not digits <= len(text) <= CODE_DIGITS or text[digits:].strip("0"):
        raise InvalidRowError(
            _("%(code)s is not a code of %(digits)s digits, padded with zeros")
            % {"code": text or "“”", "digits": digits}
        )
    return text[:digits]


def check_name(place: PlaceRow) -> None:
    # Not str.isprintable: it refuses characters newer than the interpreter, and names use them.
    unreadable = any(unicodedata.category(char) == "Cc" for char in place.name)
    if unreadable or not 0 < len(place.name) <= LONGEST_NAME:
        raise InvalidRowError(
            _("the name of %(code)s is empty, longer than 60 characters or not readable")
            % {"code": place.code}
        )


@transaction.atomic
def store_batch(batch: list[list[PlaceRow]], report: Report) -> None:
    areas: dict[str, PlaceRow] = {}
    communities: dict[str, PlaceRow] = {}
    for *above, community in batch:
        areas.update((area.code, area) for area in above)
        communities[community.code] = community
    store_communities(communities, store_areas(areas, report), report)


def store_areas(areas: dict[str, PlaceRow], report: Report) -> dict[str, int]:
    """Write areas that are new or different, level by level; return the keys by code."""
    keys: dict[str, int] = {}
    for level in Area.Level.values:
        wanted = {code: row for code, row in areas.items() if len(code) == level}
        known = {area.code: area for area in Area.objects.filter(code__in=wanted)}
        keys.update((area.code, area.pk) for area in known.values())
        report.new_areas += len(wanted) - len(known)
        changed = [
            Area(code=code, name=row.name, level=level, parent_id=keys.get(row.parent))
            for code, row in wanted.items()
            if code not in known
            or report.notes_change(
                row, known[code].name, moved=known[code].parent_id != keys.get(row.parent)
            )
        ]
        stored = Area.objects.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=["code"],
            update_fields=["name", "parent"],
        )
        keys.update((area.code, area.pk) for area in stored)
    return keys


def store_communities(
    communities: dict[str, PlaceRow], keys: dict[str, int], report: Report
) -> None:
    """Write communities that are new or different; settings such as the grid size stay."""
    known = {
        code: (name, street)
        for code, name, street in Community.objects.filter(code__in=communities).values_list(
            "code", "name", "area"
        )
    }
    report.new_communities += len(communities) - len(known)
    changed = [
        Community(code=code, name=row.name, area_id=keys[row.parent])
        for code, row in communities.items()
        if code not in known
        or report.notes_change(row, known[code][0], moved=known[code][1] != keys[row.parent])
    ]
    Community.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["code"], update_fields=["name", "area"]
    )
