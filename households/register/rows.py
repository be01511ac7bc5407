"""Reading one line into typed facts about one person at one door."""

import datetime
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from households.addresses import Door
from households.identity import Identity
from households.models.geography import Position
from households.register.columns import Header
from households.register.doors import DoorReader, is_same_place
from households.register.problems import Problem, Weight, weight_of
from households.register.sheets import Line
from households.register.values import (
    Cell,
    MaybeRounded,
    PhoneEntry,
    Unreadable,
    is_nothing,
    read_bool,
    read_date,
    read_datum,
    read_identity,
    read_list,
    read_name,
    read_phones,
    read_position,
    read_sex,
)

NAME_LENGTH = 60
RELATION_LENGTH = 30
HEAD_WORDS = {"户主", "本人", "户主本人", "本人(户主)", "户主(本人)", "head", "self", "householder"}
HEAD_IN_NAME = re.compile(r"[(（]户主[)）]")
VACANT_WORDS = re.compile(
    r"空户|空置|空房|空关|无人居住|无人住|未入住|闲置|长期无人|^空$|^vacant$|^empty$", re.IGNORECASE
)
REGISTRATION_WORDS = re.compile(r"空挂|挂户|挂靠户")

# What people write about how somebody is tied to the door, first match wins:
# (pattern, lives here, registered here); None where the words leave it open.
TIES: tuple[tuple[re.Pattern[str], bool | None, bool | None], ...] = (
    (re.compile(r"人户一致|户在人在|人在户在|人户同在|both", re.IGNORECASE), True, True),
    (
        re.compile(r"空挂|挂户|挂靠|户在人不在|人不在户在|人不住|registration", re.IGNORECASE),
        False,
        True,
    ),
    (
        re.compile(
            r"人在户不在|户不在人在|人户分离|非户籍|非本地|外来|流动|暂住|寄住|租户|租客|租住|来[沪京深穗]|境外|外籍|外国|floating|tenant|overseas",
            re.IGNORECASE,
        ),
        True,
        False,
    ),
    (re.compile(r"户籍|本地|常住|户口|registered|permanent", re.IGNORECASE), None, True),
)
AWAY = re.compile(r"^(外出|不在|外地|离开|在外)")

OCCUPANCIES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"空挂|挂户|registration", re.IGNORECASE), "registration_only"),
    (VACANT_WORDS, "vacant"),
    (re.compile(r"集体|宿舍|collective|dormitory", re.IGNORECASE), "collective"),
    (
        re.compile(
            r"出租|租赁|租住|承租|群租|合租|整租|租户|租客|^租房?$|rent|let\b", re.IGNORECASE
        ),
        "rented",
    ),
    (re.compile(r"自住|自用|自有|自购|产权人|业主居住|owner|own\b", re.IGNORECASE), "owner"),
)
NOT_KNOWN_OCCUPANCY = {"不详", "未知", "不清楚", "其他", "其它", "unknown"}


@dataclass(slots=True)
class Row:
    """What one line says. Empty text and None mean that it says nothing, never "delete"."""

    sheet: int
    number: int
    cells: list[Cell]
    door: Door | None = None
    is_carried: bool = False
    name: str = ""
    identity: str = ""
    birth_date: datetime.date | None = None
    sex: str = ""
    phones: list[PhoneEntry] = field(default_factory=list)
    relation: str = ""
    is_head: bool | None = None
    kind: str = ""
    note: str = ""
    since: datetime.date | None = None
    has_left: bool = False
    left_on: datetime.date | None = None
    died_on: datetime.date | None = None
    has_died: bool = False
    care: list[str] = field(default_factory=list)
    occupancy: str = ""
    grid: str = ""
    position: Position | None = None
    is_checked: bool = False
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_refused(self) -> bool:
        return weight_of(self.problems) == Weight.REFUSED

    @property
    def has_person(self) -> bool:
        return bool(self.name)


