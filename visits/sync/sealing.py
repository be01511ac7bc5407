"""Envelopes that phones seal and only the server opens: docs/sync.md, section 2.

The private keys are derived from FIELD_KEYS, so that there is no further secret to keep, and
an old one opens its envelopes for as long as it stays in FIELD_KEYS.
"""

import base64
from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from households.crypto import derive_keys

VERSION = 1
INFO = b"gridmgmt-sync-1"
CURVE = ec.SECP256R1()
# The order of the curve's group: private keys lie between 1 and one less.
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
POINT_BYTES = 65
KEY_BYTES, NONCE_BYTES, TAG_BYTES = 32, 12, 16
HEAD_BYTES = 2


class SealedError(ValueError):
    """The envelope is damaged, was sealed for another item, or to a key long gone."""


class PublicKey(NamedTuple):
    """The key that phones seal to: its id, and its point in base64."""

    id: str
    public: str


@lru_cache(maxsize=4)
def private_keys(configured: str) -> dict[str, ec.EllipticCurvePrivateKey]:
    digests = derive_keys(configured, purpose=b"grid-sync-key")
    return {
        key_id: ec.derive_private_key(int.from_bytes(digest, "big") % (ORDER - 1) + 1, CURVE)
        for key_id, digest in digests.items()
    }


@lru_cache(maxsize=4)
def public_key_of(configured: str) -> PublicKey:
    key_id, private = next(iter(private_keys(configured).items()))
    return PublicKey(key_id, base64.b64encode(point_of(private)).decode())


def public_key() -> PublicKey:
    """Return the key that is sealed to today."""
    return public_key_of(settings.FIELD_KEYS)


def point_of(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def seal(plain: bytes, *, context: str) -> bytes:
    """Return the envelope that a phone would make: for tests, benches and other clients."""
    key_id, private = next(iter(private_keys(settings.FIELD_KEYS).items()))
    ephemeral = ec.generate_private_key(CURVE)
    point = point_of(ephemeral)
    cipher, nonce = cipher_of(ephemeral.exchange(ec.ECDH(), private.public_key()), point)
    sealed = cipher.encrypt(nonce, plain, context.encode())
    return bytes([VERSION, len(key_id)]) + key_id.encode() + point + sealed


def open_envelope(envelope: bytes, *, context: str) -> bytes:
    """Return what was sealed for the item `context` names; raises SealedError."""
    if len(envelope) < HEAD_BYTES or envelope[0] != VERSION:
        raise SealedError("version")
    point_at = HEAD_BYTES + envelope[1]
    sealed_at = point_at + POINT_BYTES
    if len(envelope) < sealed_at + TAG_BYTES:
        raise SealedError("short")
    private = private_keys(settings.FIELD_KEYS).get(
        envelope[HEAD_BYTES:point_at].decode("ascii", "replace")
    )
    if private is None:
        raise SealedError("key")
    point = envelope[point_at:sealed_at]
    try:
        sender = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point)
        cipher, nonce = cipher_of(private.exchange(ec.ECDH(), sender), point)
        return cipher.decrypt(nonce, envelope[sealed_at:], context.encode())
    except (InvalidTag, ValueError):
        raise SealedError("damaged") from None


def cipher_of(secret: bytes, point: bytes) -> tuple[AESGCM, bytes]:
    material = HKDF(SHA256(), KEY_BYTES + NONCE_BYTES, salt=point, info=INFO).derive(secret)
    return AESGCM(material[:KEY_BYTES]), material[KEY_BYTES:]
