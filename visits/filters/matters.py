"""How lists of matters are narrowed; the board links here by these names."""

import datetime
from collections.abc import Callable
from typing import Any, NamedTuple

import django_filters as filters
from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from communities.models import Area, Community, Department, Grid, User, inside
from communities.roles import READERS
from households.models import Building
from visits.filters.visits import DAYS_KNOWN
from visits.forms.visits import DayInput
from visits.matter_measures import (
    BY_NAME,
    MEASURES,
    NOT,
    OF,
    Age,
    Span,
    ToDo,
    is_aged,
    stands_at,
    waits_for,
)
from visits.models import Matter, MatterCategory
from visits.models.matter import MatterQuerySet
from visits.models.visit import day_start

STATES = [
    ("open", _("Open")),
    ("late", _("Late")),
    ("warned", _("Late soon")),
    ("yellow", _("Yellow: late soon")),
    ("red", _("Red: nearly late")),
    ("ended", _("Ended")),
    ("counted", _("All but declined and merged")),
    *Matter.Status.choices,
]
HELD = [("nobody", _("Nobody yet")), ("person", _("A person")), ("department", _("A department"))]
MARKS = [
    ("returned", _("Returned")),
    ("reworked", _("Back to work")),
    ("extended", _("More time given")),
    ("reopened", _("Reopened")),
    ("supervised", _("Reminded or warned by card")),
]
# Every part of every measure, as the board links to it.
PARTS = {
    f"{measure.name}{'_' if part else ''}{part}": (measure.name, part)
    for measure in MEASURES
    for part in (OF, "", NOT)
}
PART_WORDS = {"": _("these"), NOT: _("the others"), OF: _("all counted")}
FIGURES = [
    (value, format_lazy("{}: {}", BY_NAME[name].heading, PART_WORDS[part]))
    for value, (name, part) in PARTS.items()
]
# What the board counts: without what is seen only for being one's own, of other places.
WITHIN = [("board", _("Of the board"))]
LONG_AGO = datetime.date(1990, 1, 1)
ONE_DAY = datetime.timedelta(days=1)
MINE = [("reported", _("I reported")), ("assigned", _("Assigned to me"))]


class Subject(NamedTuple):
    """What a list reached from the board shows; empty without one."""

    heading: str | Promise
    meaning: str | Promise


