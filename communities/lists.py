"""Long lists: one page at a time by key, and whole as an Excel file."""

import re
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

import xlsxwriter
from django.db import models
from django.db.models import Q
from django.http import FileResponse, HttpRequest
from django.utils import timezone

from communities.models import Community, Disclosure
from communities.models.disclosure import WORDS

PAGE_SIZE = 50
NOT_IN_FILE_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
Row = TypeVar("Row")
ModelRow = TypeVar("ModelRow", bound=models.Model)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of rows, the query string of the next and of the first page ("" if none)."""

    rows: list[Row]
    next_query: str
    first_query: str


def key_page(
    request: HttpRequest,
    queryset: models.QuerySet[ModelRow],
    *,
    order: tuple[str, ...],
    size: int = PAGE_SIZE,
    forget: tuple[str, ...] = (),
    name: str = "after",
) -> Page[ModelRow]:
    """Return the page after the row that `?after=` names, in this order.

    `order` takes field names, descending with "-", and must end in a unique one; the
    address holds that row's key alone. What `forget` names is left out of the addresses of
    other pages. A second list on one page has another `name` than "after". One query for the
    rows, one for the key.
    """
    ordered = queryset.order_by(*order)
    after = request.GET.get(name, "")
    if after:
        ordered = ordered.filter(beyond(queryset.model, after, order))
    rows = list(ordered[: size + 1])
    more = len(rows) > size
    rows = rows[:size]
    forgotten = dict.fromkeys(forget, "")
    return Page(
        rows,
        query_with(request, **forgotten, **{name: str(rows[-1].pk)}) if more else "",
        query_with(request, **forgotten, **{name: ""}) if after else "",
    )


def sequence_page(request: HttpRequest, keys: Sequence[int], *, size: int = PAGE_SIZE) -> Page[int]:
    """Return the keys after the one that `?after=` names, of rows that no query can put in order."""
    after = request.GET.get("after", "")
    places = {str(key): place for place, key in enumerate(keys, start=1)}
    start = places.get(after, 0)
    rows = list(keys[start : start + size])
    more = start + size < len(keys)
    return Page(
        rows,
        query_with(request, after=str(rows[-1])) if more else "",
        query_with(request, after="") if after else "",
    )


def beyond(model: type[models.Model], after: str, order: tuple[str, ...]) -> Q:
    """Match the rows that come after the row with the key `after`; all when it is unknown."""
    fields = [name.lstrip("-") for name in order]
    try:
        rows = model._default_manager.filter(pk=model._meta.pk.to_python(after))
        values = rows.values_list(*fields).first()
    except Exception:  # noqa: BLE001 - any unreadable key starts at the first page
        values = None
    if values is None:
        return Q()
    condition = Q()
    same = Q()
    for name, field, value in zip(order, fields, values, strict=True):
        step = "lt" if name.startswith("-") else "gt"
        condition |= same & Q(**{f"{field}__{step}": value})
        same &= Q(**{field: value})
    return condition


def query_with(request: HttpRequest, **changes: str) -> str:
    """Return the query string with these values replaced, an empty value dropped."""
    query = request.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return "?" + query.urlencode()


class Column(NamedTuple):
    """A column of an exported list: its heading and how to read it off a row."""

    heading: object
    value: Callable[[Any], object]


def wants_export(request: HttpRequest) -> bool:
    return request.GET.get("export") == "xlsx"


def export_response(
    request: HttpRequest,
    *,
    name: str,
    columns: Iterable[Column],
    rows: models.QuerySet[Any] | Iterable[Any],
    community: Community | None = None,
    subject: str = "",
    title: str = "",
) -> FileResponse:
    """Return the rows as an Excel file and record who took them.

    `name` is that of the list in the record of disclosures, whose words name file and sheet;
    `subject` stands in the record instead, and `title` names the file, for one list of many.
    Text is written as text, so a cell beginning with "=" stays harmless. Rows of a
    queryset are read in chunks and written row by row; memory does not grow with the list.
    """
    columns = list(columns)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - FileResponse closes it
    workbook = xlsxwriter.Workbook(file, {"constant_memory": True, "in_memory": False})
    words = str(WORDS[name])
    sheet = workbook.add_worksheet(words)
    bold = workbook.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    for index, column in enumerate(columns):
        sheet.write_string(0, index, str(column.heading), bold)
        sheet.set_column(index, index, 18)
    written = 0
    for row in rows.iterator(chunk_size=2000) if isinstance(rows, models.QuerySet) else rows:
        written += 1
        for index, column in enumerate(columns):
            write_cell(sheet, written, index, column.value(row))
    workbook.close()
    Disclosure.objects.create(
        kind=Disclosure.Kind.EXPORT,
        by=request.user,
        community=community,
        subject=subject or name,
        rows=written,
    )
    file.seek(0)
    named = NOT_IN_FILE_NAMES.sub(" ", title).strip() or words
    return FileResponse(
        file, as_attachment=True, filename=f"{named}-{timezone.localdate():%Y%m%d}.xlsx"
    )


def write_cell(sheet: Any, row: int, column: int, value: object) -> None:
    """Write numbers as numbers and everything else as plain text."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        sheet.write_number(row, column, value)
    elif value is not None and value != "":
        sheet.write_string(row, column, str(value))
