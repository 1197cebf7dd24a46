"""A photo as it is kept: upright, scaled, without position data."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageOps, UnidentifiedImageError

from gridapp.errors import Problem
from gridapp.store.drafting import Picture

_LONGEST = 1600  # pixels
_THUMBNAIL = 240
MOST_BYTES = 40_000_000
_MOST_PIXELS = 89_000_000  # 270 MB while it is scaled; Pillow itself warns from there on
_FORMATS = ("JPEG", "PNG", "WEBP", "HEIF", "BMP", "GIF")

_HUGE = (Image.DecompressionBombError, Image.DecompressionBombWarning)
# What Pillow's readers raise on bytes that are not what they say they are.
_BROKEN = (
    UnidentifiedImageError,
    OSError,
    ValueError,
    SyntaxError,
    KeyError,
    IndexError,
    TypeError,
    OverflowError,
    EOFError,
    struct.error,
    zlib.error,
    RuntimeError,  # what libheif says
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """JPEG bytes, ready to keep."""

    data: bytes
    thumbnail: bytes
    width: int
    height: int
    media_type: str = "image/jpeg"


def prepare(picture: Picture) -> Prepared:
    """Scale and turn a photo, and leave behind everything but its pixels.

    Raises ``Problem`` ``bad_photo`` that names the file.
    """
    if len(picture.data) > MOST_BYTES:
        raise _bad(picture, "照片“{name}”文件太大。")
    upright = _upright(picture)
    upright.thumbnail((_LONGEST, _LONGEST))
    small = upright.copy()
    small.thumbnail((_THUMBNAIL, _THUMBNAIL))
    return Prepared(_jpeg(upright, 85), _jpeg(small, 75), upright.width, upright.height)


def _upright(picture: Picture) -> Image.Image:
    """The pixels alone, as they are looked at."""
    _read_heif()
    try:
        with Image.open(io.BytesIO(picture.data), formats=_FORMATS) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise _bad(picture, "照片“{name}”像素太多。")
            image.draft("RGB", (_LONGEST, _LONGEST))
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except _HUGE as error:
        raise _bad(picture, "照片“{name}”像素太多。") from error
    except _BROKEN as error:
        raise _bad(picture, "照片“{name}”打不开，可能不是照片或已损坏。") from error
    # Remarks, place and device would be written out again with the pixels.
    upright.info.clear()
    return upright


@cache
def _read_heif() -> None:
    import pi_heif

    pi_heif.register_heif_opener()


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=False)
    return out.getvalue()


def _bad(picture: Picture, message: str) -> Problem:
    return Problem(
        "bad_photo",
        message,
        remedy="请换一张后再保存。",
        name=picture.name or "?",
    )
