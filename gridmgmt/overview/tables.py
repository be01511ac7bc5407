"""The tables of a dashboard: which figures, under which heading, opening which rows."""

import datetime
from collections.abc import Callable, Sequence
from typing import NamedTuple

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from communities.lists import Column
from communities.models.place import HOLDING_SEQUENCE
from gridmgmt.overview.figures import Figures, week_starts
from gridmgmt.overview.reports import Line, Report
from households.models import DoorState, quarter_start
from visits.models import Outcome

HOUSEHOLDS = "households:household_list"
VISITS = "visits:visit_list"
MATTERS = "visits:matter_list"
# Stands for a place in an address that is worked out once for all of them.
ANY_CODE = "CODE"
PLACE_PAGES = {"grid": "households:grid", "community": "community", "area": "area"}


class Measure(NamedTuple):
    """One figure of a line: its heading, its number, and the list of what it counts."""

    heading: str | Promise
    number: Callable[[Figures], int | None]
    list_name: str = ""
    query: str = ""

    def of_line(self, line: Line) -> int | None:
        return self.number(line.figures)


def doors(heading: str | Promise, state: DoorState) -> Measure:
    return Measure(
        heading, lambda figures: figures.doors[state], HOUSEHOLDS, f"&state={state.value}"
    )


def outcome(value: Outcome) -> Measure:
    return Measure(
        value.label, lambda figures: figures.outcomes[value], VISITS, f"&outcome={value.value}"
    )


ACTUAL = doors(_("Actual households"), DoorState.ACTUAL)
COVERED = doors(_("Visited this quarter"), DoorState.COVERED)
OVERDUE = doors(_("Overdue"), DoorState.OVERDUE)
WEEK = doors(_("Due this week"), DoorState.WEEK)
NEVER = doors(_("Never visited"), DoorState.NEVER)
UNANSWERED = doors(_("No answer 3 times or more"), DoorState.UNANSWERED)
OPEN = Measure(_("Open matters"), lambda figures: figures.open_matters, MATTERS, "&status=open")
LATE = Measure(_("Late matters"), lambda figures: figures.late_matters, MATTERS, "&status=late")
ALL_VISITS = Measure(_("All visits"), lambda figures: figures.visits, VISITS)
COUNTED = Measure(_("Counted"), lambda figures: sum(figures.week_counted), VISITS, "&counts=true")
PER_WORKER = Measure(_("Households per full-time worker"), lambda figures: figures.per_worker)
FULL_TIME = Measure(_("Full-time workers"), lambda figures: len(figures.full_time))
PART_TIME = Measure(_("Part-time workers"), lambda figures: len(figures.part_time))
WITHOUT_MAIN = Measure(_("Grids without a main worker"), lambda figures: figures.grids_without_main)
UNASSIGNED = Measure(_("Households not yet in a grid"), lambda figures: figures.unassigned)
PERCENT = Measure(_("Coverage in percent"), lambda figures: figures.percent)

COVERAGE_TABLE = (ACTUAL, COVERED, OVERDUE, WEEK, NEVER, UNANSWERED, OPEN, LATE)
OUTCOME_TABLE = (*map(outcome, Outcome), ALL_VISITS)
HEADLINE = (OVERDUE, WEEK, UNANSWERED, OPEN, LATE, PER_WORKER, WITHOUT_MAIN, UNASSIGNED)
STAFF_TABLE = (PER_WORKER, FULL_TIME, PART_TIME, WITHOUT_MAIN)


def headings(measures: Sequence[Measure]) -> list[str]:
    return [str(measure.heading) for measure in measures]


class Cell(NamedTuple):
    """A number with its heading, and the address of the rows behind it ("" for none)."""

    heading: str
    number: int | None
    href: str
    more: str = ""


class Row(NamedTuple):
    """A line of a table as the page shows it."""

    name: str
    href: str
    cells: list[Cell]
    is_total: bool = False
    covered: int = 0
    actual: int = 0
    percent: int | None = None


