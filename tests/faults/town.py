"""A small place for one history: two grids, three doors, two workers, and what happens to them.

What the place was like on which day is known here too, apart from the program's own tables, so
that the checker can say how each visit has to be judged.
"""

import copy
import datetime
from dataclasses import dataclass, field

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from communities.models import Area, Community, Grid, Membership, User
from communities.roles import Role
from households.models import Building, FormerGrid, Household, Question, Topic
from visits.models import Emergency, MatterCategory

LONG_AGO = datetime.date(2020, 1, 1)
BACKEND = "communities.authentication.AccountBackend"
MOST_GRIDS = 990


class Country:
    """The street that holds every town of a run; a community is opened whenever one is full."""

    def __init__(self, code: str) -> None:
        self.street = Area.objects.create(code=code, name="东风街道", level=Area.Level.STREET)
        self.category = MatterCategory.objects.create(name=f"类别{code}")
        topic = Topic.objects.create(name=f"主题{code}")
        self.questions = [
            Question.objects.create(
                topic=topic, name=f"{name}{code}", text=f"{name}{code}是什么？", kind=kind
            )
            for name, kind in (("事实", Question.Kind.TEXT), ("人数", Question.Kind.NUMBER))
        ]
        self.communities = 0
        self.grids = MOST_GRIDS
        self.people = 0

    def new_grid(self) -> Grid:
        if self.grids >= MOST_GRIDS:
            self.communities, self.grids = self.communities + 1, 0
            self.community = Community.objects.create(
                area=self.street,
                code=f"{self.street.code}{self.communities:03d}",
                name=f"{self.communities}社区",
            )
            # Begun on no grid: whatever is said of a door makes its row.
            self.emergency = Emergency.objects.create(
                community=self.community,
                name="内涝",
                asked="看看各户是否安全",
                started_at=timezone.now(),
                started_by=self.new_user(),
            )
        self.grids += 1
        return Grid.objects.create(
            community=self.community,
            code=f"{self.community.code}{self.grids:03d}",
            name=f"第{self.grids}网格",
        )

    def new_user(self) -> User:
        self.people += 1
        name = f"w{self.street.code}-{self.people}"
        return User.objects.create(username=name, name=name, password=f"!{name}")


@dataclass
class Stay:
    """Where a door was, or who minded what, from one day to another, both included."""

    what: str
    since: datetime.date
    until: datetime.date = datetime.date.max

    def includes(self, day: datetime.date) -> bool:
        return self.since <= day <= self.until


@dataclass
class Town:
    country: Country
    grids: list[Grid] = field(default_factory=list)
    doors: list[Household] = field(default_factory=list)
    workers: list[User] = field(default_factory=list)
    emergency: Emergency | None = None
    # By door: the codes of its grids. By worker: those she minds.
    lay: dict[int, list[Stay]] = field(default_factory=dict)
    minds: dict[int, list[Stay]] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.grids = [self.country.new_grid() for _ in range(2)]
        self.emergency = self.country.emergency
        building = Building.objects.create(
            community=self.country.community,
            estate="幸福家园",
            name=f"{self.country.grids}号楼{self.country.communities}",
        )
        self.doors = Household.objects.bulk_create(
            Household(
                grid=self.grids[number // 2],
                building=building,
                unit="1",
                room=f"{number}01",
                occupancy=Household.Occupancy.OWNER,
                grid_since=LONG_AGO,
            )
            for number in range(3)
        )
        self.workers = [self.country.new_user() for _ in range(2)]
        for worker, grid in zip(self.workers, self.grids, strict=True):
            Membership.objects.create(
                user=worker,
                role=Role.GRID_WORKER,
                grid=grid,
                since=LONG_AGO,
                employment=Membership.Employment.FULL_TIME,
                rank=Membership.Rank.BACKUP,
            )
            self.minds[worker.pk] = [Stay(grid.code, LONG_AGO)]
        for door in self.doors:
            self.lay[door.pk] = [Stay(door.grid.code, LONG_AGO)]

    def session(self, worker: User) -> str:
        """Log the worker in; return the value of the session cookie."""
        store = SessionStore()
        store[SESSION_KEY] = str(worker.pk)
        store[BACKEND_SESSION_KEY] = BACKEND
        store[HASH_SESSION_KEY] = worker.get_session_auth_hash()
        store.create()
        return store.session_key

    def change_password(self, worker: User) -> None:
        """Set another one: every session of hers ends."""
        worker.password = f"!{worker.password}"
        worker.save(update_fields=["password"])

    def close_account(self, worker: User) -> None:
        worker.is_active = False
        worker.save(update_fields=["is_active"])
        self.closed.add(worker.pk)

    def move_border(self, door: Household, day: datetime.date) -> None:
        """Put a door into the other grid from that day on; later than any move before."""
        stay = self.lay[door.pk][-1]
        if day <= stay.since:
            return
        old = next(grid for grid in self.grids if grid.code == stay.what)
        new = next(grid for grid in self.grids if grid.code != stay.what)
        stay.until = day - datetime.timedelta(days=1)
        FormerGrid.objects.create(household=door, grid=old, since=stay.since, until=stay.until)
        Household.objects.filter(pk=door.pk).update(grid=new, grid_since=day)
        self.lay[door.pk].append(Stay(new.code, day))

    def hand_over(self, giver: User, taker: User, day: datetime.date) -> None:
        """End what the giver minds, from that day on, and give it to the taker."""
        for stay in [stay for stay in self.minds[giver.pk] if stay.until == datetime.date.max]:
            if day <= stay.since:
                continue
            stay.until = day - datetime.timedelta(days=1)
            rows = Membership.objects.filter(user=giver, grid__code=stay.what, until=None)
            rows.update(until=stay.until)
            if self.in_care(taker.pk, stay.what, day):
                continue
            Membership.objects.create(
                user=taker,
                role=Role.GRID_WORKER,
                grid=Grid.objects.get(code=stay.what),
                since=day,
                employment=Membership.Employment.FULL_TIME,
                rank=Membership.Rank.BACKUP,
            )
            self.minds[taker.pk].append(Stay(stay.what, day))

    def left_on(self, worker: int) -> datetime.date | None:
        """Return the last day of somebody who minds nothing any more, None of who still does."""
        last = max(stay.until for stay in self.minds[worker])
        return None if last == datetime.date.max else last

    def opens_nothing(self, worker: int) -> bool:
        """Say whether a login of hers opens nothing today."""
        last = self.left_on(worker)
        return worker in self.closed or (last is not None and last < timezone.localdate())

    def known(self) -> tuple:
        """Return what a backup made now knows of this place."""
        return copy.deepcopy((self.lay, self.minds, self.closed))

    def knew(self, known: tuple) -> None:
        """Go back to what a backup knew."""
        self.lay, self.minds, self.closed = copy.deepcopy(known)
        for worker in self.workers:
            worker.refresh_from_db()

    def grid_of(self, door: int, day: datetime.date) -> str:
        return next(stay.what for stay in self.lay[door] if stay.includes(day))

    def in_care(self, worker: int, grid: str, day: datetime.date) -> bool:
        return any(stay.what == grid and stay.includes(day) for stay in self.minds[worker])


def cookie_of(session: str) -> dict[str, str]:
    return {settings.SESSION_COOKIE_NAME: session}


def day_of(milliseconds: float) -> datetime.date:
    moment = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.UTC)
    return timezone.localdate(moment)
