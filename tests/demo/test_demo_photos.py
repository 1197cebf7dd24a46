"""Drawn photos: small, the same again, without metadata, different before and after."""

import io

import pytest
from PIL import Image

from gridapp.demo.event_texts import ITEMS
from gridapp.demo.photos import SUBJECTS, photo, subject_for


@pytest.mark.parametrize("subject", list(SUBJECTS))
def test_every_subject_can_be_drawn(subject: str) -> None:
    before, after = photo(subject, 1), photo(subject, 1, tidy=True)
    assert before == photo(subject, 1)
    assert before != after
    assert before != photo(subject, 2)
    image = Image.open(io.BytesIO(before))
    assert (image.format, image.size) == ("JPEG", (960, 720))
    assert not image.getexif()
    assert 10_000 < len(before) < 200_000


def test_sizes_and_items() -> None:
    small = Image.open(io.BytesIO(photo("lamp", 1, size=(320, 240))))
    assert small.size == (320, 240)
    assert {subject_for(text.item_code) for text in ITEMS} <= set(SUBJECTS)
    with pytest.raises(KeyError):
        photo("person", 1)
