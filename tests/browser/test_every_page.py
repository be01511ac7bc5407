"""Every page of the access table, as its first reader sees it in a real browser."""

from collections import defaultdict

import pytest
from django.urls import reverse

from communities.models import Grid
from tests.browser.conftest import DESK, PHONE, axe_violations, sideways_scroll
from tests.browser.weight import too_heavy, weigh
from tests.compat.markup import excused_markup, html_uses
from tests.growth import grow
from tests.test_access import MEMBERS, TABLE, arguments  # noqa: F401 - a fixture

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.one_database,
]

NARROW = {"width": 320, "height": 640}
# Not pages: files, and the addresses Django admin answers with data.
FILES = {
    "health",
    "households:register_template",
    "households:register_import_report",
    "visits:photo",
    "visits:report_photo",
    "public_photo",
    "admin:autocomplete",
    "admin:jsi18n",
    "language",
    "sync:hello",
    "open311:openapi",
    "open311:discovery",
    "open311:services",
    "open311:service_definition",
    "service_worker",
}


def pages_by_reader() -> dict[str, list[tuple[str, str]]]:
    """Return, for each person, the pages of which she is the first reader."""
    pages = defaultdict(list)
    for row in TABLE:
        readers = row.answers.get(200, "").split()
        if row.method == "GET" and readers and row.name not in FILES:
            pages[readers[0]].append((row.name, row.arguments))
    return dict(pages)


PAGES = pages_by_reader()


@pytest.mark.parametrize("reader", list(PAGES))
def test_pages_are_accessible_narrow_and_light(reader, open_page, world, arguments):  # noqa: F811
    grow(world, Grid.objects.get(pk=world.grid.pk))
    user = getattr(world, reader, None)
    page = open_page(user, language="en", size=DESK)
    chinese = open_page(user, language="zh-hans", size=PHONE)
    faults = []
    for name, argument in PAGES[reader]:
        address = reverse(name, args=arguments[argument])
        # Django admin is its own design, for administrators at a desk.
        is_ours = not name.startswith("admin:")
        page.set_viewport_size(DESK)
        assert page.goto(address).status == 200
        faults += [f"{name} en: {fault}" for fault in axe_violations(page)]
        if is_ours:
            page.set_viewport_size(NARROW)
            if sideways_scroll(page) > 0:
                faults.append(f"{name} en: {sideways_scroll(page)} px too wide at 320 px")
            heavy = too_heavy(weigh(chinese, address), address)
            faults += [f"{name}: {fault}" for fault in heavy]
            faults += [f"{name}: {fault}" for fault in young_markup(chinese.content())]
            faults += [f"{name} zh: {fault}" for fault in axe_violations(chinese)]
            if sideways_scroll(chinese) > 0:
                faults.append(f"{name} zh: {sideways_scroll(chinese)} px too wide at 360 px")
    assert faults == []


def young_markup(html: str) -> list[str]:
    """Return what the page uses that Chrome 86 lacks, written by whatever made the page."""
    excused = excused_markup()
    return [str(use) for use in html_uses(html) if use.feature not in excused]


def test_everybody_has_pages_here():
    assert set(PAGES) <= {*MEMBERS, "anonymous"}
    assert sum(len(pages) for pages in PAGES.values()) > 40
