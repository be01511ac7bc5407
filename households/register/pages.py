"""What an import found, kept page by page as it is shown."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from households.models import ImportPage, RegisterImport
from households.register.problems import Weight, weight_of
from households.register.reading import Reading
from households.register.steps import Entry, Outcome
from households.register.values import text_of

Kind = ImportPage.Kind
LINES = 50
PAGES_PER_INSERT = 50
SKIPPED_SHOWN = 50
WORDS_SHOWN = 100


class PageWriter:
    """Gather lines by kind and keep them as sealed pages of fifty.

    `kinds` says which are kept. With `held` the pages stay in memory until `save`, for an
    import that must leave nothing behind when it is interrupted.
    """

    def __init__(
        self, register_import: RegisterImport, *, kinds: Iterable[str], held: bool = False
    ) -> None:
        self.register_import = register_import
        self.kinds = frozenset(kinds)
        self.held = held
        self.lines: dict[str, list[Any]] = {}
        self.numbers: Counter[str] = Counter()
        self.pages: list[ImportPage] = []

    def add(self, kind: str, line: Any) -> None:
        if kind not in self.kinds:
            return
        lines = self.lines.setdefault(kind, [])
        lines.append(line)
        if len(lines) == LINES:
            self.close(kind)

    def close(self, kind: str) -> None:
        lines = self.lines.pop(kind, None)
        if lines:
            self.add_page(kind, lines)

    def add_page(self, kind: str, content: Any) -> None:
        self.numbers[kind] += 1
        page = ImportPage(
            register_import=self.register_import, kind=kind, number=self.numbers[kind]
        )
        page.content = content
        self.pages.append(page)
        if not self.held and len(self.pages) >= PAGES_PER_INSERT:
            self.insert()

    def add_outcome(self, outcome: Outcome) -> None:
        entry, row = outcome.entry, outcome.row
        if not row.problems and entry.kind not in self.kinds:
            return
        line = entry.as_dict()
        self.add(entry.kind, line)
        weight = weight_of(row.problems)
        if weight is None:
            return
        if weight == Weight.REMARKED:
            self.add(Kind.REMARKED, line)
        problem = {
            "sheet": row.sheet,
            "number": row.number,
            "cells": [cell if isinstance(cell, str) else text_of(cell) for cell in row.cells],
            "problems": entry.problems,
            "address": str(row.door) if row.is_carried and row.door else "",
            "weight": str(weight),
        }
        self.add(Kind.PROBLEM, problem)

    def add_entry(self, entry: Entry) -> None:
        self.add(entry.kind, entry.as_dict())

    def add_details(self, reading: Reading) -> None:
        self.add_page(Kind.DETAILS, details_of(reading))

    def close_all(self) -> None:
        for kind in list(self.lines):
            self.close(kind)

    def save(self) -> None:
        self.close_all()
        self.insert()

    def insert(self) -> None:
        ImportPage.objects.bulk_create(self.pages)
        self.pages = []


def details_of(reading: Reading) -> dict[str, Any]:
    """Return the sheets, the columns not taken, the lines passed over and unknown words."""
    return {
        "sheets": [
            {"name": sheet.name, "headings": sheet.headings, "unused": sheet.unused}
            for sheet in reading.sheets
        ],
        "skipped": [
            [position, number, reason]
            for position, sheet in enumerate(reading.sheets)
            for number, reason in sheet.skipped
        ][:SKIPPED_SHOWN],
        "unknown_words": [
            [heading, word, count]
            for (heading, word), count in reading.unknown_words.most_common(WORDS_SHOWN)
        ],
    }
