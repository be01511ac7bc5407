"""Waiting for the database, or not."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection


@contextmanager
def impatient() -> Iterator[None]:
    """Fail at once where SQLite would wait for another writer; PostgreSQL skips locked rows."""
    if connection.vendor != "sqlite":
        yield
        return
    patience = settings.DATABASES[DEFAULT_DB_ALIAS].get("OPTIONS", {}).get("timeout", 5)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 50")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {int(patience * 1000)}")
