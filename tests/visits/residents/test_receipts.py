"""The receipt of a report: found by its code alone, and what its holder may answer."""

import datetime
import re
import uuid

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from tests.factories import MatterFactory, UserFactory
from tests.visits.residents.conftest import HOUR, NOON
from visits.actions.matter_steps import take_step
from visits.actions.matters import report_matter
from visits.actions.receipts import answer_receipt, make_receipt
from visits.models import Matter, MatterCategory, Receipt, ResidentAnswer, Step
from visits.models.receipt import ALPHABET, code_of, hash_of, read_code


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


def test_nobody_at_work_gets_the_receipt_of_a_resident(world, resident, as_user):
    """Whoever holds it speaks for her."""
    resident.send()
    matter = Matter.objects.get()
    page = f"/work/matters/{matter.pk}/receipt/"
    for user in (world.worker, world.officer, UserFactory(is_superuser=True)):
        assert as_user(user).post(page).status_code == 404
    assert Receipt.objects.count() == 1
