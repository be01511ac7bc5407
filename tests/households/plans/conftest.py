"""A community of twelve buildings, whose drafts speak English."""

import pytest
from django.utils import translation

from tests.factories import CommunityFactory, GridFactory
from tests.households.plans.drafts import build


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def community():
    return CommunityFactory()


@pytest.fixture
def grid(community):
    return GridFactory(community=community, name="第一网格")


@pytest.fixture
def lattice(community, grid):
    """Twelve buildings of five doors, in three rows of four."""
    return [
        build(community, grid, f"{row * 4 + column + 1}号楼", 5, at=(column * 50, row * 50))
        for row in range(3)
        for column in range(4)
    ]


@pytest.fixture
def pairs(community, grid):
    """Three buildings of two doors in a row: a grid of two has two or four doors, never three."""
    return [build(community, grid, f"{n}号楼", 2, at=(n * 50, 0), estate="") for n in range(3)]
