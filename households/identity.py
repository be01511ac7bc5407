"""The resident identity number (GB 11643-1999): its check digit and what it says."""

import datetime
import re
from dataclasses import dataclass
from operator import mul

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"
EIGHTEEN = re.compile(r"[1-9]\d{16}[\dX]")
FIFTEEN = re.compile(r"[1-9]\d{14}")
EARLIEST_BIRTH_YEAR = 1880


class InvalidIdentityError(ValueError):
    """The text is not an identity number; `code` says why: shape, date or check."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Identity:
    """A valid number in its 18-character form, with the birth date and sex it holds."""

    number: str
    birth_date: datetime.date
    sex: str


def check_character(digits: str) -> str:
    """Return the 18th character for the first 17 digits (ISO 7064, MOD 11-2)."""
    total = sum(map(mul, WEIGHTS, map(int, digits)))
    return CHECK_CHARACTERS[total % 11]


def parse_identity(text: str) -> Identity:
    """Read a number of 18 characters, or of 15 digits as issued before 1999.

    Raises InvalidIdentityError with code "shape", "date" or "check".
    """
    number = text.strip().upper()
    if FIFTEEN.fullmatch(number):
        # All 15-digit numbers were issued to people born in the 1900s.
        body = f"{number[:6]}19{number[6:]}"
        number = body + check_character(body)
    if not EIGHTEEN.fullmatch(number):
        raise InvalidIdentityError("shape")
    try:
        birth_date = datetime.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise InvalidIdentityError("date") from None
    if (
        birth_date.year < EARLIEST_BIRTH_YEAR
        or birth_date > datetime.datetime.now(tz=datetime.UTC).date()
    ):
        raise InvalidIdentityError("date")
    if check_character(number[:17]) != number[17]:
        raise InvalidIdentityError("check")
    return Identity(number, birth_date, "male" if int(number[16]) % 2 else "female")
