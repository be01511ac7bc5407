"""Classes of figures: few, in order, and told in words and numbers."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from households.map.drawing import LEVELS

FULL = 100


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


def percent_scale(values: Iterable[int | None]) -> Scale:
    """Return classes of percentages below 100, and the highest for 100 alone.

    Coverage is a promise to all. Fixed classes below it would put grids of 85 and 95 % into one.
    """
    steps = quantile_steps([value for value in known(values) if value < FULL], LEVELS - 1)
    return Scale((*steps, *[FULL] * (LEVELS - 1 - len(steps))), " %")


def quantile_scale(values: Iterable[int | None]) -> Scale:
    return Scale(quantile_steps(known(values), LEVELS))


def known(values: Iterable[int | None]) -> list[int]:
    return sorted(value for value in values if value is not None)


def quantile_steps(ordered: Sequence[int], classes: int) -> tuple[int, ...]:
    """Part figures into classes of about equally many; equal figures are never parted."""
    distinct = sorted(set(ordered))
    if len(distinct) <= classes:
        return tuple(distinct[1:])
    steps = {ordered[len(ordered) * part // classes] for part in range(1, classes)}
    return tuple(sorted(steps - {distinct[0]}))
