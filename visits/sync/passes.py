"""Signed statements a phone carries: who writes, and that it may upload at all."""

import datetime

from django.core import signing

LIFETIME = datetime.timedelta(days=90)
AUTHOR_SALT = "visits.sync.author"
TICKET_SALT = "visits.sync.ticket"


def author_pass(user_id: int) -> str:
    """Return the statement that goes inside an envelope and credits it to this person."""
    return signing.dumps(user_id, salt=AUTHOR_SALT)


def read_author(statement: object) -> int | None:
    """Return whom the statement names, or None when it is forged or older than 90 days."""
    user_id = read(statement, AUTHOR_SALT)
    return user_id if isinstance(user_id, int) else None


def ticket() -> str:
    """Return a permission to upload that names nobody and survives the logout."""
    return signing.dumps("upload", salt=TICKET_SALT)


def is_ticket(statement: object) -> bool:
    return read(statement, TICKET_SALT) == "upload"


def read(statement: object, salt: str) -> object:
    if not isinstance(statement, str):
        return None
    try:
        return signing.loads(statement, salt=salt, max_age=LIFETIME)
    except signing.BadSignature:
        return None
