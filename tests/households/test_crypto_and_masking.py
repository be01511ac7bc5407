import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from households.crypto import UnknownKeyError, blind_index, decrypt, encrypt
from households.masking import mask_digits, mask_identity, mask_name, mask_phone


@given(st.text(max_size=60))
def test_what_is_sealed_opens_again(text):
    sealed = encrypt(text, context="phone")
    assert decrypt(sealed, context="phone") == text
    assert sealed != encrypt(text, context="phone")


def test_ciphertext_of_another_column_does_not_open():
    with pytest.raises(InvalidTag):
        decrypt(encrypt("13800138000", context="number"), context="identity_number")


def test_altered_ciphertext_does_not_open():
    sealed = encrypt("13800138000", context="number")
    with pytest.raises(InvalidTag):
        decrypt(sealed[:-8] + ("A" if sealed[-8] != "A" else "B") + sealed[-7:], context="number")


def test_keys_can_be_changed(settings):
    settings.FIELD_KEYS = "1:old"
    old = encrypt("text", context="c")
    settings.FIELD_KEYS = "2:new,1:old"
    assert decrypt(old, context="c") == "text"
    assert encrypt("text", context="c").startswith("v1:2:")
    settings.FIELD_KEYS = "2:new"
    with pytest.raises(UnknownKeyError):
        decrypt(old, context="c")


def test_index_is_equal_within_a_column_only(settings):
    one = blind_index("13800138000", context="phone")
    assert one == blind_index("13800138000", context="phone")
    assert one != blind_index("13800138000", context="identity")
    settings.INDEX_KEY = "another"
    assert one != blind_index("13800138000", context="phone")


def test_masks():
    assert mask_identity("11010519491231002X") == "1****************X"
    assert mask_identity(None) == ""
    assert mask_phone("13800138000") == "138****8000"
    assert mask_phone("63123456") == "6*****56"
    assert mask_phone("110") == "***"
    assert mask_phone("") == ""
    assert mask_name("欧阳小明") == "欧***"
    assert mask_digits("女儿1380013800；3号") == "女儿1*******00；3号"


@given(st.text(max_size=20))
def test_masks_keep_the_length(text):
    for mask in (mask_name, mask_phone):
        assert len(mask(text)) == len(text)
    if len(text) > 1:
        assert len(mask_identity(text)) == len(text)
