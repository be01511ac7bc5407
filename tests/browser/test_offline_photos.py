"""Photos on a phone without signal, and a phone without room."""

import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.offline import ROWS, notice, ready, wait_for
from tests.factories import MatterCategoryFactory
from visits.models import Matter, Visit

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.one_database,
]
NO_ROOM = """(store) => {
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (...row) {
    if (this.name === store) throw new DOMException("full", "QuotaExceededError");
    return put.apply(this, row);
  };
}"""


def add_photo(page, household, category, path):
    page.goto(f"/work/households/{household.pk}/visit/?list=1")
    page.check("[name=outcome][value=met]")
    notice(page, category, path)


def test_a_photo_that_broke_off_goes_on_where_it_stopped(open_page, world, doors, tmp_path):
    category = MatterCategoryFactory()
    path = tmp_path / "photo.png"
    # Noise, which no compression makes small.
    Image.effect_noise((1280, 1280), 200).save(path)
    page = open_page(world.worker)
    ready(page)
    parts = []

    def break_off(route):
        parts.append(int(route.request.headers["upload-offset"]))
        if len(parts) == 2:
            route.abort()
        else:
            route.continue_()

    page.route(re.compile("/sync/photos/.+"), break_off)
    add_photo(page, doors[0], category, path)
    page.click("text=Save visit")
    wait_for(lambda: len(parts) >= 2, page=page)
    # The visit went up before, and without, its photo.
    assert Visit.objects.count() == 1
    page.wait_for_url(lambda url: "/visit/" not in url)
    page.goto("/work/queue/")
    wait_for(lambda: page.evaluate(ROWS, "photos") == [])
    assert Matter.objects.get().photos.count() == 1
    assert parts[0] == 0
    assert parts[2] == parts[1] > 0


def test_a_photo_that_is_no_picture_is_named_and_its_visit_stands(
    open_page, world, doors, tmp_path
):
    category = MatterCategoryFactory()
    path = tmp_path / "photo.png"
    path.write_bytes(b"no picture at all")
    page = open_page(world.worker)
    ready(page)
    add_photo(page, doors[0], category, path)
    page.click("text=Save visit")
    wait_for(Matter.objects.exists, page=page)
    page.wait_for_url(lambda url: "/visit/" not in url)
    page.goto("/work/queue/")
    expect(page.locator(".queue__item").first).to_contain_text("Not taken up")
    assert page.evaluate(ROWS, "photos") == []
    assert Matter.objects.get().photos.count() == 0


def test_without_room_nothing_is_claimed_and_the_form_stays(open_page, world, doors):
    page = open_page(world.worker)
    ready(page)
    page.goto(f"/work/households/{doors[0].pk}/visit/?list=1")
    page.evaluate(NO_ROOM, "queue")
    page.check("[name=outcome][value=met]")
    page.fill("[name=note]", "不能丢")
    page.click("text=Save visit")
    expect(page.locator("main")).to_contain_text("Not saved: this phone has no room left.")
    expect(page.locator("[name=note]")).to_have_value("不能丢")
    expect(page.locator("main button:has-text('Save visit')")).to_be_enabled()
    assert page.evaluate(ROWS, "queue") == []


def test_without_room_for_the_photo_the_words_are_saved(open_page, world, doors, tmp_path):
    category = MatterCategoryFactory()
    path = tmp_path / "photo.png"
    Image.new("RGB", (64, 64)).save(path)
    page = open_page(world.worker)
    ready(page)
    add_photo(page, doors[0], category, path)
    page.evaluate(NO_ROOM, "photos")
    said = []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.accept()))
    page.click("text=Save visit")
    wait_for(Matter.objects.exists, page=page)
    assert said == [
        "The words are saved. There was no room for every photo: add them later, with signal."
    ]
