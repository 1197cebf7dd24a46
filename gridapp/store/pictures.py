"""A photo as it is kept: upright, scaled, without position data."""

from __future__ import annotations

from dataclasses import dataclass

from gridapp.errors import Problem
from gridapp.store.drafting import Picture

_LONGEST = 1600  # pixels
_THUMBNAIL = 240
MOST_BYTES = 40_000_000


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
    # loads the imaging library: not before somebody has a photo
    from gridapp.store import pixels

    if len(picture.data) > MOST_BYTES:
        raise too_large(picture.name)
    try:
        upright = pixels.upright(picture.data, _LONGEST)
    except pixels.TooManyPixels as error:
        raise _bad(
            picture.name,
            "照片“{name}”像素太多。",
            "请用手机的普通拍照模式重拍，或在手机上截一张图再加。",
        ) from error
    except pixels.Unreadable as error:
        raise _bad(
            picture.name,
            "照片“{name}”打不开，可能不是照片或已损坏。",
            "请在手机上看看能不能打开，重新复制一次，或换一张。",
        ) from error
    small = pixels.jpeg(upright, 75, _THUMBNAIL)
    return Prepared(pixels.jpeg(upright, 85), small, upright.width, upright.height)


def small_picture(picture: Picture, longest: int) -> bytes:
    """A small JPEG of a photo that is only looked at. Raises as ``prepare``."""
    from gridapp.store import pixels

    try:
        return pixels.jpeg(pixels.upright(picture.data, longest), 75)
    except (pixels.TooManyPixels, pixels.Unreadable) as error:
        raise _bad(picture.name, "照片“{name}”打不开，可能不是照片或已损坏。", "") from error


def too_large(name: str) -> Problem:
    """What is said of a file above ``MOST_BYTES``, read or not."""
    return _bad(name, "照片“{name}”文件太大。", "请在手机上截一张图再加，或换一张。")


def _bad(name: str, message: str, remedy: str) -> Problem:
    return Problem("bad_photo", message, remedy=remedy, name=name or "?")
