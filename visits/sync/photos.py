"""Photos on their way from phones: resumable by offset, sealed until the last byte is here."""

import datetime
import json
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import gettext as _

from communities.models import User
from communities.photos import MAX_PHOTOS, shrink_photo
from visits.models import Matter, Photo, PhotoUpload
from visits.models.sync import PHOTO_WAIT
from visits.sync.parcel import read_uuid
from visits.sync.passes import read_author
from visits.sync.sealing import SealedError, open_envelope

MAX_BYTES = 1_500_000
HEADER_BYTES = 4


def path_of(upload: PhotoUpload) -> Path:
    """Return where the sealed bytes of an upload wait for their rest."""
    return Path(settings.MEDIA_ROOT) / "uploads" / str(upload.pk)


def picture_of(upload: PhotoUpload) -> Path:
    """Return where the picture of a finished upload waits for its matter."""
    return path_of(upload).with_suffix(".jpg")


def begin(key: UUID, length: int) -> PhotoUpload:
    """Return the upload under this key; begun again, it goes on where it was."""
    upload, _is_new = PhotoUpload.objects.get_or_create(pk=key, defaults={"length": length})
    go_back_to_bytes(upload)
    return upload


def go_back_to_bytes(upload: PhotoUpload) -> None:
    """Ask again for what the disk does not hold, as after a restore of the database alone."""
    if upload.done and not is_missing(upload):
        return
    path = path_of(upload)
    here = path.stat().st_size if path.exists() else 0
    if upload.done or here < upload.offset:
        upload.offset, upload.done = min(here, upload.offset), False
        upload.save(update_fields=["offset", "done"])


def is_missing(upload: PhotoUpload) -> bool:
    """Say whether a picture that is to come to a matter is neither there nor on its way."""
    return (
        upload.matter is not None
        and not picture_of(upload).exists()
        and not Photo.objects.filter(pk=upload.pk).exists()
    )


def append(upload: PhotoUpload, part: bytes) -> bool:
    """Write a part at the upload's offset; say whether nobody else moved it meanwhile.

    The bytes are on the disk before the offset says so.
    """
    path = path_of(upload)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("r+b" if path.exists() else "wb") as file:
        file.seek(upload.offset)
        file.write(part)
        file.flush()
    offset = upload.offset + len(part)
    rows = PhotoUpload.objects.filter(pk=upload.pk, offset=upload.offset)
    moved = rows.update(offset=offset) == 1
    upload.offset = offset
    return moved


def complete(upload: PhotoUpload) -> None:
    """Open an upload whose bytes are all here; its picture then waits for its matter.

    Raises ValidationError, worded for the sender, when it holds no picture of hers; the
    upload is then over. May be interrupted anywhere and done again.
    """
    path = path_of(upload)
    try:
        upload.by_id, upload.matter, picture = opened(upload, path.read_bytes())
        picture_of(upload).write_bytes(shrink_photo(SimpleUploadedFile("photo", picture)))
    except SealedError:
        end(upload)
        raise ValidationError(_("The photo arrived damaged. Take it again.")) from None
    except ValidationError as error:
        end(upload)
        raise ValidationError(
            _("The photo %(problem)s"), params={"problem": " ".join(error.messages)}
        ) from None
    upload.done = True
    upload.save(update_fields=["by", "matter", "done"])
    path.unlink(missing_ok=True)


def hand_over(upload: PhotoUpload) -> None:
    """Give a finished picture to its matter, if that is here; else the matter will fetch it."""
    matter = Matter.objects.filter(pk=upload.matter).first() if upload.matter else None
    if matter:
        attach(upload, matter)


def opened(upload: PhotoUpload, envelope: bytes) -> tuple[int, UUID, bytes]:
    """Return author, matter and picture of an envelope; raises SealedError."""
    plain = open_envelope(envelope, context=str(upload.pk))
    length = int.from_bytes(plain[:HEADER_BYTES], "big")
    try:
        header = json.loads(plain[HEADER_BYTES : HEADER_BYTES + length])
        author, matter = read_author(header["author"]), read_uuid(header["issue"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise SealedError("header") from None
    if author is None or matter is None or not User.objects.filter(pk=author).exists():
        raise SealedError("author")
    return author, matter, plain[HEADER_BYTES + length :]


def attach_waiting(matter: Matter) -> None:
    """Give a matter the photos that arrived before it."""
    for upload in PhotoUpload.objects.filter(matter=matter.pk, done=True):
        attach(upload, matter)


def attach(upload: PhotoUpload, matter: Matter) -> None:
    """Add the photo to the matter, once, if both are of the same person."""
    path = picture_of(upload)
    if upload.by_id != matter.reported_by_id or not path.exists():
        return
    if matter.photos.count() < MAX_PHOTOS and not Photo.objects.filter(pk=upload.pk).exists():
        photo = Photo(pk=upload.pk, matter=matter, by_id=upload.by_id)
        photo.image.save("", ContentFile(path.read_bytes()))
    path.unlink(missing_ok=True)


def end(upload: PhotoUpload) -> None:
    """Forget the bytes of an upload that leads nowhere; its row answers a repetition."""
    path_of(upload).unlink(missing_ok=True)
    upload.done = True
    upload.save(update_fields=["done"])


def forget_old_uploads(now: datetime.datetime) -> int:
    """Remove uploads begun more than 90 days ago with their bytes; return how many."""
    old = PhotoUpload.objects.filter(began_at__lt=now - PHOTO_WAIT)
    for upload in old:
        path_of(upload).unlink(missing_ok=True)
        picture_of(upload).unlink(missing_ok=True)
    return old.delete()[0]
