"""The register of one community: doors, people, phones and care, as bulk rows."""

import datetime
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from communities.models import Community
from gridmgmt.demo.families import (
    ADULT,
    OLD,
    RETIRED,
    SCHOOL,
    Person,
    Registrar,
    dormitory,
    newcomers,
    owners,
)
from gridmgmt.demo.places import EstateKind, Stairwell
from households.models import Care, CareTag, Household, Phone, Residency, Resident

Occupancy = Household.Occupancy
Kind = Residency.Kind

# Name, days between visits, sensitive, description; most of them every installation has.
CARE_TAGS = (
    ("独居老人", 30, False, "一个人居住的老人"),
    ("空巢老人", 30, False, "子女不在身边的老人"),
    ("高龄老人", 30, False, "80岁以上的老人"),
    ("残疾人", 30, False, ""),
    ("困难家庭", 30, False, "低保、特困和低收入家庭"),
    ("留守儿童", 30, False, "父母外出务工的儿童"),
    ("孕产妇", 30, False, ""),
    ("大病患者", 14, False, "重病、长期卧床"),
    ("严重精神障碍", 90, True, ""),
    ("社区矫正", 30, True, ""),
    ("社区戒毒康复", 30, True, ""),
)
SAFETY_NOTES = (
    "家中养大型犬，敲门前先打电话",
    "楼道灯不亮，请带手电",
    "情绪易激动，说话慢一些",
    "铁门后有台阶，小心绊倒",
    "夜间不要单独前往",
)
DOOR_NOTES = (
    "上夜班，上午休息",
    "听力不好，请多按几次门铃",
    "周末才回来住",
    "租户常换，注意核对",
    "",
)
BATCH = 2000
# Days since the newest building, still without a grid, came into the register.
NEW_BUILDING_AGE = 12
PHONE_LABELS = ("女儿", "儿子", "房东", "单位", "邻居")


@dataclass
class Door:
    """A household as the year's visits see it."""

    household: Household
    kind: EstateKind
    rhythm_days: int
    # Somebody is at home in working hours: the old, mothers with small children.
    home_by_day: bool


@dataclass
class Register:
    """Everything of one community that is stored by `save_register`."""

    households: list[Household] = field(default_factory=list)
    residents: list[Resident] = field(default_factory=list)
    residencies: list[Residency] = field(default_factory=list)
    phones: list[Phone] = field(default_factory=list)
    care: list[Care] = field(default_factory=list)
    doors: list[Door] = field(default_factory=list)


def create_care_tags() -> dict[str, CareTag]:
    """Return the tags by name; one the installation already has stays as it is."""
    for name, days, is_sensitive, description in CARE_TAGS:
        CareTag.objects.get_or_create(
            name=name,
            defaults={
                "visit_every_days": days,
                "is_sensitive": is_sensitive,
                "description": description,
            },
        )
    return {tag.name: tag for tag in CareTag.objects.all()}


