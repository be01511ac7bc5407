"""A real Chromium against a live server with the named world in its database."""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import axe_playwright_python
import pytest
from django.db import connection
from playwright.sync_api import Browser, Error, Page, Response, expect, sync_playwright

from tests.browser.old_browser import OLD_CHROMIUM, VERSION, OldBrowser
from tests.conftest import SERIALIZED
from tests.factories import PASSWORD, HouseholdFactory

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe*.js")).read_text()
# What passes is neither worked out in full nor brought over: it takes twice as long as the rest.
VIOLATIONS = "axe.run({resultTypes: ['violations']}).then((results) => results.violations)"
# Never a flag that turns service workers off: what works without signal stands on them.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PHONE = {"width": 360, "height": 740}
# Python names the threads of a server after what they do.
REQUEST = "process_request_thread"
DESK = {"width": 1366, "height": 768}
# On a busy machine a page is slow, and not wrong.
PATIENCE = 15_000
expect.set_options(timeout=PATIENCE)

# Playwright's synchronous interface runs an event loop in this thread, which Django takes
# for asynchronous code; every query here is synchronous all the same.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("browser")
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))


@pytest.fixture(autouse=True)
def _server_at_rest(transactional_db):
    """Empty the database only when the server has answered all that the browser had asked.

    What still runs then waits for the emptying, or the emptying for it, until PostgreSQL
    breaks one of them off.
    """
    yield
    deadline = time.monotonic() + 20
    while requests := [one.name for one in threading.enumerate() if REQUEST in one.name]:
        assert time.monotonic() < deadline, f"still answering: {requests}"
        time.sleep(0.02)


@pytest.fixture(scope="session")
def playwright(django_db_setup):
    rows_of_migrations = getattr(connection, SERIALIZED, None)
    with sync_playwright() as playwright:
        # The event loop gives this thread connections of its own, which do not know the rows
        # that a test that commits has to give back.
        if rows_of_migrations is not None:
            setattr(connection, SERIALIZED, rows_of_migrations)
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright):
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def old_chromium(playwright):
    if not OLD_CHROMIUM.exists():
        pytest.skip("no Chromium 86; python -m tests.browser.old_browser fetches it with npm")
    browser = playwright.chromium.launch(executable_path=OLD_CHROMIUM, args=FLAGS)
    assert browser.version == VERSION
    yield browser
    browser.close()


@pytest.fixture
def open_old(old_chromium: Browser, live_server):
    """Open Chromium 86 at the live server, logged in through the login form; Chinese unless told."""
    contexts = []

    def open_(user=None, *, language="zh-hans", size=PHONE, password=PASSWORD) -> OldBrowser:
        context = old_chromium.new_context(base_url=live_server.url, viewport=size)
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.add_cookies(
            [{"name": "django_language", "value": language, "url": live_server.url}]
        )
        browser = OldBrowser(context)
        if user is not None:
            browser.goto("/login/")
            browser.fill("[name=username]", user.username)
            browser.fill("[name=password]", password)
            browser.click("main button")
            browser.wait_until(lambda: "/login/" not in browser.page.url, "the page after login")
        return browser

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture
def open_page(chromium: Browser, live_server):
    """Open a page of the live server, logged in as the user given through the login form."""
    contexts = []

    def open_(user=None, *, scripts=True, language="en", size=PHONE, password=PASSWORD) -> Page:
        context = chromium.new_context(
            base_url=live_server.url,
            viewport=size,
            java_script_enabled=scripts,
            bypass_csp=scripts,  # axe is put into the page by hand
            accept_downloads=True,
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.add_cookies(
            [{"name": "django_language", "value": language, "url": live_server.url}]
        )
        page = context.new_page()
        page.goto = insistent(page.goto)
        if user is not None:
            page.goto("/login/")
            page.fill("[name=username]", user.username)
            page.fill("[name=password]", password)
            page.click("main button")
            page.wait_for_url(lambda url: "/login/" not in url)
        return page

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture
def doors(world):
    """Three doors more in the worker's stairwell."""
    return [
        HouseholdFactory(grid=world.grid, building=world.household.building, unit="2", room=room)
        for room in ("101", "201", "301")
    ]


def insistent(goto: Callable[..., Response | None]) -> Callable[..., Response | None]:
    """Go there once more where the page before, on its way to another by itself, broke it off."""

    def go(address: str, **more: object) -> Response | None:
        try:
            return goto(address, **more)
        except Error as error:
            if "ERR_ABORTED" not in error.message:
                raise
            return goto(address, **more)

    return go


@contextmanager
def slowed(page: Page, rate: int = 4) -> Iterator[None]:
    """Let the page think as slowly as a phone whose processor is `rate` times slower.

    Timings inside are those of the page: `performance.now()` in `evaluate`, or `page_load_ms`.
    """
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": rate})
    try:
        yield
    finally:
        session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
        session.detach()


def page_load_ms(page: Page) -> float:
    """Return how long the page shown took from its start until it was drawn and could be used."""
    page.wait_for_load_state("load")
    return page.evaluate(
        """new Promise((done) => requestAnimationFrame(() => setTimeout(() => {
          const [load] = performance.getEntriesByType("navigation");
          const paint = performance.getEntriesByName("first-contentful-paint")[0];
          done(Math.max(load.loadEventEnd, paint ? paint.startTime : performance.now()));
        })))"""
    )


def axe_violations(page: Page) -> list[str]:
    """Return what axe finds on the page, one line for each rule broken."""
    page.evaluate(AXE)
    found = page.evaluate(VIOLATIONS)
    return [f"{rule['id']}: {rule['nodes'][0]['html'][:120]}" for rule in found]


def sideways_scroll(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
