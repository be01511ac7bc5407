"""The menu on a phone: a long one shows its first entries and the rest when asked, by key as well."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.one_database,
]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts on", "scripts off"])
def test_a_long_menu_unfolds_on_a_phone(open_page, world, scripts):
    page = open_page(world.officer, scripts=scripts)
    entry = page.locator(".site-menu").get_by_text("Grids and people")
    expect(entry).to_be_hidden()
    expect(page.locator(".site-menu").get_by_text("Households")).to_be_visible()
    page.locator("#menu-open").focus()
    page.keyboard.press("Space")
    entry.click()
    expect(page.locator("h1")).to_have_text("Grids and people")


def test_a_desk_shows_every_entry_and_a_worker_has_them_all_in_sight(open_page, world):
    page = open_page(world.officer, size=DESK)
    expect(page.locator(".site-menu").get_by_text("Grids and people")).to_be_visible()
    expect(page.locator(".site-menu__fold")).to_be_hidden()
    phone = open_page(world.worker)
    expect(phone.locator(".site-menu").get_by_text("Campaigns")).to_be_visible()
    expect(phone.locator("#menu-open")).to_have_count(0)
