"""The pixels of a photo: read from whatever a camera wrote, turned, scaled, written as JPEG.

Apart from ``pictures``, which says what is done, so that the imaging library is loaded with the first photo
and not with the program.
"""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache

from PIL import Image, ImageOps, UnidentifiedImageError

_MOST_PIXELS = 89_000_000  # 270 MB while it is scaled
# A JPEG of a camera is read at a fraction of its size, so that 108 million pixels take no more memory.
_MOST_OF_JPEG = 178_000_000
_FORMATS = ("JPEG", "PNG", "WEBP", "HEIF", "BMP", "GIF")

# What Pillow's readers raise on bytes that are not what they say they are.
_UNREADABLE = (
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


class TooManyPixels(Exception):  # noqa: N818 - says what it is
    """Decoding would fill the memory."""


class Unreadable(Exception):  # noqa: N818 - says what it is
    """No picture, or a damaged one."""


def fits(data: bytes, longest: int) -> bool:
    """Whether these are the bytes of a JPEG of at most ``longest`` px on a side; its pixels are not read."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
            return max(image.size) <= longest
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, *_UNREADABLE):
        return False


def upright(data: bytes, longest: int) -> Image.Image:
    """The pixels alone, as they are looked at, at most ``longest`` px on a side.

    Raises ``TooManyPixels`` and ``Unreadable``.
    """
    _make_ready()
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            _check_size(image)
            image.draft("RGB", (longest, longest))
            found = ImageOps.exif_transpose(image).convert("RGB")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooManyPixels from error
    except _UNREADABLE as error:
        raise Unreadable from error
    # Remarks, place and device would be written out again with the pixels.
    found.info.clear()
    found.thumbnail((longest, longest))
    return found


def jpeg(image: Image.Image, quality: int, longest: int | None = None) -> bytes:
    """The image as JPEG, smaller where ``longest`` px says so."""
    if longest and max(image.size) > longest:
        image = image.copy()
        image.thumbnail((longest, longest))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=False)
    return out.getvalue()


def _check_size(image: Image.Image) -> None:
    # A progressive one is held whole while it is read.
    by_parts = image.format == "JPEG" and not image.info.get("progressive")
    if image.width * image.height > (_MOST_OF_JPEG if by_parts else _MOST_PIXELS):
        raise TooManyPixels


@cache
def _make_ready() -> None:
    import pi_heif

    pi_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = _MOST_OF_JPEG
