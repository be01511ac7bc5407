"""Opening a register: .xlsx, .xls and CSV, refused in one clear sentence when it cannot be.

A workbook is checked before anything is built from it: its directory, its unpacked size,
its macros, and how large a grid of cells it would open into.
"""

import codecs
import csv
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from households.register.values import Cell

ZIP_START = b"PK\x03\x04"
OLE_START = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OLE_HEAD_BYTES = 4 * 1024 * 1024
MACRO_SUFFIXES = {".xlsm", ".xltm", ".xlam", ".xlsb"}
SUFFIXES = {".xlsx", ".xls", ".csv", ".txt", ".et"}
BLOCK = 1024 * 1024
OVERLAP = 64
CELL_REFERENCE = re.compile(rb'<c\b[^>]{0,40}?\br="([A-Z]{1,3})(\d{1,7})"[^>]*[^/]>')
WIDE_REFERENCE = re.compile(rb'\br="([A-Z]{2,3})\d')
ROW_REFERENCE = re.compile(rb'<row\b[^>]{0,80}?\br="(\d{1,7})"')
DELIMITERS = ",\t;|"
SNIFFED_LINES = 30
MB = 1024 * 1024


class FileRefused(Exception):  # noqa: N818 - reads as what happened
    """The file as a whole cannot be taken; `code` names the sentence, `values` fill it."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a register may be; None for no limit."""

    file_bytes: int | None
    rows: int | None
    unpacked_bytes: int
    # Cells of the smallest rectangle around the data: the workbook opens into all of them.
    cells: int


BROWSER = Limits(file_bytes=20 * MB, rows=100_000, unpacked_bytes=250 * MB, cells=10_000_000)
COMMAND = Limits(file_bytes=None, rows=None, unpacked_bytes=4096 * MB, cells=60_000_000)


@dataclass(slots=True)
class Sheet:
    """One sheet: its name and its lines, which may be read once."""

    name: str
    rows: Iterator[list[Cell]]
    height: int


