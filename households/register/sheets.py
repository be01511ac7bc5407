"""The lines of a sheet that hold somebody, and why the others do not."""

import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple

from households.register.columns import (
    HEADER_SEARCH_ROWS,
    Header,
    field_of,
    find_header,
    plain_heading,
)
from households.register.reader import Sheet
from households.register.values import Cell, text_of

TOTAL = re.compile(r"^(合计|总计|小计|共计|累计|总数|total|subtotal|sum)", re.IGNORECASE)
FOOTNOTE = re.compile(
    r"^(填表|制表|审核|审批|填报|统计人|负责人|联系人|注[:：]|备注[:：]|说明[:：]|填写说明|打印)"
)
EXPLANATION = re.compile(
    r"必填|选填|可不填|填写|示例|例如|^例[:：]|如[:：]|格式|说明|yyyy|可多个|分隔|是/否|是或否|男/女|请|下拉|"
    r"required|optional|format|e\.g\.|example|separated|yes/no",
    re.IGNORECASE,
)
# Explanations stand right below the headings; further down these words are somebody's note.
EXPLANATION_LINES = 3
REPEATED_HEADINGS = 3
EXPLAINING_CELLS = 2
LEADING_CELLS = 3
NAMING = ("name", "address", "room", "building", "estate", "registered_address")


class Line(NamedTuple):
    """One line of a sheet: its number from 1 as Excel shows it, its cells, and their text."""

    number: int
    cells: list[Cell]
    texts: list[str]


class Skipped(NamedTuple):
    """A line that holds nobody, and why: total, explanation, heading, footnote."""

    number: int
    reason: str


class Table:
    """The headings of a sheet and the lines below them.

    Iterating yields the lines that say something about somebody; blank ones are passed
    over, the others are collected in `skipped`. `title` is what stands above the headings.
    """

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.head = list(itertools.islice(sheet.rows, HEADER_SEARCH_ROWS + 1))
        self.header: Header | None = find_header(self.head)
        self.skipped: list[Skipped] = []

    @property
    def title(self) -> str:
        if self.header is None:
            return ""
        above = self.head[: self.header.first_row]
        return " ".join(text for row in above for cell in row if (text := text_of(cell)))

    def __iter__(self) -> Iterator[Line]:
        header = self.header
        if header is None:
            return
        first = header.last_row + 1
        width = len(header.headings)
        rows = itertools.chain(self.head[first:], self.sheet.rows)
        for number, cells in enumerate(rows, start=first + 1):
            if len(cells) < width:
                cells = [*cells, *[""] * (width - len(cells))]  # noqa: PLW2901 - lines of a CSV file may be short
            texts = [text_of(cell) for cell in cells]
            filled = [text for text in texts if text]
            if not filled or (len(filled) == 1 and only_numbered(header, texts)):
                continue
            reason = reason_to_skip(header, number, texts, filled)
            if reason:
                self.skipped.append(Skipped(number, reason))
            else:
                yield Line(number, cells, texts)


def reason_to_skip(header: Header, number: int, texts: list[str], filled: list[str]) -> str:
    """Return why the line holds nobody, or "" when it does."""
    if any(TOTAL.match(text.replace(" ", "")) for text in filled[:LEADING_CELLS]):
        return "total"
    if len(filled) <= LEADING_CELLS and FOOTNOTE.match(filled[0]):
        return "footnote"
    if len(filled) == 1 and not names_something(header, texts):
        return "footnote"
    if is_repeated(header, texts):
        return "heading"
    if number <= header.last_row + 1 + EXPLANATION_LINES and (
        explains(header, texts) or is_counting(filled)
    ):
        return "explanation"
    return ""


def only_numbered(header: Header, texts: list[str]) -> bool:
    """Say whether the line holds a pre-printed running number and nothing else."""
    return any(texts[index].isdecimal() for index in header.fields.get("serial", ()))


def names_something(header: Header, texts: list[str]) -> bool:
    """Say whether a line of one cell names a person or a door rather than a remark."""
    return any(texts[index] for name in NAMING for index in header.fields.get(name, ()))


def explains(header: Header, texts: list[str]) -> bool:
    name = texts[header.fields["name"][0]]
    explaining = sum(bool(EXPLANATION.search(text)) for text in texts if text)
    return bool(EXPLANATION.search(name)) or explaining >= EXPLAINING_CELLS


def is_repeated(header: Header, texts: list[str]) -> bool:
    """Say whether the line repeats the headings, as printed pages do."""
    name = header.fields["name"][0]
    if field_of(texts[name]) != "name":
        return False
    same = sum(
        bool(text) and plain_heading(text) == plain_heading(heading)
        for heading, text in zip(header.headings, texts, strict=False)
    )
    return same >= min(REPEATED_HEADINGS, len(header.fields))


def is_counting(filled: list[str]) -> bool:
    """Say whether the line numbers the columns: 1, 2, 3, 4."""
    return len(filled) >= REPEATED_HEADINGS and filled == [
        str(number) for number in range(1, len(filled) + 1)
    ]
