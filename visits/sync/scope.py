"""Who might visit which door on a day gone by: memberships and grids as they were then."""

import datetime
from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

from django.db.models.functions import Coalesce
from django.utils import timezone

from communities.models import Membership
from communities.models.place import COMMUNITY_DIGITS
from communities.roles import POST_HOLDERS, VISITORS, Role
from households.models import Household, PlannedMove, Post
from visits.models.visit import day_start

ONE_DAY = datetime.timedelta(days=1)


# So long after grids were cut anew a phone may go on by the list it kept.
OLD_BORDER = datetime.timedelta(days=7)


class Held(NamedTuple):
    """A role somebody holds or held, with the code of its place and its days."""

    membership: int
    role: Role
    code: str
    since: datetime.date
    until: datetime.date | None

    def includes(self, day: datetime.date) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)


class Standings:
    """The roles in which these people visit, past ones included; at most two queries.

    Of other roles only their last days are known.
    """

    def __init__(self, people: Collection[int]) -> None:
        self.roles: dict[int, list[Held]] = defaultdict(list)
        self.last_days: dict[int, list[datetime.date | None]] = defaultdict(list)
        rows = Membership.objects.filter(user__in=people).values_list(
            "user",
            "pk",
            "role",
            Coalesce("grid__code", "community__code", "area__code"),
            "since",
            "until",
        )
        for user, membership, role, code, since, until in rows:
            self.last_days[user].append(until)
            if role in VISITORS:
                self.roles[user].append(Held(membership, Role(role), code, since, until))
        holders = [
            held.membership
            for roles in self.roles.values()
            for held in roles
            if held.role in POST_HOLDERS
        ]
        posts = Post.objects.filter(membership__in=holders) if holders else ()
        self.stairwells = {(post.membership_id, post.building_id, post.unit) for post in posts}

    def could_visit(
        self, person: int, household: Household, grid_code: str, day: datetime.date
    ) -> bool:
        """Say whether the door, in that grid on that day, was in the person's care then."""
        return any(
            self.reaches(held, household, grid_code)
            for held in self.roles[person]
            if held.includes(day)
        )

    def reaches(self, held: Held, household: Household, grid_code: str) -> bool:
        if held.role not in POST_HOLDERS:
            return grid_code.startswith(held.code)
        own = {(held.membership, household.building_id, unit) for unit in ("", household.unit)}
        return not own.isdisjoint(self.stairwells)

    def could_work_in(self, person: int, grid_code: str, day: datetime.date) -> bool:
        """Say whether the person worked in that grid on that day, its doors aside."""
        return any(
            held.includes(day) and grid_code.startswith(held.code)
            for held in self.roles[person]
            if held.role not in POST_HOLDERS
        )

    def last_day(self, person: int) -> datetime.date | None:
        """Return the last day of the last of all her roles; None while one goes on."""
        days = self.last_days[person]
        return None if None in days else max((day for day in days if day), default=None)

    def works_in_community(self, person: int, grid_code: str, day: datetime.date) -> bool:
        """Say whether the person goes to doors anywhere in that grid's community on that day."""
        community = grid_code[:COMMUNITY_DIGITS]
        return any(
            held.includes(day) and held.code[:COMMUNITY_DIGITS] == community[: len(held.code)]
            for held in self.roles[person]
        )

    def home(self, person: int) -> str:
        """Return the code of a place the person works or last worked at, "" for none."""
        newest = max(self.roles[person], key=lambda held: held.since, default=None)
        return newest.code if newest else ""


def borders_before(household: Household, day: datetime.date) -> list[tuple[str, datetime.date]]:
    """Return the grids that a plan took the door from in the last days, each with its last day.

    A plan taken back took it from the grid it had put it into.
    """
    first = day - OLD_BORDER
    moves = PlannedMove.objects.filter(household=household, left_since__isnull=False)
    changed = moves.filter(plan__effective_on__range=(first, day))
    undone = moves.filter(
        plan__taken_back_at__gte=day_start(first),
        plan__taken_back_at__lt=day_start(day + ONE_DAY),
    )
    days: list[tuple[str, datetime.date | None]] = list(
        changed.values_list("left__code", "plan__effective_on")
    )
    days += [
        (code, timezone.localdate(at))
        for code, at in undone.values_list("entered__grid__code", "plan__taken_back_at")
        if code
    ]
    return [(code, since - ONE_DAY) for code, since in days if since]
