"""Classes of figures: few, in order, and told in words and numbers."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from households.map.drawing import LEVELS

# Coverage is a promise to all: only 100 is 100.
PERCENT_STEPS = (50, 75, 100)


@dataclass(frozen=True)
class Class:
    """One class of a legend: its place in the order, the range of its figures, how many it has."""

    level: int
    words: str
    count: int


@dataclass(frozen=True)
class Scale:
    """Where one class ends and the next begins: `steps` are the first figures of all but the lowest."""

    steps: tuple[int, ...]
    suffix: str = ""

    def level(self, value: int | None) -> int | None:
        return None if value is None else bisect_right(self.steps, value)

    def legend(self, values: Iterable[int | None]) -> list[Class]:
        """Return the classes that have figures, each with its least and its greatest."""
        by_level: dict[int, list[int]] = {}
        for value in values:
            if value is not None:
                by_level.setdefault(bisect_right(self.steps, value), []).append(value)
        return [
            Class(level, self.words(min(inside), max(inside)), len(inside))
            for level, inside in sorted(by_level.items())
        ]

    def words(self, least: int, greatest: int) -> str:
        span = str(least) if least == greatest else f"{least}–{greatest}"
        return span + self.suffix

    def text(self, value: int | None) -> str:
        return "–" if value is None else f"{value}{self.suffix}"


def percent_scale() -> Scale:
    return Scale(PERCENT_STEPS, " %")


def quantile_scale(values: Sequence[int | None]) -> Scale:
    """Return classes of about equally many figures; equal figures are never parted."""
    known = sorted(value for value in values if value is not None)
    distinct = sorted(set(known))
    if len(distinct) <= LEVELS:
        return Scale(tuple(distinct[1:]))
    steps = {known[len(known) * part // LEVELS] for part in range(1, LEVELS)} - {distinct[0]}
    return Scale(tuple(sorted(steps)))
