"""What the tests of visits and matters share."""

import pytest


@pytest.fixture
def database_of_many(transactional_db, django_db_serialized_rollback):
    """Let several threads write what they all see; ask for it before `world`."""
