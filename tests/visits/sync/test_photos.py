"""Photos in parts: resumed by offset, sealed until complete, never in the way of a visit."""

import base64
import io
import itertools
import json
import uuid
from pathlib import Path

import pytest
from PIL import Image

from tests.factories import MatterCategoryFactory, MatterFactory
from tests.visits.sync.phone import issue, visit
from visits.models import Photo, PhotoUpload
from visits.sync.passes import author_pass
from visits.sync.photos import forget_old_uploads
from visits.sync.sealing import seal


def picture(side=400) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((side, side), 80).save(out, "JPEG")
    return out.getvalue()


def envelope(key, author, issue_id, content) -> bytes:
    header = json.dumps({"author": author, "issue": str(issue_id)}).encode()
    return seal(len(header).to_bytes(4, "big") + header + content, context=str(key))


def create(client, key, length, **headers):
    encoded = base64.b64encode(str(key).encode()).decode()
    return client.post(
        "/sync/photos/",
        headers={
            "Tus-Resumable": "1.0.0",
            "Upload-Length": str(length),
            "Upload-Metadata": f"id {encoded}",
            **headers,
        },
    )


def patch(client, key, offset, part, **headers):
    return client.patch(
        f"/sync/photos/{key}/",
        part,
        content_type="application/offset+octet-stream",
        headers={"Tus-Resumable": "1.0.0", "Upload-Offset": str(offset), **headers},
    )


def head(client, key):
    return client.head(f"/sync/photos/{key}/", headers={"Tus-Resumable": "1.0.0"})


def test_a_photo_cut_at_any_byte_goes_on_where_it_was(world, phone):
    reported = MatterFactory(grid=world.grid, reported_by=world.worker)
    key = uuid.uuid4()
    sealed = envelope(key, phone.author, reported.pk, picture())
    begun = create(phone.client, key, len(sealed))
    assert (begun.status_code, begun["Upload-Offset"]) == (201, "0")
    cuts = [0, 1, 7, 1000, 40_000, len(sealed) - 1, len(sealed)]
    for start, end in itertools.pairwise(cuts):
        assert head(phone.client, key)["Upload-Offset"] == str(start)
        wrong = patch(phone.client, key, start + 1, b"x")
        assert (wrong.status_code, wrong["Upload-Offset"]) == (409, str(start))
        assert patch(phone.client, key, start, sealed[start:end]).status_code == 204
        assert create(phone.client, key, len(sealed))["Upload-Offset"] == str(end)
    assert head(phone.client, key)["Upload-Complete"] == "yes"
    photo = Photo.objects.get()
    assert (photo.pk, photo.matter, photo.by) == (key, reported, world.worker)
    assert Image.open(photo.image).size == (400, 400)
    assert not list(Path(photo.image.storage.location).glob("uploads/*"))


@pytest.mark.parametrize("arrived", [900, None], ids=["in part", "whole"])
def test_a_photo_whose_bytes_are_gone_is_asked_for_again(world, phone, settings, arrived):
    """As after a restore of a database that is older or newer than its files."""
    noticed = issue(MatterCategoryFactory())
    key = uuid.uuid4()
    sealed = envelope(key, phone.author, noticed["id"], picture())
    create(phone.client, key, len(sealed))
    patch(phone.client, key, 0, sealed[:arrived])
    for waiting in (settings.MEDIA_ROOT / "uploads").iterdir():
        waiting.unlink()
    assert head(phone.client, key)["Upload-Offset"] == "0"
    assert create(phone.client, key, len(sealed))["Upload-Offset"] == "0"
    patch(phone.client, key, 0, sealed)
    phone.send(phone.item(visit(world.household, issue=noticed)))
    assert [photo.pk for photo in Photo.objects.all()] == [key]
    assert head(phone.client, key)["Upload-Complete"] == "yes"


