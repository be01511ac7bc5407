"""Which door a line belongs to: its own address, its parts, or the one carried over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from households.addresses import (
    Door,
    InvalidAddressError,
    building_in_title,
    half_width,
    make_door,
    parse_address,
    plain_unit,
    split_building,
    strip_place,
    with_digits,
)
from households.register.columns import Header
from households.register.problems import Problem
from households.register.sheets import Line
from households.register.values import is_nothing

PARTS = ("address", "estate", "building", "unit", "room")
# Village rosters give households a number and no address.
NUMBERED_BUILDING = "按户编号"
SAME_PLACE = {
    "同上",
    "同居住地址",
    "同现住址",
    "同住址",
    "同居住地",
    "与居住地一致",
    "一致",
    "本址",
    "同左",
    "same",
}


@dataclass(frozen=True, slots=True)
class Place:
    """What a line says about its door: the door, or why there is none."""

    door: Door | None
    problem: Problem | None = None
    is_carried: bool = False
    # The line opens a household: it gives an address or a household number of its own.
    opens: bool = False
    # From the column of the registered address, for want of another.
    is_registered: bool = False


class DoorReader:
    """Follow the lines of one sheet and say which door each belongs to.

    Remembers the last door, so members written below their head get it, and the last
    estate, building and unit, which merged cells leave blank below their first line.
    """

    def __init__(
        self, header: Header, title: str, sheet_name: str, prefixes: Sequence[str]
    ) -> None:
        self.columns = {name: indexes[0] for name, indexes in header.fields.items()}
        self.heading = {name: header.headings[index] for name, index in self.columns.items()}
        self.prefixes = tuple(prefixes)
        self.has_address = any(name in self.columns for name in (*PARTS, "registered_address"))
        self.by_title = self.read_title(title, sheet_name)
        self.door: Door | None = None
        self.number = ""
        self.estate, self.building, self.unit = self.by_title

    def read_title(self, title: str, sheet_name: str) -> tuple[str, str, str]:
        """Take the building from the title when no column can give it: 3号楼人员名单."""
        if "building" in self.columns or "address" in self.columns:
            return "", "", ""
        for text in (title, sheet_name):
            found = building_in_title(strip_place(half_width(text), self.prefixes))
            if found:
                return found
        return "", "", ""

    def text(self, line: Line, name: str) -> str:
        index = self.columns.get(name)
        text = line.texts[index] if index is not None else ""
        return "" if is_nothing(text) else text

    def read(self, line: Line, *, is_head: bool | None) -> Place:
        for name in PARTS:
            index = self.columns.get(name)
            if index is not None and isinstance(line.cells[index], date | datetime):
                self.door = None
                return Place(None, Problem("address_is_date", self.heading[name]))
        parts = [self.text(line, name) for name in PARTS]
        number = self.text(line, "household_number")
        opens = bool(number) and number != self.number
        if not any(parts):
            return self.read_without_address(line, number, opens=opens, is_head=is_head)
        self.number = number or self.number
        try:
            door = self.read_parts(*parts)
        except InvalidAddressError as error:
            self.door = None
            return Place(
                None, Problem(f"address_{'missing' if error.code == 'empty' else error.code}")
            )
        same = door == self.door
        self.door = door
        return Place(door, opens=opens or not same)

    def read_without_address(
        self, line: Line, number: str, *, opens: bool, is_head: bool | None
    ) -> Place:
        """Take the address carried over by the report, the household's number, or the line above's."""
        written = self.text(line, "report_address")
        if written:
            return self.take(parse(written, self.prefixes), opens=False)
        registered = self.text(line, "registered_address")
        carries = self.door is not None and not opens and is_head is not True
        if registered and not carries:
            self.number = number
            estate = self.text(line, "registered_estate")
            door = parse(joined(estate, registered), self.prefixes)
            return self.take(door, opens=True, is_registered=True)
        if number and not self.has_address and not self.by_title[1]:
            self.number = number
            room = f"{number}号" if number.isdigit() else number
            return self.take(Door("", NUMBERED_BUILDING, "", room[:30]), opens=opens)
        if not carries:
            self.door = None
            self.number = number or self.number
            return Place(None, Problem("address_missing"))
        return Place(self.door, is_carried=True)

    def take(self, door: Door | str, *, opens: bool, is_registered: bool = False) -> Place:
        if isinstance(door, str):
            self.door = None
            return Place(None, Problem(f"address_{door}"))
        self.door = door
        return Place(door, opens=opens, is_registered=is_registered)

    def read_parts(self, address: str, estate: str, building: str, unit: str, room: str) -> Door:
        if address:
            return read_address(address, estate, building, unit, room, self.prefixes)
        if estate:
            estate = strip_place(half_width(estate), self.prefixes)
            if estate != self.estate:
                self.estate, self.building, self.unit = estate, "", ""
        if building and building != self.building:
            self.building, self.unit = building, ""
        if unit:
            self.unit = unit
        return door_of_parts(self.estate, self.building, self.unit, room, self.prefixes)


@lru_cache(maxsize=8192)
def parse(text: str, prefixes: tuple[str, ...]) -> Door | str:
    """Return the door, or the code of what is wrong with the address."""
    try:
        return parse_address(text, prefixes)
    except InvalidAddressError as error:
        return "missing" if error.code == "empty" else error.code


def joined(front: str, back: str) -> str:
    """Put the estate before an address that does not begin with it."""
    return back if half_width(front) in half_width(back) else front + back


@lru_cache(maxsize=8192)
def read_address(
    address: str, estate: str, building: str, unit: str, room: str, prefixes: tuple[str, ...]
) -> Door:
    """Read an address together with the columns beside it, which may hold its beginning or end."""
    unit_text = f"{plain_unit(half_width(unit))}单元" if unit else ""
    front = joined(estate, building) if estate else building
    whole = joined(front, address)
    for text in (whole, address, f"{whole}{unit_text}{room}", f"{address}{unit_text}{room}"):
        door = parse(text, prefixes)
        if isinstance(door, Door):
            return door
    return parse_address(whole, prefixes)


@lru_cache(maxsize=8192)
def door_of_parts(
    estate: str, building: str, unit: str, room: str, prefixes: tuple[str, ...]
) -> Door:
    """Join the parts of separate columns; a part may hold its neighbours as well."""
    building = with_digits(half_width(building))
    if not building and estate:
        estate, building = split_building(with_digits(half_width(estate)))
        if not estate:
            estate, building = building, ""
    elif not estate:
        estate, building = split_building(building)
        building = strip_place(building, prefixes)
    room = with_digits(half_width(room))
    if any(mark in room for mark in ("单元", "号楼", "栋", "幢", "-")) or (room and not building):
        unit_text = f"{plain_unit(half_width(unit))}单元" if unit else ""
        bare = building if not building[-1:].isdigit() else f"{building}号楼"
        for text in (
            room,
            f"{estate}{bare}{unit_text}{room}",
            f"{estate}{room}",
            f"{estate}{bare}{room}",
        ):
            if text == room and building:
                continue
            door = parse(text, prefixes)
            if isinstance(door, Door):
                return door
    if not room:
        raise InvalidAddressError("room")
    return make_door(estate, building, half_width(unit), room)


def is_same_place(door: Door, registered: str, prefixes: tuple[str, ...]) -> bool:
    """Say whether the registered address is this door."""
    if half_width(registered) in SAME_PLACE:
        return True
    other = parse(registered, prefixes)
    if isinstance(other, Door):
        return other.key == door.key
    return strip_place(half_width(registered), prefixes) == half_width(str(door))
