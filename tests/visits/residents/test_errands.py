"""The steps of an errand done for a resident."""

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.test import Client

from tests.visits.residents.conftest import NOON
from visits.actions.errands import tick_step
from visits.actions.matter_steps import take_step
from visits.actions.matters import report_matter
from visits.models import ErrandStep, Matter, MatterCategory, Receipt, Step


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
