"""What the tests of visits and issues share."""

import sqlite3

import pytest
from django.db import connection


@pytest.fixture
def database_of_many(transactional_db, tmp_path):
    """Give a database that several threads may write; ask for it before `world`.

    SQLite in memory locks whole tables against other threads, so there a copy in a file
    stands in. PostgreSQL stays as it is.
    """
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    in_memory, name = connection.connection, connection.settings_dict["NAME"]
    with sqlite3.connect(tmp_path / "many.sqlite3") as copy:
        in_memory.backup(copy)
    copy.close()
    connection.connection = None
    connection.settings_dict["NAME"] = str(tmp_path / "many.sqlite3")
    yield
    connection.close()
    connection.settings_dict["NAME"] = name
    connection.connection = in_memory
