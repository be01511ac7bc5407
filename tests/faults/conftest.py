"""What the tests of faults share: a world that other processes see, and a server of their own."""

import pytest
from django.db import connection

from tests.faults.server import database_url, serving
from tests.faults.town import Country, Town


@pytest.fixture
def town(transactional_db, django_db_serialized_rollback) -> Town:
    """A town that every process sees."""
    return Town(Country("990101001"))


@pytest.fixture
def server(town, tmp_path):
    with serving(database_url(connection), tmp_path) as server:
        yield server


@pytest.fixture
def mortal(town, tmp_path):
    """A server that dies where a request asks for it."""
    with serving(database_url(connection), tmp_path, app="tests.faults.killing") as server:
        yield server
