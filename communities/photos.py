"""Photos people send: read with limits, shrunk, and left with nothing but their pixels."""

from io import BytesIO

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

MAX_PHOTOS = 4
MAX_BYTES_IN = 20 * 1024 * 1024
# Phones take 50 megapixels. A JPEG is decoded at an eighth of that where it is larger than
# needed; the other formats are decoded whole, at up to 16 bytes a pixel, so their limit
# bounds the memory of a request to 200 MB.
MAX_PIXELS_JPEG = 50_000_000
MAX_PIXELS_OTHER = 13_000_000
MAX_SIDE = 1280
MAX_BYTES_OUT = 200 * 1024
QUALITIES = (82, 70, 58, 45, 30)
FORMATS = ("JPEG", "PNG", "WEBP")
# The kinds of file that begin `....ftyp` and then one of these: photos of newer phones.
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif")


def shrink_photo(file: UploadedFile) -> bytes:
    """Return the picture as a JPEG of at most 1280 pixels a side and 200 KB, upright.

    The pixels are copied into a new image, so position, camera, comments and whatever else
    the file carried stay behind. Raises ValidationError, worded for the sender, for a file
    that is too large, too many pixels, damaged or of another kind.
    """
    if (file.size or 0) > MAX_BYTES_IN:
        raise ValidationError(_("is larger than 20 MB."), code="too_large")
    try:
        return encode(upright(file))
    except ValidationError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise too_many_pixels() from None
    except Exception:  # noqa: BLE001 - decoders fail in many ways, all meaning the same to the sender
        raise unreadable(file) from None


def upright(file: UploadedFile) -> Image.Image:
    """Decode at about the size wanted, and turn as the camera was held."""
    file.seek(0)
    image: Image.Image = Image.open(file, formats=FORMATS)
    limit = MAX_PIXELS_JPEG if image.format in ("JPEG", "MPO") else MAX_PIXELS_OTHER
    if image.width * image.height > limit:
        raise too_many_pixels()
    # Only JPEG takes this hint; twice the size wanted keeps the result sharp.
    image.draft("RGB", (MAX_SIDE * 2, MAX_SIDE * 2))
    if image.mode not in ("RGB", "L"):
        image = image.convert("RGBA")
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    return ImageOps.exif_transpose(image)


def encode(image: Image.Image) -> bytes:
    """Return the pixels as a JPEG under the limit, on white where they are transparent."""
    pixels = Image.new("RGB", image.size, "white")
    pixels.paste(image, mask=image if image.mode == "RGBA" else None)
    while True:
        for quality in QUALITIES:
            out = BytesIO()
            pixels.save(out, "JPEG", quality=quality, optimize=True)
            if out.tell() <= MAX_BYTES_OUT:
                return out.getvalue()
        pixels = pixels.reduce(2)


def too_many_pixels() -> ValidationError:
    return ValidationError(_("has too many pixels. Take it with a smaller size."), code="pixels")


def unreadable(file: UploadedFile) -> ValidationError:
    """Say what to do about a file that is no readable picture, by what it looks like."""
    file.seek(0)
    head = file.read(12)
    if head[4:8] == b"ftyp" and head[8:12] in HEIC_BRANDS:
        return ValidationError(
            _(
                "is in a format only its phone can read (HEIC). Set the camera to “most compatible”, "
                "or send a screenshot of it."
            ),
            code="heic",
        )
    return ValidationError(_("is damaged or not a picture (JPEG, PNG or WebP)."), code="unreadable")
