"""A district of a thousand grids with two years of matters, written in bulk.

`python -m tests.bench.matters_town MATTERS` fills the database of the environment.
"""

import datetime
import random
import sys
import uuid
from collections.abc import Iterator

SEED = 7
STREETS, COMMUNITIES, GRIDS = 10, 10, 10
BUILDINGS, DOORS = 5, 4
DAYS = 2 * 365
OPEN_SHARE = 0.05
BATCH = 5_000
DISTRICT = "990101"
LOGINS = ("worker", "officer", "street", "district", "handler")
COUNTED = ("returned", "reworked", "extended", "reopened")


def fill(count: int) -> None:
    from django.contrib.auth.hashers import make_password
    from django.db import connection

    from tests.bench.web import DEMO_PASSWORD
    from visits.models import Matter

    draw = random.Random(SEED)
    town = Town(make_password(DEMO_PASSWORD))
    for batch in batches(town.matters(count, draw)):
        Matter.objects.bulk_create(batch)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM visits_stalegrid")
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def batches(rows: Iterator) -> Iterator[list]:
    batch: list = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch


class Town:
    """The places, their offices and the people the bench logs in."""

    def __init__(self, password: str) -> None:
        from communities.models import Area, Community, Department, Grid, User
        from communities.roles import Role
        from households.models import Building, Household
        from visits.models import MatterCategory

        district = Area.objects.create(code=DISTRICT, name="东风区", level=Area.Level.COUNTY)
        streets = [
            Area.objects.create(
                code=f"{DISTRICT}{number:03d}",
                name=f"第{number}街道",
                level=Area.Level.STREET,
                parent=district,
            )
            for number in range(1, STREETS + 1)
        ]
        communities = Community.objects.bulk_create(
            Community(code=f"{street.code}{number:03d}", name=f"第{number}社区", area=street)
            for street in streets
            for number in range(1, COMMUNITIES + 1)
        )
        self.grids = Grid.objects.bulk_create(
            Grid(code=f"{place.code}{number:03d}", name=f"第{number}网格", community=place)
            for place in communities
            for number in range(1, GRIDS + 1)
        )
        buildings = Building.objects.bulk_create(
            [
                Building(community=grid.community, estate=grid.name, name=f"{number}号楼")
                for grid in self.grids
                for number in range(1, BUILDINGS + 1)
            ]
        )
        self.doors = Household.objects.bulk_create(
            [
                Household(
                    building=building,
                    unit="1",
                    room=f"{door}01",
                    grid=self.grids[index // BUILDINGS],
                    occupancy="owner",
                )
                for index, building in enumerate(buildings)
                for door in range(1, DOORS + 1)
            ]
        )
        self.offices = {
            street.code: [
                Department.objects.create(area=street, name=name)
                for name in ("城管办", "综治办", "民政办", "应急办")
            ]
            for street in streets
        }
        self.categories = list(MatterCategory.objects.all())
        places = {
            "worker": (Role.GRID_WORKER, {"grid": self.grids[0]}),
            "officer": (Role.COMMUNITY_OFFICER, {"community": communities[0]}),
            "street": (Role.STREET_OFFICER, {"area": streets[0]}),
            "district": (Role.STREET_OFFICER, {"area": district}),
            "handler": (
                Role.DEPARTMENT_HANDLER,
                {"area": streets[0], "department": self.offices[streets[0].code][0]},
            ),
        }
        self.people = {login: self.person(login, password, *places[login]) for login in LOGINS}

        self.reporters = User.objects.bulk_create(
            User(username=f"reporter{number}", name=f"reporter{number}") for number in range(500)
        )

    @staticmethod
    def person(login, password, role, place):
        from communities.models import Membership, User
        from communities.roles import Role

        user = User.objects.create(username=login, name=login, password=password, is_demo=True)
        worker = role == Role.GRID_WORKER
        Membership.objects.create(
            user=user,
            role=role,
            since=datetime.date(2020, 1, 1),
            employment="full_time" if worker else "",
            rank="backup" if worker else "",
            **place,
        )
        return user

    def matters(self, count: int, draw: random.Random) -> Iterator:
        """Yield matters of all two years, each twentieth still open; the oldest first."""
        from django.utils import timezone

        now = timezone.now()
        for number in range(count):
            age = datetime.timedelta(days=DAYS * (1 - number / count))
            yield self.matter(now, now - age, draw)

    def matter(self, now: datetime.datetime, at: datetime.datetime, draw: random.Random):
        from visits.models import Matter

        index = draw.randrange(len(self.grids))
        grid = self.grids[index]
        per_grid = BUILDINGS * DOORS
        door = self.doors[index * per_grid + draw.randrange(per_grid)]
        office = draw.choice(self.offices[grid.code[:9]])
        values = {
            "id": uuid.UUID(int=draw.getrandbits(128), version=4),
            "category": self.categories[int(len(self.categories) * draw.random() ** 2)],
            "grid": grid,
            "household": door if draw.random() < 0.7 else None,
            "place": "东门",
            "description": f"楼道灯不亮，晚上看不清 {draw.randrange(1000)}",
            "reported_by": self.people["worker"] if index == 0 else draw.choice(self.reporters),
            "reported_at": at,
        }
        # Most of what is open was reported lately.
        is_open = draw.random() < OPEN_SHARE * (8 if (now - at).days < 75 else 0.15)
        state = self.open(now, at, office, draw) if is_open else self.ended(now, at, office, draw)
        return Matter(**values, **state)

    @staticmethod
    def open(now, at, office, draw):
        status = draw.choice(
            (
                "received",
                "accepted",
                "assigned",
                "in_progress",
                "in_progress",
                "resolved",
                "waiting",
            )
        )
        due = now + datetime.timedelta(days=draw.uniform(-4, 12))
        handled = status not in ("received", "accepted")
        state = {"status": status, "department": office if handled else None}
        if handled:
            state |= {"dispatched_at": at, "handle_by": due, "clock_unit": "days"}
        if status == "waiting":
            return state | {"next_on": due.date(), "seconds_left": 3600}
        return state | {
            "due_at": due,
            "yellow_at": due - datetime.timedelta(days=2),
            "red_at": due - datetime.timedelta(days=1),
        }

    @staticmethod
    def ended(now, at, office, draw):
        closed = min(at + datetime.timedelta(days=draw.uniform(0.1, 10)), now)
        state = {
            "status": draw.choices(("closed", "unsolved", "declined"), (94, 3, 3))[0],
            "department": office,
            "closed_at": closed,
            "resolved_at": closed - datetime.timedelta(hours=1),
            "dispatched_at": at,
            "handle_by": at + datetime.timedelta(days=draw.uniform(5, 12)),
            "clock_unit": "days",
            "rating": draw.choice((None, None, None, 3, 3, 2, 1)),
        }
        return state | {name: int(draw.random() < 0.05) for name in COUNTED}


if __name__ == "__main__":
    import django

    django.setup()
    fill(int(sys.argv[1]))
