"""One seeded person, looked for on every surface of the program."""

import io
import logging
import re
import zipfile
from collections import Counter, deque
from html import unescape
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import connection
from django.urls import Resolver404, resolve, reverse

from communities.models import Disclosure
from gridmgmt.logs import PlainFormatter
from tests.factories import (
    CareFactory,
    CareTagFactory,
    MatterFactory,
    PhoneFactory,
    ResidencyFactory,
    ResidentFactory,
    VisitFactory,
)

NAME = "欧阳寻梅"
IDENTITY = "11010519491231002X"
PHONE = "13987654321"
LINK = re.compile(r'<a\b[^>]*?\shref="([^"]*)"')
# Positions that the birth date gives away, where it is shown.
BIRTH_POSITIONS = set(range(6, 14))
ROLES = ("worker", "captain", "officer", "street_officer", "department", "auditor", "admin")
# Further addresses of one page only narrow it otherwise.
ALIKE = 3


@pytest.fixture
def person(world):
    """A person with everything the register can know of her, at the door of the world."""
    resident = ResidentFactory(name=NAME)
    resident.identify(IDENTITY)
    resident.save()
    ResidencyFactory(resident=resident, household=world.household)
    PhoneFactory(resident=resident, number=PHONE, label="本人")
    CareFactory(resident=resident, tag=CareTagFactory(name="独居"))
    visit = VisitFactory(household=world.household, by=world.worker)
    MatterFactory(grid=world.grid, household=world.household, visit=visit, reported_by=world.worker)
    return resident


def content_of(response) -> str:
    """Return the text of an answer; of a workbook, the text of all its parts."""
    raw = b"".join(response.streaming_content) if response.streaming else response.content
    if raw[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(raw)) as book:
            return "\n".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
    return raw.decode("utf-8", "replace")


def kind_of(address: str) -> tuple[str, bool]:
    """Return the name of the page, and whether it is asked for as a workbook."""
    parts = urlsplit(address)
    try:
        page = resolve(parts.path).view_name
    except Resolver404:
        page = parts.path
    return page, "export=" in parts.query


def crawl(client, *starts: str) -> dict[str, str]:
    """Follow the links from these pages, some of each kind; return the text by address."""
    queue, pages, seen = deque(starts), {}, Counter()
    while queue:
        address = queue.popleft()
        kind = kind_of(address)
        if address in pages or seen[kind] == ALIKE:
            continue
        seen[kind] += 1
        response = client.get(address)
        if response.status_code == 302:
            pages[address] = ""
            queue.append(urljoin(address, response.headers["Location"]).partition("#")[0])
            continue
        assert response.status_code in {200, 403, 404, 405}, (address, response.status_code)
        pages[address] = content_of(response)
        if "text/html" in response.headers["Content-Type"]:
            for link in LINK.findall(pages[address]):
                target = urljoin(address, unescape(link)).partition("#")[0]
                if not urlsplit(target).netloc and not target.startswith("/static/"):
                    queue.append(target)
    return pages


CRAWLED: dict[str, dict[str, str]] = {}


def pages_of(role: str, world, as_user) -> dict[str, str]:
    """Return all the role can open; crawled once, for every test that only reads it."""
    if role not in CRAWLED:
        CRAWLED[role] = crawl(as_user(getattr(world, role)), reverse("home"))
    return CRAWLED[role]


def leaks(text: str, *values: str) -> list[str]:
    return [value for value in values if value in text]


@pytest.mark.one_database
@pytest.mark.parametrize("role", ROLES)
def test_no_page_or_export_shows_a_full_number_or_puts_a_name_in_an_address(
    role, world, person, as_user
):
    pages = pages_of(role, world, as_user)
    assert len(pages) > 3
    assert {address for address, text in pages.items() if leaks(text, IDENTITY, PHONE)} == set()
    assert [address for address in pages if leaks(unquote(address), NAME, IDENTITY, PHONE)] == []


@pytest.mark.one_database
def test_the_crawl_reaches_the_person(world, person, as_user):
    """The tests beside this one look where there is something to find."""
    pages = pages_of("officer", world, as_user)
    assert any(NAME in text for text in pages.values())
    assert any("139****4321" in text for text in pages.values())
    assert any(address.endswith("export=xlsx") for address in pages)
    seen_by_admin = pages_of("admin", world, as_user)
    assert any(address.startswith("/admin/households/resident/") for address in seen_by_admin)
    assert any(NAME in text for text in seen_by_admin.values())
    assert any("139****4321" in text for text in seen_by_admin.values())


@pytest.mark.one_database
def test_department_and_outsider_never_meet_her(world, person, as_user):
    for stranger in (world.department, world.outsider):
        pages = crawl(as_user(stranger), reverse("home"))
        assert not any(leaks(text, NAME, "139****4321") for text in pages.values())


@pytest.mark.one_database
def test_masks_joined_from_everywhere_do_not_give_the_number(world, person, as_user):
    texts = []
    for role in ROLES:
        texts += pages_of(role, world, as_user).values()
    text = "\n".join(texts)
    known = {"identity": set(), "phone": set()}
    for kind, number in (("identity", IDENTITY), ("phone", PHONE)):
        for shown in set(re.findall(r"[0-9X*•●]{6,18}", text)):
            if "*" in shown and len(shown) == len(number):
                known[kind] |= {place for place, char in enumerate(shown) if char == number[place]}
    assert known["identity"] == {0, 17}
    assert known["phone"] == {0, 1, 2, 7, 8, 9, 10}
    hidden = set(range(18)) - known["identity"] - BIRTH_POSITIONS
    assert len(hidden) == 8


