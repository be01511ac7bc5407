import pytest
from django.core.cache import cache

from tests.factories import MatterCategoryFactory
from tests.visits.open311.city import CityClient
from visits.models import ApiClient


@pytest.fixture(autouse=True)
def _fresh_counters():
    cache.clear()


@pytest.fixture
def category(db):
    return MatterCategoryFactory(name="路灯", code="street-light", is_public=True)


@pytest.fixture
def service(world, category) -> ApiClient:
    """The city service of the community of the world."""
    return give_key(name="市民热线", code=world.community.code)


def give_key(**fields) -> ApiClient:
    client = ApiClient(**fields)
    client.renew_key()
    client.save()
    return client


@pytest.fixture(params=["json", "xml"])
def city(request, service) -> CityClient:
    return CityClient(service.fresh_key, request.param)
