"""Finding a catalogue item by what people type: pinyin, its initials, characters, English, everyday words."""

from __future__ import annotations

import csv
from functools import cache
from itertools import pairwise

from gridapp.config import resource_path
from gridapp.domain.names import name_tokens
from gridapp.domain.reference import CatalogueItem
from gridapp.store.views.reference import Reference

_NAMED, _MEANT, _SPELT, _ENGLISH = 10.0, 9.0, 8.0, 6.0
_SURE = _ENGLISH  # from here on what was meant is clear


def find_items(reference: Reference, typed: str) -> list[CatalogueItem]:
    """Items for what was typed, the likeliest first.

    Latin letters are pinyin, its initials, or English. Everyday words ("下水道堵了") stand for words of the
    catalogue; what is left is compared character by character, and finds what shares most with it.
    """
    wanted = typed.lower().replace(" ", "")
    meant = _meant(wanted)
    scored = [
        (s, item) for item in reference.items if (s := _score(reference, item, wanted, meant))
    ]
    best = max((score for score, _ in scored), default=0)
    if best >= _SURE:  # resemblance alone is left out
        scored = [pair for pair in scored if pair[0] >= _SURE]
    scored.sort(key=lambda pair: (-pair[0], pair[1].item_code))
    return [item for _, item in scored]


def _score(reference: Reference, item: CatalogueItem, wanted: str, meant: tuple[str, ...]) -> float:
    if not wanted:
        return 0
    name = item.item_zh.lower()
    if wanted in name or wanted == item.item_code:
        return _NAMED - name.find(wanted) / 100
    for place, word in enumerate(meant):
        if word in name:
            return _MEANT - place / 100 - name.find(word) / 1000
    if wanted.isascii():
        if any(word.startswith(wanted) for word in reference.spelling(item)):
            return _SPELT
        return _ENGLISH if wanted in item.item_en.lower().replace(" ", "") else 0
    shared = sum(1 for letter in set(wanted) if letter in name)
    pairs = sum(1 for a, b in pairwise(wanted) if a + b in name)
    needed = 2 if len(set(wanted)) > 2 else 1
    return (shared + 2 * pairs) / (len(wanted) + 1) if shared >= needed else 0


def _meant(wanted: str) -> tuple[str, ...]:
    """Words of the catalogue that everyday words in ``wanted`` stand for, those of longer words first."""
    found: dict[str, None] = {}
    for word, means in everyday_words():
        spelt = wanted.isascii() and len(wanted) > 1 and _starts(word, wanted)
        if word in wanted or spelt:
            found.update(dict.fromkeys(means))
    return tuple(found)


@cache
def everyday_words() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(what people say, what the catalogue says), longer words first."""
    path = resource_path("catalogue", "everyday_words.csv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = [(row["word"], tuple(row["means"].split(";"))) for row in csv.DictReader(file)]
    return tuple(sorted(rows, key=lambda row: -len(row[0])))


def _starts(word: str, wanted: str) -> bool:
    return any(token.startswith(wanted) for token in _spelt(word))


@cache
def _spelt(word: str) -> frozenset[str]:
    return frozenset(name_tokens(word, ()))


def warm_up(reference: Reference) -> None:
    """Spell items and everyday words (some 100 ms, once), on another thread than the one that types."""
    reference.warm_up()
    for word, _ in everyday_words():
        _spelt(word)
