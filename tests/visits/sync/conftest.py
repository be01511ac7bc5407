"""A worker's phone that has met the server."""

import pytest

from tests.visits.sync.phone import Phone


@pytest.fixture
def phone(world, as_user) -> Phone:
    phone = Phone(as_user(world.worker))
    phone.hello()
    return phone
