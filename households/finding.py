"""One box finds people and doors: what was typed is read in every way it makes sense."""

import re
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from operator import and_, or_
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from communities.models import User
from communities.models.place import COMMUNITY_DIGITS
from households.addresses import (
    ESTATE_SUFFIX,
    building_key,
    half_width,
    plain_room,
    plain_unit,
    with_digits,
)
from households.identity import InvalidIdentityError, parse_identity
from households.models import (
    Building,
    Household,
    Phone,
    Residency,
    Resident,
    identity_error_text,
    identity_index,
    phone_index,
)
from households.register.values import read_phones
from households.search import named

SEPARATORS = re.compile(r"[\s,，、;；/／\-－—–·]+")
# 3号楼, 2单元, 502室, then a numbered lane or house, a bare number, and any other word.
TOKEN = re.compile(
    r"(?P<building>[A-Za-z]?\d{1,4}[A-Za-z]?(?:号楼|栋|幢|座|#楼|#|楼)|[A-Za-z](?:座|栋|幢))"
    r"|(?P<unit>[A-Za-z]?\d{1,2}(?:单元|门洞|梯|门))"
    r"|(?P<room>[A-Za-z]?\d{1,5}[A-Za-z]?(?:室|房|户))"
    r"|(?P<word>[^\W\d_]+(?:\d+(?:号院|弄|巷|组|里|院|号(?!楼|室|房)))*|\d+(?:号院|弄|巷|组|里|院|号(?!楼|室|房)))"
    r"|(?P<number>\d{1,5}[A-Za-z]?)"
)
SLOTS = ("building", "unit", "room")
MOST_TOKENS = 6
IDENTITY_SHAPE = re.compile(r"\d{15}|\d{17}[\dXx]")


@dataclass(frozen=True)
class Question:
    """What was typed, as conditions on people and on doors; `problem` says what cannot be."""

    people: Q
    doors: Q | None
    problem: str = ""


def read_question(typed: str) -> Question:
    """Read a name, initials, a part of an address, an identity number or a phone.

    >>> read_question("幸福家园3-2-502").doors is not None
    True
    """
    text = half_width(typed)
    if IDENTITY_SHAPE.fullmatch(text):
        try:
            index = identity_index(parse_identity(text).number)
        except InvalidIdentityError as error:
            return Question(Q(pk__in=[]), None, identity_error_text(error.code))
        return Question(Q(identity_index=index), None)
    phones, unreadable = read_phones(typed)
    if phones and not unreadable:
        indexes = [phone_index(phone.number) for phone in phones]
        people = Q(pk__in=residents_with(indexes))
    else:
        people = named(typed)
    return Question(people, address_condition(typed))


def among_visible(found: QuerySet[Resident], user: User) -> QuerySet[Resident]:
    """Keep the residents whom `Resident.objects.visible_to(user)` holds.

    In a wide scope the few found are looked up in it one by one, which spares gathering
    everybody of a district for each search; in a narrow one gathering is cheaper.
    """
    is_narrow = all(len(standing.code) >= COMMUNITY_DIGITS for standing in user.standings)
    if is_narrow or user.is_superuser:
        return found.filter(pk__in=Resident.objects.visible_to(user).values("pk"))
    doors = Household.objects.visible_to(user).filter(pk=OuterRef("household"))
    homes = Residency.objects.filter(Exists(doors), resident=OuterRef("pk"))
    return found.filter(Exists(homes))


def residents_with(indexes: list[str]) -> QuerySet[Any, Any]:
    return Phone.objects.filter(number_index__in=indexes).values("resident")


def address_condition(typed: str) -> Q | None:
    """Match households by the parts of an address; None where the text is none.

    Words name estate, building or street. Bare numbers are building, unit and room in
    this order, each of which may be left out.
    """
    tokens = read_tokens(typed)
    if not tokens or len(tokens) > MOST_TOKENS:
        return None
    conditions = []
    words = [text for kind, text in tokens if kind == "word"]
    if words:
        about = reduce(and_, (word_condition(word) for word in words))
        conditions.append(Q(building__in=Building.objects.filter(about).values("pk")))
    said = {kind: text for kind, text in tokens if kind in SLOTS}
    conditions += [slot_condition(slot, text) for slot, text in said.items()]
    numbers = [text for kind, text in tokens if kind == "number"]
    if numbers:
        free = [slot for slot in SLOTS if slot not in said]
        readings = [
            reduce(and_, (slot_condition(*pair) for pair in zip(slots, numbers, strict=True)))
            for slots in combinations(free, len(numbers))
        ]
        if not readings:
            return None
        conditions.append(reduce(or_, readings))
    return reduce(and_, conditions)


def read_tokens(typed: str) -> list[tuple[str, str]]:
    """Split an address into (kind, text); empty when a part of it is no address."""
    tokens = []
    for piece in SEPARATORS.split(typed):
        text = with_digits(half_width(piece))
        end = 0
        for match in TOKEN.finditer(text):
            if match.start() != end:
                return []
            end = match.end()
            tokens.append((str(match.lastgroup), match.group()))
        if end != len(text):
            return []
    return tokens


def word_condition(word: str) -> Q:
    estate = ESTATE_SUFFIX.sub("", word)
    return Q(estate__icontains=estate) | Q(name__icontains=word) | Q(street_address__icontains=word)


def slot_condition(slot: str, text: str) -> Q:
    if slot == "building":
        keys = Building.objects.filter(match_key__endswith=building_key("", text))
        return Q(building__in=keys.values("pk"))
    if slot == "unit":
        return Q(unit__iexact=plain_unit(text))
    return Q(room__iexact=plain_room(text))
