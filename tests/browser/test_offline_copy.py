"""What the phone keeps to be read and written without signal, and for how long."""

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from communities.models import Membership
from communities.roles import Role
from gridmgmt import service_worker
from tests.browser.conftest import page_load_ms, slowed
from tests.browser.offline import DUMP, ROWS, door, ready, upload, wait_for
from tests.factories import (
    PASSWORD,
    BuildingFactory,
    CareFactory,
    CareTagFactory,
    HouseholdFactory,
    MatterCategoryFactory,
    MembershipFactory,
    PhoneFactory,
    ResidencyFactory,
    ResidentFactory,
    identity_number,
)
from tests.visits.sync.phone import Phone, milliseconds, visit
from visits.models import Matter, Visit

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.one_database,
]
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


def log_in(page, user):
    page.goto("/login/")
    page.fill("[name=username]", user.username)
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    page.wait_for_url(lambda url: "/login/" not in url)


def user_of(page):
    """Return whom the phone takes for its user."""
    return {row["name"]: row.get("value") for row in page.evaluate(ROWS, "meta")}.get("user")


def test_the_page_of_what_waits_leads_nobody_to_a_page_that_is_not_hers(open_page, world, doors):
    page = open_page(world.worker)
    ready(page)
    page.route("**/sync/visits/", lambda route: route.abort())
    door(page, doors[0]).get_by_text("Met, nothing unusual").click()
    expect(page.locator("#outbox")).to_have_text("Saved on this phone 1")
    page.goto("/work/queue/")
    for name in ("Back to today’s list", "Report a matter"):
        expect(page.get_by_role("link", name=name)).to_be_visible()
    # A colleague's session ends on the same phone, and an auditor logs in.
    Session.objects.all().delete()
    log_in(page, world.auditor)
    wait_for(lambda: user_of(page) != world.worker.pk)
    page.goto("/work/queue/")
    expect(page.locator(".queue__item")).to_contain_text("sealed")
    shown = page.evaluate(
        """Array.from(document.querySelectorAll("a[href]"))
             .filter((link) => link.offsetParent).map((link) => link.href)"""
    )
    assert shown
    for address in shown:
        answer = page.evaluate("(address) => fetch(address).then((one) => one.status)", address)
        assert answer == 200, address
    to_file = page.get_by_role("button", name="Save what waits to a file")
    expect(to_file).to_be_visible()
    page.unroute("**/sync/visits/")
    upload(page)
    expect(to_file).to_be_hidden()
    # What a colleague has sent is nothing to look at for who keeps nothing here.
    page.goto("/")
    expect(page.locator("#outbox")).to_have_text("Uploaded 1")
    expect(page.locator("#outbox")).to_be_hidden()


def test_a_login_that_keeps_no_pages_leaves_none_of_before_on_the_phone(open_page, world):
    page = open_page(world.worker)
    ready(page)
    Membership.objects.filter(user=world.worker).delete()
    MembershipFactory(user=world.worker, role=Role.AUDITOR, grid=None, area=world.street)
    page.goto("/overview/")
    wait_for(lambda: not [one for one in page.evaluate("caches.keys()") if one.startswith("pages")])


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
    log_in(page, world.officer)
    page.goto("/work/queue/")
    expect(page.locator(".queue__item")).to_contain_text("sealed")
    assert "301" not in page.locator("#queue").inner_text()
    page.unroute("**/sync/visits/")
    upload(page)
    assert Visit.objects.get().by == world.worker


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
    # One thing typed alone: the draft that is waited for holds it.
    page.goto(f"/work/households/{doors[0].pk}/visit/?list=1&outcome=met")
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
