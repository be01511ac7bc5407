"""It is a Wednesday morning."""

import pytest
import time_machine

from tests.visits.visit_pages.pages import NOW


@pytest.fixture(autouse=True)
def _wednesday():
    with time_machine.travel(NOW, tick=False):
        yield
