"""A resident with a phone before the form of her grid."""

import datetime

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.test import Client

from visits.models import MatterCategory

NAME, PHONE = "欧阳寻梅", "13987654321"
WORDS = "三号楼后面的路灯不亮"
NOON = datetime.datetime(2026, 3, 4, 4, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def category(db) -> MatterCategory:
    category = MatterCategory.objects.get(code="sanitation")
    category.is_public = True
    category.save()
    return category


class Resident:
    """Somebody with a phone: opens the form of a grid, fills it in and sends it."""

    def __init__(self, grid, category, clock):
        self.client = Client()
        self.page = f"/g/{grid.card_key}/report/?language=en"
        self.category = category
        self.clock = clock

    def open(self) -> dict[str, str]:
        page = BeautifulSoup(self.client.get(self.page).content, "html.parser")
        return {name: page.find("input", {"name": name})["value"] for name in ("id", "stamp")}

    def fill(self, *, wait: int = 20, **typed) -> dict:
        hidden = self.open()
        self.clock.shift(wait)
        written = {"category": self.category.pk, "place": "东门", "description": WORDS}
        return {**written, **hidden, **typed}

    def send(self, form=None, **typed):
        return self.client.post(self.page, form or self.fill(**typed))


@pytest.fixture
def resident(world, category, clock) -> Resident:
    return Resident(world.grid, category, clock)


def receipt_page(response) -> str:
    assert response.status_code == 302, response.content.decode()
    answer = Client().get(response.headers["Location"])
    assert answer.status_code == 200
    return answer.content.decode()
