"""Clusters: the same kind of matter more often at one place than chance explains.

The last seven days of a building or a grid are held against the ninety days before. How
often a place has a kind of matter is not known exactly: its own ninety days say it, and the
community's average, as if seen there for another thirty days, so that a new building has a
rate too. Over what the rate may then be (a gamma distribution) the number of a week has a
negative binomial distribution, the Poisson one with its rate unsure. A place is pointed out
when so many or more would be that unlikely that among everything looked at, places times
kinds, no more than one look in `LOOKS` points at something by chance alone (Bonferroni).
"""

import datetime
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Count
from django.utils import timezone

from communities.models import Community, Grid, User
from communities.models.place import COMMUNITY_DIGITS
from communities.roles import READERS
from households.models import Building
from visits.models import MatterCategory
from visits.models.matter import MatterQuerySet
from visits.models.visit import day_start

WINDOW = 7
BEFORE = 90
PRIOR_DAYS = 30
# Fewer than three of a kind are no cluster, however rare.
LEAST = 3
LOOKS = 50
# More than twenty years of weeks say nothing more.
MOST_WEEKS = 1000
# Added to what a community had of a kind, so that a kind it never had is rare, not impossible.
UNSEEN = 0.5
ENOUGH = 1e-17

GRID, BUILDING = "grid", "building"
# Kind of place, its key, the key of the category.
Spot = tuple[str, int, int]


def tail(number: int, *, shape: float, seen_days: float, days: float) -> float:
    """Return how likely `number` or more are in so many days, at a rate known only roughly.

    The rate has a gamma distribution of this shape, learnt in `seen_days` days; the larger
    both are, the nearer is the answer to the upper tail of the Poisson distribution.
    """
    if number <= 0:
        return 1.0
    share = days / (seen_days + days)
    # The chance of exactly `number`, then of one more each time.
    chance = math.exp(
        math.lgamma(number + shape)
        - math.lgamma(shape)
        - math.lgamma(number + 1)
        + shape * math.log1p(-share)
        + number * math.log(share)
    )
    total = 0.0
    while chance > ENOUGH * total:
        total += chance
        chance *= (number + shape) / (number + 1) * share
        number += 1
    return min(total, 1.0)


@dataclass(frozen=True)
class History:
    """What was seen of one kind before: at the place, and on average at places like it."""

    own: int
    average_per_day: float

    @property
    def shape(self) -> float:
        return self.own + self.average_per_day * PRIOR_DAYS

    @property
    def expected(self) -> float:
        """The number a week would bring."""
        return self.shape / (BEFORE + PRIOR_DAYS) * WINDOW

    def chance_of(self, number: int) -> float:
        return tail(number, shape=self.shape, seen_days=BEFORE + PRIOR_DAYS, days=WINDOW)


@dataclass(frozen=True)
class Cluster:
    """So many of one kind at one place in a week, and how rarely chance brings that."""

    place: Building | Grid
    category: MatterCategory
    number: int
    expected: float
    # Weeks that pass until chance alone brings something as unlikely anywhere looked at.
    weeks: int
    query: str

    @property
    def is_all_but_certain(self) -> bool:
        return self.weeks >= MOST_WEEKS


class Finding(NamedTuple):
    """A spot with more than chance explains; `chance` is that of seeing any such in a look."""

    spot: Spot
    number: int
    expected: float
    chance: float


class Seen:
    """How many matters of each category were seen at each place, and in each community."""

    def __init__(self, matters: MatterQuerySet) -> None:
        self.at: Counter[Spot] = Counter()
        self.community: dict[tuple[str, int], int] = {}
        self.grids: defaultdict[int, set[int]] = defaultdict(set)
        self.in_community: Counter[Spot] = Counter()
        groups = ("grid", "grid__community", "household__building", "category")
        rows = matters.order_by().values_list(*groups).annotate(Count("pk"))
        for grid, community, building, category, number in rows:
            if building is not None:
                self.grids[building].add(grid)
            for kind, place in ((GRID, grid), (BUILDING, building)):
                if place is not None:
                    self.at[kind, place, category] += number
                    self.in_community[kind, community, category] += number
                    self.community[kind, place] = community


