"""Excel files carry the words of whoever takes them: in their name and on their sheet."""

import datetime
from io import BytesIO
from urllib.parse import quote

import pytest
import time_machine
from django.urls import reverse
from django.utils import translation
from openpyxl import load_workbook
from xlsxwriter import Workbook

from communities.models.disclosure import WORDS

AT = datetime.datetime(2026, 5, 20, 4, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ('filename="Households-20260520.xlsx"', ["Households"], "Grid number")),
        (
            "zh-hans",
            (f"filename*=utf-8''{quote('住户-20260520.xlsx')}", ["住户"], "网格编号"),
        ),
    ],
)
def test_file_and_sheet_speak_the_language_of_the_user(world, as_user, language, expected):
    client = as_user(world.officer)
    client.cookies["django_language"] = language
    with time_machine.travel(AT, tick=False):
        answer = client.get(reverse("households:household_list"), {"export": "xlsx"})
    book = load_workbook(BytesIO(b"".join(answer.streaming_content)))
    name = answer["Content-Disposition"].removeprefix("attachment; ")
    assert (name, book.sheetnames, book.active["A1"].value) == expected
    assert book.active.freeze_panes == "A2"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_word_of_a_list_is_fit_for_a_sheet(language):
    with translation.override(language):
        for word in WORDS.values():
            assert Workbook(BytesIO()).add_worksheet(str(word)).name == str(word)
