"""A resident's matter from the QR code on her stairwell to her own word that it is solved."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, axe_violations, sideways_scroll
from visits.models import Matter, ResidentReport

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

# Long enough to look like a person, in milliseconds.
TYPING = 3500


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts on", "scripts off"])
def test_from_the_code_in_the_stairwell_to_solved(open_page, world, scripts):
    world.community.duty_phone = "010-5550100"
    world.community.save()

    # At the stairwell: the code leads to the card, the card to the form.
    phone = open_page(None, scripts=scripts, size=PHONE)
    phone.goto(f"/g/{world.grid.card_key}/")
    phone.click("text=Report what is wrong")
    phone.wait_for_timeout(TYPING)
    phone.check("[name=category] >> nth=0")
    phone.fill("[name=place]", "3号楼后面")
    phone.fill("[name=description]", "路灯不亮")
    phone.fill("[name=contact_phone]", "13912345678")
    assert sideways_scroll(phone) <= 0
    if scripts:
        assert axe_violations(phone) == []
    phone.click("button:has-text('Send')")
    phone.wait_for_url("**/r/**")
    expect(phone.locator("h1")).to_have_text("It has arrived. Thank you.")
    assert sideways_scroll(phone) <= 0
    receipt = phone.url
    matter = Matter.objects.get()
    assert ResidentReport.objects.get().state == "passed"

    # In the office: handed to the worker of the grid.
    office = open_page(world.officer, scripts=scripts, size=DESK)
    office.goto(matter.get_absolute_url())
    expect(office.locator("main")).to_contain_text("can be reached")
    office.click("summary:has-text('Hand it to a person or department')")
    office.select_option("[name=to]", f"person-{world.worker.pk}")
    office.click("form:has([name=to]) button")
    expect(office.locator("main")).to_contain_text("Saved.")

    # In the grid: done, and said so.
    field = open_page(world.worker, scripts=scripts, size=PHONE)
    field.goto(matter.get_absolute_url())
    field.click("summary:has-text('It is resolved')")
    field.fill("details[open] [name=note]", "换了灯泡")
    field.click("details[open] button")
    expect(field.locator("main")).to_contain_text("Saved.")

    # At home: one tap.
    phone.goto(receipt)
    expect(phone.locator("main")).not_to_contain_text("worker")
    if scripts:
        assert axe_violations(phone) == []
    phone.click("main button:has-text('Solved') >> nth=0")
    expect(phone.locator("main")).to_contain_text("It is finished.")
    matter.refresh_from_db()
    assert (matter.status, matter.rating) == ("closed", Matter.Rating.SOLVED)
    assert phone.context.cookies() == [
        cookie for cookie in phone.context.cookies() if cookie["name"] == "django_language"
    ]
