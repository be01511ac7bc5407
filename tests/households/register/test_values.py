"""Single cells: whatever people write is read right or refused, never read wrong."""

import datetime
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from households.register.values import (
    EXCEL_EPOCH,
    MaybeRounded,
    PhoneEntry,
    Unreadable,
    read_bool,
    read_date,
    read_identity,
    read_name,
    read_phones,
    text_of,
)
from tests.factories import identity_number

TODAY = datetime.date(2026, 11, 24)
FULL_WIDTH = str.maketrans(string.digits + "X", "０１２３４５６７８９Ｘ")
dates = st.dates(datetime.date(1927, 5, 19), TODAY)
mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
numbers = st.builds(
    identity_number,
    st.dates(datetime.date(1900, 1, 1), TODAY).map(lambda day: f"{day:%Y%m%d}"),
    st.integers(1, 999),
    st.integers(110000, 829999).map(str),
)


@given(dates)
def test_dates_in_every_form(day):
    forms = [
        f"{day:%Y%m%d}", f"{day.year}-{day.month}-{day.day}", f"{day.year}.{day.month}.{day.day}",
        f"{day.year}/{day.month:02d}/{day.day:02d}", f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}年{day.month}月{day.day}号", f" {day:%Y-%m-%d} 00:00:00 ", f"{day:%Y%m%d}".translate(FULL_WIDTH),
        int(f"{day:%Y%m%d}"), float(f"{day:%Y%m%d}"), day, datetime.datetime.combine(day, datetime.time(8, 30)),
        (day - EXCEL_EPOCH).days, float((day - EXCEL_EPOCH).days), str((day - EXCEL_EPOCH).days),
        f"{day:%Y%m%d}.0",
    ]  # fmt: skip
    assert [read_date(form, today=TODAY) for form in forms] == [day] * len(forms)


@given(st.text(max_size=20) | st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_dates_never_fail_otherwise(cell):
    try:
        day = read_date(cell, today=TODAY)
    except Unreadable as error:
        assert error.code in {"date", "date_range"}  # noqa: PT017 - one of two outcomes
    else:
        assert day is None or datetime.date(1880, 1, 1) <= day <= TODAY


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("1980", "date"), (1980.1, "date"), ("198001", "date"), ("80-1-1", "date"), ("1/1/1980", "date"),
        ("1980-2-30", "date"), ("19801301", "date"), ("2099-1-1", "date_range"), ("1850-1-1", "date_range"),
    ],
)  # fmt: skip
def test_dates_that_would_be_guesses(cell, code):
    with pytest.raises(Unreadable) as refusal:
        read_date(cell, today=TODAY)
    assert refusal.value.code == code


@given(numbers)
def test_identity_numbers_however_written(number):
    forms = [
        number, number.lower(), f" {number[:6]} {number[6:14]} {number[14:]} ", f"'{number}", f"\t{number}\n",
        number.translate(FULL_WIDTH), f"{number[:6]}-{number[6:14]}-{number[14:]}",
    ]  # fmt: skip
    for form in forms:
        if number.endswith("000"):
            with pytest.raises(MaybeRounded) as doubt:
                read_identity(form)
            assert doubt.value.identity.number == number
        else:
            assert read_identity(form).number == number


@given(numbers)
def test_identity_numbers_as_numbers_are_refused(number):
    if number.isdigit():
        cells = [
            int(number),
            float(number),
            f"{float(number):.5E}",
            f"{float(number):.0e}",
            number[:15] + "000",
        ]
        for cell in cells:
            with pytest.raises(Unreadable) as refusal:
                read_identity(cell)
            assert refusal.value.code in {"rounded", "maybe_rounded"}


@given(
    st.dates(datetime.date(1900, 1, 1), datetime.date(1999, 12, 31)),
    st.integers(1, 999),
    st.booleans(),
)
def test_fifteen_digits_even_as_a_number(born, sequence, as_number):
    old = f"990101{born:%y%m%d}{sequence:03d}"
    identity = read_identity(float(old) if as_number else old)
    assert identity.number[:17] == f"990101{born:%Y%m%d}{sequence:03d}"
    assert identity.birth_date == born


