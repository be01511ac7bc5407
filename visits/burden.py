"""Averages of what logging visits took."""

from typing import NamedTuple, Self

from visits.models import BurdenWeek


class BurdenFigures(NamedTuple):
    """Sums of some visits, and what one of them took; an average of none is None."""

    visits: int
    taps: int
    seconds: int
    prefilled: int
    typed: int

    @classmethod
    def of(cls, week: BurdenWeek) -> Self:
        return cls(*(getattr(week, name) for name in cls._fields))

    @property
    def taps_per_visit(self) -> float | None:
        return self.taps / self.visits if self.visits else None

    @property
    def seconds_per_visit(self) -> float | None:
        return self.seconds / self.visits if self.visits else None

    @property
    def percent_prefilled(self) -> float | None:
        fields = self.prefilled + self.typed
        return 100 * self.prefilled / fields if fields else None