class RegisterWriter:
    """Fills the stairwells of one community with households."""

    def __init__(
        self,
        community: Community,
        tags: dict[str, CareTag],
        make: Registrar,
        *,
        began_on: datetime.date,
    ) -> None:
        self.community = community
        self.tags = tags
        self.make = make
        self.rng: random.Random = make.rng
        self.began_on = began_on
        self.today = make.today
        self.register = Register()
        # Heads of owner households, to whom a flat elsewhere in the community may be let.
        self.owners: list[Resident] = []

    def fill(self, stairwells: Sequence[Stairwell]) -> Register:
        for stair in stairwells:
            for room in stair.rooms:
                self.add_household(stair, room)
        return self.register

    def add_household(self, stair: Stairwell, room: str) -> None:
        rng = self.rng
        assert stair.grid is not None  # noqa: S101 - stairwells are filled after the cut into grids
        household = Household(
            building=stair.building,
            unit=stair.unit,
            room=room,
            grid=stair.grid,
            grid_since=stair.grid.opened_on or self.today,
            occupancy=self.occupancy(stair.kind),
            registered_on=self.registered_on(stair),
        )
        household.confirm_occupancy(household.registered_on)
        chance = rng.random()
        if chance < 0.05:
            household.visit_in_pairs = chance < 0.02
            household.has_dog = chance >= 0.015
            household.safety_note = rng.choice(SAFETY_NOTES) if chance < 0.03 else ""
        elif chance < 0.09:
            household.note = rng.choice(DOOR_NOTES)
        self.register.households.append(household)
        people = self.people(household, stair.kind)
        rhythm = min([self.community.visit_every_days, *self.settle(household, people)])
        household.reschedule(rhythm_days=rhythm)
        home = any(p.age >= RETIRED or p.age < SCHOOL for p in people)
        self.register.doors.append(Door(household, stair.kind, rhythm, home))

    def occupancy(self, kind: EstateKind) -> Occupancy:
        return self.rng.choices(
            (
                Occupancy.RENTED,
                Occupancy.VACANT,
                Occupancy.REGISTRATION_ONLY,
                Occupancy.COLLECTIVE,
                Occupancy.UNKNOWN,
                Occupancy.OWNER,
            ),
            (kind.rented, 0.10, 0.03, 0.01, 0.01, 0.85 - kind.rented),
        )[0]

    def registered_on(self, stair: Stairwell) -> datetime.date:
        """Most doors stand in the register since it began, some came later in the year."""
        if stair.is_new:
            return self.today - datetime.timedelta(days=NEW_BUILDING_AGE)
        if self.rng.random() < 0.95:
            return self.began_on
        return self.began_on + datetime.timedelta(
            days=self.rng.randrange((self.today - self.began_on).days)
        )

    def people(self, household: Household, kind: EstateKind) -> list[Person]:
        match household.occupancy:
            case Occupancy.RENTED:
                return newcomers(self.make)
            case Occupancy.COLLECTIVE:
                return dormitory(self.make)
            case Occupancy.VACANT | Occupancy.UNKNOWN:
                return []
        return owners(self.make, kind.elderly)

    def settle(self, household: Household, people: list[Person]) -> list[int]:
        """Enter the people at the door; return the visit rhythms their care asks for."""
        rng = self.rng
        moved_in = household.registered_on - datetime.timedelta(days=rng.randint(30, 7000))
        if household.occupancy == Occupancy.RENTED:
            moved_in = household.registered_on - datetime.timedelta(days=rng.randint(0, 900))
            if self.owners and rng.random() < 0.35:
                self.let_out(household)
            if rng.random() < 0.15:
                self.enter_former_tenant(household, moved_in)
        kinds = self.kinds(household, people)
        rhythms = []
        for person, kind in zip(people, kinds, strict=True):
            self.register.residents.append(person.resident)
            self.register.residencies.append(
                Residency(
                    resident=person.resident,
                    household=household,
                    kind=kind,
                    is_head=person is people[0],
                    relation=person.relation,
                    since=max(moved_in, person.resident.birth_date or moved_in),
                    confirmed_on=household.registered_on,
                )
            )
            self.add_phones(person, household.registered_on)
            tags = self.care_tags(person, alone=len(people) == 1)
            for tag in tags:
                since = self.began_on + datetime.timedelta(days=rng.randint(-400, 0))
                self.register.care.append(Care(resident=person.resident, tag=tag, since=since))
            if kind != Kind.REGISTERED:
                rhythms += [tag.visit_every_days for tag in tags]
        if household.occupancy == Occupancy.OWNER and people:
            self.owners.append(people[0].resident)
        return rhythms

    def kinds(self, household: Household, people: list[Person]) -> list[Kind]:
        """Say who lives here, who is registered here; a third of all are one and not the other."""
        rng = self.rng
        if household.occupancy == Occupancy.REGISTRATION_ONLY:
            return [Kind.REGISTERED] * len(people)
        if household.occupancy in (Occupancy.RENTED, Occupancy.COLLECTIVE):
            return [Kind.LIVES if rng.random() < 0.97 else Kind.BOTH for _person in people]
        usual = Kind.LIVES if rng.random() < 0.06 else Kind.BOTH
        kinds = [usual] * len(people)
        for index, person in enumerate(people[1:], start=1):
            # Children away at university or at work stay registered with their parents.
            if ADULT <= person.age < 30 and person.relation in ("儿子", "女儿"):
                kinds[index] = Kind.REGISTERED if rng.random() < 0.6 else usual
            elif rng.random() < 0.05:
                kinds[index] = Kind.LIVES
        return kinds

    def let_out(self, household: Household) -> None:
        """Keep an owner who lives elsewhere in the community registered at the flat she lets."""
        owner = self.owners.pop(self.rng.randrange(len(self.owners)))
        self.register.residencies.append(
            Residency(
                resident=owner,
                household=household,
                kind=Kind.REGISTERED,
                relation="房主",
                since=self.began_on - datetime.timedelta(days=self.rng.randint(900, 5000)),
                confirmed_on=household.registered_on,
            )
        )

    def enter_former_tenant(self, household: Household, moved_in: datetime.date) -> None:
        person = newcomers(self.make)[0]
        self.register.residents.append(person.resident)
        self.register.residencies.append(
            Residency(
                resident=person.resident,
                household=household,
                kind=Kind.LIVES,
                is_head=True,
                relation="户主",
                since=moved_in - datetime.timedelta(days=self.rng.randint(100, 700)),
                until=moved_in - datetime.timedelta(days=self.rng.randint(1, 40)),
                confirmed_on=household.registered_on,
            )
        )

    def add_phones(self, person: Person, on: datetime.date) -> None:
        rng = self.rng
        if person.age >= 12 and rng.random() < 0.72:
            self.register.phones.append(
                Phone(
                    resident=person.resident,
                    number=self.make.phone(),
                    label="本人",
                    confirmed_on=on,
                )
            )
        if person.age >= 70 and rng.random() < 0.5:
            self.register.phones.append(
                Phone(
                    resident=person.resident,
                    number=self.make.phone(),
                    label=rng.choice(PHONE_LABELS),
                    confirmed_on=on,
                )
            )

    def care_tags(self, person: Person, *, alone: bool) -> list[CareTag]:
        chances = {
            "独居老人": 0.7 if alone and person.age >= 65 else 0,
            "空巢老人": 0.2 if not alone and person.age >= 70 else 0,
            "高龄老人": 0.9 if person.age >= OLD else 0,
            "残疾人": 0.012,
            "困难家庭": 0.010,
            "留守儿童": 0.012 if person.age < 16 else 0,
            "孕产妇": 0.03 if person.resident.sex == "female" and 22 <= person.age < 38 else 0,
            "大病患者": 0.02 if person.age >= RETIRED else 0.003,
            "严重精神障碍": 0.004 if person.age >= ADULT else 0,
            "社区矫正": 0.0015 if person.age >= ADULT else 0,
            "社区戒毒康复": 0.0015 if person.age >= ADULT else 0,
        }
        return [self.tags[name] for name, chance in chances.items() if self.rng.random() < chance]


def save_register(register: Register) -> None:
    """Store the rows; the doors' due fields are to be final before."""
    Household.objects.bulk_create(register.households, batch_size=BATCH)
    Resident.objects.bulk_create(register.residents, batch_size=BATCH)
    Residency.objects.bulk_create(register.residencies, batch_size=BATCH)
    Phone.objects.bulk_create(register.phones, batch_size=BATCH)
    Care.objects.bulk_create(register.care, batch_size=BATCH)
