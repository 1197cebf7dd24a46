"""Words for the search index, and what is typed turned into a question to it.

The index is FTS5 with ``ascii``: words are made here, the index only keeps them. Chinese is indexed as pairs,
whatever stands between the two, and the last character by itself: a single character that is asked for is the
beginning of a pair or the end. Names are indexed also by pinyin from each syllable on ("zhaoguilan", "guilan", "lan") and by
initials ("zgl", "gl", "l"), numbers whole and by their ends. The index knows first characters by itself; the
first two of numbers and latin words are words of their own. Every word is letters and digits only, so nothing
typed can be read as syntax; no phrases are asked for, so ``detail=none`` serves.
"""

from __future__ import annotations

import os
import re
import unicodedata
from array import array
from collections.abc import Iterable
from functools import cache
from operator import add

from gridapp.domain.surnames import COMPOUND, SINGLE

_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_LETTERS = rf"[^\W\d_{_HAN}]+"
# a run of digits, with the x that may end an ID number, or of letters
_WORD = rf"\d+x(?![^\W_])|\d+|{_LETTERS}"
_UNIT = re.compile(rf"[{_HAN}]|\d+|{_LETTERS}")
_STRETCH_OF_OTHERS = re.compile(rf"\d+|{_LETTERS}")
_NOT_HAN = re.compile(rf"[^{_HAN}]+")
_PART = re.compile(rf"(?P<lead>\d+)?(?P<han>[{_HAN}]+)|(?P<word>{_WORD})")
_RUN = re.compile(_WORD)
_NUMBER_AND = re.compile(rf"\d+(?:[{_HAN}]|x(?![^\W_]))")
_NOT_WORD = re.compile(r"[\W_]+")
# what stays as it is, and marks that are no letters either way: most of what is written
_PLAIN = re.compile("[ -~\n\u4e00-\u9fff，。、；：？！（）《》“”]*")
# in lower case, of text that is plain
_PLAIN_STRETCH = re.compile("[0-9]+|[a-z]+")
_PLAIN_HAN = re.compile("[\u4e00-\u9fff]+")
_UMLAUT = re.compile("(?<=[ln])(?:ü|u\u0308)")
_MOBILE = re.compile(r"(?:86)?(1\d{10})")
_WHOLE_NUMBER = re.compile(r"(?:86)?1\d{10}|\d{17}[\dx]")

_SPACE = array("H", " ".encode("utf-16-le"))
_LONGEST = 32  # longer pinyin is cut, in the index and in the question alike
_MOST_PARTS = 24
# as these characters are read in names, where the dictionary has nothing or another reading first
_IN_NAMES = {
    "𠮷": "ji",
    "卜": "bu",
    "都": "du",
    "晟": "sheng",
    "珩": "heng",
    "率": "shuai",
    "重": "chong",
    "长": "chang",
}
_TONES = str.maketrans("ǖǘǚǜüêếềḿńňǹ", "vvvvveeemnnn")


def name_tokens(name: str, nicknames: Iterable[str] = ()) -> list[str]:
    """Index words of a person's name and nicknames, each word once."""
    tokens = _name(name)
    for nickname in nicknames:
        tokens += _name(nickname)
    return list(dict.fromkeys(tokens + _beginnings(tokens)))


def text_words(text: str) -> str:
    """Index words of an address or another text, a space between them: pairs, numbers, latin words; some twice."""
    if _PLAIN.fullmatch(text):
        plain = text.lower()
        words, han = _PLAIN_STRETCH.findall(plain), _PLAIN_HAN.findall(plain)
        if not words:
            return _pairs("".join(han))
    else:
        plain = _normal(text)
        words, han = _STRETCH_OF_OTHERS.findall(plain), [_NOT_HAN.sub("", plain)]
    # a number with the character after it ("3号"), and "0x" as it is asked for
    words += _NUMBER_AND.findall(plain)
    return _pairs("".join(han)) + " ".join(words + _beginnings(words))


def text_tokens(text: str) -> list[str]:
    """``text_words``, one by one."""
    return text_words(text).split()


def number_tokens(number: str) -> list[str]:
    """Index words of a telephone or paper number: whole, last eight, last four, and its parts."""
    plain = _normal(number)
    whole = _NOT_WORD.sub("", plain)
    mobile = _MOBILE.fullmatch(whole)
    if mobile:
        whole, plain = mobile[1], ""
    tokens = [whole, whole[-8:], whole[-4:]]
    tokens += (run for run in _RUN.findall(plain) if not whole.startswith(run))
    return [token for token in dict.fromkeys(tokens + _beginnings(tokens)) if token]


