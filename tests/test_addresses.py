"""Addresses that no page has."""

import pytest


@pytest.mark.parametrize(
    "address", ["/overview/areas/%00/", "/register/grids/%00/", "/work/grids/%00/pairings/", "/%00"]
)
def test_an_address_with_a_nul_is_not_found_on_any_database(address, world, as_user):
    assert as_user(world.admin).get(address).status_code == 404
