"""The contact a resident leaves is hers: ciphertext, shown for a reason, forgotten in time."""

import datetime

import pytest
from django.db import connection

from communities.models import Disclosure
from tests.visits.residents.conftest import HOUR, NAME, NOON, PHONE, receipt_page
from visits.models import CalledDepartment, Matter, ResidentReport


def test_contact_is_ciphertext_and_nowhere_else(world, resident, as_user, caplog):
    caplog.set_level("DEBUG")
    response = resident.send(contact_name=NAME, contact_phone=PHONE)
    matter = Matter.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT contact_name, contact_phone FROM visits_residentreport")
        stored = cursor.fetchone()
    assert all(value.startswith("v1:") for value in stored)
    assert not response.cookies
    seen = response.headers["Location"] + receipt_page(response)
    for user in (world.worker, world.officer, world.admin):
        client = as_user(user)
        seen += client.get(matter.get_absolute_url()).content.decode()
        seen += client.get("/work/matters/").content.decode()
    # Debugging prints SQL, with ciphertext.
    seen += caplog.text
    assert (NAME in seen, PHONE in seen) == (False, False)


def test_contact_is_shown_for_a_reason_that_is_kept(world, resident, as_user):
    resident.send(contact_name=NAME, contact_phone=PHONE)
    matter = Matter.objects.get()
    client = as_user(world.worker)
    assert "can be reached" in client.get(matter.get_absolute_url()).content.decode()
    page = f"/work/matters/{matter.pk}/contact/"
    assert PHONE not in client.get(page).content.decode()
    assert PHONE not in client.post(page, {"reason": ""}).content.decode()
    assert f"{NAME} {PHONE}" in client.post(page, {"reason": "问清位置"}).content.decode()
    row = Disclosure.objects.get()
    assert (row.by, row.subject, row.field, row.reason, row.community) == (
        world.worker,
        f"matter {matter.reference}",
        "contact",
        "问清位置",
        world.community,
    )


def test_contact_is_forgotten_when_the_receipt_is_over(resident, clock):
    resident.send(contact_name=NAME, contact_phone=PHONE)
    matter = Matter.objects.get()
    Matter.objects.filter(pk=matter.pk).update(
        status="declined", due_at=None, closed_at=NOON + HOUR, moves=1
    )
    kept = {}
    for days in (89, 92):
        clock.move_to(NOON + datetime.timedelta(days=days))
        resident.send(description=f"第{days}天")
        kept[days] = ResidentReport.objects.get(matter=matter).can_be_reached
    assert kept == {89: True, 92: False}
    assert ResidentReport.objects.get(matter=matter).contact_name == ""


def test_name_without_a_phone_is_asked_about(resident):
    text = resident.send(contact_name=NAME).content.decode()
    assert "Write your phone too, or leave out your name." in text


@pytest.mark.parametrize("name", ["captain", "auditor", "outsider"])
def test_contact_stays_hidden_from_who_does_not_take_care_of_it(name, world, resident, as_user):
    resident.send(contact_phone=PHONE)
    page = f"/work/matters/{Matter.objects.get().pk}/contact/"
    client = as_user(getattr(world, name))
    assert client.post(page, {"reason": "就是想看"}).status_code == 404
    assert not Disclosure.objects.exists()


def test_contact_stays_hidden_from_a_department_that_is_only_called(world, resident, as_user):
    resident.send(contact_phone=PHONE)
    matter = Matter.objects.get()
    CalledDepartment.objects.create(
        matter=matter, department=world.department_office, called_at=NOON
    )
    client = as_user(world.department)
    page = client.get(matter.get_absolute_url())
    assert page.status_code == 200
    assert "Show how" not in page.content.decode()
    answer = client.post(f"/work/matters/{matter.pk}/contact/", {"reason": "就是想看"})
    assert answer.status_code == 404