def every_row_of_the_database() -> dict[str, str]:
    """Read every table as the database holds it, without decryption."""
    dump = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            dump[table] = repr(cursor.fetchall())
    return dump


def use_the_program(world, person, as_user) -> None:
    """Search, edit, reveal and fail, as a day's work leaves traces."""
    client = as_user(world.officer)
    for sought in (NAME, IDENTITY, PHONE):
        client.post(reverse("households:search"), {"q": sought})
    page = reverse("households:resident_edit", args=[person.pk])
    client.post(page, {"name": NAME + "改", "identity_number": IDENTITY[:-1] + "0"})
    client.post(
        reverse("households:reveal", args=[person.pk]),
        {"field": "identity_number", "reason": "上门核对身份"},
    )
    client.post(reverse("households:phone_add", args=[person.pk]), {"number": PHONE})
    keeper = as_user(world.admin)
    model_page = reverse("admin:households_resident_change", args=[person.pk])
    keeper.post(model_page, {"name": NAME, "new_identity_number": IDENTITY})
    keeper.post(
        reverse("admin:households_phone_change", args=[person.phones.get().pk]),
        {
            "new_number": PHONE[:-1] + "2",
            "label": "女儿",
        },
    )
    client.post(reverse("login"), {"username": "officer", "password": "Wrong-Guess-1"})
    client.get("/nowhere/")


def test_database_holds_no_number_in_clear(world, person, as_user):
    use_the_program(world, person, as_user)
    dump = every_row_of_the_database()
    numbers = (IDENTITY, PHONE, PHONE[:-1] + "2", IDENTITY[6:14])
    assert {table for table, rows in dump.items() if leaks(rows, *numbers[:3])} == set()
    # The name stands with the person and in the index that finds her; nowhere is a copy.
    named = {table for table, rows in dump.items() if leaks(rows, NAME)}
    assert named - {"households_resident_search"} == {"households_resident"}


def test_traces_of_use_hold_no_personal_data(world, person, as_user):
    use_the_program(world, person, as_user)
    assert LogEntry.objects.exists()
    traces = [f"{entry.object_repr} {entry.change_message}" for entry in LogEntry.objects.all()]
    traces += [str(session.get_decoded()) for session in Session.objects.all()]
    traces += [f"{row.subject} {row.field} {row}" for row in Disclosure.objects.all()]
    assert leaks("\n".join(traces), NAME, IDENTITY, PHONE) == []


def test_logs_hold_no_personal_data(world, person, as_user, caplog):
    with caplog.at_level(logging.DEBUG):
        crawl(as_user(world.worker), reverse("home"))
        use_the_program(world, person, as_user)
    lines = [PlainFormatter("{name} {message}", style="{").format(row) for row in caplog.records]
    assert lines
    assert leaks("\n".join(lines), NAME, IDENTITY, PHONE) == []


def test_cookies_hold_no_personal_data(world, person, as_user):
    client = as_user(world.officer)
    client.post(
        reverse("households:resident_edit", args=[person.pk]), {"name": NAME, "sex": "female"}
    )
    cookies = unquote("\n".join(cookie.value for cookie in client.cookies.values()))
    assert leaks(cookies, NAME, IDENTITY, PHONE) == []


def test_no_row_prints_itself_with_a_name_or_number(world, person):
    printed = {
        f"{row} {row!r}"
        for model in apps.get_models()
        if model._meta.app_label in {"communities", "households", "visits"}
        for row in model._default_manager.all()
    }
    assert len(printed) > 10
    assert leaks("\n".join(printed), NAME, IDENTITY, PHONE) == []


@pytest.mark.one_database
def test_forms_that_send_by_address_ask_for_nothing_personal(world, person, as_user):
    """A GET form writes what was typed into the address, and so into the server's log."""
    asked = set()
    pages = pages_of("officer", world, as_user) | pages_of("admin", world, as_user)
    for text in pages.values():
        for form in BeautifulSoup(text, "html.parser").find_all("form"):
            if form.get("method", "get").lower() == "get":
                asked |= {
                    box.get("name")
                    for box in form.find_all("input")
                    if box.get("type", "text") in {"text", "search", "tel"} and box.get("name")
                }
    # The names of communities, the login of a colleague, admin's box for addresses.
    assert asked == {"name", "login", "q"}
    people = ("resident", "phone", "residency", "care", "user", "membership", "post")
    searchable = {
        model._meta.model_name
        for model, entry in admin.site._registry.items()
        if entry.search_fields
    }
    assert searchable.isdisjoint(people)


@pytest.mark.parametrize("kind", ["identity", "phone"])
def test_reveal_is_the_only_way_and_leaves_a_record(kind, world, person, as_user):
    client = as_user(world.officer)
    field, value, other = {
        "identity": ("identity_number", IDENTITY, PHONE),
        "phone": (f"phone:{person.phones.get().pk}", PHONE, IDENTITY),
    }[kind]
    address = reverse("households:reveal", args=[person.pk])
    asked = content_of(client.get(address))
    without_reason = content_of(client.post(address, {"field": field, "reason": ""}))
    assert leaks(asked + without_reason, IDENTITY, PHONE) == []
    assert not Disclosure.objects.filter(kind="reveal").exists()
    shown = client.post(address, {"field": field, "reason": "上门核对身份"})
    assert leaks(content_of(shown), value, other) == [value]
    assert shown.headers["Cache-Control"] == "no-store, private"
    record = Disclosure.objects.get(kind="reveal")
    assert (record.by, record.community, record.subject, record.field, record.reason) == (
        world.officer,
        world.community,
        f"resident {person.pk}",
        field,
        "上门核对身份",
    )
    assert leaks(content_of(client.get(address)), IDENTITY, PHONE) == []