def check_upload(file: BinaryIO, *, suffix: str, size: int, limits: Limits) -> None:
    """Refuse what can be told from size, name and directory alone; cheap enough for a request."""
    if suffix in MACRO_SUFFIXES:
        raise FileRefused("macro")
    if suffix not in SUFFIXES:
        raise FileRefused("suffix")
    if size == 0:
        raise FileRefused("empty")
    if limits.file_bytes is not None and size > limits.file_bytes:
        raise FileRefused("too_large", limit=limits.file_bytes // MB)
    file.seek(0)
    start = file.read(OLE_HEAD_BYTES)
    file.seek(0)
    if start.startswith(ZIP_START):
        check_zip(file, limits)
    elif start.startswith(OLE_START):
        check_ole(start)
    elif (
        suffix in {".xlsx", ".xls", ".et"} and b"\0" in start[:2000] and not start.startswith(UTF16)
    ):
        raise FileRefused("damaged")
    file.seek(0)


UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def check_zip(file: BinaryIO, limits: Limits) -> None:
    try:
        entries = zipfile.ZipFile(file).infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise FileRefused("damaged") from None
    names = {entry.filename.lower() for entry in entries}
    if any(name.endswith("vbaproject.bin") for name in names):
        raise FileRefused("macro")
    if not any(name.startswith("xl/") for name in names):
        raise FileRefused("not_a_workbook")
    if any(entry.flag_bits & 1 for entry in entries):
        raise FileRefused("password")
    check_size(sum(entry.file_size for entry in entries), limits)


def check_size(unpacked: int, limits: Limits) -> None:
    if unpacked > limits.unpacked_bytes:
        raise FileRefused("unpacked", limit=limits.unpacked_bytes // MB)


def check_ole(start: bytes) -> None:
    """Tell an encrypted workbook and one with macros by the names in its directory."""
    if "EncryptedPackage".encode("utf-16-le") in start:
        raise FileRefused("password")
    if "_VBA_PROJECT_CUR".encode("utf-16-le") in start:
        raise FileRefused("macro")


def read_sheets(path: Path, *, suffix: str, limits: Limits) -> Iterator[Sheet]:
    """Yield the visible sheets of a workbook, or the one of a CSV file.

    The kind is told from the content, so a CSV named .xls is read all the same. Raises
    FileRefused for a file that is damaged, protected, too large, or holds macros.
    """
    with path.open("rb") as file:
        check_upload(file, suffix=suffix, size=path.stat().st_size, limits=limits)
        start = file.read(len(OLE_START))
        if start.startswith(ZIP_START):
            check_unpacked(file, limits)
    if start.startswith((ZIP_START, OLE_START)):
        yield from workbook_sheets(path)
    else:
        yield csv_sheet(path)


def check_unpacked(file: BinaryIO, limits: Limits) -> None:
    """Unpack everything once in small blocks, counting bytes and the extent of each sheet.

    The directory may lie about sizes, and one cell in the last corner of a sheet would
    open into seventeen thousand million.
    """
    unpacked = 0
    try:
        with zipfile.ZipFile(file) as archive:
            for entry in archive.infolist():
                extent = Extent()
                is_sheet = entry.filename.lower().startswith("xl/worksheets/sheet")
                with archive.open(entry) as member:
                    while block := member.read(BLOCK):
                        unpacked += len(block)
                        check_size(unpacked, limits)
                        if is_sheet:
                            extent.scan(block)
                if extent.cells > limits.cells:
                    check_extent(archive, entry, limits)
    except FileRefused:
        raise
    except Exception:  # noqa: BLE001 - whatever a broken archive raises means one thing
        raise FileRefused("damaged") from None


@dataclass(slots=True)
class Extent:
    """The last row and column that a sheet's text mentions."""

    rows: int = 1
    columns: int = 26
    tail: bytes = b""

    def scan(self, block: bytes) -> None:
        text = self.tail + block
        for row in ROW_REFERENCE.findall(text):
            self.rows = max(self.rows, int(row))
        for letters in set(WIDE_REFERENCE.findall(text)):
            self.columns = max(self.columns, column_number(letters))
        self.tail = text[-OVERLAP:]

    @property
    def cells(self) -> int:
        return self.rows * self.columns


def check_extent(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limits: Limits) -> None:
    """Count again with filled cells only: formatted blank rows to the end are common."""
    rows = columns = 1
    tail = b""
    with archive.open(entry) as member:
        while block := member.read(BLOCK):
            text = tail + block
            for letters, row in CELL_REFERENCE.findall(text):
                rows = max(rows, int(row))
                columns = max(columns, column_number(letters))
            tail = text[-OVERLAP:]
    if rows * columns > limits.cells:
        raise FileRefused("far_cell")


def column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def workbook_sheets(path: Path) -> Iterator[Sheet]:
    try:
        workbook = CalamineWorkbook.from_path(path)
        for number, metadata in enumerate(workbook.sheets_metadata):
            if metadata.visible != SheetVisibleEnum.Visible:
                continue
            sheet = workbook.get_sheet_by_index(number)
            if sheet.start is None:
                continue
            rows = cast("Iterator[list[Cell]]", sheet.iter_rows())
            yield Sheet(metadata.name, rows, sheet.height)
            del sheet
    except PasswordError:
        raise FileRefused("password") from None
    except (CalamineError, OSError, ValueError, KeyError):
        raise FileRefused("damaged") from None


def csv_sheet(path: Path) -> Sheet:
    encoding = csv_encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        head = "".join(line for _number, line in zip(range(SNIFFED_LINES), file, strict=False))
    # The separator of most columns: a sniffer is misled by lists inside cells.
    delimiter = max(DELIMITERS, key=head.count)
    with path.open("rb") as file:
        height = sum(block.count(b"\n") for block in iter(lambda: file.read(BLOCK), b"")) + 1
    return Sheet("", csv_rows(path, encoding, delimiter), height)


def csv_rows(path: Path, encoding: str, delimiter: str) -> Iterator[list[Cell]]:
    with path.open(encoding=encoding, newline="") as file:
        try:
            yield from csv.reader(file, delimiter=delimiter)
        except (csv.Error, UnicodeError):
            raise FileRefused("damaged") from None


def csv_encoding(path: Path) -> str:
    """Tell the encoding by decoding the whole file: UTF-8, then GB18030, which holds GBK."""
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(UTF16):
        return "utf-16"
    for encoding in ("utf-8-sig", "gb18030"):
        if decodes(path, encoding):
            return encoding
    raise FileRefused("encoding")


def decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while block := file.read(BLOCK):
                if b"\0" in block:
                    return False
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True
