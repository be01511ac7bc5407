"""What residents report without an account: taken in, odd ones held for an officer."""

import datetime
import re

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tests.at_once import at_once
from tests.communities.test_cards import photo_file
from tests.factories import ResidentReportFactory
from tests.visits.residents.conftest import HOUR, NAME, NOON, PHONE, WORDS, Resident, receipt_page
from visits.actions.resident_reports import pass_on, refuse
from visits.incoming import FOR_GRID, FROM_ADDRESS
from visits.models import Matter, MatterCategory, ReportCount, ReportPhoto, ResidentReport


def test_report_becomes_a_matter_of_the_grid(world, resident):
    response = resident.send(contact_name=NAME, contact_phone=PHONE)
    matter = Matter.objects.get()
    assert (matter.grid, matter.source, matter.reported_by, matter.place, matter.description) == (
        world.grid,
        "resident",
        None,
        "东门",
        WORDS,
    )
    report = ResidentReport.objects.get()
    assert (report.matter, report.state, report.description) == (matter, "passed", "")
    assert "It has arrived. Thank you." in receipt_page(response)


def test_report_needs_no_contact_and_takes_photos(resident):
    resident.send(photos=[photo_file(), photo_file("b.png")])
    assert Matter.objects.get().photos.count() == 2
    assert not ResidentReport.objects.get().can_be_reached


def test_only_public_categories_are_offered_and_taken(world, resident, category):
    inside = MatterCategory.objects.create(name="内部")
    page = resident.client.get(resident.page).content.decode()
    assert category.name in page
    assert "内部" not in page
    assert resident.send(category=inside.pk).status_code == 200
    assert not Matter.objects.exists()


def test_form_comes_back_with_all_that_was_typed(resident):
    answer = resident.send(description="", contact_name=NAME, contact_phone="12")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Write what is wrong." in text
    assert all(value in text for value in ("东门", NAME, 'value="12"'))


def test_form_sent_twice_is_one_report_with_one_receipt(resident):
    form = resident.fill()
    first, second = resident.send(form), resident.send(form)
    assert first.headers["Location"] == second.headers["Location"]
    assert Matter.objects.count() == ResidentReport.objects.count() == 1


def test_form_sent_again_with_other_words_can_be_sent_as_another(resident):
    form = resident.fill()
    resident.send(form)
    answer = resident.send({**form, "description": "井盖丢了"})
    page = BeautifulSoup(answer.content, "html.parser")
    key = page.find("input", {"name": "id"})["value"]
    assert answer.status_code == 200
    assert key != form["id"]
    assert resident.send({**form, "description": "井盖丢了", "id": key}).status_code == 302
    assert Matter.objects.count() == 2


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_form_sent_twice_at_once_is_one_report(world, category):
    with time_machine.travel(NOON, tick=False) as clock:
        resident = Resident(world.grid, category, clock)
        form = resident.fill()

        def send(_n):
            return Client().post(resident.page, form).headers.get("Location")

        answers = at_once(send, 2)
    assert len(set(answers)) == 1
    assert None not in answers
    assert Matter.objects.count() == 1


def test_form_of_a_renewed_card_is_gone(world, resident):
    world.grid.card_key = "another"
    world.grid.save()
    answer = resident.client.get(resident.page)
    assert answer.status_code == 404
    assert "This page is no longer there" in answer.content.decode()


@pytest.mark.parametrize("page", ["/g/%00/report/", "/g/%00/", "/c/%00/", "/r/%00/"])
def test_address_with_a_nul_is_not_found(page, db):
    assert Client().get(page).status_code == 404


def test_pages_speak_the_language_of_the_browser(world, category):
    page = f"/g/{world.grid.card_key}/report/"
    answers = {
        language: Client().get(page, headers={"accept-language": language}).content.decode()
        for language in ("zh-CN,zh;q=0.9,en;q=0.8", "en-GB,en;q=0.9", "fr")
    }
    assert ["Report what is wrong" in text for text in answers.values()] == [False, True, False]


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ({"website": "x"}, "trap"),
        ({"wait": 1}, "fast"),
        ({"wait": 25 * 3600}, "stamp"),
        ({"stamp": "form:1:forged"}, "stamp"),
        ({"description": "好消息 http://x.example"}, "links"),
        ({"description": "上 www.example.org 看"}, "links"),
    ],
)
def test_odd_report_waits_for_an_officer(resident, typed, reason):
    response = resident.send(**typed, photos=[photo_file()], contact_phone=PHONE)
    report = ResidentReport.objects.get()
    assert (report.state, report.held_for) == ("held", reason)
    assert not Matter.objects.exists()
    text = receipt_page(response)
    assert "Somebody at the community reads it first." in text
    assert all(str(word) not in text for word in report.held_because)


def test_same_words_again_wait_until_a_day_has_passed(resident, clock):
    resident.send()
    resident.send(description=f" {WORDS}！ ")
    clock.shift(datetime.timedelta(days=1, minutes=1))
    resident.send()
    assert [row.held_for for row in ResidentReport.objects.order_by("reported_at")] == [
        "",
        "again",
        "",
    ]


def test_many_from_one_address_wait_and_a_flood_is_refused_with_the_duty_phone(
    world, resident, clock
):
    world.community.duty_phone = "010-5550100"
    world.community.save()
    forms = [resident.fill(wait=4, description=f"第{n}处") for n in range(FROM_ADDRESS.most + 1)]
    answers = [resident.send(form) for form in forms]
    assert [answer.status_code for answer in answers] == [302] * FROM_ADDRESS.most + [429]
    assert Matter.objects.count() == FROM_ADDRESS.some
    assert set(ResidentReport.objects.held().values_list("held_for", flat=True)) == {"many"}
    text = answers[-1].content.decode()
    assert "010-5550100" in text
    # Nothing she wrote is lost.
    assert forms[-1]["description"] in text
    clock.shift(HOUR)
    assert resident.send().status_code == 302


