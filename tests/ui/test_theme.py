"""Contrast of every pair of colours that the stylesheet puts together, light and dark."""

import re

import pytest

from gridapp.ui.theme import DARK, LIGHT, SCALES, Colours, Theme

ON_CARD = ("ink", "secondary", "hint", "primary", "red", "amber", "green")


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_words_are_legible(colours: Colours) -> None:
    for name in ON_CARD:
        assert contrast(getattr(colours, name), colours.card) >= 4.5, name
    for name in ("ink", "secondary", "hint"):
        assert contrast(getattr(colours, name), colours.page) >= 4.5, name
    for ink, ground in (
        ("on_primary", "primary"),
        ("primary", "primary_soft"),
        ("red", "red_soft"),
        ("amber", "amber_soft"),
        ("green", "green_soft"),
        ("secondary", "grey_soft"),
        ("ink", "hover"),
        ("secondary", "hover"),
        ("secondary", "primary_soft"),
        ("card", "amber"),
        ("card", "red"),
    ):
        assert contrast(getattr(colours, ink), getattr(colours, ground)) >= 4.5, (ink, ground)
    assert contrast(colours.border, colours.card) >= 3
    assert contrast(colours.border, colours.page) >= 2.8


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("dark", [False, True])
def test_the_stylesheet_is_filled_in(scale: float, dark: bool) -> None:
    sheet = Theme(scale, dark).stylesheet()
    assert "@" not in re.sub(r"/\*.*?\*/", "", sheet)
    sizes = [int(px) for px in re.findall(r"font-size: (\d+)px", sheet)]
    assert min(sizes) >= 14 * scale - 0.5
