"""Text that would like to be markup, a formula or a template stays text everywhere."""

import io
import re
import zipfile

import pytest
from django.urls import reverse

from communities.models import User
from households.models import Household, Resident
from tests.growth import grow
from tests.test_privacy import crawl
from visits.models import ResidentReport

pytestmark = pytest.mark.one_database

MARKUP = """<img src=x onerror=alert(1)>"><svg/onload=alert(2)>'{{7*7}}{% now 'Y' %}"""
RAW = re.compile(r"<img src=x|<svg/onload")


def plant(world, text: str) -> None:
    """Write the text wherever somebody can type one."""
    grow(world, world.grid)
    short = text[:60]
    world.resident.name, world.resident.note = short, text
    world.resident.save()
    for resident in Resident.objects.exclude(pk=world.resident.pk):
        resident.name = short
        resident.save()
        resident.phones.update(label=text[:20])
        resident.residencies.update(relation=text[:30])
        for care in resident.care.all():
            type(care.tag).objects.filter(pk=care.tag.pk).update(
                name=f"{text[:26]}{care.pk}", description=text
            )
    for household in Household.objects.select_related("building"):
        household.safety_note, household.note = text, text
        household.save()
        type(household.building).objects.filter(pk=household.building.pk).update(
            estate=short, street_address=text
        )
        household.matters.update(place=text, description=text)
    ResidentReport.objects.update(place=short, description=text, refusal=text)
    type(world.community).objects.update(name=short)
    type(world.grid).objects.update(name=short)
    type(world.street).objects.update(name=short)
    offices = type(world.department_office).objects
    offices.filter(pk=world.department_office.pk).update(name=short)
    User.objects.update(name=short, phone=text[:30])


@pytest.mark.parametrize("role", ["officer", "street_officer", "admin", "worker", "department"])
def test_markup_is_shown_and_never_obeyed(role, world, as_user):
    plant(world, MARKUP)
    pages = crawl(as_user(getattr(world, role)), reverse("home"))
    written = {address: text for address, text in pages.items() if "export=" not in address}
    assert any("&lt;img src=x" in text for text in written.values())
    assert [address for address, text in written.items() if RAW.search(text)] == []
    assert [address for address, text in written.items() if "alert(2)&gt;&#x27;49" in text] == []


@pytest.mark.parametrize("start", ["=1+1", "@SUM(1)", '=HYPERLINK("http://x")'])
def test_formulas_are_exported_as_text(start, world, as_user):
    plant(world, start)
    pages = crawl(as_user(world.officer), reverse("home"))
    books = {address: text for address, text in pages.items() if "export=xlsx" in address}
    assert len(books) >= 5
    assert any(start.strip()[:4].replace('"', "&quot;") in text for text in books.values())
    for text in books.values():
        assert "<f>" not in text
        assert "<hyperlink" not in text
        assert "externalLink" not in text


def test_workbooks_say_text_of_every_text_cell(world, as_user):
    """Excel obeys a cell's type: text cells stay text when opened and saved again."""
    plant(world, "=1+1")
    response = as_user(world.officer).get(reverse("households:household_list"), {"export": "xlsx"})
    raw = b"".join(response.streaming_content)
    with zipfile.ZipFile(io.BytesIO(raw)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    kinds = set(re.findall(r'<c r="[A-Z]+\d+"(?: s="\d+")?(?: t="(\w+)")?>', sheet))
    assert kinds <= {"inlineStr", "s", ""}
    assert "inlineStr" in kinds or "s" in kinds
