"""Encryption of identity numbers and phones, and the index that finds them again."""

import base64
import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

VERSION = "v1"
NONCE_BYTES = 12
INDEX_BYTES = 16


class UnknownKeyError(LookupError):
    """The ciphertext names a key that FIELD_KEYS no longer holds."""


def derive_keys(configured: str, *, purpose: bytes) -> dict[str, bytes]:
    """Read "id:secret,id:secret" into 32 bytes for each id, others for each purpose.

    A lone secret has the id 0. The first key is the one in use, the others open what they
    closed. `purpose` has at most 16 bytes.
    """
    keys = {}
    for entry in configured.split(","):
        key_id, _colon, secret = entry.strip().rpartition(":")
        keys[key_id or "0"] = hashlib.blake2b(
            secret.encode(), digest_size=32, person=purpose
        ).digest()
    return keys


@lru_cache(maxsize=4)
def parse_keys(configured: str) -> dict[str, AESGCM]:
    """Return the ciphers of encrypted columns by key id; the first one encrypts."""
    keys = derive_keys(configured, purpose=b"grid-field-key")
    return {key_id: AESGCM(key) for key_id, key in keys.items()}


def encrypt(text: str, *, context: str) -> str:
    """Return "v1:key id:base64" of the text under AES-256-GCM.

    `context` names the column; ciphertext moved to another column does not decrypt.
    """
    keys = parse_keys(settings.FIELD_KEYS)
    key_id = next(iter(keys))
    nonce = os.urandom(NONCE_BYTES)
    sealed = nonce + keys[key_id].encrypt(nonce, text.encode(), context.encode())
    return f"{VERSION}:{key_id}:{base64.b64encode(sealed).decode()}"


def decrypt(stored: str, *, context: str) -> str:
    """Return the text that `encrypt` sealed.

    Raises UnknownKeyError for a key no longer configured, and cryptography's InvalidTag
    for text that was altered or belongs to another column.
    """
    _version, key_id, payload = stored.split(":", 2)
    try:
        key = parse_keys(settings.FIELD_KEYS)[key_id]
    except KeyError:
        raise UnknownKeyError(key_id) from None
    sealed = base64.b64decode(payload)
    return key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context.encode()).decode()


def blind_index(text: str, *, context: str) -> str:
    """Return 32 hexadecimal digits that equal values of one column share.

    Keyed, so that a copy of the database alone cannot be searched by trying numbers.
    """
    message = f"{context}\0{text}".encode()
    digest = hmac.digest(settings.INDEX_KEY.encode(), message, hashlib.sha256)
    return digest[:INDEX_BYTES].hex()
