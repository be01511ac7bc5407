"""The worker's day and the officer's look in Chromium 86, the oldest browser supported."""

import pytest

from tests.browser.conftest import DESK
from tests.factories import HouseholdFactory
from visits.models import Matter, Visit

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.one_database,
]

# What working without signal stands on; each entry is asked of the browser itself.
NEEDED_OFFLINE = {
    "a secure context": "isSecureContext",
    "service workers": "'serviceWorker' in navigator",
    "caches": "caches.open('x').then((cache) => Boolean(cache))",
    "locks": "navigator.locks.request('x', { ifAvailable: true }, async (lock) => Boolean(lock))",
    "a database": """new Promise((done) => {
      const opened = indexedDB.open("x", 1);
      opened.onupgradeneeded = () => opened.result.createObjectStore("rows", { keyPath: "id" });
      opened.onsuccess = () => {
        const writing = opened.result.transaction("rows", "readwrite", { durability: "strict" });
        writing.objectStore("rows").put({ id: 1, photo: new Blob(["abc"]) });
        writing.oncomplete = () => done(true);
      };
    })""",
    "sealing": """(async () => {
      const curve = { name: "ECDH", namedCurve: "P-256" };
      const pair = await crypto.subtle.generateKey(curve, false, ["deriveBits"]);
      const bits = await crypto.subtle.deriveBits(
        { name: "ECDH", public: pair.publicKey }, pair.privateKey, 256);
      const shared = await crypto.subtle.importKey("raw", bits, "HKDF", false, ["deriveKey"]);
      const hkdf = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(8), info: new Uint8Array(8) };
      const key = await crypto.subtle.deriveKey(
        hkdf, shared, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new Uint8Array(5));
      return sealed.byteLength === 21;
    })()""",
    "smaller photos": """(async () => {
      const canvas = Object.assign(document.createElement("canvas"), { width: 9, height: 9 });
      canvas.getContext("2d").fillRect(0, 0, 9, 9);
      const photo = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.7));
      return (await createImageBitmap(photo)).width === 9;
    })()""",
}


def test_day_of_a_worker(open_old, world):
    HouseholdFactory(grid=world.grid, building=world.household.building, unit="2", room="503")
    HouseholdFactory(grid=world.grid, building=world.household.building, unit="2", room="504")
    phone = open_old(world.worker)
    phone.goto("/work/today/")
    assert phone.count(".door") == 3
    assert "张" in phone.text(".door")

    phone.click(".door button[value=nobody_home]")
    phone.wait_until(lambda: phone.count(".door") == 2, "a list of two doors")
    phone.click(".door button[value=met]")
    phone.wait_until(lambda: phone.count(".door") == 1, "a list of one door")
    phone.click(".door a", "其他")
    phone.click("[name=outcome][value=met]")
    phone.click("summary")
    phone.choose("[name$=category]", 1)
    phone.fill("[name$=description]", "楼道灯不亮")
    assert phone.sideways_scroll() <= 0
    phone.click("main .button-row button")
    phone.wait_until(lambda: "/work/today/" in phone.page.url, "the list after the visit")
    assert phone.count(".door") == 0
    assert sorted(Visit.objects.values_list("outcome", flat=True)) == ["met", "met", "nobody_home"]
    assert Matter.objects.get().description == "楼道灯不亮"
    assert phone.errors == []


def test_pages_of_an_officer(open_old, world):
    office = open_old(world.officer, size=DESK)
    for address in (
        "/overview/",
        "/work/matters/",
        "/register/households/",
        world.household.get_absolute_url(),
    ):
        assert office.goto(address) == 200
        assert office.text("h1")
        assert office.sideways_scroll() <= 0
    assert office.errors == []


def test_what_working_without_signal_needs(open_old, world):
    phone = open_old(world.worker)
    missing = [name for name, question in NEEDED_OFFLINE.items() if not phone.evaluate(question)]
    assert missing == []


def test_errors_are_noticed(open_old):
    phone = open_old()
    phone.goto("/login/")
    phone.evaluate("() => { setTimeout(() => structuredClone(1)); console.error('said'); }")
    phone.wait_until(lambda: len(phone.errors) == 2, "two errors")
    assert "said" in phone.errors[0]
    assert "structuredClone is not defined" in phone.errors[1]
