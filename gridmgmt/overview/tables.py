"""The tables of a dashboard: which figures, under which heading, opening which rows."""

import datetime
from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from communities.lists import Column
from gridmgmt.overview.figures import Figures, week_starts
from gridmgmt.overview.reports import Line, Report
from households.models import DoorState, quarter_start
from visits.models import Outcome

HOUSEHOLDS = "households:household_list"
VISITS = "visits:visit_list"
ISSUES = "visits:issue_list"
PLACE_PAGES = {"grid": "households:grid", "community": "community", "area": "area"}


class Measure(NamedTuple):
    """One figure of a line: its heading, its number, and the list of what it counts."""

    heading: str | Promise
    number: Callable[[Figures], int | None]
    list_name: str = ""
    query: dict[str, str] = {}


def doors(heading: str | Promise, state: DoorState) -> Measure:
    return Measure(
        heading, lambda figures: figures.doors[state], HOUSEHOLDS, {"state": state.value}
    )


def outcome(value: Outcome) -> Measure:
    return Measure(
        value.label, lambda figures: figures.outcomes[value], VISITS, {"outcome": value.value}
    )


ACTUAL = doors(_("Actual households"), DoorState.ACTUAL)
COVERED = doors(_("Visited this quarter"), DoorState.COVERED)
OVERDUE = doors(_("Overdue"), DoorState.OVERDUE)
WEEK = doors(_("Due this week"), DoorState.WEEK)
NEVER = doors(_("Never visited"), DoorState.NEVER)
UNANSWERED = doors(_("No answer 3 times or more"), DoorState.UNANSWERED)
OPEN = Measure(_("Open issues"), lambda figures: figures.open_issues, ISSUES, {"status": "open"})
LATE = Measure(_("Late issues"), lambda figures: figures.late_issues, ISSUES, {"status": "late"})
ALL_VISITS = Measure(_("All visits"), lambda figures: figures.visits, VISITS)
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

    heading: str | Promise
    number: int | None
    href: str
    more: str = ""


class Row(NamedTuple):
    """A line of a table as the page shows it."""

    name: str
    href: str
    is_total: bool
    covered: int
    actual: int
    percent: int | None
    cells: list[Cell]


class Week(NamedTuple):
    """A week of the trend, by the Monday that begins it."""

    monday: datetime.date
    visits: Cell
    counted: Cell


class Links:
    """The addresses of the rows behind the numbers of one day."""

    def __init__(self, on: datetime.date) -> None:
        self.on = on
        self.lists = {name: reverse(name) for name in (HOUSEHOLDS, VISITS, ISSUES)}
        self.quarter = {"since": quarter_start(on).isoformat(), "until": on.isoformat()}

    def to(self, line: Line, list_name: str, query: dict[str, str]) -> str:
        """Return the list behind a number; "" where no list can name the place."""
        if not line.kind or not list_name:
            return ""
        days = self.quarter if list_name == VISITS and "since" not in query else {}
        return f"{self.lists[list_name]}?{urlencode({line.kind: line.code, **query, **days})}"

    def cell(self, line: Line, measure: Measure) -> Cell:
        href = self.to(line, measure.list_name, measure.query)
        return Cell(measure.heading, measure.number(line.figures), href)

    def table(self, report: Report, measures: Sequence[Measure]) -> list[Row]:
        """Return a row for each line of the report, and the total where there are several."""
        rows = [self.row(line, measures) for line in report.lines]
        if len(rows) > 1:
            rows.append(
                self.row(report.total, measures)._replace(
                    name=gettext("Total"), href="", is_total=True
                )
            )
        return rows

    def row(self, line: Line, measures: Sequence[Measure]) -> Row:
        figures = line.figures
        return Row(
            name=line.name,
            href=reverse(PLACE_PAGES[line.kind], args=[line.code]),
            is_total=False,
            covered=figures.covered,
            actual=figures.actual,
            percent=figures.percent,
            cells=[self.cell(line, measure) for measure in measures],
        )

    def headline(self, total: Line) -> list[Cell]:
        """Return the large numbers at the top of the page."""
        cells = [self.cell(total, measure) for measure in HEADLINE]
        target = gettext("Target: %(number)s") % {"number": total.target} if total.target else ""
        return [
            cell._replace(more=target) if cell.heading == PER_WORKER.heading else cell
            for cell in cells
        ]

    def weeks(self, total: Line) -> list[Week]:
        """Return the trend: each week's visits, and those of them that count."""
        figures = total.figures
        weeks = []
        for monday, visits, counted in zip(
            week_starts(self.on), figures.week_visits, figures.week_counted, strict=True
        ):
            days = {
                "since": monday.isoformat(),
                "until": min(monday + datetime.timedelta(days=6), self.on).isoformat(),
            }
            weeks.append(
                Week(
                    monday,
                    Cell(ALL_VISITS.heading, visits, self.to(total, VISITS, days)),
                    Cell(_("Counted"), counted, self.to(total, VISITS, {"counts": "true", **days})),
                )
            )
        return weeks


def export_columns() -> list[Column]:
    """Return every figure as a column of the Excel file, one line per place."""
    measures = (
        ACTUAL, COVERED, PERCENT, OVERDUE, WEEK, NEVER, UNANSWERED,
        *OUTCOME_TABLE, OPEN, LATE, *STAFF_TABLE,
    )  # fmt: skip
    return [
        Column(str(_("Number")), lambda line: line.code),
        Column(str(_("Place")), lambda line: line.name),
        *(
            Column(str(measure.heading), lambda line, number=measure.number: number(line.figures))
            for measure in measures
        ),
    ]
