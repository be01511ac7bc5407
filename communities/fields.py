"""Columns computed from the other columns of their row, and limits of typed numbers."""

import re
from collections.abc import Callable
from typing import Any

from django.core.validators import MaxValueValidator
from django.db import models

# More days than these reach past the last year that a date can hold.
UP_TO_TEN_YEARS = MaxValueValidator(3650)
# A small integer of PostgreSQL ends a little later; SQLite has no such end.
UP_TO_30_000 = MaxValueValidator(30_000)

CHINESE_DIGITS = {
    **{char: value for value, char in enumerate("〇一二三四五六七八九")},
    "零": 0,
    "两": 2,
}
NUMERAL = re.compile(r"[〇零一二两三四五六七八九十]+(?=[号栋幢座楼单层期区组弄队])|\d+")


class DerivedField(models.CharField):
    """Text that `derive(row)` computes each time the row is saved or bulk-created.

    Neither `QuerySet.update`, `bulk_update` nor `save(update_fields=…)` naming only the
    sources recomputes it; an action that uses them lists this field too.
    """

    def __init__(
        self, *args: Any, derive: Callable[[Any], str | None] | None = None, **kwargs: Any
    ) -> None:
        self.derive = derive
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def pre_save(self, model_instance: models.Model, add: bool) -> str | None:  # noqa: ARG002, FBT001 - Django's signature
        # Historical models of migrations carry no function; they keep what is stored.
        if self.derive is not None:
            setattr(model_instance, self.attname, self.derive(model_instance))
        value: str | None = getattr(model_instance, self.attname)
        return value


def natural_key(text: str) -> str:
    """Return a key that sorts "2号楼" before "10号楼" and "三单元" after "2单元".

    >>> natural_key("10号楼") > natural_key("2号楼")
    True
    """
    return NUMERAL.sub(lambda match: f"{numeral_value(match.group()):06d}", text)


def numeral_value(numeral: str) -> int:
    """Read a run of digits, or a Chinese numeral below one hundred such as 十二."""
    if numeral[0].isdigit() and numeral[0] not in CHINESE_DIGITS:
        return int(numeral)
    tens, ten, units = numeral.rpartition("十")
    if not ten:
        return int("".join(str(CHINESE_DIGITS[char]) for char in numeral))
    return numeral_digits(tens, default=1) * 10 + numeral_digits(units, default=0)


def numeral_digits(text: str, *, default: int) -> int:
    return int("".join(str(CHINESE_DIGITS.get(char, 0)) for char in text)) if text else default
