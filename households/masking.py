"""The one place that shortens personal data for display.

Masks are chosen so that everything ever shown of a person, joined, does not give a full
value: an identity number keeps its first and last character, a phone the first three
and last four, a name its first character.
"""

import re

SHORTEST_SHOWN = 5
LONG_DIGITS = re.compile(r"\d{5,}")


def mask_identity(number: str | None) -> str:
    return f"{number[0]}{'*' * (len(number) - 2)}{number[-1]}" if number else ""


def mask_phone(number: str | None) -> str:
    """Keep three digits in front and four behind of a mobile number, less of a shorter one."""
    if not number or len(number) < SHORTEST_SHOWN:
        return "*" * len(number or "")
    shown_before, shown_after = (3, 4) if len(number) >= 11 else (1, 2)  # noqa: PLR2004 - a mobile number's length
    hidden = max(len(number) - shown_before - shown_after, 0)
    return number[:shown_before] + "*" * hidden + number[len(number) - shown_after :]


def mask_name(name: str) -> str:
    return name[:1] + "*" * (len(name) - 1)


def mask_digits(text: str) -> str:
    """Mask every long run of digits in a text, such as a mistyped phone."""
    return LONG_DIGITS.sub(lambda run: mask_phone(run.group()), text)
