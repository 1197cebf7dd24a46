"""Drawn photos for the demo: a corridor, a hydrant, a manhole … never people, never a real place."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Mapping
from types import MappingProxyType

from PIL import Image, ImageDraw, ImageFilter

from gridapp.demo.ids import rng_for

Colour = tuple[int, int, int]
SIZE = (960, 720)
# Lines are drawn for this size; others are scaled from it.
_W, _H = SIZE

_GREY: Colour = (150, 152, 150)
_DARK: Colour = (52, 56, 60)
_RED: Colour = (178, 40, 34)
_GREEN: Colour = (70, 118, 74)
_WOOD: Colour = (150, 112, 72)
_WHITE: Colour = (232, 232, 226)


def photo(subject: str, seed: int, *, tidy: bool = False, size: tuple[int, int] = SIZE) -> bytes:
    """A JPEG of a subject of ``SUBJECTS``; ``tidy``: after it was put right. No metadata.

    Raises KeyError for another subject.
    """
    # the walls and the light are those of the first photo, so that before and after are one place
    rng = rng_for(seed, "photo", subject)
    image = Image.new("RGB", SIZE, _tone(rng, (196, 194, 186), 18))
    draw = ImageDraw.Draw(image)
    SUBJECTS[subject](draw, rng, tidy)
    noise = _grain(rng)
    image = Image.blend(image, noise.resize(SIZE).convert("RGB"), 0.07)
    image = image.filter(ImageFilter.GaussianBlur(0.8))
    if size != SIZE:
        image = image.resize(size, Image.Resampling.BILINEAR)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82)
    return out.getvalue()


def subject_for(item_code: str) -> str:
    """What a photo of an event of this item shows."""
    return _OF_ITEM.get(item_code, "yard")


def _grain(rng: random.Random) -> Image.Image:
    width, height = _W // 4, _H // 4
    return Image.frombytes("L", (width, height), rng.randbytes(width * height))


def _tone(rng: random.Random, colour: Colour, play: int) -> Colour:
    shift = rng.randint(-play, play)
    red, green, blue = (max(0, min(255, part + shift)) for part in colour)
    return red, green, blue


def _corridor(draw: ImageDraw.ImageDraw, rng: random.Random, tidy: bool) -> None:
    """A corridor in perspective, with boxes and a shoe rack where it is not tidy."""
    draw.polygon([(0, _H), (360, 430), (600, 430), (_W, _H)], fill=_tone(rng, _GREY, 12))
    draw.polygon([(0, 0), (360, 220), (600, 220), (_W, 0)], fill=_WHITE)
    draw.rectangle([360, 220, 600, 430], fill=_tone(rng, (120, 130, 140), 10))
    for x in (40, 190):
        draw.polygon(
            [(x, 130 + x // 2), (x + 90, 180 + x // 2), (x + 90, 560 - x // 2), (x, 610 - x // 2)],
            fill=_WOOD,
        )
    draw.ellipse([455, 120, 505, 150], fill=(255, 250, 215))
    if tidy:
        return
    for _ in range(rng.randint(4, 7)):
        x, y, side = rng.randint(600, 800), rng.randint(440, 600), rng.randint(50, 110)
        draw.rectangle([x, y, x + side, y + side], fill=_tone(rng, _WOOD, 30), outline=_DARK)


def _hydrant(draw: ImageDraw.ImageDraw, rng: random.Random, tidy: bool) -> None:
    """A fire hydrant cabinet; without hose where it is not tidy."""
    draw.rectangle([280, 120, 680, 600], fill=_RED, outline=_DARK, width=8)
    draw.rectangle([310, 150, 650, 570], fill=(64, 30, 28))
    draw.ellipse([340, 420, 440, 520], fill=_RED, outline=_WHITE, width=6)
    if tidy:
        for radius in range(40, 130, 14):
            draw.ellipse(
                [520 - radius, 300 - radius, 520 + radius, 300 + radius], outline=_WHITE, width=8
            )
    else:
        draw.rectangle([470, 480, 620, 560], fill=_tone(rng, _WOOD, 20))
    draw.rectangle([0, 650, _W, _H], fill=_tone(rng, _GREY, 14))


def _manhole(draw: ImageDraw.ImageDraw, rng: random.Random, tidy: bool) -> None:
    """A round cover in the paving; broken where it is not tidy."""
    draw.rectangle([0, 0, _W, _H], fill=_tone(rng, _GREY, 20))
    for x in range(-60, _W, 120):
        draw.line([x, 0, x + 60, _H], fill=_DARK, width=2)
    for y in range(0, _H, 90):
        draw.line([0, y, _W, y], fill=_DARK, width=2)
    draw.ellipse([300, 200, 660, 540], fill=_DARK)
    draw.ellipse([316, 214, 644, 526], fill=(92, 94, 94))
    for y in range(240, 510, 30):
        draw.line([360, y, 600, y], fill=_DARK, width=6)
    if not tidy:
        draw.pieslice([300, 200, 660, 540], 300, 20 + rng.randint(0, 30), fill=(12, 12, 12))


def _bicycle(draw: ImageDraw.ImageDraw, rng: random.Random, tidy: bool) -> None:
    """An electric bicycle, in a shed or at the foot of the stairs."""
    draw.rectangle([0, 540, _W, _H], fill=_tone(rng, _GREY, 15))
    if tidy:
        for x in (80, 480, 880):
            draw.rectangle([x, 60, x + 16, 560], fill=_GREEN)
        draw.rectangle([40, 40, 930, 80], fill=_GREEN)
    else:
        for step in range(6):
            draw.rectangle([620 + step * 50, 480 - step * 60, _W, 540 - step * 60], fill=_WHITE)
        draw.line([330, 330, 300, 120, 560, 40], fill=(20, 20, 20), width=5)
    for x in (200, 480):
        draw.ellipse([x, 480, x + 130, 610], outline=_DARK, width=16)
    colour = _tone(rng, (60, 90, 160), 40)
    draw.polygon([(265, 545), (320, 400), (500, 420), (545, 545), (380, 560)], fill=colour)
    draw.line([320, 400, 290, 320, 250, 320], fill=_DARK, width=12)
    draw.rectangle([400, 380, 500, 410], fill=_DARK)


def _bins(draw: ImageDraw.ImageDraw, rng: random.Random, tidy: bool) -> None:
    """Three bins; bags around them where it is not tidy."""
    draw.rectangle([0, 520, _W, _H], fill=_tone(rng, _GREY, 15))
    for place, colour in enumerate((_GREEN, (60, 90, 150), (90, 90, 92))):
        x = 160 + place * 230
        draw.polygon([(x, 250), (x + 170, 250), (x + 150, 580), (x + 20, 580)], fill=colour)
        lift = 0 if tidy else rng.randint(10, 60)
        draw.polygon(
            [(x - 10, 250 - lift), (x + 180, 230), (x + 180, 255), (x - 10, 255)], fill=_DARK
        )
    for _ in range(0 if tidy else rng.randint(5, 9)):
        x, y = rng.randint(100, 780), rng.randint(500, 620)
        draw.ellipse([x, y, x + 100, y + 80], fill=_tone(rng, (70, 70, 74), 40))


def _lamp(draw: ImageDraw.ImageDraw, rng: random.Random, tidy: bool) -> None:
    """A street lamp at night; dark where it is not tidy."""
    draw.rectangle([0, 0, _W, _H], fill=_tone(rng, (28, 34, 52), 8))
    if tidy:
        draw.polygon([(470, 130), (200, 640), (760, 640)], fill=(120, 112, 70))
    draw.rectangle([560, 110, 580, 640], fill=_GREY)
    draw.line([570, 115, 450, 115], fill=_GREY, width=14)
    draw.ellipse([430, 105, 510, 145], fill=(255, 244, 190) if tidy else _DARK)
    draw.rectangle([0, 640, _W, _H], fill=(48, 50, 54))


def _wall(draw: ImageDraw.ImageDraw, rng: random.Random, tidy: bool) -> None:
    """A wall with a stain and a crack; painted over where it is tidy."""
    draw.rectangle([0, 600, _W, _H], fill=_WOOD)
    draw.rectangle([90, 90, 330, 420], fill=(176, 206, 224), outline=_WHITE, width=16)
    if tidy:
        draw.rectangle([480, 60, 900, 560], fill=_WHITE)
        return
    for _ in range(14):
        x, y, radius = rng.randint(500, 820), rng.randint(40, 300), rng.randint(30, 80)
        draw.ellipse([x, y, x + radius, y + radius], fill=_tone(rng, (160, 148, 118), 12))
    points = [(600, 60)]
    for _ in range(9):
        points.append((points[-1][0] + rng.randint(-30, 50), points[-1][1] + rng.randint(30, 60)))
    draw.line(points, fill=_DARK, width=5)


def _stove(draw: ImageDraw.ImageDraw, rng: random.Random, tidy: bool) -> None:
    """A gas hob with its hose: orange and cracked, or of metal."""
    draw.rectangle([0, 420, _W, _H], fill=_tone(rng, (120, 122, 124), 10))
    draw.rectangle([180, 330, 720, 430], fill=_DARK)
    for x in (260, 520):
        draw.ellipse([x, 300, x + 130, 360], outline=_GREY, width=12)
        draw.ellipse([x + 40, 380, x + 80, 420], fill=_GREY)
    colour = (190, 192, 196) if tidy else (206, 112, 40)
    draw.arc([640, 360, 860, 640], 250, 90, fill=colour, width=22)
    if not tidy:
        for angle in range(5):
            y = 420 + angle * 40
            draw.line([842, y, 866, y + 10], fill=_DARK, width=3)


def _yard(draw: ImageDraw.ImageDraw, rng: random.Random, tidy: bool) -> None:
    """A yard with a tree and a building; things lying about where it is not tidy."""
    draw.rectangle([0, 0, _W, 330], fill=(176, 202, 222))
    draw.rectangle([480, 60, 900, 480], fill=_tone(rng, (200, 170, 140), 16))
    for x in range(520, 880, 90):
        for y in range(100, 440, 90):
            draw.rectangle([x, y, x + 50, y + 55], fill=(92, 112, 130))
    draw.rectangle([0, 480, _W, _H], fill=_tone(rng, _GREY, 15))
    draw.rectangle([190, 260, 220, 500], fill=_WOOD)
    draw.ellipse([90, 90, 330, 320], fill=_GREEN)
    for _ in range(0 if tidy else rng.randint(5, 9)):
        x, y, side = rng.randint(60, 800), rng.randint(500, 640), rng.randint(30, 90)
        draw.rectangle([x, y, x + side, y + side // 2], fill=_tone(rng, _WOOD, 50))


SUBJECTS: Mapping[str, Callable[[ImageDraw.ImageDraw, random.Random, bool], None]] = (
    MappingProxyType(
        {
            "corridor": _corridor,
            "hydrant": _hydrant,
            "manhole": _manhole,
            "bicycle": _bicycle,
            "bins": _bins,
            "lamp": _lamp,
            "wall": _wall,
            "stove": _stove,
            "yard": _yard,
        }
    )
)
_OF_ITEM: Mapping[str, str] = MappingProxyType(
    {
        "0101": "yard",
        "0102": "corridor",
        "0103": "hydrant",
        "0104": "bicycle",
        "0202": "stove",
        "0206": "corridor",
        "0302": "wall",
        "0307": "wall",
        "0401": "bins",
        "0404": "bins",
        "0405": "bins",
        "0408": "corridor",
        "0501": "manhole",
        "0502": "lamp",
        "0504": "manhole",
        "0601": "manhole",
        "0801": "lamp",
        "0807": "corridor",
        "1604": "lamp",
    }
)
