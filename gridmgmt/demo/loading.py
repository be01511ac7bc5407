"""Put the fictitious street into an empty database, community by community."""

import datetime
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import models, transaction

from communities.actions import set_cover
from communities.models import Area, Community, Cover, Grid, Membership, User
from gridmgmt.demo.burden import measure_weeks, say_what_wastes_time
from gridmgmt.demo.campaigns import start_drives
from gridmgmt.demo.city_services import connect_city_service
from gridmgmt.demo.contacts import name_contacts
from gridmgmt.demo.emergencies import call_the_roll
from gridmgmt.demo.families import Registrar
from gridmgmt.demo.matters import MatterWriter, Offices, read_offices
from gridmgmt.demo.pairings import pair_doors
from gridmgmt.demo.people import Staff
from gridmgmt.demo.places import (
    CommunityPlan,
    create_street,
    plan_community,
    save_plan,
    shares,
)
from gridmgmt.demo.register import BATCH, Register, RegisterWriter, create_care_tags, save_register
from gridmgmt.demo.residents import report_as_residents
from gridmgmt.demo.topics import answer_questions, give_topics, save_lists
from gridmgmt.demo.visits import GridYear, tallies
from households.models import Building, CareTag, Household, Resident
from households.plans.instance import Wish
from households.plans.making import make_draft
from visits.models import Matter, MatterEvent, Visit, VisitTally
from visits.rules import Rules

YEAR = datetime.timedelta(days=365)
FEWEST_HOUSEHOLDS = 60
DEMO_SECONDS = 0.5


class DatabaseInUseError(Exception):
    """The database already holds places, people or a register."""


def refuse_used_database() -> None:
    used: tuple[type[models.Model], ...] = (User, Area, Community, Building, Household, Resident)
    if any(model._default_manager.exists() for model in used):
        raise DatabaseInUseError


@transaction.atomic
def load_street(
    *,
    households: int,
    seed: int,
    today: datetime.date,
    progress: Callable[[str], None],
) -> None:
    """Load one street with this many households and the year up to yesterday, all or nothing.

    The same arguments give the same rows: everything but row numbers the database hands
    out, moments of storing, ciphertext, password hashes and the keys of public cards.
    """
    refuse_used_database()
    loader = Loader(seed, today)
    for index, doors in enumerate(shares(households)):
        loader.load_community(index, doors)
        progress(f"{loader.street.code}{index + 1:03d}: {doors}")


class Loader:
    """Holds what the communities share: the street, the tags, the rules, the year."""

    def __init__(self, seed: int, today: datetime.date) -> None:
        self.seed = seed
        self.today = today
        self.began_on = today - YEAR
        self.rules = Rules()
        self.tags: dict[str, CareTag] = create_care_tags()
        self.street, departments = create_street()
        self.departments = departments
        give_topics(departments)
        self.offices: Offices = read_offices(departments)
        self.make = Registrar(self.rng("residents"), today)
        self.staff = Staff(self.rng("staff"), self.began_on, today)
        self.staff.staff_street(self.street, departments)

    def rng(self, part: str) -> random.Random:
        """Return numbers of its own for each part, so that one does not disturb the others."""
        return random.Random(f"{self.seed}/{part}")

    def load_community(self, index: int, doors: int) -> None:
        plan = plan_community(
            self.street, index, doors, self.rng(f"places {index}"), opened_on=self.began_on
        )
        save_plan(plan)
        self.staff.staff_community(plan, with_demo_logins=index == 0)
        self.staff.save()
        writer = RegisterWriter(plan.community, self.tags, self.make, began_on=self.began_on)
        visits = self.load_year(plan, writer.fill([*plan.stairwells, *plan.new_stairwells]))
        name_contacts(plan.community, plan.grids, self.rng(f"contacts {index}"), self.began_on)
        measure_weeks(plan.community, self.rng(f"burden {index}"), self.today)
        if index == 0:
            say_what_wastes_time(plan.community, self.today)
            officer = self.staff.teams[plan.grids[0].code].officer
            pair_doors(plan.grids[0], self.staff.teams[plan.grids[0].code], self.began_on)
            start_drives(plan.community, plan.grids, officer, self.today)
            call_the_roll(
                plan.community, plan.grids, self.staff.teams, self.rng("emergency"), self.today
            )
            self.cover_colleague(plan.grids[:2])
            answer_questions(plan.grids, visits, self.rng("answers"))
            save_lists(self.departments, officer)
            connect_city_service(plan.grids[0], self.today)
            team = self.staff.teams[plan.grids[0].code]
            report_as_residents(plan.grids[0], team.main, officer, self.today)
            propose_grids(plan.community, officer)

    def cover_colleague(self, grids: list[Grid]) -> None:
        """Let the demo worker cover this week: in the next grid, or in hers where it is alone."""
        team, beside = self.staff.teams[grids[0].code], self.staff.teams[grids[-1].code]
        absent = team.backup if beside is team else beside.main
        away = Membership.objects.get(user=absent, grid=grids[-1], until=None)
        days = datetime.timedelta(days=2)
        set_cover(
            cover=Cover(
                away=away,
                user=team.main,
                reason=Cover.Reason.LEAVE,
                since=max(away.since, self.today - days),
                until=self.today + days,
            ),
            by=team.officer,
        )

    def load_year(self, plan: CommunityPlan, register: Register) -> list[Visit]:
        """Walk every grid through the year, store its doors, visits and matters; return the visits."""
        yesterday = self.today - datetime.timedelta(days=1)
        visits: list[Visit] = []
        matters: list[Matter] = []
        events: list[MatterEvent] = []
        for grid in plan.grids:
            rng = self.rng(f"visits {grid.code}")
            doors = [door for door in register.doors if door.household.grid is grid]
            team = self.staff.teams[grid.code]
            year = GridYear(doors, team, self.rules, rng)
            made = year.walk(self.began_on, yesterday - datetime.timedelta(days=team.days_away))
            visits += made
            matter_writer = MatterWriter(grid, team, self.offices, rng, yesterday)
            matter_writer.write(made, len(doors))
            matters += matter_writer.matters
            events += matter_writer.events
        save_register(register)
        with storing(Visit, "received_at"):
            Visit.objects.bulk_create(visits, batch_size=BATCH)
        VisitTally.objects.bulk_create(tallies(visits), batch_size=BATCH)
        Matter.objects.bulk_create(matters, batch_size=BATCH)
        MatterEvent.objects.bulk_create(events, batch_size=BATCH)
        return visits


def propose_grids(community: Community, officer: User) -> None:
    """Let the officer have asked for new grids, which nobody has accepted yet."""
    make_draft(community=community, wish=Wish(is_recut=True), by=officer, seconds=DEMO_SECONDS)


@contextmanager
def storing(model: type[models.Model], name: str) -> Iterator[None]:
    """Store what the rows say in a field that otherwise takes the moment of storing."""
    field = model._meta.get_field(name)
    field.auto_now_add = False  # type: ignore[union-attr] # only date fields are named
    try:
        yield
    finally:
        field.auto_now_add = True  # type: ignore[union-attr]
