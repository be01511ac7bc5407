"""A map in a browser: it grows at a press, and is printed whole on one page."""

import pytest
from django.urls import reverse

from tests.browser.conftest import DESK
from tests.factories import HouseholdFactory

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.one_database,
]
# A4 landscape without its margins, at 96 dots an inch.
SHEET = {"width": 1032, "height": 703}


def view_box(page) -> list[float]:
    return [
        float(number)
        for number in page.get_attribute(".map__drawing", "viewBox").replace(",", " ").split()
    ]


def test_a_map_grows_moves_and_prints_whole(open_page, world):
    for _ in range(3):
        HouseholdFactory(grid=world.grid)
    page = open_page(world.officer, language="en", size=DESK)
    page.goto(reverse("community_map", args=[world.community.code]))
    whole = view_box(page)
    page.click("[data-zoom=in]")
    larger = view_box(page)
    assert larger[2:] == [whole[2] / 2, whole[3] / 2]
    page.keyboard.press("ArrowRight")
    assert view_box(page)[0] > larger[0]
    page.click("[data-zoom=all]")
    assert view_box(page) == whole
    page.set_viewport_size(SHEET)
    page.emulate_media(media="print")
    bottom = page.eval_on_selector(".map", "map => map.getBoundingClientRect().bottom + scrollY")
    assert bottom < SHEET["height"]