def test_a_photo_waits_for_its_issue_and_goes_up_after_logout(world, phone, as_user):
    category, key = MatterCategoryFactory(), uuid.uuid4()
    noticed = issue(category)
    sealed = envelope(key, phone.author, noticed["id"], picture())
    stranger = as_user(None)
    ticket = {"X-Upload-Ticket": phone.ticket}
    assert create(stranger, key, len(sealed)).status_code == 401
    assert create(stranger, key, len(sealed), **ticket).status_code == 201
    assert patch(stranger, key, 0, sealed, **ticket).status_code == 204
    assert not Photo.objects.exists()
    phone.send(phone.item(visit(world.household, issue=noticed)))
    assert [str(photo.matter_id) for photo in Photo.objects.all()] == [noticed["id"]]


def test_nobody_adds_a_photo_to_anothers_issue(world, phone):
    reported = MatterFactory(grid=world.grid, reported_by=world.officer)
    key = uuid.uuid4()
    sealed = envelope(key, phone.author, reported.pk, picture())
    create(phone.client, key, len(sealed))
    patch(phone.client, key, 0, sealed)
    assert not Photo.objects.exists()


@pytest.mark.parametrize(
    "kind", ["rubbish", "not sealed", "no author", "author gone", "other item"]
)
def test_what_is_no_picture_is_said_and_harms_nothing(world, phone, kind):
    reported = MatterFactory(grid=world.grid, reported_by=world.worker)
    key = uuid.uuid4()
    sealed = {
        "rubbish": lambda: envelope(key, phone.author, reported.pk, b"GIF89a" * 50),
        "not sealed": lambda: b"x" * 300,
        "no author": lambda: envelope(key, "x", reported.pk, picture()),
        "author gone": lambda: envelope(key, author_pass(10**9), reported.pk, picture()),
        "other item": lambda: envelope(uuid.uuid4(), phone.author, reported.pk, picture()),
    }[kind]()
    create(phone.client, key, len(sealed))
    refused = patch(phone.client, key, 0, sealed)
    assert refused.status_code == 422
    assert refused.json()["reason"].startswith("The photo")
    assert head(phone.client, key)["Upload-Complete"] == "yes"
    assert not Photo.objects.exists()


def test_limits_and_versions(phone):
    key = uuid.uuid4()
    assert create(phone.client, key, 1_500_001).status_code == 413
    assert create(phone.client, key, 0).status_code == 413
    assert create(phone.client, "no uuid", 10).status_code == 400
    assert create(phone.client, key, 10).status_code == 201
    assert create(phone.client, key, 11).status_code == 409
    other = phone.client.post("/sync/photos/", headers={"Tus-Resumable": "0.2.2"})
    assert (other.status_code, other["Tus-Version"]) == (412, "1.0.0")
    wrong_type = phone.client.patch(
        f"/sync/photos/{key}/",
        b"x",
        content_type="text/plain",
        headers={"Tus-Resumable": "1.0.0", "Upload-Offset": "0"},
    )
    assert wrong_type.status_code == 415
    assert head(phone.client, uuid.uuid4()).status_code == 404
    assert phone.client.options("/sync/photos/")["Tus-Extension"] == "creation"


def test_more_bytes_than_announced_are_not_taken(world, phone):
    key = uuid.uuid4()
    create(phone.client, key, 10)
    patch(phone.client, key, 0, b"x" * 50)
    assert PhotoUpload.objects.get().offset == 10


def test_old_uploads_are_forgotten(phone, settings):
    from django.utils import timezone

    key = uuid.uuid4()
    create(phone.client, key, 10)
    patch(phone.client, key, 0, b"x")
    now = timezone.now()
    assert forget_old_uploads(now) == 0
    PhotoUpload.objects.update(began_at=now - timezone.timedelta(days=91))
    assert forget_old_uploads(now) == 1
    assert not list(Path(settings.MEDIA_ROOT).glob("uploads/*"))
