"""Which door a line belongs to: its own address, its parts, or the one carried over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

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


class Parts(NamedTuple):
    """The columns that together name a door, as texts; blank where the line leaves them so."""

    address: str
    estate: str
    building: str
    unit: str
    room: str


PARTS = Parts._fields
# Village rosters give households a number and no address.
NUMBERED_BUILDING = "按户编号"
# What a room holds besides its own number: its unit, or the whole address.
ROOM_MARKS = ("单元", "号楼", "栋", "幢", "-")
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
        parts = Parts(*[self.text(line, name) for name in PARTS])
        number = self.text(line, "household_number")
        opens = bool(number) and number != self.number
        if not any(parts):
            return self.read_without_address(line, number, opens=opens, is_head=is_head)
        self.number = number or self.number
        try:
            door = self.read_parts(parts)
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

    def read_parts(self, parts: Parts) -> Door:
        if parts.address:
            return read_address(parts, self.prefixes)
        if parts.estate:
            estate = strip_place(half_width(parts.estate), self.prefixes)
            if estate != self.estate:
                self.estate, self.building, self.unit = estate, "", ""
        if parts.building and parts.building != self.building:
            self.building, self.unit = parts.building, ""
        self.unit = parts.unit or self.unit
        whole = Parts("", self.estate, self.building, self.unit, parts.room)
        return door_of_parts(whole, self.prefixes)


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
def read_address(parts: Parts, prefixes: tuple[str, ...]) -> Door:
    """Read an address together with the columns beside it, which may hold its beginning or end."""
    front = joined(parts.estate, parts.building) if parts.estate else parts.building
    whole = joined(front, parts.address)
    end = f"{unit_in_words(parts.unit)}{parts.room}"
    for text in (whole, parts.address, f"{whole}{end}", f"{parts.address}{end}"):
        door = parse(text, prefixes)
        if isinstance(door, Door):
            return door
    return parse_address(whole, prefixes)


def unit_in_words(unit: str) -> str:
    return f"{plain_unit(half_width(unit))}单元" if unit else ""


@lru_cache(maxsize=8192)
def door_of_parts(parts: Parts, prefixes: tuple[str, ...]) -> Door:
    """Join the parts of separate columns; a part may hold its neighbours as well."""
    estate, building = estate_and_building(parts, prefixes)
    room = with_digits(half_width(parts.room))
    if any(mark in room for mark in ROOM_MARKS) or (room and not building):
        numbered = f"{building}号楼" if building[-1:].isdigit() else building
        front = f"{estate}{numbered}"
        texts = [f"{front}{unit_in_words(parts.unit)}{room}", f"{estate}{room}", f"{front}{room}"]
        for text in texts if building else [room, *texts]:
            door = parse(text, prefixes)
            if isinstance(door, Door):
                return door
    if not room:
        raise InvalidAddressError("room")
    return make_door(estate, building, half_width(parts.unit), room)


def estate_and_building(parts: Parts, prefixes: tuple[str, ...]) -> tuple[str, str]:
    """Return both, also when one column holds them together: 幸福家园3号楼."""
    building = with_digits(half_width(parts.building))
    if parts.estate and building:
        return parts.estate, building
    estate, building = split_building(building or with_digits(half_width(parts.estate)))
    if parts.estate and not estate:
        return building, ""
    return estate, strip_place(building, prefixes)


def is_same_place(door: Door, registered: str, prefixes: tuple[str, ...]) -> bool:
    """Say whether the registered address is this door."""
    if half_width(registered) in SAME_PLACE:
        return True
    other = parse(registered, prefixes)
    if isinstance(other, Door):
        return other.key == door.key
    return strip_place(half_width(registered), prefixes) == half_width(str(door))
