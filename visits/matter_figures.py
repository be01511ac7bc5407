"""The numbers of the board of matters: pure questions, the moment an argument.

Every number counts rows that a filter of the list of matters shows (visits.filters.matters).
"""

import datetime
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Case, CharField, Count, Q, Value, When
from django.utils import timezone

from communities.models import User
from communities.roles import MANAGERS, WRITERS
from visits.matter_measures import (
    DECIDED,
    HELD,
    MEASURES,
    REPORTED,
    Age,
    Measure,
    Span,
    ToDo,
    is_aged,
    stands_at,
    waits_for,
)
from visits.models import Matter
from visits.models.matter import MatterQuerySet


@dataclass
class Lights:
    """How many matters are open, and of them late, red and yellow."""

    open: int = 0
    late: int = 0
    red: int = 0
    yellow: int = 0

    def add(self, *numbers: int) -> None:
        self.open += numbers[0]
        self.late += numbers[1]
        self.red += numbers[2]
        self.yellow += numbers[3]


def lights(at: datetime.datetime) -> dict[str, Count]:
    """Return what to count of open matters, by the same lights as `late`, `red` and `yellow`."""
    in_time = Q(due_at__gte=at)
    return {
        "opened": Count("pk"),
        "late": Count("pk", filter=Q(due_at__lt=at)),
        "red": Count("pk", filter=in_time & Q(red_at__lte=at)),
        "yellow": Count("pk", filter=in_time & Q(yellow_at__lte=at, red_at__gt=at)),
    }


def by_grid(matters: MatterQuerySet, at: datetime.datetime) -> dict[int, Lights]:
    """Return the lights of the open matters of each grid that has any; one query."""
    rows = matters.open().order_by().values_list("grid").annotate(**lights(at))
    found: dict[int, Lights] = {}
    for grid, *numbers in rows:
        found[grid] = Lights(*numbers)
    return found


class Kinds(NamedTuple):
    """The lights of open matters by category, by who has them, and by age."""

    category: Mapping[int, Lights]
    # The key of a department, "person" or "nobody".
    holder: Mapping[int | str, Lights]
    age: Mapping[str, Lights]


def by_kind(matters: MatterQuerySet, at: datetime.datetime) -> Kinds:
    """Return the lights of the open matters in three other ways; one query."""
    age = Case(
        *(When(is_aged(age, at), then=Value(age.value)) for age in Age if age != Age.OLDER),
        default=Value(Age.OLDER.value),
        output_field=CharField(),
    )
    holder = Case(
        When(assignee__isnull=False, then=Value("person")),
        default=Value("nobody"),
        output_field=CharField(),
    )
    kinds = Kinds(defaultdict(Lights), defaultdict(Lights), defaultdict(Lights))
    groups = matters.open().order_by().annotate(age_name=age, held_as=holder)
    rows = groups.values_list("category", "department", "held_as", "age_name").annotate(
        **lights(at)
    )
    for category, department, held_as, age_name, *numbers in rows:
        kinds.category[category].add(*numbers)
        kinds.holder[department or held_as].add(*numbers)
        kinds.age[age_name].add(*numbers)
    return kinds


def to_do(user: User, at: datetime.datetime) -> dict[ToDo, int]:
    """Return what waits for this user now, nothing for one who only reads; a query for each sort."""
    if not user.has_any_role(WRITERS):
        return {}
    on = timezone.localtime(at).date()
    found: dict[ToDo, int] = {}
    for kinds in (DECIDED, HELD, REPORTED) if user.has_any_role(MANAGERS) else (HELD, REPORTED):
        counts = {kind.value: Count("pk", filter=stands_at(kind, on)) for kind in kinds}
        hers = matters_for(user, kinds).open().filter(waits_for(user, kinds))
        numbers = hers.aggregate(**counts)
        found |= {kind: numbers[kind.value] for kind in kinds}
    return found


def matters_for(user: User, kinds: tuple[ToDo, ...]) -> MatterQuerySet:
    """Return what may wait for the user in these ways: of her places, or anywhere her own."""
    if kinds is DECIDED:
        return Matter.objects.of_places(user)
    return Matter.objects.visible_to(user)


class Share(NamedTuple):
    """A measure with its numbers: so many fit, of so many."""

    measure: Measure
    fits: int
    of: int

    @property
    def percent(self) -> int | None:
        """In whole percent, rounded down so that 100 means every one; None of nothing."""
        return self.fits * 100 // self.of if self.of else None


def shares(matters: MatterQuerySet, span: Span) -> list[Share]:
    """Return every measure over the span; one query for each way of choosing what counts.

    Another measure needs a line in `MEASURES` alone: page, list and file follow.
    """
    bases: dict[Any, list[Measure]] = defaultdict(list)
    for measure in MEASURES:
        bases[measure.of].append(measure)
    found: dict[str, Share] = {}
    for of, measures in bases.items():
        counts = {measure.name: Count("pk", filter=measure.fits) for measure in measures}
        numbers = matters.filter(of(span)).order_by().aggregate(of=Count("pk"), **counts)
        for measure in measures:
            found[measure.name] = Share(measure, numbers[measure.name], numbers["of"])
    return [found[measure.name] for measure in MEASURES]
