"""Faults under a real browser: killed, slow, out of time, logged out, over a line that fails."""

import os
import random
import signal
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from playwright.sync_api import Error, expect

from tests.browser.conftest import CHROMIUM, PATIENCE, PHONE
from tests.browser.offline import ROWS, door, ready, wait_for
from tests.factories import HouseholdFactory
from tests.faults.net import EVERYWHERE, Fault, Link, OverHTTP
from tests.faults.proxy import proxied
from visits.actions.recompute import recompute
from visits.models import HeldItem, SyncDevice, Visit

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.one_database,
]

ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
MOST_STEPS = 25
# Counts what is written to the storage and each transaction that is over; at the step asked
# for it calls the executioner and waits, so that nothing comes after it.
DIES_AT_STEP = """([step, address]) => {
  let left = step;
  const count = () => {
    left -= 1;
    if (left === 0) {
      const call = new XMLHttpRequest();
      call.open("GET", address, false);
      call.send();
    }
  };
  for (const name of ["put", "delete"]) {
    const real = IDBObjectStore.prototype[name];
    IDBObjectStore.prototype[name] = function (...given) {
      const request = real.apply(this, given);
      count();
      return request;
    };
  }
  const begin = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (stores, mode, ...rest) {
    const tx = begin.call(this, stores, mode, ...rest);
    if (mode === "readwrite") tx.addEventListener("complete", count);
    return tx;
  };
}"""


@pytest.fixture
def doors(world):
    return [
        HouseholdFactory(
            grid=world.grid, building=world.household.building, unit="2", room=f"{number}01"
        )
        for number in range(1, MOST_STEPS)
    ]


class Executioner(BaseHTTPRequestHandler):
    """Whoever asks is ended with its whole browser."""

    def do_GET(self) -> None:
        self.server.called = True
        for process in self.server.browser():
            os.kill(process, signal.SIGKILL)

    def log_message(self, *args) -> None:
        pass


@pytest.fixture
def executioner(tmp_path):
    """Give the folder of a browser, and the address that kills it."""
    folder = tmp_path / "profile"
    server = HTTPServer(("127.0.0.1", 0), Executioner)
    server.browser = lambda: processes_of(folder)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server, folder, f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


