"""What the page of an import shows: figures, rows by kind, columns not taken."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from households.models import Household, ImportPage, RegisterImport, Residency, Resident
from households.register.problems import FACTS, Problem, problem_text

Kind = ImportPage.Kind

# In the order of the page: label, and what it means for the register.
FIGURES: dict[str, tuple[Any, Any]] = {
    Kind.NEW: (gettext_lazy("New"), gettext_lazy("People and doors the register does not have.")),
    Kind.CHANGED: (gettext_lazy("Changed"), gettext_lazy("Something differs from the register.")),
    Kind.MOVED: (gettext_lazy("Moved"), gettext_lazy("Known at another door of this community.")),
    Kind.UNCHANGED: (
        gettext_lazy("Unchanged"),
        gettext_lazy("The register says the same already."),
    ),
    Kind.ABSENT: (
        gettext_lazy("Not in the file"),
        gettext_lazy("In the register at these buildings. They stay as they are."),
    ),
    Kind.DOUBTFUL: (
        gettext_lazy("Doubtful"),
        gettext_lazy("Not imported: a person has to decide."),
    ),
    Kind.REFUSED: (gettext_lazy("Refused"), gettext_lazy("Not imported: something is wrong.")),
    Kind.REMARKED: (
        gettext_lazy("With a remark"),
        gettext_lazy("Imported but for one cell; counted above as well."),
    ),
}
SKIP_REASONS = {
    "total": gettext_lazy("a total"),
    "explanation": gettext_lazy("an explanation"),
    "heading": gettext_lazy("headings again"),
    "footnote": gettext_lazy("a footnote"),
}
CHOICES: dict[str, Any] = {
    "kind": Residency.Kind,
    "occupancy": Household.Occupancy,
    "sex": Resident.Sex,
}

# Nothing differs or is wrong there.
WITHOUT_REMARKS = (Kind.ABSENT, Kind.NEW, Kind.UNCHANGED)
MANY_DIGITS = 9


@dataclass(frozen=True)
class Figure:
    """One number of the preview, and whether its rows can be opened."""

    kind: str
    label: str
    meaning: str
    count: int
    can_open: bool


def figures(counts: dict[str, int], kept: dict[str, int]) -> list[Figure]:
    return [
        Figure(str(kind), str(label), str(meaning), counts.get(kind, 0), kind in kept)
        for kind, (label, meaning) in FIGURES.items()
    ]


def rows(
    register_import: RegisterImport, kept: dict[str, int], kind: str, page: str
) -> dict[str, Any]:
    """Return the rows of one kind to show: the one asked for, or the first that needs a look."""
    order = (Kind.MOVED, Kind.CHANGED, Kind.DOUBTFUL, Kind.REFUSED, Kind.NEW, Kind.ABSENT)
    if kind not in FIGURES or kind not in kept:
        kind = next((str(name) for name in order if name in kept), "")
    if not kind:
        return {}
    pages = kept[kind]
    # Python refuses to read numbers of thousands of digits; no import has that many pages.
    number = min(max(int(page), 1), pages) if page.isdecimal() and len(page) < MANY_DIGITS else 1
    content = register_import.pages.get(kind=kind, number=number).content
    label, meaning = FIGURES[kind]
    return {
        "kind": kind,
        "kind_label": label,
        "kind_meaning": meaning,
        # Whoever is absent stands in no row of the file.
        "has_numbers": kind != Kind.ABSENT,
        "has_remarks": kind not in WITHOUT_REMARKS,
        "entries": [shown_entry(entry) for entry in content],
        "page_number": number,
        "page_count": pages,
        "previous_page": number - 1,
        "next_page": number + 1 if number < pages else 0,
    }


def shown_entry(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        **entry,
        "changes": [
            (FACTS[fact], shown_value(fact, before), shown_value(fact, after))
            for fact, before, after in entry["changes"]
        ],
        "problems": [problem_text(Problem(*problem), masked=True) for problem in entry["problems"]],
    }


def shown_value(fact: str, value: str) -> str:
    if fact == "is_head":
        return _("yes") if value == "True" else _("no")
    if fact in CHOICES and value:
        return str(CHOICES[fact](value).label)
    return value


def details(register_import: RegisterImport) -> dict[str, Any]:
    """Return the columns not taken, the words not known and the lines passed over."""
    page = register_import.pages.filter(kind=Kind.DETAILS).first()
    if page is None:
        return {}
    content = page.content
    sheets = content["sheets"]
    return {
        "unused": list(dict.fromkeys(heading for sheet in sheets for heading in sheet["unused"])),
        "words": [
            (FACTS.get(heading, heading), word, count)
            for heading, word, count in content["unknown_words"]
        ],
        "skipped": [
            (number, SKIP_REASONS[reason]) for _sheet, number, reason in content["skipped"]
        ],
    }
