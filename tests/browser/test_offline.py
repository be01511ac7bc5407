"""A day without signal in a real browser: saved on the phone, then uploaded, exactly once."""

from uuid import UUID

import pytest
from playwright.sync_api import expect

from households.models import Household
from tests.browser.conftest import PHONE
from tests.browser.offline import ROWS, door, notice, ready, upload, wait_for
from tests.factories import MatterCategoryFactory
from visits.models import HeldItem, Matter, SyncDevice, Visit

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.one_database,
]

# What the form asks of the copies it gets only once `letGo` is called.
HELD_BACK = """
  const match = CacheStorage.prototype.match;
  const gate = new Promise((resolve) => { window.letGo = resolve; });
  CacheStorage.prototype.match = async function (...asked) {
    await gate;
    return match.apply(this, asked);
  };
"""


def test_a_form_saved_before_it_is_ready_keeps_words_and_photos(open_page, world, doors, tmp_path):
    category = MatterCategoryFactory()
    page = open_page(world.worker)
    ready(page)
    page.context.set_offline(True)
    page.add_init_script(HELD_BACK)
    page.goto(f"/work/households/{doors[0].pk}/visit/?list=1&outcome=nobody_home")
    page.check("[name=outcome][value=met]")
    page.fill("[name=note]", "很快就点了保存")
    photo = tmp_path / "photo.png"
    page.screenshot(path=photo)
    notice(page, category, photo)
    page.click("text=Save visit")
    page.evaluate("letGo()")
    page.wait_for_url("**/work/today/")
    assert len(page.evaluate(ROWS, "photos")) == 1
    page.context.set_offline(False)
    page.goto("/work/today/")
    expect(page.locator("#outbox")).to_have_text("Uploaded 1")
    visit = Visit.objects.get()
    assert (visit.outcome, visit.note) == ("met", "很快就点了保存")
    wait_for(lambda: Matter.objects.get().photos.count() == 1)


def test_what_comes_back_into_a_form_after_the_tap_is_shown_before_it_is_saved(
    open_page, world, doors
):
    page = open_page(world.worker)
    ready(page)
    page.context.set_offline(True)
    page.goto(f"/work/households/{doors[0].pk}/visit/?list=1")
    page.check("[name=outcome][value=declined]")
    page.fill("[name=note]", "写到一半")
    wait_for(lambda: page.evaluate(ROWS, "drafts"))
    page.add_init_script(HELD_BACK)
    page.reload()
    page.click("text=Save visit")
    page.evaluate("letGo()")
    expect(page.locator("main")).to_contain_text("What you had typed here before is back.")
    expect(page.locator("[name=note]")).to_have_value("写到一半")
    expect(page.get_by_role("button", name="Save visit")).to_be_enabled()
    assert page.evaluate(ROWS, "queue") == []
    page.click("text=Save visit")
    page.wait_for_url("**/work/today/")
    assert len(page.evaluate(ROWS, "queue")) == 1


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
    photo = tmp_path / "photo.png"
    page.screenshot(path=photo)
    notice(page, category, photo)
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


SAVING_TAKES = """(id) => new Promise((resolve) => {
  const began = performance.now();
  new MutationObserver(() => {
    if (!document.getElementById("door-" + id)) resolve(performance.now() - began);
  }).observe(document.getElementById("doors"), { childList: true, subtree: true });
  document.querySelector("#door-" + id + " [value=met]").click();
})"""


def test_a_tap_saves_within_300_ms_and_goes_up_at_once(open_page, world, doors):
    page = open_page(world.worker)
    ready(page)
    expect(page.locator(".door")).to_have_count(4)
    took = []
    for number, household in enumerate(doors, start=1):
        took.append(page.evaluate(SAVING_TAKES, household.pk))
        expect(page.locator("#outbox")).to_have_text(f"Uploaded {number}")
    expect(page.locator("main")).to_contain_text("Uploaded")
    assert set(Visit.objects.values_list("household", flat=True)) == {one.pk for one in doors}
    assert min(took) < 300, f"saving took {took} ms"


def test_a_double_tap_is_one_visit(open_page, world, doors):
    page = open_page(world.worker)
    ready(page)
    door(page, doors[0]).locator("button", has_text="Nobody home").dblclick()
    expect(page.locator("#outbox")).to_have_text("Uploaded 1")
    assert Visit.objects.count() == 1


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


def test_without_scripts_the_plain_forms_go_on_working(open_page, world, doors):
    page = open_page(world.worker, scripts=False, size=PHONE)
    page.goto("/work/today/")
    door(page, doors[0]).get_by_text("Met, nothing unusual").click()
    assert Visit.objects.count() == 1
    page.goto("/work/queue/")
    expect(page.locator("main")).to_contain_text("This browser keeps nothing")


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
