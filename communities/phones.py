"""Work phones: what anybody outside the office can dial."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

COUNTRY = r"(?:(?:\+|00)86)?"
MOBILE = re.compile(rf"{COUNTRY}(1[3-9]\d{{9}})")
# The two-digit area codes are 010 and 02x; all others have three digits after the 0.
LANDLINE = re.compile(
    r"\(?(010|02\d|0[3-9]\d\d)\)?-?([2-9]\d{6,7})(?:(?:-|转|#|分机|ext\.?)(\d{1,5}))?"
)
BLANKS = re.compile(r"[\s·.]+")
DASHES = re.compile(r"[‐-―−－]")


def read_work_phone(typed: str) -> str:
    """Return a mobile as 11 digits, a landline as 0512-63123456 or 0512-63123456-808.

    Refuses what only a colleague could dial, such as a short number.
    """
    text = DASHES.sub("-", unicodedata.normalize("NFKC", typed)).lower()
    if not text.strip():
        return ""
    compact = BLANKS.sub("", text)
    if mobile := MOBILE.fullmatch(compact.replace("-", "")):
        return mobile[1]
    if landline := LANDLINE.fullmatch(compact):
        return "-".join(part for part in landline.groups() if part)
    raise ValidationError(
        _(
            "This is not a phone number that anybody can call. Write a mobile with its 11 digits, "
            "or a landline with its area code, such as 0512-63123456; "
            "an extension goes at the end: 0512-63123456-808."
        )
    )
