"""The workbook of problems, made to be corrected and uploaded again, and the template."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import xlsxwriter
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from households.models import ImportPage
from households.register.columns import REPORT_FIELDS, field_of, heading_of
from households.register.problems import Problem, problem_text

Kind = ImportPage.Kind
SHEET_NAME_LENGTH = 31
FORBIDDEN_IN_SHEET_NAMES = str.maketrans("", "", "[]:*?/\\'")
WIDTHS = {"report_row": 10, "report_problem": 60, "report_checked": 14, "report_address": 26}

TEMPLATE_FIELDS = (
    "household_number", "address", "name", "relation", "identity", "phone", "birth_date", "sex",
    "registered_address", "lives_here", "person_kind", "occupancy", "grid", "care", "moved_in_on",
    "moved_out", "moved_out_on", "died_on", "emergency_name", "emergency_phone", "longitude",
    "latitude", "datum", "note",
)  # fmt: skip


def write_report(target: Path | BinaryIO, pages: Iterable[ImportPage]) -> int:
    """Write every row with a problem as it was, with its number and what is wrong.

    The first columns are this program's: they are understood when the workbook is
    uploaded again. All cells are text, so Excel rounds nothing. Returns how many rows.
    """
    pages = list(pages)
    details = next(page.content for page in pages if page.kind == Kind.DETAILS)
    problems = [problem for page in pages if page.kind == Kind.PROBLEM for problem in page.content]
    workbook = open_workbook(target)
    for position, sheet in enumerate(details["sheets"]):
        rows = [problem for problem in problems if problem["sheet"] == position]
        if rows or len(details["sheets"]) == 1:
            write_sheet(workbook, sheet_name(sheet["name"], position), sheet["headings"], rows)
    if not workbook.worksheets():
        workbook.add_worksheet()
    workbook.close()
    return len(problems)


def open_workbook(target: Path | BinaryIO) -> Any:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    return xlsxwriter.Workbook(str(target) if isinstance(target, Path) else target, options)


def sheet_name(name: str, position: int) -> str:
    return name.translate(FORBIDDEN_IN_SHEET_NAMES)[:SHEET_NAME_LENGTH] or f"Sheet{position + 1}"


def is_chinese() -> bool:
    return (get_language() or "").startswith("zh")


def write_sheet(workbook: Any, name: str, headings: list[str], rows: list[dict[str, Any]]) -> None:
    sheet = workbook.add_worksheet(name)
    bold = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    text = workbook.add_format({"num_format": "@", "valign": "top"})
    wrapped = workbook.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    marked = workbook.add_format({"num_format": "@", "bg_color": "#FDF0D8", "valign": "top"})
    # A workbook of problems uploaded again brings these columns along.
    kept = [index for index, heading in enumerate(headings) if not is_own(heading)]
    for column, field in enumerate(REPORT_FIELDS):
        sheet.set_column(column, column, WIDTHS[field], text)
        sheet.write_string(0, column, heading_of(field, chinese=is_chinese()), bold)
    first = len(REPORT_FIELDS)
    sheet.set_column(first, first + max(len(kept), 1), 18, text)
    sheet.freeze_panes(1, 2)
    for column, index in enumerate(kept, start=first):
        sheet.write_string(0, column, headings[index], bold)
    for line, row in enumerate(rows, start=1):
        problems = [Problem(*problem) for problem in row["problems"]]
        sheet.write_string(line, 0, str(row["number"]), text)
        sheet.write_string(line, 1, said(problems, row["weight"]), wrapped)
        sheet.write_string(line, 3, row["address"], text)
        wrong = {problem.heading for problem in problems if problem.heading}
        for column, index in enumerate(kept, start=first):
            style = marked if headings[index] in wrong else text
            sheet.write_string(line, column, row["cells"][index], style)


def is_own(heading: str) -> bool:
    return (field_of(heading) or "").startswith("report_")


def said(problems: list[Problem], weight: str) -> str:
    """Return what is wrong with a row and whether the rest of it was imported."""
    sentences = " ".join(problem_text(problem, masked=False) for problem in problems)
    fate = _("Imported, but not this cell.") if weight == "remarked" else _("Not imported.")
    return f"{fate} {sentences}"


def write_template(target: BinaryIO) -> None:
    """Write an empty register with the headings of this program and notes on each."""
    workbook = open_workbook(target)
    sheet = workbook.add_worksheet(_("Register"))
    notes = workbook.add_worksheet(_("How to fill it in"))
    bold = workbook.add_format({"bold": True})
    text = workbook.add_format({"num_format": "@"})
    wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
    notes.set_column(0, 0, 22)
    notes.set_column(1, 1, 90, wrapped)
    sheet.freeze_panes(1, 0)
    for column, field in enumerate(TEMPLATE_FIELDS):
        sheet.set_column(column, column, 20, text)
        sheet.write_string(0, column, heading_of(field, chinese=is_chinese()), bold)
    explanations = template_notes()
    notes.write_string(0, 0, _("Column"), bold)
    notes.write_string(0, 1, _("What to write"), bold)
    for line, field in enumerate(TEMPLATE_FIELDS, start=1):
        notes.write_string(line, 0, heading_of(field, chinese=is_chinese()), bold)
        notes.write_string(line, 1, explanations[field])
    workbook.close()


def template_notes() -> dict[str, str]:
    return {
        "household_number": _(
            "Any number that its members share. May stand on the first row of the household only."
        ),
        "address": _(
            "Estate, building, unit and room in one line, such as 幸福家园3号楼2单元502室. May stand on the first row of the household only."
        ),
        "name": _(
            "The full name. For an empty dwelling leave it blank and write 空置 under occupancy."
        ),
        "relation": _("户主 for the head, otherwise 配偶, 子, 女 and so on."),
        "identity": _(
            "18 characters. Birth date and sex are taken from it. Leave blank when not known."
        ),
        "phone": _(
            "Several phones are separated by “;”. Write whose it is behind the number, such as 13800138000女儿."
        ),
        "birth_date": _(
            "Only without identity number. 1980-01-31, 19800131 and 1980年1月31日 are all understood."
        ),
        "sex": _("Only without identity number: 男 or 女."),
        "registered_address": _(
            "Where the person is registered. If it differs from the address, she lives here and is registered elsewhere."
        ),
        "lives_here": _("是 or 否. 否: registered here, lives elsewhere."),
        "person_kind": _("户籍, 流动, 人户分离 or 空挂."),
        "occupancy": _(
            "自住, 出租, 空置 or 集体户. May stand on the first row of the household only."
        ),
        "grid": _(
            "Name or number of a grid of this community. Without it the household waits to be given to a grid."
        ),
        "care": _("Care tags of this program, separated by “;”."),
        "moved_in_on": _("The day, if it is known."),
        "moved_out": _("是 if the person has left this address."),
        "moved_out_on": _("The day, if it is known."),
        "died_on": _("The day of death."),
        "emergency_name": _("Who is called in an emergency."),
        "emergency_phone": _("The phone of that person."),
        "longitude": _(
            "Of the building, in degrees such as 116.41. May stand on the first row of the building only."
        ),
        "latitude": _("Of the building, in degrees such as 39.92."),
        "datum": _(
            "WGS-84 (GPS, Tianditu), GCJ-02 (Amap, Tencent) or BD-09 (Baidu). Left blank it is WGS-84."
        ),
        "note": _("Anything else. It is added to the notes already there."),
    }
