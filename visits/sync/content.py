"""What may stand inside an item: docs/sync.md, section 3. Read strictly, refused by field."""

import datetime
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from communities.models.place import LONGEST_CODE
from households.models.topic import LONGEST_ANSWER
from visits.forms.visits import LATEST_APPOINTMENT
from visits.models import Matter, Outcome, Visit, Way
from visits.models.emergency import LONGEST_NOTE, MOST_PEOPLE, SAID
from visits.sync.parcel import read_int, read_uuid

OLDEST = datetime.timedelta(days=90)
# No phone that runs this program was right about a day before this one.
CLOCK_BEGAN = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
MOST_MILLISECONDS = 8_640_000_000_000
# What a column of the database holds; a clock at 1970 is wrong by 1.8 of its 2.1 thousand million.
MOST_SECONDS = 2**31 - 1
EFFORT = ("taps", "seconds", "prefilled", "typed")
HIGHEST_KEY = 2**63 - 1
# More than any form offers.
MOST_MATTERS = 20
MOST_FACTS = 200


class ContentError(ValueError):
    """A field holds what it may not; `field` names it."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@dataclass(frozen=True)
class VisitContent:
    """What the worker wrote about a visit; `done_at` is by the phone's clock."""

    outcome: str
    way: str
    done_at: datetime.datetime
    companions: str
    note: str
    next_on: datetime.date | None
    reason: str


@dataclass(frozen=True)
class MatterContent:
    """What the worker wrote about something that is wrong."""

    id: UUID
    category: int
    grid: str
    place: str
    description: str
    urgency: str
    is_solved: bool


@dataclass(frozen=True)
class FactContent:
    """What a household answered on a question, given anew or said to be unchanged."""

    question: int
    value: str


@dataclass(frozen=True)
class RollCallContent:
    """What somebody said of a door in an emergency; `at` is by the phone's clock."""

    emergency: int
    state: str
    people: int | None
    note: str
    at: datetime.datetime


@dataclass(frozen=True)
class Content:
    """An item as it was saved on the phone, every field in its range."""

    household: int | None
    saved_at: datetime.datetime
    clock_offset: int | None
    visit: VisitContent | None
    matters: tuple[MatterContent, ...]
    facts: tuple[FactContent, ...]
    effort: dict[str, int]
    roll_call: RollCallContent | None = None

    @property
    def moment(self) -> datetime.datetime:
        """When it happened by the phone's clock: the visit, the roll call, else the saving."""
        if self.visit:
            return self.visit.done_at
        return self.roll_call.at if self.roll_call else self.saved_at


@dataclass(frozen=True)
class Clock:
    """A moment of the phone set right, and by how many seconds."""

    at: datetime.datetime
    offset: int


def read_content(raw: object) -> Content:
    """Read an item's content; raises ContentError naming the field that is not allowed."""
    if not isinstance(raw, dict):
        raise ContentError("content")
    visit = None if raw.get("visit") is None else read_visit(raw["visit"])
    matters = tuple(read_matter(matter) for matter in raw_matters(raw))
    facts = tuple(read_fact(fact) for fact in read_list(raw, "facts", MOST_FACTS))
    roll_call = None if raw.get("roll_call") is None else read_roll_call(raw["roll_call"])
    if roll_call and (visit or matters):
        raise ContentError("roll_call")
    if visit is None and not matters and roll_call is None:
        raise ContentError("visit")
    household = raw.get("household")
    if (household is not None or visit or roll_call) and not is_key(household):
        raise ContentError("household")
    offset = raw.get("clock_offset")
    if offset is not None and (read_int(offset) is None or abs(offset) > MOST_SECONDS):
        raise ContentError("clock_offset")
    effort = raw.get("effort")
    return Content(
        household=household,
        saved_at=read_moment(raw, "saved_at"),
        clock_offset=offset,
        visit=visit,
        matters=matters,
        facts=facts if visit else (),
        effort=read_effort(effort) if isinstance(effort, dict) else {},
        roll_call=roll_call,
    )


def raw_matters(raw: dict[str, Any]) -> list[Any]:
    """Return what may be matters: `issue`, as every client sends it, and the further `issues`."""
    first = [] if raw.get("issue") is None else [raw["issue"]]
    return first + read_list(raw, "issues", MOST_MATTERS)


def read_list(raw: dict[str, Any], name: str, most: int) -> list[Any]:
    value = raw.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > most:
        raise ContentError(name)
    return value


