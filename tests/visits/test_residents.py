"""What residents report without an account: taken in, held, answered, and kept to themselves."""

import datetime
import re
import threading
import uuid

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from communities.models import Disclosure
from tests.communities.test_cards import photo_file
from tests.factories import MatterFactory, ResidentReportFactory, UserFactory
from visits.actions.errands import tick_step
from visits.actions.matter_steps import take_step
from visits.actions.matters import report_matter
from visits.actions.receipts import answer_receipt, make_receipt
from visits.actions.resident_reports import pass_on, refuse
from visits.incoming import FOR_GRID, FROM_ADDRESS
from visits.models import (
    CalledDepartment,
    ErrandStep,
    Matter,
    MatterCategory,
    Receipt,
    ReportCount,
    ReportPhoto,
    ResidentAnswer,
    ResidentReport,
    Step,
)
from visits.models.receipt import ALPHABET, code_of, hash_of, read_code

NAME, PHONE = "欧阳寻梅", "13987654321"
WORDS = "三号楼后面的路灯不亮"
NOON = datetime.datetime(2026, 3, 4, 4, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def category(db) -> MatterCategory:
    category = MatterCategory.objects.get(code="sanitation")
    category.is_public = True
    category.save()
    return category


class Resident:
    """Somebody with a phone: opens the form of a grid, fills it in and sends it."""

    def __init__(self, grid, category, clock):
        self.client = Client()
        self.page = f"/g/{grid.card_key}/report/?language=en"
        self.category = category
        self.clock = clock

    def open(self) -> dict[str, str]:
        page = BeautifulSoup(self.client.get(self.page).content, "html.parser")
        return {name: page.find("input", {"name": name})["value"] for name in ("id", "stamp")}

    def fill(self, *, wait: int = 20, **typed) -> dict:
        hidden = self.open()
        self.clock.shift(wait)
        written = {"category": self.category.pk, "place": "东门", "description": WORDS}
        return {**written, **hidden, **typed}

    def send(self, form=None, **typed):
        return self.client.post(self.page, form or self.fill(**typed))


@pytest.fixture
def resident(world, category, clock) -> Resident:
    return Resident(world.grid, category, clock)


def receipt_page(response) -> str:
    assert response.status_code == 302, response.content.decode()
    answer = Client().get(response.headers["Location"])
    assert answer.status_code == 200
    return answer.content.decode()


# Taking in.


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
        answers = []

        def send():
            answers.append(Client().post(resident.page, form).headers.get("Location"))
            connection.close()

        threads = [threading.Thread(target=send) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
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


# What is odd waits.


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


# What stays hers.


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


# The receipt.


def test_code_is_long_and_read_as_people_write_it():
    key = uuid.UUID(int=7)
    code = code_of(key)
    assert re.fullmatch(f"([{ALPHABET}]{{4}}-){{2}}[{ALPHABET}]{{4}}", code)
    written = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert read_code(written) == code.replace("-", "")
    assert [read_code(text) for text in ("", "ABC", code + "X", "<b>")] == [""] * 4


def test_database_holds_no_code(world, resident, settings):
    response = resident.send()
    code = response.headers["Location"].split("/")[2]
    receipt = Receipt.objects.get()
    assert receipt.code == code
    assert read_code(code) not in str(Receipt.objects.values().get())
    settings.INDEX_KEY = "another"
    assert code_of(receipt.pk) != code
    assert hash_of(code) != receipt.code_hash


@pytest.mark.parametrize("code", ["0000-0000-0000", "x", "%3Cscript%3E", "ABCD" * 40])
def test_unknown_code_is_a_friendly_404(db, code):
    answer = Client().get(f"/r/{code}/?language=en")
    assert answer.status_code == 404
    assert "No receipt has this code." in answer.content.decode()


def test_receipt_opens_until_three_months_after_the_end(world):
    matter = MatterFactory(grid=world.grid, reported_by=world.worker, status="closed")
    receipt = make_receipt(matter=matter, by=world.worker, at=NOON)
    ended = matter.closed_at
    opened = [
        Receipt.objects.with_code(receipt.code, ended + datetime.timedelta(days=days)) is not None
        for days in (0, 90, 91)
    ]
    assert opened == [True, True, False]


def test_typed_code_leads_to_its_receipt(world):
    matter = MatterFactory(grid=world.grid, reported_by=world.worker)
    code = make_receipt(matter=matter, by=world.worker, at=NOON).code
    answer = Client().post("/r/", {"code": code.lower().replace("-", " ")}, follow=True)
    assert answer.status_code == 200
    assert code in answer.content.decode()
    wrong = Client().post("/r/?language=en", {"code": "12"})
    assert "A code has twelve letters and digits." in wrong.content.decode()


def test_receipt_tells_steps_without_names_or_notes(world):
    world.worker.name, world.officer.name = "王小丽", "赵主任"
    world.worker.save()
    world.officer.save()
    matter = report_matter(
        by=world.worker,
        category=MatterCategory.objects.get(code="sanitation"),
        grid=world.grid,
        place="502室李家",
        description="李家垃圾",
        at=NOON,
    )
    receipt = make_receipt(matter=matter, by=world.worker, at=NOON)
    steps = (
        (Step.ASSIGN, world.officer, {"assignee": world.worker, "note": "请王小丽去"}),
        (Step.START, world.worker, {}),
        (Step.REMIND, world.officer, {}),
        (Step.COMMENT, world.worker, {"note": "李家不开门"}),
        (Step.RESOLVE, world.worker, {"note": "王小丽已清"}),
    )
    for number, (step, by, choice) in enumerate(steps, start=1):
        take_step(matter=matter, step=step, by=by, at=NOON + number * HOUR, **choice)
    answer = Client().get(f"/r/{receipt.code}/?language=en")
    text = answer.content.decode()
    for word in ("王小丽", "赵主任", "李家", "worker", "Reminded", str(matter.pk)):
        assert word not in text
    lines = BeautifulSoup(text, "html.parser").find("ol").find_all("li")
    assert [" ".join(line.stripped_strings) for line in lines] == [
        "Reported as solved 2026-03-04 17:00",
        "Work begun 2026-03-04 14:00",
        "Handed to those who take care of it 2026-03-04 13:00",
        "Arrived 2026-03-04 12:00",
    ]
    headers = {name: answer.headers[name] for name in ("Cache-Control", "Referrer-Policy")}
    assert headers == {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert not answer.cookies


def test_receipt_of_a_merged_matter_follows_the_other(world):
    matter, other = (
        MatterFactory(grid=world.grid, reported_by=world.worker, source="worker") for _ in range(2)
    )
    receipt = make_receipt(matter=matter, by=world.worker, at=NOON)
    now = timezone.now()
    take_step(matter=matter, step=Step.MERGE, by=world.officer, at=now, into=other)
    take_step(matter=other, step=Step.TAKE, by=world.worker, at=now + HOUR)
    text = Client().get(f"/r/{receipt.code}/?language=en").content.decode()
    assert "It is being worked on." in text
    assert "Joined with another report of the same thing" in text
    assert "Is it solved?" not in text


# What she answers.


@pytest.fixture
def resolved(world):
    matter = MatterFactory(
        grid=world.grid, reported_by=world.worker, assignee=world.worker, status="resolved"
    )
    return matter, make_receipt(matter=matter, by=world.worker, at=NOON)


def reply(resolved, rating: int, *, at=NOON, words: str = "") -> Matter:
    matter, receipt = resolved
    matter.refresh_from_db()
    answer_receipt(receipt=receipt, rating=rating, words=words, seen=matter.moves, at=at)
    matter.refresh_from_db()
    return matter


def test_solved_closes_and_not_solved_sends_back_to_work(resolved):
    matter = reply(resolved, 1, words="还是不亮")
    assert (matter.status, matter.rating, matter.reworked) == ("in_progress", 1, 1)
    last = matter.events.last()
    assert (last.by, last.step, last.note) == (None, "rework", "没有解决：还是不亮")


@pytest.mark.parametrize(("rating", "status"), [(3, "closed"), (2, "in_progress")])
def test_one_tap_answers_on_the_page(rating, status, resolved):
    matter, receipt = resolved
    client, page = Client(), f"/r/{receipt.code}/?language=en"
    form = BeautifulSoup(client.get(page).content, "html.parser").find("form")
    sent = {"seen": form.find("input", {"name": "seen"})["value"], "rating": rating, "words": ""}
    answers = [client.post(page, sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    matter.refresh_from_db()
    assert (matter.status, matter.rating) == (status, rating)
    assert ResidentAnswer.objects.count() == 1


def test_second_answer_replaces_the_first_within_a_day_and_both_stay(resolved):
    reply(resolved, 3)
    matter = reply(resolved, 1, at=NOON + 23 * HOUR, words="又坏了")
    assert (matter.status, matter.rating, matter.reopened) == ("accepted", 1, 1)
    assert list(ResidentAnswer.objects.values_list("rating", flat=True)) == [3, 1]


def test_answer_stands_after_a_day(resolved):
    reply(resolved, 3)
    with pytest.raises(ValidationError) as refused:
        reply(resolved, 1, at=NOON + 25 * HOUR)
    assert refused.value.code == "late"
    resolved[0].refresh_from_db()
    assert (resolved[0].status, resolved[0].rating) == ("closed", 3)


def test_answer_taken_back_while_work_goes_on_is_a_word_to_the_worker(resolved):
    reply(resolved, 1)
    matter = reply(resolved, 3, at=NOON + HOUR, words="看错了")
    assert (matter.status, matter.rating) == ("in_progress", 3)
    assert matter.events.last().note == "已解决：看错了"


def test_she_is_asked_anew_when_it_was_resolved_again(world, resolved):
    matter = reply(resolved, 1)
    later = NOON + 72 * HOUR
    with pytest.raises(ValidationError):
        reply(resolved, 3, at=later)
    take_step(matter=matter, step=Step.RESOLVE, by=world.worker, at=later, note="修好")
    assert reply(resolved, 3, at=later + HOUR).status == "closed"


def test_answer_to_what_changed_meanwhile_names_nobody(world, resolved):
    matter, receipt = resolved
    seen = matter.moves
    take_step(matter=matter, step=Step.REWORK, by=world.officer, at=NOON, note="没修")
    page = f"/r/{receipt.code}/?language=en"
    text = Client().post(page, {"rating": 3, "seen": seen, "words": "好了"}).content.decode()
    assert "officer" not in text
    assert not ResidentAnswer.objects.exists()


def test_answer_to_a_matter_closed_meanwhile_does_not_reopen_it(world, resolved):
    matter, receipt = resolved
    seen = matter.moves
    take_step(matter=matter, step=Step.CLOSE, by=world.officer, at=timezone.now())
    text = Client().post(f"/r/{receipt.code}/?language=en", {"rating": 1, "seen": seen})
    assert "Something has changed meanwhile." in text.content.decode()
    matter.refresh_from_db()
    assert (matter.status, matter.rating) == ("closed", None)


def test_reopening_by_receipt_ends_after_a_few_times(resolved):
    Matter.objects.filter(pk=resolved[0].pk).update(
        status="closed", due_at=None, closed_at=NOON, reopened=3, moves=resolved[0].moves + 1
    )
    with pytest.raises(ValidationError) as refused:
        reply(resolved, 1)
    assert refused.value.code == "call"


# Errands.


@pytest.fixture
def errand(world) -> Matter:
    category = MatterCategory.objects.create(
        name="代办补贴", is_errand=True, checklist="收材料\n\n 交窗口 \n送回"
    )
    matter = report_matter(
        by=world.worker, category=category, grid=world.grid, description="高龄补贴", at=NOON
    )
    take_step(matter=matter, step=Step.TAKE, by=world.worker, at=NOON)
    return matter


def test_errand_begins_with_the_steps_of_its_category(errand):
    assert [str(step) for step in errand.errand_steps.all()] == ["收材料", "交窗口", "送回"]


def test_other_matters_have_no_steps(world, resident):
    resident.send()
    assert not ErrandStep.objects.exists()


def test_step_is_ticked_once_and_stands_in_the_history(world, errand, as_user):
    client = as_user(world.worker)
    page = f"/work/matters/{errand.pk}/errand/1/"
    for _ in range(2):
        client.post(page, {"done": "1"})
    step = errand.errand_steps.get(number=1)
    assert (step.done_by, step.done_at is not None) == (world.worker, True)
    notes = errand.events.filter(step="comment").values_list("note", flat=True)
    assert list(notes) == ["✓ 收材料"]
    client.post(page, {"done": "0"})
    step.refresh_from_db()
    assert (step.done_by, step.done_at) == (None, None)


def test_step_of_an_ended_errand_stays(world, errand):
    take_step(matter=errand, step=Step.RESOLVE, by=world.worker, at=NOON, note="办好")
    take_step(matter=errand, step=Step.CLOSE, by=world.worker, at=NOON)
    with pytest.raises(ValidationError) as refused:
        tick_step(step=errand.errand_steps.first(), is_done=True, by=world.worker, at=NOON)
    assert refused.value.code == "ended"


def test_resident_follows_the_errand_on_a_receipt_from_the_worker(world, errand, as_user):
    client = as_user(world.worker)
    page = f"/work/matters/{errand.pk}/receipt/"
    assert client.get(page).status_code == 302
    codes = set()
    for _ in range(2):
        codes.add(client.post(page, follow=True).context["code"])
    assert len(codes) == Receipt.objects.count() == 1
    tick_step(step=errand.errand_steps.first(), is_done=True, by=world.worker, at=NOON)
    text = Client().get(f"/r/{codes.pop()}/?language=en").content.decode()
    items = BeautifulSoup(text, "html.parser").find("ol").find_all("li")
    assert [" ".join(item.stripped_strings) for item in items] == [
        "Done 收材料 2026-03-04",
        "To do 交窗口",
        "To do 送回",
    ]
    assert world.worker.name not in text


def test_nobody_at_work_gets_the_receipt_of_a_resident(world, resident, as_user):
    """Whoever holds it speaks for her."""
    resident.send()
    matter = Matter.objects.get()
    page = f"/work/matters/{matter.pk}/receipt/"
    for user in (world.worker, world.officer, UserFactory(is_superuser=True)):
        assert as_user(user).post(page).status_code == 404
    assert Receipt.objects.count() == 1


def test_broken_photo_is_explained_and_words_stay(resident):
    file = SimpleUploadedFile("x.jpg", b"no picture")
    text = resident.send(photos=[file]).content.decode()
    assert "damaged" in text
    assert WORDS in text