@given(numbers, st.integers(0, 17), st.sampled_from(string.digits))
def test_a_wrong_digit_never_passes(number, place, digit):
    wrong = number[:place] + digit + number[place + 1 :]
    if wrong != number:
        with pytest.raises(Unreadable):
            read_identity(wrong)


@pytest.mark.parametrize(
    "cell",
    [
        "E12345678",
        "H12345678",
        "81000019800101",
        "护照",
        "12345",
        12345.0,
        True,
        datetime.date(1980, 1, 1),
    ],
)
def test_what_is_no_identity_number(cell):
    with pytest.raises(Unreadable):
        read_identity(cell)


@pytest.mark.parametrize("cell", ["", None, "无", " — ", "N/A", "#N/A", "同上"])
def test_empty_identity(cell):
    assert read_identity(cell) is None


@given(
    st.lists(mobiles, min_size=1, max_size=4, unique=True),
    st.sampled_from([";", "；", "、", "/", ",", "，", " ", "\n", "；  "]),
)
def test_phones_in_one_cell(phones, separator):
    assert read_phones(separator.join(phones), label="电话") == (
        [PhoneEntry(phone, "电话") for phone in phones],
        [],
    )


@given(mobiles)
def test_phone_however_written(phone):
    forms = [
        phone, float(phone), int(phone), f"+86{phone}", f"86-{phone}", f"{phone[:3]} {phone[3:7]} {phone[7:]}",
        f"{phone[:3]}-{phone[3:7]}-{phone[7:]}", phone.translate(FULL_WIDTH), f"'{phone}", f"{phone}.0",
    ]  # fmt: skip
    assert [read_phones(form) for form in forms] == [([PhoneEntry(phone, "")], [])] * len(forms)


@pytest.mark.parametrize(
    ("cell", "numbers", "unreadable"),
    [
        ("女儿：13800138000", [("13800138000", "女儿")], []),
        (
            "13800138000（本人） 13900139000（儿子）",
            [("13800138000", "本人"), ("13900139000", "儿子")],
            [],
        ),
        ("0512-63123456", [("051263123456", "")], []),
        ("(010)63123456", [("01063123456", "")], []),
        ("63123456", [("63123456", "")], []),
        ("1380013800013900139000", [("13800138000", ""), ("13900139000", "")], []),
        ("13800138000;13800138000", [("13800138000", "")], []),
        ("1380013800", [], ["1380013800"]),
        ("13800138000；无", [("13800138000", "")], []),
        ("空号", [], ["空号"]),
        ("无", [], []),
    ],
)
def test_phones_by_example(cell, numbers, unreadable):
    found, wrong = read_phones(cell)
    assert ([tuple(entry) for entry in found], wrong) == (numbers, unreadable)


@given(st.text(max_size=40))
def test_phones_lose_nothing_silently(cell):
    phones, unreadable = read_phones(cell)
    kept = "".join(phone.number for phone in phones) + "".join(unreadable)
    assert (
        sum(char.isdigit() for char in text_of(cell)) == 0
        or kept
        or text_of(cell).strip("/-\\") == ""
    )


@pytest.mark.parametrize(
    ("cell", "value"),
    [("是", True), ("1", True), (1.0, True), (True, True), ("Yes", True), ("√", True), ("否", False),
     ("0", False), (0, False), ("×", False), ("", None), ("-", None)],
)  # fmt: skip
def test_yes_and_no(cell, value):
    assert read_bool(cell) is value


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("张　三", "张三"),
        (" 张 三 ", "张三"),
        ("买买提•吐尔逊", "买买提·吐尔逊"),
        ("John  Smith", "John Smith"),
        ("䶮小明", "䶮小明"),
    ],
)
def test_names(cell, name):
    assert read_name(cell) == name
