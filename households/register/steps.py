"""What a plan consists of: steps to write and entries to show."""

import datetime
from dataclasses import dataclass, field
from typing import Any

from households.models.geography import Position
from households.register.problems import Problem
from households.register.rows import Row


@dataclass(slots=True)
class Step:
    """What to write for one chunk of rows. Negative numbers name rows this import creates."""

    buildings: list[tuple[int, str, str]] = field(default_factory=list)
    # Where buildings stand, for those of which the register says something new.
    positions: dict[int, Position] = field(default_factory=dict)
    households: list[tuple[int, int, str, str, int]] = field(default_factory=list)
    household_changes: dict[int, dict[str, Any]] = field(default_factory=dict)
    residents: list[tuple[int, str, str, datetime.date | None, str, str]] = field(
        default_factory=list
    )
    resident_changes: dict[int, dict[str, Any]] = field(default_factory=dict)
    residencies: list[tuple[int, int, str, bool, str, datetime.date | None]] = field(
        default_factory=list
    )
    residency_changes: dict[int, dict[str, Any]] = field(default_factory=dict)
    phones: list[tuple[int, str, str]] = field(default_factory=list)
    care: list[tuple[int, int]] = field(default_factory=list)
    # `changed_at` of every existing row to be changed, as it was when it was compared.
    seen: dict[str, dict[int, datetime.datetime]] = field(default_factory=dict)

    def see(self, model: str, pk: int, changed_at: datetime.datetime) -> None:
        self.seen.setdefault(model, {})[pk] = changed_at


@dataclass(slots=True)
class Entry:
    """One line of the preview. Holds no identity number or phone in full."""

    kind: str
    number: int
    sheet: int
    name: str
    identity: str
    door: str
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class Outcome:
    """What became of one row: its entry, and the row itself when it goes back to the officer."""

    entry: Entry
    row: Row
