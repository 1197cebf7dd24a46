"""Photos as they are kept: upright, scaled, nothing but pixels."""

from __future__ import annotations

import base64
import io
import struct
import subprocess
import sys
import zlib
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from gridapp.errors import Problem
from gridapp.store.drafting import Picture
from gridapp.store.pictures import Prepared, prepare, small_picture
from tests.store.realistic import jpeg

RED, BLUE = (200, 40, 40), (40, 40, 200)

# 64 x 48, left half red, right half blue
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAX1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAA"
    "AAAAAAAAACJpbG9jAAAAAERAAAEAAQAAAAABoQABAAAAAAAAACQAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABo"
    "dmMxAAAAAA5waXRtAAAAAAABAAAA/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEA"
    "GEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAA"
    "AwAhYgABAAZEAcFzwIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAAB"
    "AAAAMAAAAAEAAAAAAAAAAv////AAAAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAACxt"
    "ZGF0AAAAICgBrxmA70mlv//cOZ/1Ni/4Xshf/6xod84un+4dI21v"
)


def encoded(image: Image.Image, form: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def halves(width: int = 640, height: int = 480) -> Image.Image:
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def seen(ready: Prepared) -> Image.Image:
    image = Image.open(io.BytesIO(ready.data))
    image.load()
    return image


def near(pixel: Any, color: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 40 for a, b in zip(pixel, color, strict=True))


def code(data: bytes, name: str = "照片.jpg") -> str:
    with pytest.raises(Problem) as caught:
        prepare(Picture(data, name))
    assert name in caught.value.text()
    return caught.value.code


def test_position_device_and_remarks_are_gone_with_everything_but_pixels() -> None:
    exif = Image.Exif()
    exif[0x010F] = "PLANTED-MAKER"
    exif[0x9003] = "2026:11:20 09:00:00"
    exif.get_ifd(0x8825).update({1: "N", 2: (35.0, 18.0, 14.0), 3: "E", 4: (113.0, 53.0, 1.0)})
    data = encoded(
        halves(),
        exif=exif,
        comment=b"PLANTED-REMARK",
        xmp=b"<x:xmpmeta>PLANTED-XMP</x:xmpmeta>",
        icc_profile=b"PLANTED-PROFILE" * 20,
    )
    assert data.count(b"PLANTED") >= 4
    assert dict(Image.open(io.BytesIO(data)).getexif().get_ifd(0x8825))
    ready = prepare(Picture(data))
    for kept in (ready.data, ready.thumbnail):
        assert b"PLANTED" not in kept
        assert b"Exif" not in kept
        assert not dict(Image.open(io.BytesIO(kept)).getexif())


def test_remarks_of_a_png_are_gone() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "PLANTED-REMARK")
    info.add_itxt("Author", "PLANTED-NAME")
    ready = prepare(Picture(encoded(halves(), "PNG", pnginfo=info)))
    assert b"PLANTED" not in ready.data + ready.thumbnail


@pytest.mark.parametrize(
    ("turned", "left", "right"),
    [(1, RED, BLUE), (2, BLUE, RED), (3, BLUE, RED), (6, RED, RED), (8, BLUE, BLUE)],
)
def test_it_stands_upright(turned: int, left: Any, right: Any) -> None:
    exif = Image.Exif()
    exif[0x0112] = turned
    ready = prepare(Picture(encoded(halves(), exif=exif)))
    upright = (480, 640) if turned in (6, 8) else (640, 480)
    assert (ready.width, ready.height) == upright
    image = seen(ready)
    assert image.size == upright
    assert near(image.getpixel((10, 10)), left)
    assert near(image.getpixel((upright[0] - 10, 10)), right)


def test_it_is_scaled_and_small_ones_stay_as_they_are() -> None:
    large = prepare(Picture(jpeg(4000, 3000)))
    assert (large.width, large.height) == (1600, 1200)
    assert seen(large).size == (1600, 1200)
    assert Image.open(io.BytesIO(large.thumbnail)).size == (240, 180)
    small = prepare(Picture(jpeg(100, 50)))
    assert (small.width, small.height) == (100, 50)
    assert Image.open(io.BytesIO(small.thumbnail)).size == (100, 50)
    strip = prepare(Picture(jpeg(8000, 10)))
    assert (strip.width, strip.height) == (1600, 2)