def find(matters: MatterQuerySet, user: User, at: datetime.datetime) -> list[Cluster]:
    """Return the clusters in the week up to that moment, the least likely first.

    `matters` are those the user may see; nothing else is counted or named.
    """
    on = timezone.localtime(at).date()
    first = on - datetime.timedelta(days=WINDOW - 1)
    counted = matters.counted()
    recent = Seen(counted.filter(reported_at__gte=day_start(first), reported_at__lte=at))
    many = {spot: number for spot, number in recent.at.items() if number >= LEAST}
    if not many:
        return []
    start = day_start(first - datetime.timedelta(days=BEFORE))
    before = Seen(counted.filter(reported_at__gte=start, reported_at__lt=day_start(first)))
    places = count_places(user)
    looks = sum(places.values()) * MatterCategory.objects.count()
    found = []
    for spot, number in many.items():
        history = history_of(spot, recent.community[spot[:2]], before, places)
        chance = history.chance_of(number)
        if chance * looks * LOOKS <= 1:
            found.append(Finding(spot, number, history.expected, chance * looks))
    days = f"&since={first.isoformat()}&until={on.isoformat()}"
    found = [finding for finding in found if not is_explained(finding, found, recent)]
    return named(sorted(found, key=lambda finding: finding.chance), days)


def is_explained(finding: Finding, found: Sequence[Finding], recent: Seen) -> bool:
    """Say whether a grid has no cluster left without those of its buildings."""
    kind, grid, category = finding.spot
    inside = sum(
        other.number
        for other in found
        if other.spot[0] == BUILDING
        and other.spot[2] == category
        and grid in recent.grids[other.spot[1]]
    )
    return kind == GRID and finding.number - inside < LEAST


def history_of(
    spot: Spot, community: int, before: Seen, places: Mapping[tuple[str, int], int]
) -> History:
    kind, _place, category = spot
    others = before.in_community[kind, community, category] + UNSEEN
    return History(before.at[spot], others / max(places[kind, community], 1) / BEFORE)


def count_places(user: User) -> Counter[tuple[str, int]]:
    """Return how many grids and buildings the user looks at in each community."""
    grids = Grid.objects.visible_to(user).numbered().open()
    buildings = Building.objects.filter(community__in=Community.objects.held_by(user, READERS))
    if any(len(code) > COMMUNITY_DIGITS for code in user.place_codes(READERS)):
        buildings = Building.objects.visible_to(user)
    counts: Counter[tuple[str, int]] = Counter()
    for kind, rows in ((GRID, grids), (BUILDING, buildings)):
        by_community = rows.order_by().values_list("community").annotate(Count("pk"))
        for community, number in by_community:
            counts[kind, community] = number
    return counts


def named(findings: Sequence[Finding], days: str) -> list[Cluster]:
    """Give the findings their places and categories."""
    if not findings:
        return []
    keys: dict[str, set[int]] = {GRID: set(), BUILDING: set()}
    for finding in findings:
        keys[finding.spot[0]].add(finding.spot[1])
    grids = Grid.objects.in_bulk(keys[GRID])
    buildings = Building.objects.in_bulk(keys[BUILDING])
    categories = MatterCategory.objects.in_bulk({finding.spot[2] for finding in findings})
    clusters = []
    for finding in findings:
        kind, key, category = finding.spot
        place: Building | Grid = grids[key] if kind == GRID else buildings[key]
        where = f"grid={grids[key].code}" if kind == GRID else f"building={key}"
        clusters.append(
            Cluster(
                place=place,
                category=categories[category],
                number=finding.number,
                expected=max(round(finding.expected, 1), 0.1),
                weeks=min(int(1 / finding.chance), MOST_WEEKS),
                query=f"?status=counted&{where}&category={category}{days}",
            )
        )
    return clusters
