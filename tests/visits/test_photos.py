"""What becomes of the files people send as photos."""

import struct
import tracemalloc
import zlib
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, PngImagePlugin

from communities.photos import MAX_BYTES_OUT, MAX_SIDE, shrink_photo

GPS_IFD, ORIENTATION, MAKE = 0x8825, 0x0112, 0x010F


def upload(content: bytes, name: str = "photo.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def noisy(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Make a picture with detail everywhere, as real ones have."""
    return Image.effect_noise((width // 16, height // 16), 90).resize((width, height)).convert(mode)


def saved(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def result_of(content: bytes) -> tuple[Image.Image, bytes]:
    shrunk = shrink_photo(upload(content))
    image = Image.open(BytesIO(shrunk))
    image.load()
    return image, shrunk


def refusal_of(content: bytes) -> str:
    with pytest.raises(ValidationError) as caught:
        shrink_photo(upload(content))
    return caught.value.code


def png_claiming(width: int, height: int) -> bytes:
    """Write a PNG header of that size over hardly any data."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 1000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def test_photo_of_a_phone_becomes_small():
    image, shrunk = result_of(saved(noisy(4000, 3000), quality=95))
    assert (image.format, image.size, len(shrunk) <= MAX_BYTES_OUT) == ("JPEG", (1280, 960), True)


def test_photo_that_compresses_badly_stays_under_the_limit():
    rough = Image.effect_noise((1280, 1280), 200).convert("RGB")
    assert len(shrink_photo(upload(saved(rough, "PNG")))) <= MAX_BYTES_OUT


def test_photo_loses_everything_but_its_pixels():
    exif = Image.Exif()
    exif[MAKE] = "SecretPhone"
    exif.get_ifd(GPS_IFD)[2] = (39.0, 54.0, 26.0)
    content = saved(
        noisy(800, 600),
        exif=exif,
        comment=b"SecretComment",
        icc_profile=b"SecretProfile" * 20,
        xmp=b"<x:xmpmeta>SecretXmp</x:xmpmeta>",
    )
    before = Image.open(BytesIO(content))
    assert {"exif", "comment", "icc_profile", "xmp"} <= set(before.info)
    image, shrunk = result_of(content)
    assert b"Secret" not in shrunk
    assert dict(image.getexif()) == {}
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_photo_text_of_a_png_is_dropped():
    texts = PngImagePlugin.PngInfo()
    texts.add_text("GPS", "SecretPlace")
    assert b"SecretPlace" not in shrink_photo(upload(saved(noisy(400, 300), "PNG", pnginfo=texts)))


def test_photo_is_turned_as_the_camera_was_held():
    image = Image.new("RGB", (600, 400), "white")
    image.paste((255, 0, 0), (0, 0, 300, 400))
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    turned, _content = result_of(saved(image, exif=exif))
    top, bottom = turned.getpixel((200, 50)), turned.getpixel((200, 550))
    assert turned.size == (400, 600)
    assert (top[1] < 60, bottom[1] > 200) == (True, True)


def test_photo_with_a_page_hidden_behind_it_becomes_a_plain_picture():
    page = b"<script>alert(1)</script>"
    image, shrunk = result_of(saved(noisy(300, 200), "PNG") + page)
    assert (image.format, b"<script>" in shrunk) == ("JPEG", False)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_photo_of_every_mode_becomes_rgb(mode):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    source = Image.new(mode, (200, 100)) if mode == "I;16" else noisy(200, 100).convert(mode)
    image, _content = result_of(saved(source, kind))
    assert (image.mode, image.size) == ("RGB", (200, 100))


def test_photo_that_is_transparent_stands_on_white():
    image, _content = result_of(saved(Image.new("RGBA", (100, 100), (0, 0, 0, 0)), "PNG"))
    assert image.getpixel((50, 50)) == (255, 255, 255)


def test_photo_that_is_webp_is_taken():
    image, _content = result_of(saved(noisy(2000, 1000), "WEBP"))
    assert image.size == (MAX_SIDE, MAX_SIDE // 2)


@pytest.mark.parametrize("size", [(30_000, 30_000), (12_000, 12_000), (6_000, 5_000)])
def test_photo_of_too_many_pixels_is_refused_undecoded(size):
    tracemalloc.start()
    assert refusal_of(png_claiming(*size)) == "pixels"
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "unreadable"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 500, "unreadable"),
        (b"GIF89a" + b"\0" * 100, "unreadable"),
        (b"%PDF-1.7 not a picture", "unreadable"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unreadable"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 200, "heic"),
        (b"\0\0\0\x18ftypmif1" + b"\0" * 200, "heic"),
        (png_claiming(100, 100), "unreadable"),
    ],
)
def test_photo_that_is_none_is_refused_in_words(content, code):
    assert refusal_of(content) == code


def test_photo_cut_off_anywhere_is_refused_or_harmless():
    whole = saved(noisy(400, 300))
    codes = {refusal_of(whole[:length]) for length in range(0, len(whole) - 2, 997)}
    assert codes == {"unreadable"}


def test_photo_over_twenty_megabytes_is_refused_unread():
    file = upload(b"")
    file.size = 20 * 1024 * 1024 + 1
    file.file = None
    with pytest.raises(ValidationError) as caught:
        shrink_photo(file)
    assert caught.value.code == "too_large"
