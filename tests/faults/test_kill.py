"""`kill -9` of the server at every step of a request: nothing half done, nothing lost."""

import pytest

from tests.faults.handset import Mortal, content, phone_over, save
from tests.faults.history import picture
from tests.faults.net import OverHTTP
from tests.faults.phone import UPLOADED
from visits.actions.recompute import recompute
from visits.models import HeldItem, Matter, MatterEvent, Photo, SyncDevice, Visit

MOST_STEPS = 120
# Every third statement and commit: neighbours are killed alike, and each takes half a second.
STRIDE = 3
PIECE = 1000


def offers(town) -> dict:
    return {
        "one": lambda number: [content(town, note=str(number))],
        "batch": lambda number: [content(town, door=door, note=str(number)) for door in (0, 0, 1)],
        "with issue": lambda number: [content(town, note=str(number), with_issue=True)],
        "held": lambda number: [content(town, note=str(number), outcome="danced")],
    }


def rows() -> list[int]:
    return [model.objects.count() for model in (Visit, HeldItem, Matter, MatterEvent)]


def deaths(phone, upstream, new):
    """Let the server die at step after step of what each time is new; yield each time it did."""
    for step in range(1, MOST_STEPS, STRIDE):
        before = rows()
        done = new(step)
        upstream.step = step
        phone.exchange()
        if done():
            return
        yield step, before
        for _try in range(50):
            phone.exchange()
            if done():
                break
        assert done(), f"killed at step {step}, never taken afterwards"
    raise AssertionError("more steps than expected")


@pytest.mark.parametrize("kind", ["one", "batch", "with issue", "held"])
def test_at_every_step_of_a_visit(town, mortal, kind):
    upstream = Mortal(OverHTTP(mortal.url), lambda request: request.path == "/sync/visits/")
    phone = phone_over(upstream, town)
    offer = offers(town)[kind]

    def new(step):
        for said in offer(step):
            save(phone, said)
        return lambda: not phone.pending

    steps = 0
    for step, before in deaths(phone, upstream, new):
        steps = step
        grown = [now - then for now, then in zip(rows(), before, strict=True)]
        parts = {"one": (0, 1), "batch": (0, 1, 2, 3), "with issue": (0, 1), "held": (0,)}[kind]
        assert grown[0] in parts, f"step {step}: {grown}"
        assert grown[2] == grown[3], f"step {step}: an issue without its first event"
        assert recompute(save=False).differences == [], f"step {step}"
    assert steps > 15
    items = len(phone.disk.items)
    if kind == "held":
        assert (Visit.objects.count(), HeldItem.objects.count()) == (0, items)
    else:
        assert (Visit.objects.count(), HeldItem.objects.count()) == (items, 0)
    assert Matter.objects.count() == (items if kind == "with issue" else 0)
    assert recompute(save=False).differences == []
    assert SyncDevice.objects.get().missing == 0


def is_last_part(request) -> bool:
    """A photo's last part stands alone in saying where it begins and holding no full piece."""
    return request.method == "PATCH" and len(request.body) < PIECE


def test_at_every_step_of_the_last_part_of_a_photo(town, mortal):
    upstream = Mortal(OverHTTP(mortal.url), is_last_part)
    phone = phone_over(upstream, town)
    phone.pieces = (PIECE,)
    photos = []

    def new(_step):
        said = content(town, with_issue=True)
        save(phone, said)
        phone.exchange()
        photos.append(phone.keep_photo(said["issue"]["id"], picture()))
        return lambda: not phone.pending_photos

    steps = [step for step, _before in deaths(phone, upstream, new)]
    assert steps[-1] > 8
    assert {str(key) for key in Photo.objects.values_list("pk", flat=True)} == set(photos)
    assert {photo["state"] for photo in phone.disk.photos.values()} == {UPLOADED}
    assert all(photo.image.size > 0 for photo in Photo.objects.all())