def query_tokens(typed: str) -> str:
    """The FTS5 MATCH expression for what was typed; "" when it holds nothing to look for.

    Latin and digit parts are the beginnings of words, Chinese parts are whole; all must be found.
    """
    plain = _normal(typed)
    number = _NOT_WORD.sub("", plain)
    if _WHOLE_NUMBER.fullmatch(number):
        mobile = _MOBILE.fullmatch(number)
        return f'"{mobile[1] if mobile else number}"*'
    parts: list[str] = []
    for part in _PART.finditer(plain):
        han = part["han"]
        parts += _han_parts(part["lead"] or "", han) if han else [_beginning(part["word"])]
    return " AND ".join(list(dict.fromkeys(parts))[:_MOST_PARTS])


def warm_up() -> None:
    """Load the dictionary of readings (about 40 ms, once), so that no search waits for it."""
    _readings()


def _name(name: str) -> list[str]:
    plain = _normal(name)
    units = _UNIT.findall(plain)
    if not units:
        return []
    tokens = text_words(plain).split()
    heads = _heads(units[0], units[1] if len(units) > 1 else "")
    full = initials = ""
    for unit in reversed(units[len(heads[0]) :]):
        syllable = _reading(unit)
        full = syllable + full
        initials = syllable[:1] + initials
        tokens += (full[:_LONGEST], initials[:_LONGEST])
    for head in heads:
        tail, tail_initials = full, initials
        for syllable in reversed(head):
            tail = syllable + tail
            tail_initials = syllable[:1] + tail_initials
            tokens += (tail[:_LONGEST], tail_initials[:_LONGEST])
    return [token for token in tokens if token]


def _pairs(han: str) -> str:
    """Each character with the one after it, and the last by itself, a space after each."""
    units = array("H", han.encode("utf-16-le"))
    if len(units) != len(han):  # some take two units
        return " ".join([*map(add, han, han[1:]), han[-1:], ""])
    laid = _SPACE * (3 * len(units))
    laid[::3] = units
    laid[1:-2:3] = units[1:]
    return laid.tobytes().decode("utf-16-le")


def _beginnings(words: Iterable[str]) -> list[str]:
    """The first two letters of each: the index finds the first one by itself, and looks through few from three on."""
    return [word[:2] for word in words if len(word) > 2 and not _is_han(word[0])]


def _beginning(word: str) -> str:
    return f'"{word}"' if len(word) == 2 else f'"{word[:_LONGEST]}"*'


def _han_parts(lead: str, run: str) -> list[str]:
    if len(run) == 1 and not lead:
        return [f'"{run}"*']
    words = [lead + run[0]] if lead else []
    return [f'"{w}"' for w in words + [run[i : i + 2] for i in range(len(run) - 1)]]


@cache
def _is_han(unit: str) -> bool:
    return re.fullmatch(f"[{_HAN}]", unit) is not None


@cache
def _heads(first: str, second: str) -> tuple[tuple[str, ...], ...]:
    """The ways in which the surname may be read, each one or two syllables; all of one length."""
    general = _reading(first)
    firsts = tuple(dict.fromkeys((*SINGLE.get(first, ()), general)))
    compound = COMPOUND.get(first + second)
    if compound is None:
        return tuple((reading,) for reading in firsts)
    plain = tuple((reading, _reading(second)) for reading in firsts)
    return tuple(dict.fromkeys((compound, *plain)))


@cache
def _reading(unit: str) -> str:
    """The general reading of one character without its tone; other words as they are written."""
    if not _is_han(unit):
        return unit
    known = _IN_NAMES.get(unit)
    if known is not None:
        return known
    first = _readings().get(ord(unit), "").partition(",")[0]
    bare = unicodedata.normalize("NFD", first.translate(_TONES))
    return "".join(c for c in bare if c.isascii())


@cache
def _readings() -> dict[int, str]:
    # The phrase tables are not needed; leaving them out makes this seven times quicker.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
    os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "1")
    from pypinyin.constants import PINYIN_DICT

    return PINYIN_DICT


def _normal(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text.lower()
    plain = _UMLAUT.sub("v", unicodedata.normalize("NFKC", text).lower())
    # "Müller" is found as "muller", too
    apart = unicodedata.normalize("NFD", plain)
    return unicodedata.normalize("NFC", "".join(c for c in apart if not unicodedata.combining(c)))
