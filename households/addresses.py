"""Addresses of doors: estate, building, unit, room, and how they are told apart."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from communities.fields import natural_key, numeral_value

BUILDING_SUFFIX = re.compile(r"(号?楼|号?栋|号?幢|号?座|号|#楼?)$")
ESTATE_SUFFIX = re.compile(r"(?<=..)(住宅小区|小区)$")
UNIT_SUFFIX = re.compile(r"(单元|门洞|梯|门)$")
ROOM_SUFFIX = re.compile(r"(号房|号室|室|房|户)$")
BARE_BUILDING = re.compile(r"[A-Za-z]?\d{1,4}[A-Za-z]?")
ROOM_WITH_FLOOR = re.compile(r"(\d{1,2})\d{2}")

CHINESE_NUMERAL = r"[〇零一二两三四五六七八九十]+"
ALONE_NUMERAL = re.compile(CHINESE_NUMERAL)
NUMERAL_OF_PLACE = re.compile(rf"{CHINESE_NUMERAL}(?=号|栋|幢|座|楼|层|单元|梯|门|室|弄|组|期)")
# 3号楼, 3栋, 3幢, A座, A3栋, 东1楼, 甲2号楼, 3#; 号 alone is a building when a room follows.
BUILDING = (
    r"(?:(?:[东南西北中甲乙丙丁]?[A-Za-z]?\d{1,4}[A-Za-z]?|[A-Za-z]|[东南西北中甲乙丙丁])"
    r"(?:号楼|栋|幢|座|#楼|#|楼)"
    r"|\d{1,4}[A-Za-z]?号(?!楼|院|组)(?!.*(?:号楼|栋|幢|座)))"
)
BY_WORDS = re.compile(
    rf"(?P<estate>.*?)(?P<building>{BUILDING})"
    r"(?:(?P<unit>[A-Za-z]?\d{1,2}|[A-Za-z东南西北中甲乙丙丁])(?:单元|门洞|梯|门))?"
    r"(?:\d{1,2}(?:层|楼)(?=.))?[-－—]?(?:(?P<unit_again>\d{1,2})[-－—](?=\d{3}))?(?P<room>.*)"
)
BY_DASHES = re.compile(
    r"(?P<estate>.*?(?<![A-Za-z0-9#栋幢座楼号]))(?P<building>[A-Za-z]?\d{1,4}[A-Za-z]?|[A-Za-z])[-－—/]"
    r"(?:(?P<unit>\d{1,2})[-－—/])?(?P<room>\d{2,5}[A-Za-z]?)(?:室|房|户)?"
)
BUILDING_AT_END = re.compile(rf"(?P<estate>.*?)(?P<building>{BUILDING})")
BUILDING_IN_TITLE = re.compile(
    rf"(?P<estate>.*?)(?P<building>{BUILDING})(?:(?P<unit>\d{{1,2}})(?:单元|门|梯))?"
)
# A house of its own: 东风路12号, 幸福村3组8号.
BY_HOUSE = re.compile(r"(?P<street>.*\D)?(?P<house>\d{1,5}(?:[-之]\d{1,3})?号(?:附\d+号?)?)")
ELSEWHERE = re.compile(
    r"^[\u4e00-\u9fff]{2,7}?(?:省|自治区)|^[\u4e00-\u9fff]{2,5}?市[\u4e00-\u9fff]{1,5}?(?:区|县|市|镇|乡|街道)"
)
COMMUNITY_SUFFIX = re.compile(r"(社区|村)?(居民委员会|村民委员会|居委会|村委会)$|社区$")
ROOM_LENGTH = 30
UNIT_LENGTH = 20
NAME_LENGTH = 60


class InvalidAddressError(ValueError):
    """The text does not name one door; `code` says why: empty, building, room, elsewhere, long."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Door(NamedTuple):
    """The parts of an address as the register keeps them."""

    estate: str
    building: str
    unit: str
    room: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What all spellings of this door share inside a community."""
        return (building_key(self.estate, self.building), *door_key(self.unit, self.room))

    def __str__(self) -> str:
        return f"{self.estate}{self.building}{unit_label(self.unit)}{room_label(self.room)}"


def half_width(text: str) -> str:
    """Return the text in half width without any blank."""
    if text.isascii():
        return "".join(text.split())
    return "".join(unicodedata.normalize("NFKC", text).split())


def with_digits(text: str) -> str:
    """Write the Chinese numerals of a place in digits: 三号楼二单元 becomes 3号楼2单元."""
    return NUMERAL_OF_PLACE.sub(lambda match: str(numeral_value(match.group())), text)


def plain_building(name: str) -> str:
    """Return the name without its kind: 3号楼, 3栋 and 3# are one building."""
    return BUILDING_SUFFIX.sub("", name.strip())


def plain_unit(text: str) -> str:
    """Return the number of a unit: 二单元, 2单元 and 二 are 2."""
    plain = UNIT_SUFFIX.sub("", with_digits(text.strip()))
    return str(numeral_value(plain)) if ALONE_NUMERAL.fullmatch(plain) else plain


def plain_room(text: str) -> str:
    return ROOM_SUFFIX.sub("", text.strip())