class MatterFilter(filters.FilterSet):
    """Narrow matters by state, place, kind and who has them; `at` says what is late."""

    status = filters.ChoiceFilter(
        label=_("Status"), choices=STATES, method="in_state", empty_label=_("All")
    )
    mine = filters.ChoiceFilter(
        label=_("Mine"), choices=MINE, method="of_mine", empty_label=_("All")
    )
    category = filters.ModelChoiceFilter(
        label=_("Category"),
        queryset=MatterCategory.objects.order_by("order", "name"),
        empty_label=_("All"),
    )
    urgency = filters.ChoiceFilter(
        label=_("Urgency"), choices=Matter.Urgency.choices, empty_label=_("All")
    )
    department = filters.ModelChoiceFilter(
        label=_("Department"), queryset=Department.objects.none(), empty_label=_("All")
    )
    held = filters.ChoiceFilter(
        label=_("Who has it"), choices=HELD, method="held_by", empty_label=_("All")
    )
    to_do = filters.ChoiceFilter(
        label=_("To do now"), choices=ToDo.choices, method="waiting", empty_label=_("All")
    )
    age = filters.ChoiceFilter(
        label=_("Reported"), choices=Age.choices, method="of_age", empty_label=_("All")
    )
    source = filters.ChoiceFilter(
        label=_("Came from"), choices=Matter.Source.choices, empty_label=_("All")
    )
    level = filters.ChoiceFilter(
        label=_("Decided by the"), choices=Matter.Level.choices, empty_label=_("All")
    )
    had = filters.ChoiceFilter(
        label=_("What happened"), choices=MARKS, method="with_mark", empty_label=_("All")
    )
    figure = filters.ChoiceFilter(
        label=_("Figure of the board"), choices=FIGURES, method="unchanged", empty_label=_("None")
    )
    within = filters.ChoiceFilter(choices=WITHIN, method="counted_for", widget=forms.HiddenInput)
    since = filters.DateFilter(
        label=_("From"), method="unchanged", widget=DayInput, validators=DAYS_KNOWN
    )
    until = filters.DateFilter(
        label=_("Until"), method="unchanged", widget=DayInput, validators=DAYS_KNOWN
    )
    area = filters.ModelChoiceFilter(
        label=_("Area"),
        queryset=Area.objects.none(),
        to_field_name="code",
        method="in_area",
        widget=forms.HiddenInput,
    )
    community = filters.ModelChoiceFilter(
        label=_("Community"),
        queryset=Community.objects.none(),
        empty_label=_("All"),
        to_field_name="code",
        field_name="grid__community",
    )
    grid = filters.ModelChoiceFilter(
        label=_("Grid"), queryset=Grid.objects.none(), empty_label=_("All"), to_field_name="code"
    )

    building = filters.ModelChoiceFilter(
        label=_("Building"),
        queryset=Building.objects.none(),
        field_name="household__building",
        widget=forms.HiddenInput,
    )

    class Meta:
        model = Matter
        fields: list[str] = []

    def __init__(self, *args: Any, user: User, at: datetime.datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.at = at
        # Both come by links of the board; chosen, they stand among the others.
        for name in ("figure", "to_do"):
            if not self.data or not self.data.get(name):
                self.filters[name].extra["widget"] = forms.HiddenInput
        self.filters["building"].queryset = Building.objects.visible_to(user)
        self.filters["department"].queryset = Department.objects.visible_to(user)
        if not user.has_any_role(READERS):
            del self.filters["area"], self.filters["community"], self.filters["grid"]
            return
        self.filters["area"].queryset = Area.objects.visible_to(user)
        self.filters["community"].queryset = Community.objects.visible_to(user)
        self.filters["grid"].queryset = Grid.objects.visible_to(user)
        if user.spans_streets(READERS):
            # Thousands of places are no list to choose from: their numbers are typed.
            for name, label in (("community", _("Community number")), ("grid", _("Grid number"))):
                self.filters[name].extra["widget"] = forms.TextInput
                self.filters[name].label = label

    def filter_queryset(self, queryset: Any) -> Any:
        """Narrow by every field; the days are those the chosen figure counts in, or of the report."""
        matters = super().filter_queryset(queryset)
        chosen = self.form.cleaned_data
        since, until, figure = (chosen.get(name) for name in ("since", "until", "figure"))
        if figure:
            name, part = PARTS[figure]
            return matters.filter(BY_NAME[name].part(part, self.span(since, until)))
        if since:
            matters = matters.filter(reported_at__gte=day_start(since))
        if until:
            matters = matters.filter(reported_at__lt=day_start(until + ONE_DAY))
        return matters

    def span(self, since: datetime.date | None, until: datetime.date | None) -> Span:
        """Return the moments between the days; nothing is counted that has not come yet."""
        end = min(day_start(until + ONE_DAY), self.at) if until else self.at
        return Span(day_start(since or LONG_AGO), end)

    def subject(self) -> Subject:
        """Return what the board calls the rows it led to, and how they are counted."""
        chosen = self.form.cleaned_data if self.form.is_valid() else {}
        if chosen.get("figure"):
            measure = BY_NAME[PARTS[chosen["figure"]][0]]
            return Subject(dict(FIGURES)[chosen["figure"]], measure.meaning)
        return Subject(ToDo(chosen["to_do"]).label if chosen.get("to_do") else "", "")

    def unchanged(self, matters: MatterQuerySet, _name: str, _value: object) -> MatterQuerySet:
        return matters

    def in_state(self, matters: MatterQuerySet, _name: str, value: str) -> MatterQuerySet:
        asked: dict[str, Callable[[], MatterQuerySet]] = {
            "open": matters.open,
            "ended": matters.ended,
            "counted": matters.counted,
            "late": lambda: matters.late(self.at),
            "warned": lambda: matters.warned(self.at),
            "yellow": lambda: matters.yellow(self.at),
            "red": lambda: matters.red(self.at),
        }
        return asked[value]() if value in asked else matters.filter(status=value)

    def held_by(self, matters: MatterQuerySet, _name: str, value: str) -> MatterQuerySet:
        return matters.filter(
            Q(assignee=None, department=None)
            if value == "nobody"
            else Q(**{f"{'assignee' if value == 'person' else value}__isnull": False})
        )

    def waiting(self, matters: MatterQuerySet, _name: str, value: str) -> MatterQuerySet:
        on = timezone.localtime(self.at).date()
        return matters.open().filter(stands_at(value, on), waits_for(self.user, (ToDo(value),)))

    def counted_for(self, matters: MatterQuerySet, _name: str, _value: str) -> MatterQuerySet:
        return matters.of_places(self.user)

    def of_age(self, matters: MatterQuerySet, _name: str, value: str) -> MatterQuerySet:
        return matters.filter(is_aged(value, self.at))

    def with_mark(self, matters: MatterQuerySet, _name: str, value: str) -> MatterQuerySet:
        if value == "supervised":
            return matters.exclude(supervision=Matter.Supervision.NONE)
        return matters.filter(**{f"{value}__gt": 0})

    def in_area(self, matters: MatterQuerySet, _name: str, area: Area) -> MatterQuerySet:
        return matters.filter(inside([area.code], field="grid__code"))

    def of_mine(self, matters: MatterQuerySet, _name: str, value: str) -> MatterQuerySet:
        if value == "reported":
            return matters.filter(reported_by=self.user)
        return matters.filter(assignee=self.user)