def test_flood_from_many_addresses_is_counted_for_the_grid(world, resident, clock):
    ReportCount.objects.all().delete()
    form = resident.fill()
    resident.send(form)
    ReportCount.objects.filter(count=1).update(count=FOR_GRID.most)
    other = resident.client.post(resident.page, form, REMOTE_ADDR="198.51.100.7")
    assert other.status_code == 429


def test_addresses_are_kept_as_digests_of_the_day_and_not_for_long(resident, clock):
    for day in range(2):
        resident.send(description=f"第{day}天")
        clock.shift(datetime.timedelta(days=1))
    keys = set(ReportCount.objects.values_list("key", flat=True))
    # The grid's own, and one of each day for the address.
    assert len(keys) == 3
    assert all(re.fullmatch("[0-9a-f]{32}", key) for key in keys)
    clock.shift(datetime.timedelta(days=3))
    resident.send(description="后来")
    assert ReportCount.objects.count() == 2


def test_report_that_waited_is_passed_on_whole(world, resident, as_user):
    resident.send(website="x", photos=[photo_file()], contact_phone=PHONE)
    report = ResidentReport.objects.get()
    answer = as_user(world.officer).post(report.get_absolute_url(), {"decision": "pass"})
    matter = Matter.objects.get()
    assert answer.headers["Location"] == matter.get_absolute_url()
    assert (matter.description, matter.photos.count(), matter.status) == (WORDS, 1, "received")
    report.refresh_from_db()
    assert (report.state, report.decided_by, report.can_be_reached) == (
        "passed",
        world.officer,
        True,
    )
    assert not ReportPhoto.objects.exists()
    assert report.receipt.matter == matter


def test_refused_report_loses_contact_and_photos_and_keeps_the_reason(world, resident, as_user):
    response = resident.send(website="x", photos=[photo_file()], contact_phone=PHONE)
    report = ResidentReport.objects.get()
    client = as_user(world.officer)
    missing = client.post(report.get_absolute_url(), {"decision": "refuse", "reason": ""})
    assert missing.status_code == 200
    client.post(report.get_absolute_url(), {"decision": "refuse", "reason": "广告"})
    report.refresh_from_db()
    assert (report.state, report.refusal, report.contact_phone) == ("refused", "广告", "")
    assert not ReportPhoto.objects.exists()
    text = receipt_page(response)
    assert "nothing to be done" in text
    assert "广告" not in text


def test_of_two_officers_the_second_is_told(world):
    report = ResidentReportFactory(grid=world.grid)
    pass_on(report=report, by=world.officer, at=timezone.now())
    with pytest.raises(ValidationError, match="officer"):
        refuse(report=report, by=world.street_officer, reason="x", at=timezone.now())
    assert Matter.objects.count() == 1


def test_decision_sent_twice_is_one(world):
    passed, refused = (ResidentReportFactory(grid=world.grid) for _ in range(2))
    matters = {pass_on(report=passed, by=world.officer, at=NOON) for _ in range(2)}
    for _ in range(2):
        refuse(report=refused, by=world.officer, reason="广告", at=NOON)
    assert matters == {Matter.objects.get()}


def test_officers_see_what_waits_in_their_places_alone(world, as_user):
    mine = ResidentReportFactory(grid=world.grid)
    theirs = ResidentReportFactory(grid=world.next_grid)
    photo = ReportPhoto.objects.create(report=theirs, content=b"x")
    client = as_user(world.officer)
    page = client.get("/work/resident-reports/").content.decode()
    assert (str(mine.pk) in page, str(theirs.pk) in page) == (True, False)
    for address in (theirs.get_absolute_url(), photo.get_absolute_url()):
        assert client.get(address).status_code == 404
    assert client.post(theirs.get_absolute_url(), {"decision": "pass"}).status_code == 404


def test_board_counts_what_waits_for_the_officer(world, as_user):
    ResidentReportFactory(grid=world.grid)
    ResidentReportFactory(grid=world.next_grid)
    numbers = {}
    for name in ("officer", "worker"):
        answer = as_user(getattr(world, name)).get("/work/matters/board/")
        page = BeautifulSoup(answer.content, "html.parser").find("main")
        links = page.select(".figures a[href='/work/resident-reports/']")
        numbers[name] = [link.get_text(strip=True) for link in links]
    assert numbers == {"officer": ["1"], "worker": []}


def test_markup_in_a_report_stays_text(world, resident, as_user):
    text = "<script>alert(1)</script>"
    resident.send(description=text, website="x", place="<b>x")
    report = ResidentReport.objects.get()
    client = as_user(world.officer)
    pages = [client.get("/work/resident-reports/"), client.get(report.get_absolute_url())]
    client.post(report.get_absolute_url(), {"decision": "pass"})
    pages.append(client.get(Matter.objects.get().get_absolute_url()))
    for page in pages:
        assert "<script>alert" not in page.content.decode()
        assert "<b>x" not in page.content.decode()
    assert "&lt;script&gt;" in pages[1].content.decode()


def test_broken_photo_is_explained_and_words_stay(resident):
    file = SimpleUploadedFile("x.jpg", b"no picture")
    text = resident.send(photos=[file]).content.decode()
    assert "damaged" in text
    assert WORDS in text