class RowReader:
    """Read the lines of one sheet, in order.

    `known_words` are the care tags; words of the tag columns that are none are counted in
    `unknown_words` under their heading.
    """

    def __init__(
        self,
        *,
        header: Header,
        title: str,
        sheet_name: str,
        position: int,
        prefixes: Sequence[str],
        community: str,
        care_tags: frozenset[str],
        today: datetime.date,
        unknown_words: Counter[tuple[str, str]],
    ) -> None:
        self.header = header
        self.position = position
        self.community = community
        self.prefixes = tuple(prefixes)
        self.care_tags = care_tags
        self.today = today
        self.unknown_words = unknown_words
        self.doors = DoorReader(header, title, sheet_name, prefixes)
        self.columns = header.fields
        self.columns_head_by_number = "household_number" in header.fields and not header.has(
            "relation", "is_head", "head_name"
        )
        self.occupancy_carried = ""
        self.grid_carried = ""

    def read(self, line: Line) -> Row:
        row = Row(self.position, line.number, line.cells)
        self.read_person(line, row)
        self.read_relation(line, row)
        place = self.doors.read(line, is_head=row.is_head)
        row.door, row.is_carried = place.door, place.is_carried
        if place.problem:
            row.problems.append(place.problem)
        if self.columns_head_by_number and place.opens:
            row.is_head = True
        self.read_household(line, row)
        self.read_position(line, row)
        if not row.name and self.says_something_personal(line):
            row.problems.append(Problem("name_missing"))
        self.read_tie(line, row, is_registered=place.is_registered)
        self.read_ends(line, row)
        self.read_notes(line, row)
        self.read_care(line, row)
        self.check_community(line, row)
        row.is_checked = self.flag(line, row, "report_checked") is True
        if row.is_checked:
            row.problems = [problem for problem in row.problems if problem.code != "maybe_rounded"]
        return row

    def text(self, line: Line, name: str) -> str:
        indexes = self.columns.get(name)
        if indexes is None:
            return ""
        text = line.texts[indexes[0]]
        return "" if not text or is_nothing(text) else text

    def heading(self, name: str) -> str:
        return self.header.headings[self.columns[name][0]]

    def flag(self, line: Line, row: Row, name: str) -> bool | None:
        if name not in self.columns:
            return None
        index = self.columns[name][0]
        if not line.texts[index]:
            return None
        try:
            return read_bool(line.cells[index])
        except Unreadable:
            row.problems.append(Problem("yes_no", self.heading(name), line.texts[index]))
            return None

    def day(self, line: Line, row: Row, name: str) -> datetime.date | None:
        if name not in self.columns:
            return None
        index = self.columns[name][0]
        if not line.texts[index]:
            return None
        try:
            return read_date(line.cells[index], today=self.today)
        except Unreadable as error:
            row.problems.append(Problem(error.code, self.heading(name), line.texts[index]))
            return None

    def read_person(self, line: Line, row: Row) -> None:
        name = read_name(line.cells[self.columns["name"][0]])
        if "(" in name or "（" in name:
            bare = HEAD_IN_NAME.sub("", name)
            row.is_head = True if bare != name else None
            name = bare
        if is_nothing(name) or VACANT_WORDS.search(name):
            row.occupancy = "vacant" if VACANT_WORDS.search(name) else ""
            name = ""
        if len(name) > NAME_LENGTH:
            row.problems.append(Problem("name_long"))
        row.name = name
        self.read_birth_and_sex(line, row, self.read_identity(line, row))
        self.read_phones(line, row)

    def read_identity(self, line: Line, row: Row) -> Identity | None:
        if "identity" not in self.columns:
            return None
        index = self.columns["identity"][0]
        kind = self.text(line, "identity_kind")
        if kind and "身份证" not in kind and "identity" not in kind.lower() and line.texts[index]:
            row.problems.append(Problem("foreign", self.heading("identity")))
            return None
        identity = None
        try:
            identity = read_identity(line.cells[index])
        except Unreadable as error:
            code = "identity_date" if error.code == "date" else error.code
            row.problems.append(Problem(code, self.heading("identity")))
            if isinstance(error, MaybeRounded):
                identity = error.identity
        row.identity = identity.number if identity else ""
        return identity

    def read_birth_and_sex(self, line: Line, row: Row, identity: Identity | None) -> None:
        born = self.day(line, row, "birth_date")
        sex_text = self.text(line, "sex")
        sex = read_sex(sex_text) if sex_text else ""
        if sex_text and not sex:
            row.problems.append(Problem("sex", self.heading("sex"), sex_text))
        if identity:
            if born and born != identity.birth_date:
                row.problems.append(Problem("birth_differs", self.heading("birth_date")))
            if sex and sex != identity.sex:
                row.problems.append(Problem("sex_differs", self.heading("sex")))
            born, sex = identity.birth_date, identity.sex
        row.birth_date, row.sex = born, sex

    def read_phones(self, line: Line, row: Row) -> None:
        for name in ("phone", "emergency_phone", "landlord_phone"):
            for index in self.columns.get(name, ()):
                if line.texts[index]:
                    label = self.phone_label(line, name, index)
                    phones, unreadable = read_phones(line.cells[index], label=label)
                    known = {phone.number for phone in row.phones}
                    row.phones += [phone for phone in phones if phone.number not in known]
                    heading = self.header.headings[index]
                    row.problems += [Problem("phone", heading, piece) for piece in unreadable]

    def phone_label(self, line: Line, name: str, index: int) -> str:
        """Label a phone by whose it is, else by the heading it stood under."""
        owner = {"emergency_phone": "emergency_name", "landlord_phone": "landlord_name"}.get(
            name, ""
        )
        if name == "landlord_phone":
            return f"房东{self.text(line, owner)}"
        return self.text(line, owner) or self.header.headings[index]

    def read_relation(self, line: Line, row: Row) -> None:
        relation = self.text(line, "relation")
        if relation:
            row.relation = relation[:RELATION_LENGTH]
            row.is_head = row.is_head or relation.lower() in HEAD_WORDS
        stated = self.flag(line, row, "is_head")
        if stated is not None:
            row.is_head = stated
        head_name = self.text(line, "head_name")
        if head_name and row.is_head is None:
            row.is_head = head_name in {row.name, "是"}

    def read_household(self, line: Line, row: Row) -> None:
        """Read occupancy and grid, which like the address may stand on the first line only."""
        occupancy = self.read_occupancy(line) or row.occupancy
        note = self.text(line, "note")
        if not row.name and not occupancy and VACANT_WORDS.search(note):
            occupancy = "vacant"
        if not row.name and REGISTRATION_WORDS.search(note):
            occupancy = "registration_only"
        grid = self.text(line, "grid")
        if row.is_carried:
            occupancy, grid = occupancy or self.occupancy_carried, grid or self.grid_carried
        else:
            self.occupancy_carried, self.grid_carried = occupancy, grid
        row.occupancy, row.grid = occupancy, grid

    def read_position(self, line: Line, row: Row) -> None:
        """Read where the building stands; a position that cannot be taken is left out."""
        longitude, latitude = self.text(line, "longitude"), self.text(line, "latitude")
        if not longitude and not latitude:
            return
        if not (longitude and latitude):
            missing = "latitude" if longitude else "longitude"
            row.problems.append(Problem("position_half", missing))
            return
        datum = self.text(line, "datum")
        try:
            row.position = read_position(longitude, latitude, read_datum(datum))
        except Unreadable as error:
            if error.code == "datum":
                row.problems.append(Problem("datum", self.heading("datum"), datum))
            else:
                row.problems.append(Problem(error.code, self.heading("longitude")))

    def read_occupancy(self, line: Line) -> str:
        text = self.text(line, "occupancy")
        if not text:
            return ""
        heading = self.heading("occupancy")
        if text.lower() in {"是", "1", "yes", "y", "√"}:
            return "rented" if "租" in heading else "vacant" if "空" in heading else ""
        if text.lower() in {"否", "0", "no", "n", "×"} or text in NOT_KNOWN_OCCUPANCY:
            return ""
        for pattern, occupancy in OCCUPANCIES:
            if pattern.search(text):
                return occupancy
        self.unknown_words[heading, text] += 1
        return ""

    def says_something_personal(self, line: Line) -> bool:
        """Say whether a nameless line still speaks of a person."""
        return any(
            self.text(line, name) for name in ("identity", "phone", "relation", "birth_date", "sex")
        )

    def read_tie(self, line: Line, row: Row, *, is_registered: bool) -> None:
        """Work out whether the person lives at the door, is registered there, or both."""
        lives, registered = self.read_tie_words(line)
        if is_registered:
            registered = True
        address = self.text(line, "registered_address")
        if address and row.door and not is_registered and registered is None:
            registered = is_same_place(row.door, address, self.prefixes)
        if self.flag(line, row, "separated"):
            if is_registered:
                lives = False
            elif lives is not False:
                registered = False
        here = self.read_lives_here(line, row)
        lives = here if here is not None else lives
        if lives is False:
            row.kind = "registered"
        elif registered is False:
            row.kind = "lives"
        elif lives or registered:
            row.kind = "both"

    def read_tie_words(self, line: Line) -> tuple[bool | None, bool | None]:
        text = self.text(line, "person_kind")
        if not text:
            return None, None
        for pattern, lives, registered in TIES:
            if pattern.search(text):
                return lives, registered
        if not any(word in self.care_tags for word in read_list(text)):
            self.unknown_words[self.heading("person_kind"), text] += 1
        return None, None

    def read_lives_here(self, line: Line, row: Row) -> bool | None:
        text = self.text(line, "lives_here")
        if text and AWAY.match(text):
            return False
        stated = self.flag(line, row, "lives_here") if text else self.plain_no(line)
        return False if stated is None and self.text(line, "away_place") else stated

    def plain_no(self, line: Line) -> bool | None:
        """Read 无 and the like, which elsewhere mean an empty cell, as no."""
        indexes = self.columns.get("lives_here")
        return False if indexes and line.texts[indexes[0]] in {"无", "没有"} else None

    def read_ends(self, line: Line, row: Row) -> None:
        row.since = self.day(line, row, "moved_in_on")
        row.left_on = self.day(line, row, "moved_out_on")
        row.has_left = self.flag(line, row, "moved_out") or row.left_on is not None
        if row.since and row.left_on and row.left_on < row.since:
            row.problems.append(Problem("dates_reversed"))
            row.since = None
        row.died_on = self.day(line, row, "died_on")
        row.has_died = self.flag(line, row, "died") or row.died_on is not None
        if row.has_died and row.died_on is None:
            heading = self.heading("died") if "died" in self.columns else self.heading("died_on")
            row.problems.append(Problem("died_without_date", heading))

    def read_notes(self, line: Line, row: Row) -> None:
        notes = [line.texts[index] for index in self.columns.get("note", ())]
        for name in ("away_place", "moved_to"):
            text = self.text(line, name)
            if text:
                notes.append(f"{self.heading(name)}：{text}")
        row.note = "；".join(note for note in notes if note and not is_nothing(note))
        if self.text(line, "registered_address") and row.kind == "lives":
            address = self.text(line, "registered_address")
            row.note = "；".join(
                filter(None, [row.note, f"{self.heading('registered_address')}：{address}"])
            )

    def read_care(self, line: Line, row: Row) -> None:
        for index in self.columns.get("care", ()):
            for word in read_list(line.cells[index]):
                if word in self.care_tags:
                    row.care.append(word)
                else:
                    self.unknown_words[self.header.headings[index], word] += 1
        row.care += [
            word for word in read_list(self.text(line, "person_kind")) if word in self.care_tags
        ]
        row.care = list(dict.fromkeys(row.care))

    def check_community(self, line: Line, row: Row) -> None:
        """Refuse a row that names another community: a whole street may stand in one file."""
        text = self.text(line, "community")
        if text and bare_community(text) not in self.community:
            row.problems.append(Problem("other_community", self.heading("community"), text))


def bare_community(text: str) -> str:
    """Return the name without what kind of place it is."""
    return re.sub(r"(社区|村)?(居民委员会|村民委员会|居委会|村委会)$|社区$|村$", "", text)
