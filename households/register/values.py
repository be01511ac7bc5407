"""Reading one cell: what people write, and what Excel made of it.

Every reader takes a cell as the workbook holds it and raises Unreadable with the code of
a sentence in `problems` when it cannot be understood; nothing is guessed.
"""

import datetime
import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from communities.division.coordinates import Datum
from households.identity import Identity, InvalidIdentityError, parse_identity
from households.models.geography import Position, in_wgs84, is_position, is_swapped

Cell = str | int | float | bool | datetime.date | datetime.datetime | datetime.time | None

EXCEL_EPOCH = datetime.date(1899, 12, 30)
# 1927 to 2119: below lie years and months, above lie eight-digit dates.
SERIALS = range(10_000, 80_400)
EARLIEST_YEAR = 1880
# A double keeps fifteen digits; Excel writes zeros for the rest.
EXACT_LIMIT = 10**15
IDENTITY_LENGTH = 18
NOTHING = {"", "无", "没有", "不详", "未知", "暂无", "/", "\\", "-", "--", "—", "——", "同上", "空", "n/a", "none", "null", "nil", "nan", "#n/a", "#ref!", "#value!", "#name?"}  # fmt: skip
LONGEST_NOTHING = max(map(len, NOTHING))
YES = {"是", "1", "y", "yes", "true", "有", "√", "✓", "✔", "对", "已", "t", "在", "在住", "常住"}
NO = {
    "否",
    "0",
    "n",
    "no",
    "false",
    "无",
    "×",
    "✗",
    "x",
    "不",
    "未",
    "f",
    "没有",
    "不在",
    "不是",
    "不在住",
    "不常住",
}

DATE = re.compile(
    r"(\d{4})\s*(?:年|[-/.])\s*(\d{1,2})\s*(?:月|[-/.])\s*(\d{1,2})\s*[日号]?(?:[T\s]*\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?)?"
)
EIGHT_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})")
WHOLE_NUMBER = re.compile(r"(\d+)\.0+")
EXPONENT = re.compile(r"\d(?:\.\d+)?[eE]\+?\d{1,2}")
MOBILE = re.compile(r"1[3-9]\d{9}")
LANDLINE = re.compile(r"0\d{9,11}|[2-9]\d{6,7}|[48]00\d{7}|[1-9]\d{4,5}")
INTERNATIONAL = re.compile(r"\+(?!86)\d{8,15}")
CHINA_CODE = re.compile(r"^(?:\+|00)86(?=\d{10,11}$)|^86(?=1[3-9]\d{9}$)")
PHONE_SEPARATORS = re.compile(r"[;；,，、/／|\n\r\t]+|\s(?=\+?\d{7,})|(?<=\d)\s*[和或及]\s*(?=\d)")
PHONE_DIGITS = re.compile(r"\+?\d[\d\s\-－—–·.()（）]*\d|\d")
NUMBER_AS_TEXT = re.compile(r"(?<=\d{7})\.0+$")
PHONE_NOISE = re.compile(r"[\s\-－—–·.()（）]")
LABEL_NOISE = " :：()（）[]【】-—=.、"
LABEL_LENGTH = 20
DOTS = re.compile(r"[•・‧∙.．。](?=[\u4e00-\u9fff])")
CHINESE = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
FOREIGN_DOCUMENT = re.compile(r"[A-Z]{1,3}\d{6,10}[A-Z0-9]?|\d{8}|[A-Z]\d{6}\(?[\dA]\)?")
SEXES = {"男": "male", "女": "female", "male": "male", "female": "female", "m": "male", "f": "female", "1": "male", "2": "female"}  # fmt: skip


