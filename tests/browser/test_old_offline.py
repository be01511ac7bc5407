"""A day without signal in Chromium 86, the oldest browser supported; it speaks Chinese here."""

import pytest

from tests.browser.conftest import page_load_ms, slowed
from tests.browser.offline import DUMP, KEPT, ROWS, wait_for
from tests.factories import BuildingFactory, HouseholdFactory
from visits.models import HeldItem, Matter, Visit

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.one_database,
]

# What a browser says of every request it could not send is no fault of the page.
NO_SIGNAL = "net::ERR_INTERNET_DISCONNECTED"
CHOOSE_PHOTO = """async (selector) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1600, height: 900 });
  canvas.getContext("2d").fillRect(9, 9, 900, 500);
  const picture = await new Promise((done) => canvas.toBlob(done, "image/png"));
  const chosen = new DataTransfer();
  chosen.items.add(new File([picture], "photo.png", { type: "image/png" }));
  document.querySelector(selector).files = chosen.files;
}"""


@pytest.fixture
def phone(open_old, world, doors):
    """The worker's phone, once it has met the server and keeps its copies."""
    phone = open_old(world.worker)
    phone.goto("/work/today/")
    phone.wait_until(lambda: phone.evaluate(KEPT), "copies of the pages")
    return phone


def faults(phone) -> list[str]:
    return [error for error in phone.errors if NO_SIGNAL not in error]


def queued(phone) -> int:
    return len(phone.evaluate(ROWS, "queue"))


def save_form(phone) -> None:
    phone.click("main form .button-row button")
    phone.wait_until(lambda: "/work/today/" in phone.page.url, "the list after the form")


def test_a_day_without_signal_goes_up_exactly_once(phone, world, doors):
    phone.context.set_offline(True)

    # The list opens from its copy, and a tap saves.
    phone.goto("/work/today/")
    phone.wait_for("main .notice", "没有信号")
    assert phone.count(".door") == 4
    phone.click(f"#door-{doors[0].pk} [value=met]")
    phone.wait_for("main .saved", "已存本机")
    phone.click(f"#door-{doors[1].pk} [value=nobody_home]")
    phone.wait_for("#outbox", "已存本机 2")
    assert phone.count(".door") == 2

    # The full form, with a matter and a photo, opens from its copy too.
    phone.click(f"#door-{doors[2].pk} a", "其他")
    phone.wait_for("[data-address]", "301室")
    phone.click("[name=outcome][value=declined]")
    phone.fill("[name=note]", "不愿开门")
    phone.click("summary")
    phone.choose("[name=matter-category]", 1)
    assert phone.evaluate("document.querySelector('[name=matter-category]').value")
    phone.fill("[name=matter-description]", "楼道灯不亮")
    phone.evaluate(CHOOSE_PHOTO, "[name=matter-photos]")
    assert phone.sideways_scroll() <= 0
    save_form(phone)
    phone.wait_for("#outbox", "已存本机 3")
    phone.wait_until(lambda: phone.count(".door") == 1, "a list of one door")

    # What waits is listed, and can still be changed.
    phone.goto("/work/queue/")
    phone.wait_until(lambda: phone.count(".queue__item") == 3, "three items")
    assert phone.text("#queue").count("已存本机") == 3
    phone.click(".queue__item a")
    phone.wait_until(
        lambda: phone.evaluate("document.querySelector('[name=note]').value") == "不愿开门",
        "the words typed before",
    )
    phone.fill("[name=note]", "不愿开门，改约周六")
    save_form(phone)
    phone.wait_for("#outbox", "已存本机 3")
    assert not Visit.objects.exists()

    phone.context.set_offline(False)
    phone.goto("/work/today/")
    phone.wait_for("#outbox", "已上传 3")
    assert sorted(Visit.objects.values_list("household", "outcome", "note")) == sorted(
        [
            (doors[0].pk, "met", ""),
            (doors[1].pk, "nobody_home", ""),
            (doors[2].pk, "declined", "不愿开门，改约周六"),
        ]
    )
    matter = Matter.objects.get()
    assert matter.description == "楼道灯不亮"
    assert matter.visit.household == doors[2]
    wait_for(lambda: matter.photos.count() == 1)
    phone.goto("/work/today/")
    phone.wait_for("#outbox", "已上传 3")
    assert Visit.objects.count() == 3
    assert not HeldItem.objects.exists()
    assert queued(phone) == 0
    assert faults(phone) == []


def test_logout_forgets_and_the_sealed_queue_still_goes_up(phone, world, doors):
    phone.context.set_offline(True)
    phone.goto("/work/today/")
    phone.click(f"#door-{doors[0].pk} [value=met]")
    phone.wait_for("#outbox", "已存本机 1")
    # With signal again, and a server that takes nothing up, so that the queue is there at logout.
    phone.page.route("**/sync/visits/", lambda route: route.abort())
    phone.context.set_offline(False)
    phone.goto("/work/today/")
    phone.wait_for("#outbox", "已存本机 1")
    phone.click("header button", "退出")
    phone.wait_until(lambda: "/login/" in phone.page.url, "the login page")
    kept = "\n".join(phone.evaluate(DUMP))
    assert doors[0].room not in kept
    assert [row["box"] for row in phone.evaluate(ROWS, "queue")] == [False]
    phone.page.unroute("**/sync/visits/")
    phone.goto("/work/queue/")
    phone.click("#queue-send")
    phone.wait_for("#queue-said", "全部已上传")
    assert (Visit.objects.get().by, Visit.objects.get().household) == (world.worker, doors[0])


def test_nothing_in_the_header_moves_when_the_count_comes(phone, doors):
    where = "JSON.stringify(document.querySelector('header form').getBoundingClientRect())"
    phone.goto("/work/today/")
    phone.wait_for("#outbox", "已上传 0")
    before = phone.evaluate(where)
    phone.click(f"#door-{doors[0].pk} [value=nobody_home]")
    phone.wait_for("#outbox", "已上传 1")
    phone.evaluate("window.scrollTo(0, 0)")
    assert phone.evaluate(where) == before


def test_the_list_opens_offline_within_a_second_on_a_slow_phone(open_old, world):
    building = BuildingFactory(community=world.community)
    for number in range(80):
        HouseholdFactory(grid=world.grid, building=building, unit=str(number % 4), room=f"{number}")
    phone = open_old(world.worker)
    phone.goto("/work/today/")
    phone.wait_until(lambda: phone.evaluate(KEPT), "copies of the pages")
    phone.context.set_offline(True)
    took = []
    with slowed(phone.page):
        for _view in range(3):
            phone.goto("/work/today/")
            assert phone.count(".door") == 81
            took.append(page_load_ms(phone.page))
    assert min(took) < 1000, took
