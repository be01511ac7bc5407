"""A real Chromium against a live server with the named world in its database."""

import os
import shutil
from pathlib import Path

import axe_playwright_python
import pytest
from django.db import connection
from playwright.sync_api import Browser, Page, sync_playwright

from tests.factories import PASSWORD

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe*.js")).read_text()
PHONE = {"width": 360, "height": 740}
SERIALIZED = "_test_serialized_contents"
DESK = {"width": 1366, "height": 768}

# Playwright's synchronous interface runs an event loop in this thread, which Django takes
# for asynchronous code; every query here is synchronous all the same.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("browser")
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))


@pytest.fixture(scope="session")
def chromium(django_db_setup):
    rows_of_migrations = getattr(connection, SERIALIZED, None)
    with sync_playwright() as playwright:
        # The event loop gives this thread connections of its own, which do not know the rows
        # that a test that commits has to give back.
        if rows_of_migrations is not None:
            setattr(connection, SERIALIZED, rows_of_migrations)
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


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
        context.set_default_timeout(15_000)
        context.add_cookies(
            [{"name": "django_language", "value": language, "url": live_server.url}]
        )
        page = context.new_page()
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


def axe_violations(page: Page) -> list[str]:
    """Return what axe finds on the page, one line for each rule broken."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run()")["violations"]
    return [f"{rule['id']}: {rule['nodes'][0]['html'][:120]}" for rule in found]


def sideways_scroll(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