class Unreadable(ValueError):  # noqa: N818 - reads as what is said of the cell
    """The cell cannot be taken; `code` names the sentence that says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class MaybeRounded(Unreadable):
    """The number is valid but ends as rounded ones do; somebody has to compare it."""

    def __init__(self, identity: Identity) -> None:
        super().__init__("maybe_rounded")
        self.identity = identity


class PhoneEntry(NamedTuple):
    """A number in digits, and whose it is as far as the cell says so."""

    number: str
    label: str


DATUMS = {
    Datum.WGS84: {"WGS84", "CGCS2000", "EPSG4326", "EPSG4490", "GPS", "OPENSTREETMAP", "OSM", "国家2000", "2000国家大地坐标系", "天地图"},
    Datum.GCJ02: {"GCJ02", "GCJ", "火星", "火星坐标", "火星坐标系", "高德", "高德地图", "腾讯", "腾讯地图", "AMAP", "GAODE", "TENCENT"},
    Datum.BD09: {"BD09", "BD09LL", "BD", "百度", "百度地图", "BAIDU"},
}  # fmt: skip
DATUM_NOISE = re.compile(r"[\s\-_:./]")


def text_of(cell: Cell) -> str:
    """Return the cell as people read it: half width, single blanks, whole numbers without ".0"."""
    if isinstance(cell, str):
        if not cell or (cell.isascii() and cell.isalnum()):
            return cell
        return plain_text(cell)
    return "" if cell is None else text_of_value(cell)


# Most cells repeat: sex, relation, an address on every line of its household.
@lru_cache(maxsize=8192)
def plain_text(cell: str) -> str:
    text = unicodedata.normalize("NFKC", cell).replace("\u200b", "").replace("\ufeff", "")
    return " ".join(text.split()).lstrip("'`’‘")


def text_of_value(cell: float | datetime.date | datetime.time) -> str:
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime.datetime):
        return f"{cell:%Y-%m-%d %H:%M}" if cell.time() != datetime.time.min else f"{cell:%Y-%m-%d}"
    return str(cell)


def is_nothing(text: str) -> bool:
    """Say whether the text only says that there is nothing to say."""
    return len(text) <= LONGEST_NOTHING and text.lower() in NOTHING


def read_bool(cell: Cell) -> bool | None:
    """Return yes, no, or None for an empty cell; "yes" and "no" may lead a longer text."""
    text = text_of(cell).lower()
    if text in YES:
        return True
    if text in NO:
        return False
    if not text or is_nothing(text):
        return None
    raise Unreadable("yes_no")


def read_date(cell: Cell, *, today: datetime.date) -> datetime.date | None:
    """Read a day written as 19800101, 1980-1-1, 1980.1.1, 1980年1月1日, or an Excel day number.

    Future days are refused: everything a register dates has happened.
    """
    day = date_in(cell)
    if day is None:
        return None
    if day.year < EARLIEST_YEAR or day > today:
        raise Unreadable("date_range")
    return day


def date_in(cell: Cell) -> datetime.date | None:
    if isinstance(cell, datetime.datetime):
        return cell.date()
    if isinstance(cell, datetime.date):
        return cell
    text = text_of(cell)
    if is_nothing(text):
        return None
    whole = WHOLE_NUMBER.fullmatch(text)
    text = whole.group(1) if whole else text
    match = EIGHT_DIGITS.fullmatch(text) or DATE.fullmatch(text)
    if match:
        return real_date(*(int(part) for part in match.groups()))
    if text.isdecimal() and int(text) in SERIALS:
        return EXCEL_EPOCH + datetime.timedelta(days=int(text))
    if isinstance(cell, float) and int(cell) in SERIALS:
        return EXCEL_EPOCH + datetime.timedelta(days=int(cell))
    raise Unreadable("date")


def real_date(year: int, month: int, day: int) -> datetime.date:
    try:
        return datetime.date(year, month, day)
    except ValueError:
        raise Unreadable("date") from None


def read_identity(cell: Cell) -> Identity | None:
    """Return the number in its 18 characters with what it says, or None for an empty cell.

    Raises Unreadable: "rounded" when Excel has replaced the last digits by zeros,
    MaybeRounded when it may have, "foreign" for another document, else the code of
    `parse_identity`.
    """
    if isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= EXACT_LIMIT:
        raise Unreadable("rounded")
    if isinstance(cell, datetime.date | datetime.time):
        raise Unreadable("shape")
    text = text_of(cell)
    if text.isascii() and text.isalnum():
        text = text.upper()
    else:
        text = text.replace(" ", "").replace("-", "").upper().replace("×", "X")
    if is_nothing(text):
        return None
    whole = WHOLE_NUMBER.fullmatch(text)
    text = whole.group(1) if whole else text
    if EXPONENT.fullmatch(text):
        raise Unreadable("rounded")
    if FOREIGN_DOCUMENT.fullmatch(text):
        raise Unreadable("foreign")
    zeros = len(text) == IDENTITY_LENGTH and text.endswith("000")
    try:
        identity = parse_identity(text)
    except InvalidIdentityError as error:
        raise Unreadable("rounded" if zeros else error.code) from None
    if zeros:
        raise MaybeRounded(identity)
    return identity


def read_phones(cell: Cell, *, label: str = "") -> tuple[list[PhoneEntry], list[str]]:
    """Return the phones of a cell, each with its label, and the pieces that are no phone.

    "13800138000女儿；0512-6312345" gives two. `label` stands where the cell names nobody.
    """
    if isinstance(cell, str):
        if MOBILE.fullmatch(cell):
            return [PhoneEntry(cell, label)], []
        cell = "\n".join(text_of(line) for line in cell.splitlines())
    else:
        cell = text_of(cell)
    phones: dict[str, PhoneEntry] = {}
    unreadable = []
    for piece in PHONE_SEPARATORS.split(cell):
        if is_nothing(piece.strip()):
            continue
        numbers = numbers_in(piece)
        if not numbers:
            unreadable.append(piece.strip())
        named = PHONE_DIGITS.sub("", piece).strip(LABEL_NOISE)
        for number in numbers:
            phones.setdefault(number, PhoneEntry(number, (named or label)[:LABEL_LENGTH]))
    return list(phones.values()), unreadable


def numbers_in(piece: str) -> list[str]:
    """Return the phone numbers of a piece, all of them valid, or none."""
    found = PHONE_DIGITS.findall(NUMBER_AS_TEXT.sub("", piece))
    runs = [CHINA_CODE.sub("", PHONE_NOISE.sub("", run)) for run in found]
    if len(runs) == 1 and not is_phone(runs[0]):
        half = len(runs[0]) // 2
        halves = [runs[0][:half], runs[0][half:]]
        runs = halves if all(MOBILE.fullmatch(part) for part in halves) else runs
    return runs if all(is_phone(run) for run in runs) else []


def is_phone(digits: str) -> bool:
    """Accept mobile, landline, service, short internal and foreign numbers."""
    return any(shape.fullmatch(digits) for shape in (MOBILE, LANDLINE, INTERNATIONAL))


def read_name(cell: Cell) -> str:
    """Return the name without blanks between Chinese characters, with one kind of dot."""
    text = text_of(cell)
    if CHINESE.search(text):
        text = DOTS.sub("·", text.replace(" ", ""))
    return text


def read_datum(text: str) -> Datum:
    """Read what positions count from, by its name or by the map that shows them so."""
    plain = DATUM_NOISE.sub("", text).upper()
    for datum, names in DATUMS.items():
        if not plain or plain in names:
            return datum
    raise Unreadable("datum")


def read_position(longitude: str, latitude: str, datum: Datum) -> Position:
    """Return a position in WGS 84, from degrees as decimal numbers."""
    try:
        east, north = float(longitude.rstrip("°")), float(latitude.rstrip("°"))
    except ValueError:
        raise Unreadable("position_number") from None
    if is_swapped(east, north):
        raise Unreadable("position_swapped")
    # Programs write 0 and 0 for a place they do not know.
    if not is_position((east, north)) or (east == 0 and north == 0):
        raise Unreadable("position_range")
    return in_wgs84(east, north, datum)


def read_sex(cell: Cell) -> str:
    """Return "male", "female" or ""."""
    text = text_of(cell).lower().removesuffix("性")
    if is_nothing(text) or text not in SEXES:
        return ""
    return SEXES[text]


def read_list(cell: Cell) -> list[str]:
    """Split a cell of several words, such as the care tags of a person."""
    text = text_of(cell)
    words = re.split(r"[;；,，、/|\s]+", text)
    return [word for word in words if not is_nothing(word)]
