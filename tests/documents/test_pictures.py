from __future__ import annotations

import io
import random

import pytest
from PIL import Image

from gridapp.documents.pictures import photo_svg, qr_svg, shrink


def photo(size: tuple[int, int], mode: str = "RGB", kind: str = "JPEG", turned: int = 1) -> bytes:
    image = Image.new(mode, size)
    exif = Image.Exif()
    exif[0x0112] = turned
    exif[0x010F] = "secret camera"
    exif.get_ifd(0x8825)[1] = "N"
    out = io.BytesIO()
    image.save(out, kind, exif=exif)
    return out.getvalue()


@pytest.mark.parametrize("size", [(4000, 3000), (3264, 2448), (3000, 4000), (1200, 900), (50, 40)])
def test_a_photo_gets_small_but_not_too_small(size: tuple[int, int]) -> None:
    small = shrink(photo(size), 1000)
    assert small is not None
    data, width, height = small
    assert max(width, height) <= 1000
    assert max(width, height) >= min(max(size), 720)
    assert abs(width / height - size[0] / size[1]) < 0.01
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.size) == ("JPEG", (width, height))


def test_a_turned_photo_stands_upright() -> None:
    small = shrink(photo((2000, 1000), turned=6), 1000)
    assert small is not None
    assert small[2] == 2 * small[1]


def test_what_the_camera_wrote_is_left_behind() -> None:
    original = photo((800, 600))
    assert b"secret camera" in original
    small = shrink(original, 1000)
    assert small is not None
    assert b"secret camera" not in small[0]
    with Image.open(io.BytesIO(small[0])) as image:
        assert not image.getexif()


@pytest.mark.parametrize(("mode", "kind"), [("RGBA", "PNG"), ("P", "PNG"), ("L", "JPEG")])
def test_other_pictures_become_jpeg(mode: str, kind: str) -> None:
    assert shrink(photo((300, 200), mode, kind), 1000) is not None


def test_what_is_no_picture_is_none() -> None:
    whole = photo((800, 600))
    noise = random.Random(1).randbytes(5000)
    for data in (b"", b"text", noise, whole[: len(whole) // 2], whole[:30]):
        assert photo_svg(data, 1000) is None


def test_svgs_are_text_as_the_compiler_wants() -> None:
    picture = photo_svg(photo((300, 200)), 1000)
    assert picture is not None
    assert 'viewBox="0 0 300 200"' in picture.decode("ascii")
    assert qr_svg("汉").decode("utf-8").startswith("<svg")
