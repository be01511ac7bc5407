"""Reading a whole register: every sheet, every row, and who stands in it more than once."""

import datetime
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from communities.models import Area, Community
from households.addresses import place_prefixes
from households.models import CareTag
from households.register.problems import Problem, Weight, weight_of
from households.register.reader import FileRefused, Limits, read_sheets
from households.register.rows import Row, RowReader, bare_community
from households.register.sheets import Table
from households.register.spool import Spool

Progress = Callable[[int, int], None]
PROGRESS_EVERY = 1000
PAIR = {"lives", "registered"}
DoorKey = tuple[str, str, str]


@dataclass(slots=True)
class SheetFacts:
    """What the preview and the workbook of problems need to know of a sheet."""

    name: str
    headings: list[str]
    unused: list[str]
    skipped: list[tuple[int, str]] = field(default_factory=list)


class Sighting(NamedTuple):
    """Where a person stands in the file, and as what."""

    place: str
    door: DoorKey
    kind: str


@dataclass
class Reading:
    """A register as read: rows that stand alone, each with its problems."""

    sheets: list[SheetFacts] = field(default_factory=list)
    rows: Spool[Row] = field(default_factory=Spool)
    unknown_words: Counter[tuple[str, str]] = field(default_factory=Counter)
    # By identity number, or by door and name where there is none.
    seen: dict[object, Sighting] = field(default_factory=dict)
    repeated: dict[object, list[Sighting]] = field(default_factory=dict)

    def note_sighting(self, row: Row) -> None:
        key = person_key(row)
        if key is None or row.door is None or weight_of(row.problems) == Weight.REFUSED:
            return
        sighting = Sighting(self.place_of(row), row.door.key, row.kind)
        first = self.seen.setdefault(key, sighting)
        if first is not sighting:
            self.repeated.setdefault(key, [first]).append(sighting)

    def place_of(self, row: Row) -> str:
        """Name a row as people find it in Excel, with its sheet when there are several."""
        name = self.sheets[row.sheet].name
        return f"{name}!{row.number}" if row.sheet and name else str(row.number)

    def is_pair(self, row: Row) -> bool:
        """Say whether the person stands here twice by right: living at one door, registered at another."""
        sightings = self.repeated.get(person_key(row), [])
        return (
            len(sightings) == len(PAIR)
            and bool(row.identity)
            and {sighting.kind for sighting in sightings} == PAIR
            and sightings[0].door != sightings[1].door
        )

    def repetition(self, row: Row) -> Problem | None:
        """Return the problem of a person who stands more than once in the file."""
        sightings = self.repeated.get(person_key(row))
        if not sightings or self.is_pair(row):
            return None
        rows = ", ".join(sighting.place for sighting in sightings)
        return Problem("twice" if row.identity else "twice_by_name", value=rows)


def person_key(row: Row) -> object:
    if row.identity:
        return int(row.identity[:17])
    return (row.door.key, row.name) if row.name and row.door else None


def read_register(
    path: Path,
    *,
    suffix: str,
    limits: Limits,
    community: Community,
    today: datetime.date,
    progress: Progress,
) -> Reading:
    """Read every sheet that has a row of headings.

    `progress(done, total)` is called now and then. Raises FileRefused.
    """
    reading = Reading()
    prefixes = place_prefixes(place_names(community))
    care_tags = frozenset(CareTag.objects.values_list("name", flat=True))
    before = 0
    for sheet in read_sheets(path, suffix=suffix, limits=limits):
        table = Table(sheet)
        if table.header is None:
            continue
        facts = SheetFacts(sheet.name, table.header.headings, table.header.unused)
        position = len(reading.sheets)
        reading.sheets.append(facts)
        reader = RowReader(
            header=table.header,
            title=table.title,
            sheet_name=sheet.name,
            position=position,
            prefixes=prefixes,
            community=bare_community(community.name) + community.name,
            care_tags=care_tags,
            today=today,
            unknown_words=reading.unknown_words,
        )
        for line in table:
            row = reader.read(line)
            reading.note_sighting(row)
            reading.rows.append(row)
            if limits.rows is not None and len(reading.rows) > limits.rows:
                raise FileRefused("too_many_rows", limit=limits.rows)
            if line.number % PROGRESS_EVERY == 0:
                progress(before + line.number, before + sheet.height)
        before += sheet.height
        facts.skipped = [(skipped.number, skipped.reason) for skipped in table.skipped]
    if not reading.sheets:
        raise FileRefused("no_headings")
    if not len(reading.rows):
        raise FileRefused("no_rows")
    reading.rows.pack()
    reading.seen.clear()
    progress(before, before)
    return reading


def place_names(community: Community) -> list[str]:
    """Return the names of the areas above, from the province down, and the community's."""
    names = [community.name]
    area: Area | None = community.area
    while area is not None:
        names.insert(0, area.name)
        area = area.parent
    return names