@lru_cache(maxsize=20_000)
def building_key(estate: str, name: str) -> str:
    """Return what two spellings of one building share inside a community.

    >>> building_key("幸福家园", "三号楼") == building_key("幸福家园小区", "３栋")
    True
    """
    plain_estate = ESTATE_SUFFIX.sub("", natural_key(half_width(estate)))
    plain_name = plain_building(natural_key(with_digits(half_width(name)))).upper()
    return f"{plain_estate}|{plain_name}"


@lru_cache(maxsize=50_000)
def door_key(unit: str, room: str) -> tuple[str, str]:
    """Return what the spellings of one door share inside a building."""
    return natural_key(plain_unit(half_width(unit))), natural_key(
        plain_room(half_width(room)).upper()
    )


def floor_of(room: str) -> int | None:
    """Read the floor off a room number of three or four digits: 1203 is on floor 12."""
    match = ROOM_WITH_FLOOR.fullmatch(room)
    return int(match.group(1)) if match else None


def unit_label(unit: str) -> str:
    return f"{unit}单元" if unit else ""


def room_label(room: str) -> str:
    return f"{room}室" if room[-1:].isdigit() else room


def place_prefixes(names: Sequence[str]) -> list[str]:
    """Return the ways a place may stand in front of an address, given its areas, largest first.

    The last name is the community's: 幸福社区居委会 is also written 幸福社区 or 幸福居委会.
    """
    *areas, community = names
    bare = COMMUNITY_SUFFIX.sub("", community)
    spellings = {
        community,
        f"{bare}社区居委会",
        f"{bare}社区居民委员会",
        f"{bare}居委会",
        f"{bare}社区",
    }
    return [*areas, *sorted(spellings, key=len, reverse=True)]


def strip_place(text: str, prefixes: Sequence[str]) -> str:
    """Return the address without the areas it begins with; never nothing at all."""
    for prefix in prefixes:
        rest = text.removeprefix(prefix)
        if rest:
            text = rest
    return text


def parse_address(text: str, prefixes: Sequence[str] = ()) -> Door:
    """Read an address written in one line into the parts of a door.

    幸福家园3号楼2单元502室, 幸福家园三栋2单元502, 幸福家园3-2-502, 东风路123弄5号502室 and
    东风路12号 are understood. `prefixes` are dropped from its beginning. Raises
    InvalidAddressError when a part is missing or the address names another place.

    >>> str(parse_address("幸福家园３栋二单元５０２"))
    '幸福家园3栋2单元502室'
    """
    line = strip_place(with_digits(half_width(text)).replace(",", "").replace("，", ""), prefixes)
    if not line:
        raise InvalidAddressError("empty")
    if ELSEWHERE.match(line):
        raise InvalidAddressError("elsewhere")
    dashed = BY_DASHES.fullmatch(line)
    if dashed:
        if dashed["estate"].endswith("-"):
            raise InvalidAddressError("building")
        return make_door(dashed["estate"], dashed["building"], dashed["unit"] or "", dashed["room"])
    # The kind of building that a number alone names comes last: 12号院3号楼 is building 3.
    worded = BY_WORDS.fullmatch(line)
    if worded and plain_room(worded["room"]):
        return make_door(
            worded["estate"],
            worded["building"],
            worded["unit"] or worded["unit_again"] or "",
            worded["room"],
        )
    house = BY_HOUSE.fullmatch(line)
    if house and house["street"]:
        return make_door("", house["street"], "", house["house"])
    raise InvalidAddressError("room" if worded else "building")


def split_building(text: str) -> tuple[str, str]:
    """Return the estate and the building of a text that names a building.

    >>> split_building("幸福家园3号楼")
    ('幸福家园', '3号楼')
    """
    match = BUILDING_AT_END.fullmatch(text)
    return (match["estate"], match["building"]) if match else ("", text)


def building_in_title(text: str) -> tuple[str, str, str] | None:
    """Return estate, building and unit that a title or sheet name begins with, if any.

    >>> building_in_title("幸福家园3号楼2单元人员名单")
    ('幸福家园', '3号楼', '2')
    """
    match = BUILDING_IN_TITLE.match(with_digits(half_width(text)))
    return (match["estate"], match["building"], match["unit"] or "") if match else None


def make_door(estate: str, building: str, unit: str, room: str) -> Door:
    """Bring the parts into the register's form; refuse parts too long for it."""
    estate = estate.strip("-－—/·")
    building = building_name(building)
    room = plain_room(room.strip("-－—/·"))
    if room.endswith("号") and not building.endswith(
        ("路", "街", "巷", "村", "组", "里", "弄", "道")
    ):
        room = (
            room.removesuffix("号")
            if room[:-1].isdigit() and BUILDING_SUFFIX.search(building)
            else room
        )
    door = Door(estate, building, plain_unit(unit), room)
    limits = (NAME_LENGTH, NAME_LENGTH, UNIT_LENGTH, ROOM_LENGTH)
    if any(len(part) > limit for part, limit in zip(door, limits, strict=True)):
        raise InvalidAddressError("long")
    if not building:
        raise InvalidAddressError("building")
    if not room:
        raise InvalidAddressError("room")
    return door


def building_name(text: str) -> str:
    """Write a bare number or letter as the name of a building: 3 and 3# become 3号楼, B becomes B座."""
    bare = text.removesuffix("#楼").removesuffix("#")
    if bare.isalpha() and len(bare) == 1 and bare.isascii():
        return f"{bare}座"
    return f"{bare}号楼" if bare != text or BARE_BUILDING.fullmatch(bare) else text
