"""A day without signal in a real browser: saved on the phone, then uploaded, exactly once."""

import re
import time
from uuid import UUID

import pytest
from django.contrib.sessions.models import Session
from PIL import Image
from playwright.sync_api import expect

from gridmgmt import service_worker
from households.models import Household
from tests.browser.conftest import PHONE, page_load_ms, slowed
from tests.factories import (
    BuildingFactory,
    CareFactory,
    CareTagFactory,
    HouseholdFactory,
    MatterCategoryFactory,
    PhoneFactory,
    ResidencyFactory,
    ResidentFactory,
    identity_number,
)
from tests.visits.sync.phone import Phone, milliseconds, visit
from visits.models import HeldItem, Matter, SyncDevice, Visit

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.one_database,
]

DUMP = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const answer = await cache.match(request);
      found.push(request.url, await answer.text());
    }
  }
  const database = await new Promise((resolve) => {
    const request = indexedDB.open("gridmgmt");
    request.onsuccess = () => resolve(request.result);
  });
  for (const store of database.objectStoreNames) {
    const rows = await new Promise((resolve) => {
      const request = database.transaction(store).objectStore(store).getAll();
      request.onsuccess = () => resolve(request.result);
    });
    found.push(store, JSON.stringify(rows, (name, value) => {
      if (value instanceof ArrayBuffer) value = new Uint8Array(value);
      return value instanceof Uint8Array ? new TextDecoder("latin1").decode(value) : value;
    }));
  }
  database.close();
  for (let at = 0; at < localStorage.length; at += 1) found.push(localStorage.key(at));
  return found;
}"""
ROWS = """async (store) => {
  const database = await new Promise((resolve) => {
    const request = indexedDB.open("gridmgmt");
    request.onsuccess = () => resolve(request.result);
  });
  if (!database.objectStoreNames.contains(store)) return [];
  const rows = await new Promise((resolve) => {
    const request = database.transaction(store).objectStore(store).getAll();
    request.onsuccess = () => resolve(request.result.map((row) => ({ ...row, box: Boolean(row.box) })));
  });
  database.close();
  return rows;
}"""


@pytest.fixture
def doors(world):
    """Three doors more in the worker's stairwell."""
    return [
        HouseholdFactory(grid=world.grid, building=world.household.building, unit="2", room=room)
        for room in ("101", "201", "301")
    ]


KEPT = """async () => {
  await navigator.serviceWorker.ready;
  return Boolean(await caches.match("/work/offline/matter/", { ignoreVary: true }));
}"""


def ready(page) -> None:
    """Wait until the phone has met the server and keeps its copies."""
    page.goto("/work/today/")
    wait_for(lambda: page.evaluate(KEPT))


def door(page, household):
    return page.locator(f"#door-{household.pk}")


