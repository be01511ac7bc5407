"""The roll call of an emergency in a real browser: without signal, and without scripts."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.offline import DUMP, door, upload, wait_for
from tests.factories import HouseholdFactory
from visits.actions.emergencies import start_emergency
from visits.models import Emergency, RollCall, RollCallEntry, SyncDevice

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

DOORS = 20
KEPT = """async () => {
  await navigator.serviceWorker.ready;
  const kept = await caches.match("/work/offline/rollcall/", { ignoreVary: true });
  return Boolean(kept) && (await kept.text()).includes("台风");
}"""


@pytest.fixture
def doors(world):
    """Twenty doors of the captain's stairwell, the first of them the world's own."""
    more = [
        HouseholdFactory(
            grid=world.grid, building=world.household.building, unit="2", room=f"{number}01"
        )
        for number in range(6, 6 + DOORS - 1)
    ]
    return [world.household, *more]


@pytest.fixture
def emergency(world, doors):
    return start_emergency(
        emergency=Emergency(community=world.community, name="台风", asked="关好门窗"),
        grids=[world.grid],
        by=world.officer,
        at=timezone.now(),
    )


def press(page, household, state):
    door(page, household).locator(f"button[value={state}]").click()
    expect(door(page, household).locator(".call__now")).to_contain_text("Saved on this phone")


def test_twenty_doors_without_signal_are_counted_once_they_are_up(
    open_page, world, doors, emergency
):
    phone = open_page(world.worker)
    phone.goto("/work/today/")
    expect(phone.locator(".emergency")).to_contain_text("Roll call: 0 of 20 doors")
    wait_for(lambda: phone.evaluate(KEPT))
    phone.context.set_offline(True)
    phone.goto("/work/today/")
    phone.click(".emergency a")
    expect(phone.locator("main")).to_contain_text("No signal")
    expect(phone.locator(".door")).to_have_count(DOORS)
    # A slip of the thumb, set right by another tap at the same door.
    press(phone, doors[0], "needs_help")
    for household in doors[:17]:
        press(phone, household, "safe")
    press(phone, doors[17], "not_reached")
    for household in doors[18:]:
        door(phone, household).locator("summary").click()
        door(phone, household).locator("[name=people]").fill("3")
        door(phone, household).locator("[name=note]").fill("要药")
        press(phone, household, "needs_help")
    expect(phone.locator("[data-called]")).to_have_text("20")
    expect(phone.locator("#outbox")).to_have_text("Saved on this phone 21")

    phone.reload()
    expect(door(phone, doors[0]).locator(".call__now")).to_contain_text("Safe")
    expect(door(phone, doors[19]).locator(".call__now")).to_contain_text("people: 3 · 要药")
    expect(phone.locator("[data-called]")).to_have_text("20")
    kept = "\n".join(phone.evaluate(DUMP))
    # The dump reads stored bytes one by one.
    assert "要药" not in kept
    assert "要药".encode().decode("latin1") not in kept
    assert not RollCallEntry.objects.exists()

    phone.context.set_offline(False)
    phone.goto("/work/queue/")
    upload(phone)
    wait_for(lambda: RollCallEntry.objects.count() == 21, page=phone)
    office = open_page(world.officer, size={"width": 1366, "height": 768})
    office.goto(emergency.get_absolute_url())
    numbers = office.locator(".figures__number").all_inner_texts()
    assert numbers == ["2", "1", "0", "17"]
    office.click(".figures__number a >> nth=0")
    expect(office.locator("tbody tr")).to_have_count(2)
    expect(office.locator("tbody")).to_contain_text("要药")
    assert SyncDevice.objects.get().missing == 0

    office.click("text=Make an urgent matter >> nth=0")
    expect(office.locator("main")).to_contain_text("An urgent matter is made")
    phone.goto("/work/rollcall/")
    expect(door(phone, doors[0]).locator(".call__now")).to_contain_text("Safe")


def test_tap_with_signal_says_uploaded(open_page, world, doors, emergency):
    phone = open_page(world.captain)
    phone.goto("/work/rollcall/")
    wait_for(lambda: phone.evaluate(KEPT))
    door(phone, doors[0]).locator("button[value=safe]").click()
    expect(door(phone, doors[0]).locator(".call__where")).to_have_text("Uploaded")
    assert RollCall.objects.get(household=doors[0]).by == world.captain


def test_roll_call_without_scripts(open_page, world, doors, emergency):
    phone = open_page(world.worker, scripts=False)
    phone.goto("/work/rollcall/")
    door(phone, doors[1]).locator("summary").click()
    door(phone, doors[1]).locator("[name=people]").fill("2")
    door(phone, doors[1]).locator("[name=note]").press("Enter")
    assert not RollCallEntry.objects.exists()
    door(phone, doors[1]).locator("button[value=needs_help]").click()
    phone.wait_for_url(re.compile(rf"/work/rollcall/#door-{doors[1].pk}$"))
    expect(door(phone, doors[1]).locator(".call__now")).to_contain_text("Needs help")
    expect(phone.locator("[data-called]")).to_have_text("1")
    office = open_page(world.officer, scripts=False)
    office.goto(emergency.get_absolute_url())
    assert office.locator(".figures__number").all_inner_texts() == ["1", "0", "19", "0"]
    door(phone, doors[2]).locator("button[value=safe]").click()
    phone.wait_for_url(re.compile(rf"#door-{doors[2].pk}$"))
    office.click("text=Read the numbers anew")
    expect(office.locator(".figures__number >> nth=3")).to_have_text("1")


def test_numbers_of_the_officer_renew_themselves(open_page, world, doors, emergency):
    office = open_page(world.officer)
    office.clock.install()
    office.goto(emergency.get_absolute_url())
    expect(office.locator(".figures__number >> nth=3")).to_have_text("0")
    phone = open_page(world.worker, scripts=False)
    phone.goto("/work/rollcall/")
    door(phone, doors[0]).locator("button[value=safe]").click()
    phone.wait_for_url(re.compile("#door"))
    office.clock.run_for(31_000)
    expect(office.locator(".figures__number >> nth=3")).to_have_text("1")
