"""Addresses of doors: estate, building, unit, room, and how they are told apart."""

import re

from communities.fields import natural_key

BUILDING_SUFFIX = re.compile(r"(号楼|栋|幢|座|楼|#)$")
UNIT_SUFFIX = re.compile(r"(单元|梯|门洞)$")
ROOM_SUFFIX = re.compile(r"(室|房|号房|户)$")
ROOM_WITH_FLOOR = re.compile(r"(\d{1,2})\d{2}")


def plain_building(name: str) -> str:
    """Return the name without its kind: 3号楼, 3栋 and 3# are one building."""
    return BUILDING_SUFFIX.sub("", name.strip())


def plain_unit(text: str) -> str:
    return UNIT_SUFFIX.sub("", text.strip())


def plain_room(text: str) -> str:
    return ROOM_SUFFIX.sub("", text.strip())


def building_key(estate: str, name: str) -> str:
    """Return what two spellings of one building share inside a community."""
    return f"{estate.strip()}|{natural_key(plain_building(name))}"


def floor_of(room: str) -> int | None:
    """Read the floor off a room number of three or four digits: 1203 is on floor 12."""
    match = ROOM_WITH_FLOOR.fullmatch(room)
    return int(match.group(1)) if match else None


def unit_label(unit: str) -> str:
    return f"{unit}单元" if unit else ""


def room_label(room: str) -> str:
    return f"{room}室" if room[-1:].isdigit() else room