def wait_for(condition, seconds=15, page=None):
    """Wait until it holds; with a page, its routes and dialogs are answered meanwhile."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        if page:
            page.wait_for_timeout(100)
        else:
            time.sleep(0.1)


def upload(page) -> None:
    """Press the button, unless opening the page has sent everything already."""
    wait_for(
        lambda: page.evaluate(
            """() => {
              const send = document.getElementById("queue-send");
              if (!send.disabled) send.click();
              return document.getElementById("outbox").innerText.startsWith("Uploaded");
            }"""
        ),
        page=page,
    )


def test_a_day_without_signal_goes_up_exactly_once(open_page, world, doors, tmp_path):
    category = MatterCategoryFactory()
    page = open_page(world.worker)
    ready(page)
    page.context.set_offline(True)

    page.goto("/work/today/")
    expect(page.locator("main")).to_contain_text("No signal")
    expect(page.locator(".door")).to_have_count(4)
    door(page, doors[0]).get_by_text("Met, nothing unusual").click()
    expect(page.locator("main")).to_contain_text("Saved on this phone")
    door(page, doors[1]).get_by_text("Nobody home").click()
    expect(page.locator(".door")).to_have_count(2)
    expect(page.locator("#outbox")).to_have_text("Saved on this phone 2")

    # The full form, with a matter and a photo, opens from its copy.
    door(page, doors[2]).get_by_text("Other").click()
    expect(page.locator("[data-address]")).to_contain_text("301室")
    page.check("[name=outcome][value=declined]")
    page.fill("[name=note]", "不愿开门")
    page.click("summary")
    page.select_option("[name=matter-category]", str(category.pk))
    page.fill("[name=matter-description]", "楼道灯不亮")
    photo = tmp_path / "photo.png"
    page.screenshot(path=photo)
    page.set_input_files("[name=matter-photos]", photo)
    page.click("text=Save visit")
    page.wait_for_url("**/work/today/")
    expect(page.locator(".door")).to_have_count(1)

    # What has not gone up can still be changed.
    page.goto("/work/queue/")
    expect(page.locator(".queue__item")).to_have_count(3)
    page.locator(".queue__item", has_text="301室").get_by_text("Change it").click()
    expect(page.locator("[name=note]")).to_have_value("不愿开门")
    page.fill("[name=note]", "不愿开门，改约周六")
    page.click("text=Save visit")
    page.wait_for_url("**/work/today/")
    expect(page.locator("#outbox")).to_have_text("Saved on this phone 3")
    assert not Visit.objects.exists()

    page.context.set_offline(False)
    page.goto("/work/today/")
    expect(page.locator("#outbox")).to_have_text("Uploaded 3")
    found = {visit.household_id: visit for visit in Visit.objects.all()}
    assert {key: visit.outcome for key, visit in found.items()} == {
        doors[0].pk: "met",
        doors[1].pk: "nobody_home",
        doors[2].pk: "declined",
    }
    assert found[doors[2].pk].note == "不愿开门，改约周六"
    matter = Matter.objects.get()
    assert (matter.description, matter.visit_id) == ("楼道灯不亮", found[doors[2].pk].pk)
    wait_for(lambda: matter.photos.count() == 1)
    assert not HeldItem.objects.exists()
    assert page.evaluate(ROWS, "queue") == []


def test_a_tap_saves_within_300_ms_and_goes_up_at_once(open_page, world, doors):
    page = open_page(world.worker)
    ready(page)
    expect(page.locator(".door")).to_have_count(4)
    took = page.evaluate(
        """(id) => new Promise((resolve) => {
          const began = performance.now();
          new MutationObserver(() => {
            if (!document.getElementById("door-" + id)) resolve(performance.now() - began);
          }).observe(document.getElementById("doors"), { childList: true, subtree: true });
          document.querySelector("#door-" + id + " [value=met]").click();
        })""",
        doors[0].pk,
    )
    expect(page.locator("#outbox")).to_have_text("Uploaded 1")
    expect(page.locator("main")).to_contain_text("Uploaded")
    assert Visit.objects.get().household == doors[0]
    assert took < 300, f"saving took {took:.0f} ms"


def test_a_double_tap_is_one_visit(open_page, world, doors):
    page = open_page(world.worker)
    ready(page)
    door(page, doors[0]).locator("button", has_text="Nobody home").dblclick()
    expect(page.locator("#outbox")).to_have_text("Uploaded 1")
    assert Visit.objects.count() == 1


def test_logout_forgets_what_can_be_read_and_the_sealed_queue_still_goes_up(
    open_page, world, doors
):
    page = open_page(world.worker)
    ready(page)
    page.route("**/sync/visits/", lambda route: route.abort())
    door(page, doors[0]).get_by_text("Met, nothing unusual").click()
    expect(page.locator("#outbox")).to_have_text("Saved on this phone 1")
    page.click("text=Log out")
    page.wait_for_url("**/login/")
    assert page.evaluate("caches.keys()") == [
        name for name in page.evaluate("caches.keys()") if name.startswith("shell-")
    ]
    assert [row["box"] for row in page.evaluate(ROWS, "queue")] == [False]
    names = {row["name"] for row in page.evaluate(ROWS, "meta")}
    assert names.isdisjoint({"lock", "author", "user"})
    expect(page.locator("#outbox")).to_have_text("Saved on this phone 1")
    page.unroute("**/sync/visits/")
    page.goto("/work/queue/")
    expect(page.locator(".queue__item")).to_contain_text("sealed")
    upload(page)
    assert (Visit.objects.get().by, Visit.objects.get().household) == (world.worker, doors[0])


def test_another_user_of_the_phone_reads_nothing_and_is_credited_with_nothing(
    open_page, world, doors
):
    page = open_page(world.worker)
    ready(page)
    page.route("**/sync/visits/", lambda route: route.abort())
    door(page, doors[0]).get_by_text("Met, nothing unusual").click()
    expect(page.locator("#outbox")).to_have_text("Saved on this phone 1")
    # Without a logout: the session ran out, and a colleague logs in.
    Session.objects.all().delete()
    page.goto("/login/")
    page.fill("[name=username]", world.officer.username)
    page.fill("[name=password]", "Correct-Horse-7")
    page.click("main button")
    page.wait_for_url(lambda url: "/login/" not in url)
    page.goto("/work/queue/")
    expect(page.locator(".queue__item")).to_contain_text("sealed")
    assert "301" not in page.locator("#queue").inner_text()
    page.unroute("**/sync/visits/")
    upload(page)
    assert Visit.objects.get().by == world.worker


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 200, "content_type": "text/html", "body": "<h1>Welcome to the wifi</h1>"},
        {"status": 200, "content_type": "application/json", "body": '{"items": []}'},
        {"status": 302, "headers": {"Location": "/login/"}},
        {"status": 207, "content_type": "application/json", "body": '{"service": "gridmgmt-sync"'},
        {"status": 500, "body": "x"},
        {"status": 503, "headers": {"Retry-After": "1"}, "body": "x"},
        {"status": 413, "body": "x"},
    ],
    ids=lambda answer: f"{answer['status']} {answer.get('body', 'to the login')[:12]}",
)
def test_only_an_answer_that_names_the_visit_counts(open_page, world, doors, answer):
    page = open_page(world.worker)
    ready(page)
    page.route("**/sync/visits/", lambda route: route.fulfill(**answer))
    door(page, doors[0]).get_by_text("Met, nothing unusual").click()
    expect(page.locator("#outbox")).to_have_text("Saved on this phone 1")
    page.wait_for_timeout(500)
    expect(page.locator("#outbox")).to_have_text("Saved on this phone 1")
    page.unroute("**/sync/visits/")
    page.goto("/work/queue/")
    upload(page)
    assert Visit.objects.count() == 1


def test_two_tabs_send_once(open_page, world, doors):
    page = open_page(world.worker)
    ready(page)
    other = page.context.new_page()
    other.goto("/work/today/")
    page.context.set_offline(True)
    for household in doors:
        door(page, household).get_by_text("Met, nothing unusual").click()
    expect(page.locator("#outbox")).to_have_text("Saved on this phone 3")
    posts = []
    page.context.on(
        "request", lambda request: posts.append(request) if request.method == "POST" else None
    )
    page.context.set_offline(False)
    for tab in (page, other):
        tab.evaluate("Math.random = () => 0")
        tab.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("#outbox")).to_have_text("Uploaded 3")
    assert Visit.objects.count() == 3
    assert len([post for post in posts if post.url.endswith("/sync/visits/")]) == 1


def test_what_the_phone_keeps_holds_no_number_no_sensitive_tag_and_no_note(open_page, world, doors):
    resident = ResidentFactory(
        name="李秀兰", identity_number=identity_number(), note="一个秘密的备注"
    )
    ResidencyFactory(resident=resident, household=doors[0], is_head=True)
    PhoneFactory(resident=resident, number="13912345678")
    CareFactory(resident=resident, tag=CareTagFactory(name="可见标签"))
    CareFactory(resident=resident, tag=CareTagFactory(name="绝密标签", is_sensitive=True))
    doors[0].note = "门后的备注"
    doors[0].save()
    page = open_page(world.officer)
    ready(page)
    page.context.set_offline(True)
    page.goto(f"/work/households/{doors[0].pk}/visit/")
    page.check("[name=outcome][value=met]")
    page.fill("[name=note]", "她今天说的话")
    page.click("text=Save visit")
    page.wait_for_url("**/work/today/")
    kept = "\n".join(page.evaluate(DUMP))
    assert "可见标签" in kept
    for secret in (
        "绝密标签",
        "13912345678",
        "1391234",
        resident.identity_number,
        "一个秘密的备注",
        "门后的备注",
        "她今天说的话",
        'name="csrfmiddlewaretoken"',
    ):
        assert secret not in kept, secret


def test_a_draft_survives_a_reload(open_page, world, doors):
    page = open_page(world.worker)
    ready(page)
    page.goto(f"/work/households/{doors[0].pk}/visit/?list=1")
    page.check("[name=outcome][value=met]")
    page.fill("[name=note]", "写到一半")
    wait_for(lambda: page.evaluate(ROWS, "drafts"))
    page.reload()
    expect(page.locator("[name=note]")).to_have_value("写到一半")
    expect(page.locator("main")).to_contain_text(
        "What you had typed here before is back. Photos have"
    )
    page.click("text=Save visit")
    page.wait_for_url("**/work/today/?*")
    expect(page.locator("#outbox")).to_have_text("Uploaded 1")
    assert page.evaluate(ROWS, "drafts") == []
    assert Visit.objects.get().note == "写到一半"


def test_faults_are_said_on_the_phone_before_anything_is_saved(open_page, world, doors):
    doors[0].visit_in_pairs = True
    doors[0].save()
    page = open_page(world.worker)
    ready(page)
    page.context.set_offline(True)
    page.goto("/work/today/")
    door(page, doors[0]).get_by_text("Met, nothing unusual").click()
    page.wait_for_url("**/visit/**")
    expect(page.locator("[name=outcome][value=met]")).to_be_checked()
    page.click("text=Save visit")
    expect(page.locator("#error-summary")).to_contain_text("to be visited in pairs")
    assert page.evaluate(ROWS, "queue") == []
    page.fill("[name=companions]", "小王")
    page.click("text=Save visit")
    page.wait_for_url("**/work/today/")
    assert len(page.evaluate(ROWS, "queue")) == 1


def test_after_a_restore_the_visits_of_14_days_are_offered_again(open_page, world, doors):
    from visits.models import ServerEpoch, SyncDevice, VisitTally

    page = open_page(world.worker)
    ready(page)
    door(page, doors[0]).get_by_text("Met, nothing unusual").click()
    expect(page.locator("#outbox")).to_have_text("Uploaded 1")
    VisitTally.objects.all().delete()
    SyncDevice.objects.all().delete()
    Visit.objects.all()._raw_delete("default")
    ServerEpoch.renew()
    page.goto("/work/today/")
    wait_for(Visit.objects.exists)
    assert Visit.objects.get().household == doors[0]


def test_an_update_of_the_worker_waits_and_leaves_a_form_alone(
    open_page, world, doors, monkeypatch
):
    page = open_page(world.worker)
    ready(page)
    page.goto(f"/work/households/{doors[0].pk}/visit/?list=1")
    page.fill("[name=note]", "还在写")
    wait_for(lambda: page.evaluate(ROWS, "drafts"))
    newer = service_worker.script(True, "").replace("shell-", "shell-newer-")
    monkeypatch.setattr(service_worker, "script", lambda *_: newer)
    page.evaluate("navigator.serviceWorker.ready.then((found) => found.update())")
    waits = "navigator.serviceWorker.ready.then((found) => Boolean(found.waiting))"
    wait_for(lambda: page.evaluate(waits))
    expect(page.locator("[name=note]")).to_have_value("还在写")
    # The older worker still opens the form without signal, with files that only the newer kept.
    page.context.set_offline(True)
    page.goto(f"/work/households/{doors[0].pk}/visit/?list=1")
    expect(page.locator("[name=note]")).to_have_value("还在写")
    assert page.evaluate(waits)


def test_the_kill_switch_takes_the_worker_away_and_leaves_the_queue(
    open_page, world, doors, settings
):
    page = open_page(world.worker)
    ready(page)
    page.route("**/sync/visits/", lambda route: route.abort())
    door(page, doors[0]).get_by_text("Met, nothing unusual").click()
    expect(page.locator("#outbox")).to_have_text("Saved on this phone 1")
    settings.SERVICE_WORKER = False
    page.evaluate("navigator.serviceWorker.getRegistration().then((found) => found.update())")
    wait_for(lambda: page.evaluate("caches.keys()") == [])
    assert len(page.evaluate(ROWS, "queue")) == 1
    page.unroute("**/sync/visits/")
    page.goto("/work/queue/")
    upload(page)
    assert Visit.objects.count() == 1


def test_the_list_opens_offline_within_a_second_on_a_slow_phone(open_page, world):
    building = BuildingFactory(community=world.community)
    for number in range(80):
        HouseholdFactory(grid=world.grid, building=building, unit=str(number % 4), room=f"{number}")
    page = open_page(world.worker)
    ready(page)
    page.context.set_offline(True)
    took = []
    with slowed(page):
        for _view in range(3):
            page.goto("/work/today/")
            expect(page.locator(".door")).to_have_count(81)
            took.append(page_load_ms(page))
    assert min(took) < 1000, took


def test_without_scripts_the_plain_forms_go_on_working(open_page, world, doors):
    page = open_page(world.worker, scripts=False, size=PHONE)
    page.goto("/work/today/")
    door(page, doors[0]).get_by_text("Met, nothing unusual").click()
    assert Visit.objects.count() == 1
    page.goto("/work/queue/")
    expect(page.locator("main")).to_contain_text("This browser keeps nothing")


def log_in_full(page, household, note):
    """Write a visit down by the long form, without signal."""
    page.goto(f"/work/households/{household.pk}/visit/?list=1")
    page.check("[name=outcome][value=met]")
    page.fill("[name=note]", note)
    page.click("text=Save visit")
    page.wait_for_url("**/work/today/")


def test_every_item_written_on_a_copy_has_a_key_of_its_own(open_page, world, doors):
    category = MatterCategoryFactory()
    page = open_page(world.worker)
    ready(page)
    page.context.set_offline(True)
    for household in doors:
        log_in_full(page, household, f"在{household.room}")
    for place in ("东门", "西门"):
        page.goto("/work/matters/add/")
        page.select_option("[name=category]", str(category.pk))
        page.select_option("[name=grid]", index=1)
        page.fill("[name=place]", place)
        page.fill("[name=description]", "灯不亮")
        page.click("text=Save the matter")
        page.wait_for_url("**/work/queue/")
    assert len(page.evaluate(ROWS, "queue")) == 5
    page.context.set_offline(False)
    page.goto("/work/today/")
    expect(page.locator("#outbox")).to_have_text("Uploaded 5")
    assert sorted(Visit.objects.values_list("note", flat=True)) == ["在101", "在201", "在301"]
    assert sorted(Matter.objects.values_list("place", flat=True)) == ["东门", "西门"]


def test_a_copy_kept_over_night_takes_another_visit_at_the_same_door(open_page, world, doors):
    page = open_page(world.worker)
    ready(page)
    page.context.set_offline(True)
    page.goto("/work/today/")
    key = door(page, doors[0]).locator("[name=visit_id]").input_value()
    door(page, doors[0]).get_by_text("Nobody home").click()
    expect(page.locator(".saved")).to_have_count(1)
    # What waits stays off the list, however often the copy is opened.
    page.goto("/work/today/")
    expect(page.locator(".saved")).to_have_count(1)
    expect(door(page, doors[0])).to_have_count(0)
    assert door(page, doors[1]).locator("[name=visit_id]").input_value() != key
    page.context.set_offline(False)
    page.goto("/work/today/")
    expect(page.locator("#outbox")).to_have_text("Uploaded 1")
    assert [row["id"] for row in page.evaluate(ROWS, "sent")] == [key]


def test_undo_brings_the_door_back_and_leaves_no_gap(open_page, world, doors):
    page = open_page(world.worker)
    ready(page)
    page.context.set_offline(True)
    page.goto("/work/today/")
    for household in doors:
        door(page, household).get_by_text("Met, nothing unusual").click()
    expect(page.locator("#outbox")).to_have_text("Saved on this phone 3")
    page.locator(".saved", has_text="101室").get_by_text("Undo").click()
    expect(page.locator("#outbox")).to_have_text("Saved on this phone 2")
    door(page, doors[0]).get_by_text("Nobody home").click()
    expect(page.locator("#outbox")).to_have_text("Saved on this phone 3")
    page.evaluate("Math.random = () => 0")
    page.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("#outbox")).to_have_text("Uploaded 3")
    expect(page.locator(".saved", has_text="101室")).to_contain_text("Wrong? Correct it")
    assert Visit.objects.get(household=doors[0]).outcome == "nobody_home"
    assert list(SyncDevice.objects.values_list("highest", "missing")) == [(3, 0)]


def test_an_item_the_server_cannot_take_blocks_no_other(open_page, world, doors):
    page = open_page(world.worker)
    ready(page)
    page.context.set_offline(True)
    for household in doors:
        door(page, household).get_by_text("Met, nothing unusual").click()
    expect(page.locator("#outbox")).to_have_text("Saved on this phone 3")
    poison = min(page.evaluate(ROWS, "queue"), key=lambda row: row["seq"])["id"]

    def refuse(route):
        if poison in route.request.post_data:
            route.fulfill(
                status=400,
                content_type="application/json",
                body='{"service": "gridmgmt-sync", "code": "shape", "reason": "x"}',
            )
        else:
            route.continue_()

    page.route("**/sync/visits/", refuse)
    page.context.set_offline(False)
    page.goto("/work/queue/")
    expect(page.locator("#outbox")).to_have_text("Saved on this phone 1 · Uploaded 2")
    assert Visit.objects.count() == 2
    assert [row["id"] for row in page.evaluate(ROWS, "queue")] == [poison]


def test_a_token_that_is_always_refused_is_not_asked_for_again_and_again(open_page, world, doors):
    page = open_page(world.worker)
    ready(page)
    posts = []

    def refuse(route):
        posts.append(route.request)
        route.fulfill(
            status=403,
            content_type="application/json",
            body='{"service": "gridmgmt-sync", "code": "csrf", "reason": "x"}',
        )

    page.route("**/sync/visits/", refuse)
    door(page, doors[0]).get_by_text("Met, nothing unusual").click()
    wait_for(lambda: len(posts) >= 2, page=page)
    page.wait_for_timeout(500)
    assert len(posts) <= 3
    expect(page.locator("#outbox")).to_have_text("Saved on this phone 1")


OLD_STORE = """async (row) => {
  indexedDB.deleteDatabase("gridmgmt");
  const database = await new Promise((resolve) => {
    const request = indexedDB.open("gridmgmt", 1);
    request.onupgradeneeded = () => {
      const stores = { meta: "name", queue: "id", sent: "id", photos: "id", drafts: "name" };
      for (const [name, keyPath] of Object.entries(stores)) {
        request.result.createObjectStore(name, { keyPath });
      }
    };
    request.onsuccess = () => resolve(request.result);
  });
  await new Promise((resolve) => {
    const writing = database.transaction(["queue", "meta"], "readwrite");
    writing.objectStore("queue").put(row);
    writing.objectStore("meta").put({ name: "ticket", value: row.ticket });
    writing.oncomplete = resolve;
  });
  database.close();
}"""


def test_a_full_queue_survives_an_upgrade_of_the_store(open_page, world, doors, as_user):
    phone = Phone(as_user(world.worker))
    item = phone.item(visit(doors[0]))
    page = open_page()
    page.goto("/health/")
    page.evaluate(
        OLD_STORE, {**item, "saved_at": milliseconds(), "attempts": 0, "ticket": phone.ticket}
    )
    page.goto("/login/")
    expect(page.locator("#outbox")).to_have_text("Uploaded 1")
    assert (Visit.objects.get().by, Visit.objects.get().household) == (world.worker, doors[0])


def add_photo(page, household, category, path):
    page.goto(f"/work/households/{household.pk}/visit/?list=1")
    page.check("[name=outcome][value=met]")
    page.click("summary")
    page.select_option("[name=matter-category]", str(category.pk))
    page.fill("[name=matter-description]", "楼道灯不亮")
    page.set_input_files("[name=matter-photos]", path)


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


NO_ROOM = """(store) => {
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (...row) {
    if (this.name === store) throw new DOMException("full", "QuotaExceededError");
    return put.apply(this, row);
  };
}"""


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


def test_the_full_form_with_signal_ends_at_the_confirmation_of_the_server(open_page, world, doors):
    page = open_page(world.worker)
    ready(page)
    door(page, doors[0]).get_by_text("Other").click()
    page.check("[name=outcome][value=declined]")
    page.click("text=Save visit")
    page.wait_for_url("**/work/today/?**saved=**")
    expect(page.locator("#saved")).to_contain_text("Declined")
    page.goto(f"/work/households/{doors[1].pk}/visit/")
    page.check("[name=outcome][value=met]")
    page.click("text=Save visit")
    page.wait_for_url("**/work/visits/**")
    expect(page.locator("main")).to_contain_text("201")


def test_the_two_states_in_chinese(open_page, world, doors):
    page = open_page(world.worker, language="zh-hans")
    ready(page)
    page.context.set_offline(True)
    door(page, doors[0]).get_by_text("在家，正常").click()
    expect(page.locator("#outbox")).to_have_text("已存本机 1")
    expect(page.locator(".saved")).to_contain_text("已存本机")
    page.goto(f"/work/households/{doors[1].pk}/visit/")
    page.click("text=保存走访")
    expect(page.locator("#error-summary")).to_be_focused()
    page.context.set_offline(False)
    page.goto("/work/queue/")
    expect(page.locator("#outbox")).to_have_text("已上传 1")
    expect(page.locator(".queue__item")).to_contain_text("已上传")


def test_what_the_server_holds_back_leaves_the_queue_and_says_why(open_page, world, doors):
    page = open_page(world.worker)
    ready(page)
    # Given to somebody else meanwhile, which this phone cannot know.
    Household.objects.filter(pk=doors[0].pk).update(grid=world.next_grid)
    door(page, doors[0]).get_by_text("Met, nothing unusual").click()
    expect(page.locator("#outbox")).to_have_text("Held back 1")
    expect(page.locator(".saved")).to_contain_text("Held back")
    assert page.evaluate(ROWS, "queue") == []
    page.click(".saved >> text=See why")
    (row,) = page.evaluate(ROWS, "sent")
    assert row["reason"]
    expect(page.locator(".queue__item")).to_contain_text(row["reason"])
    page.click(".queue__item >> text=See why")
    expect(page.locator("main table")).to_contain_text("not in the worker's care on that day")
    assert HeldItem.objects.get().item == UUID(row["id"])


def test_what_waits_for_over_a_day_is_said(open_page, world, doors):
    page = open_page(world.worker)
    ready(page)
    page.route("**/sync/visits/", lambda route: route.abort())
    door(page, doors[0]).get_by_text("Met, nothing unusual").click()
    expect(page.locator("#outbox")).to_have_text("Saved on this phone 1")
    page.evaluate(
        """import("/static/js/store.js").then(({ all, put }) =>
          all("queue").then(([row]) => put("queue", { ...row, saved_at: row.saved_at - 2e8 })))"""
    )
    page.goto("/work/queue/")
    expect(page.locator("#outbox")).to_contain_text("waiting for over a day")