def read_fact(raw: object) -> FactContent:
    if not isinstance(raw, dict) or not is_key(raw.get("question")):
        raise ContentError("facts")
    value = read_text(raw, "value", LONGEST_ANSWER).strip()
    if not value:
        raise ContentError("facts")
    return FactContent(raw["question"], value)


def read_visit(raw: object) -> VisitContent:
    if not isinstance(raw, dict):
        raise ContentError("visit")
    return VisitContent(
        outcome=read_choice(raw, "outcome", Outcome.values),
        way=read_choice(raw, "way", Way.values),
        done_at=read_moment(raw, "done_at"),
        companions=read_text(raw, "companions", length_of(Visit, "companions")),
        note=read_text(raw, "note", length_of(Visit, "note")),
        next_on=read_day(raw, "next_on"),
        reason=read_text(raw, "reason", length_of(Visit, "reason")),
    )


def read_matter(raw: object) -> MatterContent:
    if not isinstance(raw, dict):
        raise ContentError("issue")
    key, category = read_uuid(raw.get("id")), read_int(raw.get("category"))
    if key is None:
        raise ContentError("id")
    if category is None or not is_key(category):
        raise ContentError("category")
    description = read_text(raw, "description", length_of(Matter, "description"))
    if not description.strip():
        raise ContentError("description")
    return MatterContent(
        id=key,
        category=category,
        grid=read_text(raw, "grid", LONGEST_CODE),
        place=read_text(raw, "place", length_of(Matter, "place")),
        description=description,
        urgency=read_choice(raw, "urgency", Matter.Urgency.values),
        is_solved=raw.get("is_solved") is True,
    )


def read_roll_call(raw: object) -> RollCallContent:
    if not isinstance(raw, dict) or not is_key(raw.get("emergency")):
        raise ContentError("emergency")
    people = raw.get("people")
    number = read_int(people)
    if people is not None and (number is None or not 0 <= number <= MOST_PEOPLE):
        raise ContentError("people")
    return RollCallContent(
        emergency=raw["emergency"],
        state=read_choice(raw, "state", [state for state, _label in SAID]),
        people=number,
        note=read_text(raw, "note", LONGEST_NOTE),
        at=read_moment(raw, "at"),
    )


def length_of(model: type[Visit | Matter], name: str) -> int:
    length: int = model._meta.get_field(name).max_length  # type: ignore[union-attr, assignment] # a text field
    return length


def read_text(raw: dict[str, Any], name: str, length: int) -> str:
    """Return a text that every database takes: no NUL, no half of a surrogate pair."""
    value = raw.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > length or "\0" in value:
        raise ContentError(name)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ContentError(name) from None
    return value


def read_choice(raw: dict[str, Any], name: str, allowed: list[str]) -> str:
    value = raw.get(name)
    if not isinstance(value, str) or value not in allowed:
        raise ContentError(name)
    return value


def read_moment(raw: dict[str, Any], name: str) -> datetime.datetime:
    value = read_int(raw.get(name))
    if value is None or abs(value) > MOST_MILLISECONDS:
        raise ContentError(name)
    return datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(
        milliseconds=value
    )


def read_day(raw: dict[str, Any], name: str) -> datetime.date | None:
    value = raw.get(name)
    if value in (None, ""):
        return None
    try:
        return datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ContentError(name) from None


def read_effort(raw: dict[str, Any]) -> dict[str, int]:
    """Return the four sums, {} when one is missing: they are worth nothing apart."""
    values = {name: read_int(raw.get(name)) for name in EFFORT}
    known = {name: value for name, value in values.items() if value is not None}
    return known if len(known) == len(EFFORT) else {}


def is_key(value: object) -> bool:
    number = read_int(value)
    return number is not None and 0 < number <= HIGHEST_KEY


def set_right(moment: datetime.datetime, offset: int, *, now: datetime.datetime) -> Clock:
    """Return the moment by the server's clock, never later than now.

    A clock that had not begun, as after a flat battery, and was never compared says nothing:
    such a visit is taken as made now.
    """
    at = moment + datetime.timedelta(seconds=offset)
    if at < CLOCK_BEGAN or at > now:
        at = now
    wrong_by = round((at - moment).total_seconds())
    return Clock(at, max(-MOST_SECONDS, min(wrong_by, MOST_SECONDS)))


def check_appointment(visit: VisitContent, day: datetime.date) -> None:
    """Refuse a day to come again that lies before the visit or too far off."""
    if visit.next_on and not day <= visit.next_on <= day + LATEST_APPOINTMENT:
        raise ContentError("next_on")
