"""The board of matters as a page shows it: every number with the list of its rows."""

import datetime
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import NamedTuple

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communities.models import Area, Community, Department, Grid, User
from communities.models.place import COMMUNITY_DIGITS, LONGEST_CODE
from communities.roles import MANAGERS, READERS
from visits import matter_figures
from visits.matter_figures import Lights
from visits.matter_measures import NOT, OF, Age, Span
from visits.models import MatterCategory, ResidentReport
from visits.models.matter import MatterQuerySet
from visits.models.visit import day_start
from visits.periods import Days, Period, period_days

ONE_DAY = datetime.timedelta(days=1)
STATES = (
    ("open", gettext_lazy("Open")),
    ("late", gettext_lazy("Late")),
    ("red", gettext_lazy("Red")),
    ("yellow", gettext_lazy("Yellow")),
)


class Cell(NamedTuple):
    """A number and the address of its rows; "" where there is nothing to open."""

    heading: str | Promise
    number: int
    href: str


class Row(NamedTuple):
    name: str
    cells: list[Cell]


class Table(NamedTuple):
    title: str
    first_heading: str
    rows: list[Row]


class ShareRow(NamedTuple):
    """A measure as the page shows it: its share, its numbers, and what it counts."""

    heading: str | Promise
    percent: int | None
    fits: Cell
    of: Cell
    others: Cell
    names_others: bool
    meaning: str | Promise


class PeriodLink(NamedTuple):
    label: str | Promise
    query: str
    is_current: bool


def period_links(chosen: Period) -> list[PeriodLink]:
    return [
        PeriodLink(period.label, f"?period={period.value}", period == chosen) for period in Period
    ]


class Board:
    """The board of these matters for one user at one moment."""

    def __init__(self, matters: MatterQuerySet, user: User, at: datetime.datetime) -> None:
        self.matters = matters
        self.user = user
        self.at = at
        self.list = reverse("visits:matter_list")

    def cell(self, heading: str | Promise, number: int, query: str) -> Cell:
        return Cell(heading, number, f"{self.list}?{query}" if number else "")

    def counted(self, heading: str | Promise, number: int, query: str) -> Cell:
        """Return a number of what the board counts."""
        return self.cell(heading, number, f"within=board&{query}")

    def to_do(self) -> list[Cell]:
        """Return what waits for the user; nothing for one who only reads."""
        counts = matter_figures.to_do(self.user, self.at)
        cells = [
            self.cell(to_do.label, number, f"to_do={to_do.value}")
            for to_do, number in counts.items()
            if number
        ]
        return cells + self.reports_held()

    def reports_held(self) -> list[Cell]:
        """Return the reports of residents that wait for the user to decide, if there are any."""
        if not self.user.has_any_role(MANAGERS):
            return []
        held = ResidentReport.objects.editable_by(self.user).count()
        page = reverse("visits:resident_report_list")
        return [Cell(_("Reports to look at"), held, page)] if held else []

    @cached_property
    def grids(self) -> dict[int, Lights]:
        return matter_figures.by_grid(self.matters, self.at)

    def headline(self) -> list[Cell]:
        return self.cells(total(self.grids.values()), "")

    def cells(self, lights: Lights, query: str) -> list[Cell]:
        return [
            self.counted(heading, getattr(lights, state), f"status={state}{query}")
            for state, heading in STATES
        ]

    def tables(self) -> list[Table]:
        kinds = matter_figures.by_kind(self.matters, self.at)
        categories = MatterCategory.objects.in_bulk(list(kinds.category))
        ages = [(age.label, f"&age={age.value}", kinds.age[age]) for age in Age if age in kinds.age]
        tables = [
            self.table(_("By age"), _("Reported"), ages),
            self.table(
                _("By category"),
                _("Category"),
                [
                    (row.name, f"&category={row.pk}", kinds.category[row.pk])
                    for row in sorted(categories.values(), key=lambda row: (row.order, row.name))
                ],
            ),
            self.table(_("By who has it"), _("Who has it"), self.holders(kinds.holder)),
        ]
        places = self.places()
        if len(places) > 1:
            tables.insert(0, self.table(_("By place"), _("Place"), places))
        return [table for table in tables if table.rows]

    def table(self, title: str, heading: str, lines: Iterable[tuple[object, str, Lights]]) -> Table:
        rows = [Row(str(name), self.cells(lights, query)) for name, query, lights in lines]
        return Table(title, heading, rows)

    def holders(self, lights: Mapping[int | str, Lights]) -> list[tuple[object, str, Lights]]:
        keys = [key for key in lights if isinstance(key, int)]
        departments = Department.objects.visible_to(self.user).filter(pk__in=keys)
        lines: list[tuple[object, str, Lights]] = [
            (row.name, f"&department={row.pk}", lights[row.pk]) for row in departments
        ]
        for name, label in (("person", _("A person")), ("nobody", _("Nobody yet"))):
            if name in lights:
                lines.append((label, f"&held={name}", lights[name]))
        return lines

    def places(self) -> list[tuple[object, str, Lights]]:
        """Return the lights of each part of the user's place: its areas, communities or grids."""
        if not self.user.has_any_role(READERS):
            return []
        digits = part_digits(self.user)
        grids = Grid.objects.visible_to(self.user).filter(pk__in=list(self.grids))
        parts: dict[str, Lights] = {}
        names: dict[str, str] = {}
        for grid in grids.order_by("code"):
            code = grid.code[:digits]
            parts.setdefault(code, Lights()).add(*vars(self.grids[grid.pk]).values())
            names[code] = str(grid)
        kind = "grid"
        if digits < LONGEST_CODE:
            kind = "area" if digits < COMMUNITY_DIGITS else "community"
            places = (Area if kind == "area" else Community).objects.filter(code__in=list(parts))
            names = dict(places.values_list("code", "name"))
        return [
            (names[code], f"&{kind}={code}", lights)
            for code, lights in parts.items()
            if code in names
        ]

    def days(self, period: Period) -> Days:
        return period_days(period, timezone.localtime(self.at).date())

    def shares(self, period: Period) -> list[ShareRow]:
        """Return how it went in the period, each share with the rows of both its numbers."""
        days = self.days(period)
        span = Span(day_start(days.first), min(day_start(days.last + ONE_DAY), self.at))
        query = f"&since={days.first.isoformat()}&until={days.last.isoformat()}"
        rows = []
        for measure, fits, of in matter_figures.shares(self.matters, span):
            name = f"figure={measure.name}"
            rows.append(
                ShareRow(
                    heading=measure.heading,
                    percent=fits * 100 // of if of else None,
                    fits=self.counted("", fits, name + query),
                    of=self.counted("", of, f"{name}_{OF}{query}"),
                    others=self.counted("", of - fits, f"{name}_{NOT}{query}"),
                    names_others=measure.is_good,
                    meaning=measure.meaning,
                )
            )
        return rows


def total(parts: Iterable[Lights]) -> Lights:
    found = Lights()
    for part in parts:
        found.add(part.open, part.late, part.red, part.yellow)
    return found


def part_digits(user: User) -> int:
    """Return how many digits the codes of the parts of the user's widest place have."""
    widest = 0 if user.is_superuser else min(len(code) for code in user.place_codes(READERS))
    levels = (*Area.Level.values, COMMUNITY_DIGITS, LONGEST_CODE)
    return next((digits for digits in levels if digits > widest), LONGEST_CODE)
