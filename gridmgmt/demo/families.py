"""Who lives together: the people of one household, with believable ages and ties."""

import datetime
import random
from collections.abc import Callable
from dataclasses import dataclass

from gridmgmt.demo.names import full_name, surname
from households.identity import check_character
from households.models import Resident

# Codes of counties that do not exist: the demo's own, and where its newcomers come from.
HOME_COUNTIES = ("990101", "990102", "990103")
# 154 has never been given to an operator.
MOBILE_PREFIX = "154"
ADULT, SCHOOL, RETIRED, OLD = 18, 6, 60, 80
WITHOUT_IDENTITY_CHANCE = 0.015


@dataclass
class Person:
    """A resident with her tie to the head of the household."""

    resident: Resident
    relation: str
    age: int


class Registrar:
    """Makes people, each with an identity number that nobody else in the register has."""

    def __init__(self, rng: random.Random, today: datetime.date) -> None:
        self.rng = rng
        self.today = today
        self.numbers: set[str] = set()

    def person(
        self, age: int, sex: str, relation: str, *, family: str = "", newcomer: bool = False
    ) -> Person:
        rng = self.rng
        birth = self.today - datetime.timedelta(days=age * 365 + age // 4 + rng.randint(1, 360))
        resident = Resident(name=full_name(rng, sex, birth.year, family), birth_date=birth, sex=sex)
        # Some registers lack a number: small children, people from abroad, gaps.
        if rng.random() >= WITHOUT_IDENTITY_CHANCE:
            resident.identity_number = self.identity_number(birth, sex, newcomer=newcomer)
        return Person(resident, relation, age)

    def identity_number(self, birth: datetime.date, sex: str, *, newcomer: bool) -> str:
        rng = self.rng
        while True:
            county = (
                f"99{rng.randint(2, 89):02d}{rng.randint(1, 12):02d}"
                if newcomer
                else rng.choice(HOME_COUNTIES)
            )
            order = rng.randrange(500) * 2 + (sex == Resident.Sex.MALE)
            body = f"{county}{birth:%Y%m%d}{order:03d}"
            number = body + check_character(body)
            if number not in self.numbers:
                self.numbers.add(number)
                return number

    def phone(self) -> str:
        return f"{MOBILE_PREFIX}{self.rng.randrange(10**8):08d}"


def elderly_alone(make: Registrar) -> list[Person]:
    sex = make.rng.choices(("female", "male"), (7, 3))[0]
    return [make.person(make.rng.randint(66, 93), sex, "户主")]


def elderly_couple(make: Registrar) -> list[Person]:
    age = make.rng.randint(62, 86)
    return [
        make.person(age, "male", "户主"),
        make.person(max(age - make.rng.randint(0, 5), RETIRED), "female", "配偶"),
    ]


def couple_with_children(make: Registrar) -> list[Person]:
    rng = make.rng
    family = surname(rng)
    age = rng.randint(27, 55)
    people = [
        make.person(age, "male", "户主", family=family),
        make.person(max(age - rng.randint(-1, 4), 22), "female", "配偶"),
    ]
    for _child in range(rng.choices((0, 1, 2, 3), (18, 50, 28, 4))[0]):
        child_age = max(age - rng.randint(24, 34), 0)
        if child_age < 26:
            sex = rng.choice(("male", "female"))
            people.append(
                make.person(child_age, sex, "儿子" if sex == "male" else "女儿", family=family)
            )
    return people


def three_generations(make: Registrar) -> list[Person]:
    people = couple_with_children(make)
    head = people[0]
    family = head.resident.name[0]
    older = head.age + make.rng.randint(22, 30)
    people.append(make.person(older, "male", "父亲", family=family))
    if make.rng.random() < 0.8:
        people.append(make.person(older - make.rng.randint(0, 4), "female", "母亲"))
    return people


def single_parent(make: Registrar) -> list[Person]:
    rng = make.rng
    age = rng.randint(28, 48)
    sex = rng.choice(("male", "female"))
    return [
        make.person(age, "female", "户主"),
        make.person(max(age - rng.randint(23, 32), 0), sex, "儿子" if sex == "male" else "女儿"),
    ]


def single(make: Registrar) -> list[Person]:
    return [make.person(make.rng.randint(23, 58), make.rng.choice(("male", "female")), "户主")]


def newcomers(make: Registrar) -> list[Person]:
    """Return tenants from elsewhere: a young family, a couple, or people sharing a flat."""
    rng = make.rng
    family = surname(rng)
    age = rng.randint(21, 48)
    if rng.random() < 0.3:
        return [
            make.person(
                rng.randint(20, 36),
                rng.choice(("male", "female")),
                "合租" if mate else "户主",
                newcomer=True,
            )
            for mate in range(rng.randint(1, 4))
        ]
    people = [make.person(age, "male", "户主", family=family, newcomer=True)]
    if rng.random() < 0.75:
        people.append(make.person(max(age - 2, 20), "female", "配偶", newcomer=True))
        if age > 25 and rng.random() < 0.5:
            sex = rng.choice(("male", "female"))
            relation = "儿子" if sex == "male" else "女儿"
            people.append(
                make.person(max(age - 26, 0), sex, relation, family=family, newcomer=True)
            )
    return people


def dormitory(make: Registrar) -> list[Person]:
    """Return workers sharing a collective household."""
    sex = make.rng.choice(("male", "female"))
    return [
        make.person(make.rng.randint(19, 50), sex, "同住" if mate else "户主", newcomer=True)
        for mate in range(make.rng.randint(4, 10))
    ]


FAMILIES: dict[Callable[[Registrar], list[Person]], float] = {
    couple_with_children: 0.60,
    three_generations: 0.15,
    single: 0.18,
    single_parent: 0.07,
}


def owners(make: Registrar, elderly: float) -> list[Person]:
    """Return a household of its own flat; `elderly` is the chance of one without the young."""
    if make.rng.random() < elderly:
        return elderly_alone(make) if make.rng.random() < 0.35 else elderly_couple(make)
    family = make.rng.choices(list(FAMILIES), list(FAMILIES.values()))[0]
    return family(make)