class Links:
    """The addresses of the rows behind the numbers of one day."""

    def __init__(self, on: datetime.date) -> None:
        self.on = on
        self.quarter = span(quarter_start(on), on)
        self.lists = {name: reverse(name) for name in (HOUSEHOLDS, VISITS, MATTERS)}
        self.pages = {kind: reverse(name, args=[ANY_CODE]) for kind, name in PLACE_PAGES.items()}

    def to(self, line: Line, measure: Measure, days: str = "") -> str:
        """Return the list behind a number; "" where no list can name the place.

        Codes are digits and the rest is fixed, so nothing here needs quoting.
        """
        if not line.kind or not measure.list_name:
            return ""
        if measure.list_name == VISITS:
            days = days or self.quarter
        return f"{self.lists[measure.list_name]}?{line.kind}={line.code}{measure.query}{days}"

    def cell(self, line: Line, measure: Measure) -> Cell:
        return Cell(str(measure.heading), measure.number(line.figures), self.to(line, measure))

    def table(self, report: Report, measures: Sequence[Measure]) -> list[Row]:
        """Return a row for each line of the report, and the total where there are several."""
        measures = [measure._replace(heading=str(measure.heading)) for measure in measures]
        rows = [self.row(line, measures) for line in report.lines]
        if len(rows) > 1:
            total = self.row(report.total, measures)
            rows.append(total._replace(name=gettext("Total"), href="", is_total=True))
        return rows

    def row(self, line: Line, measures: Sequence[Measure]) -> Row:
        figures = line.figures
        return Row(
            name=line.name,
            href=self.page(line),
            covered=figures.covered,
            actual=figures.actual,
            percent=figures.percent,
            cells=[self.cell(line, measure) for measure in measures],
        )

    def drifted(self, report: Report) -> list[Cell]:
        """Return how many grids are past their limits in each part of an area that has any."""
        return [
            Cell(line.name, line.drifted, self.page(line)) for line in report.lines if line.drifted
        ]

    def page(self, line: Line) -> str:
        return self.pages[line.kind].replace(ANY_CODE, line.code) if line.kind else ""

    def headline(self, total: Line) -> list[Cell]:
        """Return the large numbers at the top of the page."""
        target = gettext("Target: %(number)s") % {"number": total.target} if total.target else ""
        hrefs: dict[Measure, str] = {}
        if total.kind == "community":
            grids = reverse("households:grid_list", args=[total.code])
            holding = f"{self.lists[HOUSEHOLDS]}?grid={total.code}{HOLDING_SEQUENCE}{ACTUAL.query}"
            hrefs = {PER_WORKER: grids, WITHOUT_MAIN: grids, UNASSIGNED: holding}
        return [
            self.cell(total, measure)._replace(
                href=hrefs.get(measure, self.to(total, measure)),
                more=target if measure is PER_WORKER else "",
            )
            for measure in HEADLINE
        ]

    def weeks(self, total: Line) -> list[Row]:
        """Return the trend: each week's visits, and those of them that count."""
        figures = total.figures
        rows = []
        for monday, visits, counted in zip(
            week_starts(self.on), figures.week_visits, figures.week_counted, strict=True
        ):
            days = span(monday, min(monday + datetime.timedelta(days=6), self.on))
            cells = [
                Cell(str(measure.heading), number, self.to(total, measure, days))
                for measure, number in ((ALL_VISITS, visits), (COUNTED, counted))
            ]
            rows.append(Row(monday.isoformat(), "", cells))
        return rows


def span(first: datetime.date, last: datetime.date) -> str:
    return f"&since={first.isoformat()}&until={last.isoformat()}"


def export_columns() -> list[Column]:
    """Return every figure as a column of the Excel file, one line per place."""
    measures = (
        ACTUAL, COVERED, PERCENT, OVERDUE, WEEK, NEVER, UNANSWERED,
        *OUTCOME_TABLE, OPEN, LATE, *STAFF_TABLE,
    )  # fmt: skip
    return [
        Column(str(_("Number")), lambda line: line.code),
        Column(str(_("Place")), lambda line: line.name),
        *(Column(str(measure.heading), measure.of_line) for measure in measures),
        Column(str(_("Grids past their limits")), lambda line: line.drifted),
    ]
