"""Whole databases copied, as a backup and its restore do, on SQLite and on PostgreSQL."""

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
from django.db import connection

from tests.faults.server import database_url


class Copies:
    """Copies of the test database under names of their own, dropped at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.source = str(connection.settings_dict["NAME"])
        self.made: set[str] = set()
        self.prefix = f"copy_{uuid.uuid4().hex[:8]}"

    def name(self, label: str) -> str:
        if connection.vendor == "sqlite":
            return str(self.folder / f"{label}.sqlite3")
        return f"{self.prefix}_{label}"

    def url(self, label: str) -> str:
        with named(self.name(label)):
            return database_url(connection)

    def copy(self, label: str, *, of: str = "") -> None:
        """Make the copy anew from another, or from the test's own database; nobody may use them."""
        connection.close()
        source, target = (self.name(of) if of else self.source), self.name(label)
        if connection.vendor == "sqlite":
            for leftover in Path(target).parent.glob(f"{Path(target).name}*"):
                leftover.unlink()
            with closing(sqlite3.connect(source)) as file:
                file.execute("VACUUM INTO ?", [target])
            return
        with closing(self.admin()) as admin, admin.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {target} WITH (FORCE)")
            # Backends of a server just killed may not be gone yet.
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [source],
            )
            cursor.execute(f"CREATE DATABASE {target} TEMPLATE {source} STRATEGY FILE_COPY")
        self.made.add(target)

    def admin(self):
        values = connection.settings_dict
        admin = psycopg2.connect(
            dbname="postgres",
            user=values["USER"] or None,
            password=values["PASSWORD"] or None,
            host=values["HOST"] or None,
            port=values["PORT"] or None,
        )
        admin.autocommit = True
        return admin

    def drop(self) -> None:
        if connection.vendor == "sqlite" or not self.made:
            return
        with closing(self.admin()) as admin, admin.cursor() as cursor:
            for name in self.made:
                cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    @contextmanager
    def looking_at(self, label: str) -> Iterator[None]:
        """Let this process's queries read that copy."""
        with named(self.name(label)):
            yield


@contextmanager
def named(name: str) -> Iterator[None]:
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
