"""A photo as it is kept: upright, scaled, without position data."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from gridapp.errors import Problem
from gridapp.store.drafting import Picture

_LONGEST = 1600  # pixels
_THUMBNAIL = 240
_MOST_BYTES = 40_000_000
_MOST_PIXELS = 120_000_000


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
    if len(picture.data) > _MOST_BYTES:
        raise _bad(picture, "文件太大")
    try:
        with Image.open(io.BytesIO(picture.data)) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise _bad(picture, "像素太多")
            image.draft("RGB", (_LONGEST, _LONGEST))
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise _bad(picture, "打不开，可能不是照片或已损坏") from error
    upright.thumbnail((_LONGEST, _LONGEST))
    small = upright.copy()
    small.thumbnail((_THUMBNAIL, _THUMBNAIL))
    return Prepared(_jpeg(upright, 85), _jpeg(small, 75), upright.width, upright.height)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=False)
    return out.getvalue()


def _bad(picture: Picture, why: str) -> Problem:
    return Problem(
        "bad_photo",
        "照片“{name}”" + why + "。",
        remedy="请换一张后再保存。",
        name=picture.name or "?",
    )
