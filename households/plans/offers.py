"""The trade-off of a re-cut as a short list of choices, of which one becomes a draft."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from communities.division import Division, Instance, judged
from communities.models import Community, User
from households.models import GridPlan
from households.plans.answers import WEB_SECONDS, Answer, ask, choices
from households.plans.instance import Problem, Wish, read_problem
from households.plans.making import chosen, store_draft

SALT = "households.recut"


@dataclass(frozen=True)
class Offer:
    """One point of the trade-off; `token` is what is sent back to take it."""

    division: Division
    token: str
    is_proposed: bool

    @property
    def moved(self) -> int:
        return self.division.metrics.moved_households or 0

    @property
    def moved_percent(self) -> float:
        return round(self.division.metrics.moved_pct or 0.0, 1)

    @property
    def largest_deviation(self) -> float:
        return round(self.division.metrics.max_dev_pct, 1)

    @property
    def mean_deviation(self) -> float:
        return round(self.division.metrics.mean_dev_pct, 1)

    @property
    def outside(self) -> int:
        return self.division.metrics.grids_outside_tolerance


class Balance(NamedTuple):
    """How even today's grids are, deviations in percent of what is aimed at."""

    outside: int
    largest_deviation: float
    mean_deviation: float


class Offers(NamedTuple):
    """A few choices of a re-cut, fewest moves first, and what they are to be compared with.

    Each choice also gives a grid to the `waiting` households that are in none yet.
    """

    today: Balance
    choices: list[Offer]
    waiting: int


def recut_offers(community: Community, wish: Wish, *, seconds: float = WEB_SECONDS) -> Offers:
    """Return the choices of a re-cut, one of them proposed; none is stored."""
    answer = ask(community, wish, seconds=seconds)
    proposed = chosen(answer, None)
    return Offers(
        balance_today(answer.problem.instance),
        [
            Offer(division, token_of(community, wish, answer, division), division is proposed)
            for division in with_proposed(choices(answer.divisions), proposed)
        ],
        sum(part.households - sum(part.by_grid.values()) for part in answer.problem.parts),
    )


def balance_today(instance: Instance) -> Balance:
    """Return the balance of today's grids; what is in none yet counts nowhere."""
    loads = [0.0] * instance.k
    for node, grid in zip(instance.nodes, instance.current or (), strict=True):
        if grid >= 0:
            loads[grid] += node.weight
    deviations = [abs(load / instance.target - 1) for load in loads]
    return Balance(
        sum(deviation > instance.tolerance for deviation in deviations),
        round(100 * max(deviations), 1),
        round(100 * sum(deviations) / len(deviations), 1),
    )


def with_proposed(listed: Sequence[Division], proposed: Division) -> list[Division]:
    """Put the proposed division into the list, in its place."""
    found = [row for row in listed if row is not proposed]
    return sorted([*found, proposed], key=lambda row: row.metrics.moved_households or 0)


def token_of(community: Community, wish: Wish, answer: Answer, division: Division) -> str:
    """Return a choice as signed text: what differs from today, for just these parts."""
    today = answer.problem.instance.current or ()
    changes = [
        [row, label]
        for row, (label, now) in enumerate(zip(division.labels, today, strict=True))
        if label != now
    ]
    told = [
        community.code,
        wish.measure,
        wish.tolerance_percent,
        digest_of(answer.problem),
        changes,
    ]
    return signing.dumps(told, salt=SALT, compress=True)


def digest_of(problem: Problem) -> str:
    """Return what tells whether the register has stayed as it was, and who is beside whom."""
    told = [
        (part.building.pk, part.unit, part.floors, part.by_grid, part.households, part.workload)
        for part in problem.parts
    ]
    told_of = (problem.grids, told, problem.instance.neighbours)
    return hashlib.sha256(repr(told_of).encode()).hexdigest()[:16]


def take(community: Community, token: str, by: User) -> GridPlan:
    """Store a choice as a draft; raises BadSignature for text this program did not make."""
    code, by_what, tolerance, digest, changes = signing.loads(token, salt=SALT)
    if code != community.code:
        raise signing.BadSignature
    wish = Wish(measure=by_what, tolerance_percent=tolerance, is_recut=True)
    problem = read_problem(community, wish)
    if digest_of(problem) != digest:
        raise ValidationError(
            _("The register changed since these choices were made. Ask for them again.")
        )
    labels = list(problem.instance.current or ())
    for row, label in changes:
        labels[row] = label
    division = judged(problem.instance, labels)
    return store_draft(community=community, wish=wish, problem=problem, division=division, by=by)