@pytest.mark.parametrize("form", ["PNG", "WEBP", "BMP", "GIF"])
@pytest.mark.parametrize("mode", ["RGB", "L", "P", "1", "RGBA"])
def test_other_formats_become_jpeg(form: str, mode: str) -> None:
    if (form, mode) == ("BMP", "RGBA"):
        mode = "RGB"
    ready = prepare(Picture(encoded(halves().convert(mode), form)))
    assert ready.media_type == "image/jpeg"
    assert seen(ready).format == "JPEG"
    assert seen(ready).mode == "RGB"


def test_cmyk_is_read() -> None:
    assert near(seen(prepare(Picture(encoded(halves().convert("CMYK"))))).getpixel((9, 9)), RED)


def test_photos_of_telephones_are_read() -> None:
    ready = prepare(Picture(HEIC, "IMG_0001.HEIC"))
    assert (ready.width, ready.height) == (64, 48)
    assert near(seen(ready).getpixel((8, 24)), RED)
    assert near(seen(ready).getpixel((56, 24)), BLUE)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        b"%PDF-1.7 x",
        b"\xff\xd8\xff",
        jpeg()[:300],
        encoded(halves(), "PNG")[:200],
        HEIC[:200],
        HEIC[:-20],
        b"PK\x03\x04" + bytes(100),
    ],
)
def test_what_is_no_photo_or_broken_is_refused_by_name(data: bytes) -> None:
    assert code(data, "坏的.jpg") == "bad_photo"


def png_of(width: int, height: int) -> bytes:
    """The head of a PNG that claims to be that large."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(100)))


@pytest.mark.parametrize("side", [9_600, 12_000, 30_000, 2_000_000_000])
def test_a_picture_that_would_fill_the_memory_is_refused(side: int) -> None:
    assert code(png_of(side, side)) == "bad_photo"


def test_a_file_that_is_too_large_is_refused() -> None:
    assert code(jpeg() + bytes(40_000_000)) == "bad_photo"


def test_a_telephone_of_108_million_pixels_is_read() -> None:
    large = Image.new("L", (12_032, 9_024), 128)
    ready = prepare(Picture(encoded(large)))
    assert (ready.width, ready.height) == (1600, 1200)
    assert code(encoded(large, progressive=True)) == "bad_photo"


def test_the_refusal_names_the_file_and_what_to_do() -> None:
    for data, remedy in (
        (jpeg() + bytes(40_000_000), "截一张图"),
        (png_of(30_000, 30_000), "普通拍照"),
        (b"x", "重新复制"),
    ):
        with pytest.raises(Problem) as caught:
            prepare(Picture(data, "楼道.jpg"))
        assert "楼道.jpg" in caught.value.text()
        assert remedy in caught.value.text()


def test_a_heic_of_a_telephone_is_turned() -> None:
    # as telephones write it: the pixels lie, and a property says how to hold them (here a quarter to the left)
    held = HEIC.replace(b"\x10pixi\0\0\0\0\3\x08\x08\x08", b"\x10irot\1\0\0\0\0\0\0\0")
    turned = held.replace(b"\x81\2\3\5\x84", b"\x81\2\3\x84\x85")
    assert turned != held != HEIC
    ready = prepare(Picture(turned, "IMG_0002.HEIC"))
    assert (ready.width, ready.height) == (48, 64)
    assert near(seen(ready).getpixel((24, 56)), RED)
    assert near(seen(ready).getpixel((24, 8)), BLUE)


def test_a_small_one_to_look_at() -> None:
    for data in (jpeg(4000, 3000), encoded(halves(), "PNG"), HEIC):
        assert max(Image.open(io.BytesIO(small_picture(Picture(data), 160))).size) <= 160
    with pytest.raises(Problem) as caught:
        small_picture(Picture(b"nothing", "空.jpg"), 160)
    assert "空.jpg" in caught.value.text()


def test_the_program_starts_without_the_imaging_library() -> None:
    seen = "import sys, gridapp.app; print([m for m in sys.modules if m in ('PIL', 'pi_heif')])"
    run = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@settings(max_examples=150, deadline=None)
@given(
    whole=st.sampled_from([jpeg(64, 48), encoded(halves(64, 48), "PNG"), HEIC]),
    place=st.floats(0, 1),
    put=st.binary(min_size=1, max_size=12),
    cut=st.booleans(),
)
def test_damaged_bytes_are_a_picture_or_refused_and_nothing_else(
    whole: bytes, place: float, put: bytes, cut: bool
) -> None:
    start = int(place * (len(whole) - 1))
    data = whole[:start] + put + (b"" if cut else whole[start + len(put) :])
    with suppress(Problem):
        assert prepare(Picture(data)).width > 0
