"""Envelopes open for the server alone and for one item; passes name people and expire."""

import base64
import datetime
import json

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from visits.sync.passes import author_pass, is_ticket, read_author, ticket
from visits.sync.sealing import SealedError, open_envelope, public_key, seal

ITEM = "0b7e0000-0000-4000-8000-000000000001"


def seal_by_the_document(plain: bytes, item: str) -> bytes:
    """Seal as docs/sync.md, section 2, tells a client that knows nothing of this program."""
    server = ec.EllipticCurvePublicKey.from_encoded_point(
        ec.SECP256R1(), base64.b64decode(public_key().public)
    )
    ephemeral = ec.generate_private_key(ec.SECP256R1())
    point = ephemeral.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    secret = ephemeral.exchange(ec.ECDH(), server)
    material = HKDF(SHA256(), 44, salt=point, info=b"gridmgmt-sync-1").derive(secret)
    ciphertext = AESGCM(material[:32]).encrypt(material[32:], plain, item.encode())
    key_id = public_key().id.encode()
    return bytes([1, len(key_id)]) + key_id + point + ciphertext


def test_an_envelope_made_by_the_document_opens():
    assert open_envelope(seal_by_the_document(b"hello", ITEM), context=ITEM) == b"hello"


@given(st.binary(max_size=300))
def test_seal_and_open_are_inverse(plain):
    assert open_envelope(seal(plain, context=ITEM), context=ITEM) == plain


@given(st.binary(max_size=200))
def test_anything_else_is_refused_and_never_fails_otherwise(rubbish):
    with pytest.raises(SealedError):
        open_envelope(rubbish, context=ITEM)


@pytest.mark.parametrize("place", [0, 1, 2, 3, 40, -1])
def test_one_changed_byte_is_noticed(place):
    envelope = bytearray(seal(b"hello", context=ITEM))
    envelope[place] ^= 1
    with pytest.raises(SealedError):
        open_envelope(bytes(envelope), context=ITEM)


def test_another_item_does_not_open_it():
    with pytest.raises(SealedError):
        open_envelope(seal(b"hello", context=ITEM), context=ITEM.replace("1", "2"))


def test_old_keys_open_what_they_sealed_and_unknown_ones_do_not(settings):
    envelope = seal(b"hello", context=ITEM)
    old = settings.FIELD_KEYS
    settings.FIELD_KEYS = f"2:new-secret,{old}"
    assert public_key().id == "2"
    assert open_envelope(envelope, context=ITEM) == b"hello"
    settings.FIELD_KEYS = "2:new-secret"
    with pytest.raises(SealedError):
        open_envelope(envelope, context=ITEM)


def test_a_pass_names_a_person_for_90_days_and_a_ticket_nobody():
    author, permission = author_pass(7), ticket()
    assert (read_author(author), is_ticket(permission)) == (7, True)
    assert (read_author(permission), is_ticket(author)) == (None, False)
    for forged in (None, 7, "", "x", author[:-1], json.dumps(7)):
        assert (read_author(forged), is_ticket(forged)) == (None, False)
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=91)
    with time_machine.travel(later):
        assert (read_author(author), is_ticket(permission)) == (None, False)
