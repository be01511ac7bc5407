"""Who might visit which door on a day gone by: memberships and grids as they were then."""

import datetime
from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

from django.db.models.functions import Coalesce

from communities.models import Membership
from communities.roles import POST_HOLDERS, VISITORS, Role
from households.models import Household, Post


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

    def home(self, person: int) -> str:
        """Return the code of a place the person works or last worked at, "" for none."""
        newest = max(self.roles[person], key=lambda held: held.since, default=None)
        return newest.code if newest else ""
