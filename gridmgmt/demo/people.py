"""Everybody who works in the street, with the six accounts that open the demo."""

import datetime
import random
from collections import Counter
from dataclasses import dataclass, field

from django.contrib.auth.hashers import make_password
from pypinyin import lazy_pinyin

from communities.authentication import DEMO_PASSWORD
from communities.models import Area, Community, Department, Grid, Membership, User
from communities.roles import Role
from gridmgmt.demo.families import MOBILE_PREFIX
from gridmgmt.demo.names import full_name
from gridmgmt.demo.places import CommunityPlan, Stairwell
from households.models import Post

DOORS_PER_CAPTAIN = 80
DEMO_WORKER_AWAY = 6
BATCH = 2000


@dataclass
class Team:
    """Who goes from door to door in one grid."""

    main: User
    backup: User
    leader: User
    captain: User
    officer: User
    # The main worker until `since`, where the present one took over during the year.
    predecessor: User | None
    since: datetime.date
    # Days up to today without a round: whoever tries the demo finds work waiting.
    days_away: int

    def main_on(self, day: datetime.date) -> User:
        return self.predecessor if self.predecessor and day < self.since else self.main


@dataclass
class Staff:
    """People and their memberships, collected and stored in bulk."""

    rng: random.Random
    began_on: datetime.date
    today: datetime.date
    users: list[User] = field(default_factory=list)
    memberships: list[Membership] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    teams: dict[str, Team] = field(default_factory=dict)
    logins: Counter[str] = field(default_factory=Counter)

    def person(self, demo_login: str = "") -> User:
        """Return a person at work: over forty and a woman more often than not."""
        sex = "female" if self.rng.random() < 0.65 else "male"
        name = full_name(self.rng, sex, self.rng.randint(1966, 1995))
        login = "".join(lazy_pinyin(name)).replace("·", "")
        self.logins[login] += 1
        user = User(
            username=demo_login or f"{login}{self.logins[login]:02d}",
            name=name,
            phone=f"{MOBILE_PREFIX}{self.rng.randrange(10**8):08d}",
            # Nobody but the six demo accounts can log in.
            password=make_password(DEMO_PASSWORD if demo_login else None),
            is_demo=bool(demo_login),
        )
        self.users.append(user)
        return user

    def appoint(
        self,
        user: User,
        role: Role,
        *,
        grid: Grid | None = None,
        community: Community | None = None,
        area: Area | None = None,
        department: Department | None = None,
        rank: str = "",
        full_time: bool = True,
        since: datetime.date | None = None,
        until: datetime.date | None = None,
    ) -> Membership:
        full_or_part = (
            Membership.Employment.FULL_TIME if full_time else Membership.Employment.PART_TIME
        )
        membership = Membership(
            user=user,
            role=role,
            grid=grid,
            community=community,
            area=area,
            department=department,
            employment=full_or_part if role == Role.GRID_WORKER else "",
            rank=rank,
            since=since or self.began_on - datetime.timedelta(days=self.rng.randint(0, 1500)),
            until=until,
        )
        self.memberships.append(membership)
        return membership

    def staff_street(self, street: Area, departments: list[Department]) -> None:
        self.appoint(self.person("street"), Role.STREET_OFFICER, area=street)
        self.appoint(self.person(), Role.STREET_OFFICER, area=street)
        self.appoint(self.person("auditor"), Role.AUDITOR, area=street)
        self.appoint(self.person("admin"), Role.ADMINISTRATOR, area=street)
        for index, department in enumerate(departments):
            handler = self.person("" if index else "department")
            self.appoint(handler, Role.DEPARTMENT_HANDLER, area=street, department=department)

    def staff_community(self, plan: CommunityPlan, *, with_demo_logins: bool) -> None:
        community = plan.community
        officer = self.person("officer" if with_demo_logins else "")
        self.appoint(officer, Role.COMMUNITY_OFFICER, community=community)
        self.appoint(self.person(), Role.COMMUNITY_OFFICER, community=community)
        self.appoint(self.person(), Role.AREA_CADRE, community=community)
        leader = self.person()
        for index, grid in enumerate(plan.grids):
            if index % 2 == 0 and index:
                leader = self.person()
            stairwells = [stair for stair in plan.stairwells if stair.grid is grid]
            is_demo = with_demo_logins and index == 0
            self.staff_grid(grid, stairwells, leader, officer, "worker" if is_demo else "")
        if with_demo_logins:
            self.appoint(self.person(), Role.AREA_CADRE, grid=plan.grids[-1])

    def staff_grid(
        self,
        grid: Grid,
        stairwells: list[Stairwell],
        leader: User,
        officer: User,
        demo_login: str,
    ) -> None:
        rng = self.rng
        main, backup = self.person(demo_login), self.person()
        predecessor, since = None, self.began_on
        if not demo_login and rng.random() < 0.2:
            predecessor = self.person()
            since = self.began_on + datetime.timedelta(
                days=rng.randrange((self.today - self.began_on).days)
            )
            self.appoint(
                predecessor,
                Role.GRID_WORKER,
                grid=grid,
                rank=Membership.Rank.MAIN,
                since=self.began_on - datetime.timedelta(days=400),
                until=since - datetime.timedelta(days=1),
            )
        self.appoint(
            main,
            Role.GRID_WORKER,
            grid=grid,
            rank=Membership.Rank.MAIN,
            full_time=bool(demo_login) or rng.random() < 0.75,
            since=since,
        )
        self.appoint(
            backup,
            Role.GRID_WORKER,
            grid=grid,
            rank=Membership.Rank.BACKUP,
            full_time=rng.random() < 0.4,
        )
        self.appoint(leader, Role.GRID_LEADER, grid=grid)
        captain = self.appoint_post_holders(grid, stairwells)
        self.teams[grid.code] = Team(
            main,
            backup,
            leader,
            captain,
            officer,
            predecessor,
            since,
            days_away=DEMO_WORKER_AWAY if demo_login else rng.choice((0, 0, 0, 2)),
        )

    def appoint_post_holders(self, grid: Grid, stairwells: list[Stairwell]) -> User:
        """Give every stairwell a captain and one building a volunteer; return the first captain."""
        captains: list[Membership] = []
        doors = DOORS_PER_CAPTAIN
        for stair in stairwells:
            if doors >= DOORS_PER_CAPTAIN:
                captains.append(self.appoint(self.person(), Role.STAIR_CAPTAIN, grid=grid))
                doors = 0
            doors += len(stair.rooms)
            self.posts.append(
                Post(membership=captains[-1], building=stair.building, unit=stair.unit)
            )
        volunteer = self.appoint(self.person(), Role.INFO_VOLUNTEER, grid=grid)
        self.posts.append(Post(membership=volunteer, building=stairwells[-1].building))
        return captains[0].user

    def save(self) -> None:
        User.objects.bulk_create(self.users, batch_size=BATCH)
        Membership.objects.bulk_create(self.memberships, batch_size=BATCH)
        Post.objects.bulk_create(self.posts, batch_size=BATCH)
        self.users, self.memberships, self.posts = [], [], []
