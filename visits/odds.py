"""When a door is most likely to open, told from all earlier knocks there and around it.

For each part of the day three rates stand behind one another: the grid's, its building's
and the door's own. Each begins as so many imagined knocks of the rate behind it and moves
towards what was seen there: the mean of a Beta posterior. A door that was tried once is
told by its building; one tried ten times speaks for itself.
"""

import datetime
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.translation import gettext as _

from households.models import Household
from visits.models.visit import ANSWERED, Outcome, Way
from visits.rules import EVENING, NOON, part_of_day

Part = Household.PartOfDay

# Before anything is known: people at work are home in the evening and at the weekend.
FIRST_GUESS = {Part.MORNING: 0.4, Part.AFTERNOON: 0.4, Part.EVENING: 0.6, Part.WEEKEND: 0.55}
# Imagined knocks behind each rate. A grid has thousands of real ones a year and soon
# overrules the guess. Buildings of one grid differ less than its doors do. A door is tried
# some eight times a year; from then on it weighs more than its building. The replay of
# tests/bench/odds.py is flat around these numbers.
GUESS_STRENGTH = 10
BUILDING_STRENGTH = 20
DOOR_STRENGTH = 8
# A household moves on and children grow up: what was seen a year ago says little.
EVIDENCE_DAYS = 365
# Eight of ten intervals of this many standard deviations hold the true chance.
DEVIATIONS = 1.28
# An interval narrower than this, as a share of all chances, is a good reason to go then.
SURE_WIDTH, FAIR_WIDTH = 0.3, 0.4
# The building may be known well and this door not at all.
FEWEST_FOR_SURE, FEWEST_FOR_FAIR = 6, 2


class Count(NamedTuple):
    """How often doors were knocked at, and how often somebody came."""

    opened: int = 0
    tried: int = 0

    def plus(self, *, opened: bool) -> "Count":
        return Count(self.opened + opened, self.tried + 1)

    def without(self, other: "Count") -> "Count":
        """Return what is left without the other, which may hold knocks this one has not seen."""
        tried = max(self.tried - other.tried, 0)
        return Count(min(max(self.opened - other.opened, 0), tried), tried)


Counts = Mapping[str, Count]
NOTHING = Count()


class Evidence(NamedTuple):
    """What was seen at a door, in its building and in its grid, by part of the day."""

    door: Counts
    building: Counts
    grid: Counts


@dataclass(frozen=True)
class Chance:
    """How likely a door opens in a part of the day, and what that rests on."""

    part: Part
    opened: float
    closed: float
    door: Count
    building: Count

    @property
    def mean(self) -> float:
        return self.opened / (self.opened + self.closed)

    @property
    def width(self) -> float:
        """The width of the interval that holds the true chance in eight of ten cases."""
        total = self.opened + self.closed
        return 2 * DEVIATIONS * math.sqrt(self.mean * (1 - self.mean) / (total + 1))

    @property
    def tenths(self) -> int:
        return min(max(round(self.mean * 10), 1), 9)

    @property
    def sureness(self) -> str:
        """Say in words how sure the estimate is."""
        if self.width <= SURE_WIDTH and self.door.tried >= FEWEST_FOR_SURE:
            return _("fairly sure")
        if self.width <= FAIR_WIDTH and self.door.tried >= FEWEST_FOR_FAIR:
            return _("somewhat sure")
        return _("not sure")

    def __str__(self) -> str:
        return _("%(part)s about %(tenths)s in 10, %(sureness)s") % {
            "part": self.part.label,
            "tenths": self.tenths,
            "sureness": self.sureness,
        }


def knocked(outcome: str, way: str) -> bool | None:
    """Say whether a knock opened the door; None for a visit that tells nothing of it."""
    if way != Way.DOOR:
        return None
    if outcome in ANSWERED:
        return True
    return False if outcome == Outcome.NOBODY_HOME else None


def count(knocks: Iterable[tuple[datetime.datetime, bool]]) -> dict[str, Count]:
    """Sum knocks by the part of the day they were made in."""
    counts: dict[str, Count] = {}
    for at, opened in knocks:
        part = part_of_day(at)
        counts[part] = counts.get(part, NOTHING).plus(opened=opened)
    return counts


def chance(part: Part, evidence: Evidence) -> Chance:
    """Return how likely the door opens in this part of the day."""
    door = evidence.door.get(part, NOTHING)
    building = evidence.building.get(part, NOTHING)
    # Nothing is counted twice: a house of one door would seem to be sure of itself.
    around = building.without(door)
    grid = evidence.grid.get(part, NOTHING).without(building)
    rate = mean(grid, FIRST_GUESS[part], GUESS_STRENGTH)
    rate = mean(around, rate, BUILDING_STRENGTH)
    return Chance(
        part,
        DOOR_STRENGTH * rate + door.opened,
        DOOR_STRENGTH * (1 - rate) + door.tried - door.opened,
        door,
        around,
    )


def mean(seen: Count, rate: float, strength: float) -> float:
    return (strength * rate + seen.opened) / (strength + seen.tried)


def parts_left(at: datetime.datetime) -> list[Part]:
    """Return the parts that the day of this local moment still offers, the present one first."""
    if part_of_day(at) == Part.WEEKEND:
        return [Part.WEEKEND]
    left = [Part.EVENING]
    if at.hour < EVENING:
        left.insert(0, Part.AFTERNOON)
    if at.hour < NOON:
        left.insert(0, Part.MORNING)
    return left


def best_chance(parts: Iterable[Part], evidence: Evidence) -> Chance:
    """Return the likeliest of these parts; of equal ones the earlier."""
    return max((chance(part, evidence) for part in parts), key=lambda found: found.mean)
