import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from households.identity import InvalidIdentityError, check_character, parse_identity
from tests.factories import identity_number


@pytest.mark.parametrize(
    ("number", "birth_date", "sex"),
    [
        ("11010519491231002X", datetime.date(1949, 12, 31), "female"),
        ("440524188001010014", datetime.date(1880, 1, 1), "male"),
        ("11010519491231002x", datetime.date(1949, 12, 31), "female"),
        (" 11010519491231002X ", datetime.date(1949, 12, 31), "female"),
    ],
)
def test_numbers_of_the_standard(number, birth_date, sex):
    identity = parse_identity(number)
    assert (identity.number, identity.birth_date, identity.sex) == (
        number.strip().upper(), birth_date, sex,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("", "shape"), ("1101051949123100", "shape"), ("01010519491231002X", "shape"),
        ("11010519491231002Y", "shape"), ("110105194912310021", "check"), ("110105194913310020", "date"),
        ("110105187912310020", "date"), ("110105209912310020", "date"), ("1101054913310021", "shape"),
        ("110105491331002", "date"),
    ],
)  # fmt: skip
def test_refusals(number, code):
    with pytest.raises(InvalidIdentityError) as refusal:
        parse_identity(number)
    assert refusal.value.code == code


@given(st.dates(datetime.date(1880, 1, 1), datetime.date(2026, 1, 1)), st.integers(1, 999))
def test_every_valid_number_says_birth_date_and_sex(born, sequence):
    identity = parse_identity(identity_number(f"{born:%Y%m%d}", sequence))
    assert identity.birth_date == born
    assert identity.sex == ("male" if sequence % 2 else "female")


@given(st.from_regex(r"[1-9][0-9]{16}", fullmatch=True), st.integers(0, 16), st.integers(1, 9))
def test_one_changed_digit_changes_the_check_character(digits, place, step):
    changed = digits[:place] + str((int(digits[place]) + step) % 10) + digits[place + 1 :]
    assert check_character(changed) != check_character(digits)


@given(st.text(max_size=25))
def test_any_text_is_read_or_refused(text):
    try:
        assert len(parse_identity(text).number) == 18
    except InvalidIdentityError as error:
        assert error.code in {"shape", "date", "check"}  # noqa: PT017 - one of two outcomes
