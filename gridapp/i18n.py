"""Two languages: Chinese is the source text, English comes from ``resources/translations/en/*.json``.

Each file there is one object from Chinese source to English text. ``tr`` is called where a text is shown,
so that a change of language is seen at the next paint.
"""

from __future__ import annotations

import json
from functools import cache

from gridapp.config import resource_path

LANGUAGES = ("zh_CN", "en")

_current = "zh_CN"


class Label(str):
    """A Chinese text that brings its own English, as the labels of declared fields do."""

    __slots__ = ("en",)
    en: str

    def __new__(cls, zh: str, en: str) -> Label:
        label = super().__new__(cls, zh)
        label.en = en
        return label

    def __format__(self, spec: str) -> str:
        return format(self.en if _current == "en" else str(self), spec)


def set_language(language: str) -> None:
    """Choose ``zh_CN`` or ``en``; anything else is taken as Chinese."""
    global _current  # noqa: PLW0603 - one language for the process
    _current = language if language in LANGUAGES else "zh_CN"


def language() -> str:
    """The language in use."""
    return _current


def tr(source: str) -> str:
    """``source`` in the language in use; a text without a translation stays Chinese."""
    if _current == "zh_CN":
        return source
    return catalogue(_current).get(source, source)


@cache
def catalogue(name: str) -> dict[str, str]:
    """All translations of one language, source to text."""
    merged: dict[str, str] = {}
    for path in sorted(resource_path("translations", name).glob("*.json")):
        merged.update(json.loads(path.read_text(encoding="utf-8")))
    return merged