def processes_of(folder: Path) -> list[int]:
    """Return the processes that were started with this profile."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if f"--user-data-dir={folder}".encode() in words:
            found.append(int(entry.parent.name))
    return found


def cookies_of(user, url) -> list[dict]:
    client = Client()
    client.force_login(user, backend="communities.authentication.AccountBackend")
    pairs = {name: morsel.value for name, morsel in client.cookies.items()}
    pairs["django_language"] = "en"
    return [{"name": name, "value": value, "url": url} for name, value in pairs.items()]


def test_kill_9_of_the_browser_at_each_step_of_storing(
    chromium, live_server, world, doors, executioner
):
    """A visit is whole or not there; what the page called saved is there, once."""
    server, folder, address = executioner
    said_saved, steps = {}, 0
    for step, household in enumerate(doors, start=1):
        context = chromium.browser_type.launch_persistent_context(
            folder, executable_path=CHROMIUM, args=ARGS, viewport=PHONE, bypass_csp=True
        )
        context.set_default_timeout(PATIENCE)
        context.add_cookies(cookies_of(world.worker, live_server.url))
        page = context.pages[0]
        page.goto(f"{live_server.url}/work/today/")
        if step == 1:
            page.wait_for_function("navigator.serviceWorker.ready.then(() => true)")
        # What an earlier life left behind goes up now.
        wait_for(lambda page=page: page.evaluate(ROWS, "queue") == [], page=page)
        server.called = False
        said_saved[household.pk] = False
        try:
            page.evaluate(DIES_AT_STEP, [step, address])
            door(page, household).get_by_text("Met, nothing unusual").click()
            expect(page.locator("main")).to_contain_text("Saved on this phone")
            said_saved[household.pk] = True
            wait_for(lambda page=page: page.evaluate(ROWS, "queue") == [], page=page)
            context.close()
        except (Error, AssertionError):
            if not server.called:
                raise
        if not server.called:
            steps = step
            break
        wait_for(lambda: not processes_of(folder))
    assert steps > 6, "the browser was not killed often enough"
    rows = list(Visit.objects.values_list("household", "outcome"))
    assert len(rows) == len({household for household, _outcome in rows})
    assert {outcome for _household, outcome in rows} == {"met"}
    saved = {household for household, was_said in said_saved.items() if was_said}
    assert saved <= {household for household, _outcome in rows} <= set(said_saved)
    assert recompute(save=False).differences == []
    assert list(SyncDevice.objects.values_list("missing", flat=True)) == [0]


@pytest.mark.parametrize("days", [-1, 1, None], ids=["a day late", "a day early", "at 1970"])
def test_a_clock_that_is_wrong_is_set_right_and_told(open_page, world, doors, days):
    page = open_page(world.worker)
    shift = f"{days} * 86400000" if days else "86400000 - RealDate.now()"
    page.context.add_init_script(
        f"""(() => {{
          const RealDate = Date;
          const shift = {shift};
          window.Date = class extends RealDate {{
            constructor(...given) {{
              if (given.length) super(...given); else super(RealDate.now() + shift);
            }}
            static now() {{ return RealDate.now() + shift; }}
          }};
        }})()"""
    )
    ready(page)
    page.context.set_offline(True)
    door(page, doors[0]).get_by_text("Met, nothing unusual").click()
    expect(page.locator("#outbox")).to_contain_text("Saved on this phone 1")
    page.context.set_offline(False)
    page.goto("/work/today/")
    wait_for(Visit.objects.exists, page=page)
    visit = Visit.objects.get()
    assert abs((visit.done_at - visit.received_at).total_seconds()) < 60
    assert visit.clock_was_wrong
    # Kept 14 days by the server's clock, whatever the phone's says by then.
    wait_for(lambda: page.evaluate(ROWS, "sent"), page=page)
    assert abs(page.evaluate(ROWS, "sent")[0]["at"] / 1000 - visit.received_at.timestamp()) < 60
    assert not HeldItem.objects.exists()


def test_a_session_that_ended_offline_stops_neither_work_nor_upload(open_page, world, doors):
    page = open_page(world.worker)
    ready(page)
    Session.objects.all().delete()
    page.context.set_offline(True)
    door(page, doors[0]).get_by_text("Nobody home").click()
    expect(page.locator("#outbox")).to_contain_text("Saved on this phone 1")
    page.context.set_offline(False)
    page.goto("/login/")
    wait_for(Visit.objects.exists, page=page)
    assert Visit.objects.get().by == world.worker


def test_two_phones_of_one_worker_keep_both_visits(open_page, world, doors):
    phones = [open_page(world.worker), open_page(world.worker)]
    for page in phones:
        ready(page)
        page.context.set_offline(True)
        door(page, doors[0]).get_by_text("Nobody home").click()
        expect(page.locator("#outbox")).to_contain_text("Saved on this phone 1")
    for page in phones:
        page.context.set_offline(False)
        page.goto("/work/today/")
        wait_for(lambda page=page: page.evaluate(ROWS, "queue") == [], page=page)
    assert (
        list(Visit.objects.values_list("household", "by")) == [(doors[0].pk, world.worker.pk)] * 2
    )
    assert SyncDevice.objects.count() == 2
    assert recompute(save=False).differences == []


def test_over_a_line_that_fails_everything_goes_up_once(chromium, live_server, world, doors):
    """The faults of the histories, under the program's own pages; a slow answer keeps nobody."""
    url = live_server.url
    faults = tuple(fault for fault in EVERYWHERE if fault is not Fault.LATE)
    link = Link(OverHTTP(url), random.Random(7), trouble=0, faults=faults)
    link.delay = 2.0
    with proxied(link) as address:
        context = chromium.new_context(base_url=address, viewport=PHONE)
        context.set_default_timeout(PATIENCE)
        context.add_cookies(cookies_of(world.worker, address))
        page = context.new_page()
        ready(page)
        link.trouble = 0.6
        for household in doors[:8]:
            door(page, household).get_by_text("Met, nothing unusual").click()
            expect(page.locator(f"#door-{household.pk}")).to_have_count(0)
        link.trouble = 0
        # Opened anew, a page sends at once, whatever patience the last one was asked for.
        page.goto("/work/today/")
        wait_for(lambda: not page.evaluate(ROWS, "queue"), page=page, seconds=30)
        context.close()
    assert sorted(Visit.objects.values_list("household", flat=True)) == [
        household.pk for household in doors[:8]
    ]
    assert not HeldItem.objects.exists()
    assert recompute(save=False).differences == []
