"""Sentences with choices: ``[早饭|午饭]吃过了，{name}在家`` says something else each time."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

_CHOICE = re.compile(r"\[([^\[\]]*)\]")

T = TypeVar("T")


def one_of(rng: random.Random, options: Sequence[T]) -> T:
    """One of the options; quicker than ``random.choice``, and tens of thousands are drawn."""
    return options[int(rng.random() * len(options))]


class Phrase:
    """A sentence read once and said often. Choices hold no choices; names may stand anywhere."""

    __slots__ = ("_parts",)

    def __init__(self, source: str) -> None:
        pieces = _CHOICE.split(source)  # literals at even places, choices at odd ones
        self._parts = tuple(
            tuple(piece.split("|")) if place % 2 else (piece,)
            for place, piece in enumerate(pieces)
            if piece or place % 2
        )

    def say(self, rng: random.Random, words: Mapping[str, str]) -> str:
        """The sentence with choices made and names filled in."""
        draw = rng.random
        text = "".join([p[0] if len(p) == 1 else p[int(draw() * len(p))] for p in self._parts])
        return text.format_map(words) if "{" in text else text


def phrases(*sources: str) -> tuple[Phrase, ...]:
    """Several sentences that may stand for one another."""
    return tuple(Phrase(source) for source in sources)


def say_one(rng: random.Random, options: Sequence[Phrase], words: Mapping[str, str]) -> str:
    """One of the sentences, "" where there are none."""
    return one_of(rng, options).say(rng, words) if options else ""
