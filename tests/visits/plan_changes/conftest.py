"""Two grids and a plan that cuts them anew, today, and the Monday to come."""

import pytest
from django.utils import timezone

from tests.cut import DAY, Cut


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def monday(today):
    return today + DAY * (7 - today.weekday())


@pytest.fixture
def cut(world) -> Cut:
    return Cut(world)
