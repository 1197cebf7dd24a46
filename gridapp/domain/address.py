"""How the address of a dwelling is written, ordered and read back from what people type.

A dwelling has building, entrance and room, or a landmark ("老槐树东第二家"). Its parts are kept as
people say them, and bare numbers get their usual words.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_NUMERALS = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2}
_NUMERAL_RUN = re.compile("[〇零一二两三四五六七八九十百]+")
_NUMERAL_SHAPE = re.compile("(?:(.)百)?零?(?:(.?)十)?(.?)")
_DIGITS = re.compile("[0-9]+")
_SPACES = re.compile(r"\s+")
_BARE = re.compile("[0-9]+|[A-Za-z]")
_JOINED = re.compile("[0-9A-Za-z]")
_BUILDING_WORD = "(?:号楼|号院|栋|幢|座|楼|号)"
_NUMBER = "[A-Za-z]?[0-9]+[A-Za-z]?|[A-Za-z]|[〇零一二两三四五六七八九十百]+|[甲乙丙丁东西南北中]"
_ROOM = "[A-Za-z]?[0-9]+[A-Za-z]?"
_DASHED = re.compile(rf"({_NUMBER})[-/#](?:({_NUMBER})[-/#])?({_ROOM})室?")
_SPOKEN = re.compile(
    rf"(?P<compound>.*?)(?P<building>{_NUMBER})(?P<word>{_BUILDING_WORD})-?"
    rf"(?:(?P<entrance>{_NUMBER})(?:单元|门)-?)?(?P<room>{_ROOM})(?:室|号|户)?"
)
_ENDING = re.compile(f"{_BUILDING_WORD}$")


@dataclass(frozen=True, slots=True)
class TypedAddress:
    """What an address says, in bare numbers: building "3", entrance "2" (or ""), room "501".

    ``building_name`` is the building as it is called, "3号楼" or "A座".
    """

    building: str
    entrance: str
    room: str
    building_name: str
    compound: str = ""


def dwelling_address(
    building_name: str, entrance: str, room: str, landmark: str, compound_name: str = ""
) -> str:
    """The address as people write it: "3号楼1单元201", or "老槐树东第二家"."""
    building = f"{building_name}号楼" if _BARE.fullmatch(building_name) else building_name
    door = f"{entrance}单元" if entrance and not entrance.endswith(("单元", "门")) else entrance
    written = ""
    for part in (compound_name, building, door, room):
        written = _join(written, part)
    if not room:
        return _join(written, landmark)
    return f"{written}（{landmark}）" if landmark else written


def address_key(address: str) -> str:
    """A text that sorts as people count: 2号楼 before 10号楼, 二组 before 十组, 201 before 1001."""
    plain = unicodedata.normalize("NFKC", address).lower()
    plain = _NUMERAL_RUN.sub(lambda m: _arabic(m[0]), plain)
    return _DIGITS.sub(_counted, plain)


def bare_building(name: str) -> str:
    """A building's name for comparison: "3号楼", "3栋", "三号楼" and "３" are all "3"."""
    plain = _tidy(name)
    return _arabic(_ENDING.sub("", plain) or plain)


def parse_address(typed: str) -> TypedAddress | None:
    """Read "3-2-501", "3-501", "3号楼2单元501室", "建南小区三号楼501"; None when not clear."""
    plain = _tidy(typed)
    dashed = _DASHED.fullmatch(plain)
    if dashed:
        building = _arabic(dashed[1])
        return TypedAddress(
            building, _arabic(dashed[2] or ""), dashed[3].upper(), f"{building}号楼"
        )
    spoken = _SPOKEN.fullmatch(plain)
    if spoken is None:
        return None
    entrance = spoken["entrance"] or ""
    if not entrance and spoken["word"] in ("楼", "号"):
        return None  # "3楼501" is a storey, "9号3" a house: not ours to guess
    building = _arabic(spoken["building"])
    return TypedAddress(
        building,
        _arabic(entrance),
        spoken["room"].upper(),
        building + spoken["word"],
        spoken["compound"],
    )


def _join(written: str, part: str) -> str:
    meet = written and part and _JOINED.match(written[-1]) and _JOINED.match(part)
    return f"{written}-{part}" if meet else written + part


def _tidy(text: str) -> str:
    plain = _SPACES.sub("", unicodedata.normalize("NFKC", text))
    return re.sub("[‐‑–—－_]", "-", plain)


def _arabic(text: str) -> str:
    """Chinese numerals below a thousand in digits; anything else as it is, letters in capitals."""
    shape = _NUMERAL_SHAPE.fullmatch(text) if _NUMERAL_RUN.fullmatch(text) else None
    if shape is None:
        return text.upper() if text.isascii() else text
    if "十" not in text and "百" not in text:
        return str(_NUMERALS[text])
    hundreds = _NUMERALS.get(shape[1] or "〇", 0)
    tens = _NUMERALS.get(shape[2] or "一", 0) if "十" in text else 0
    return str(hundreds * 100 + tens * 10 + _NUMERALS.get(shape[3] or "〇", 0))


def _counted(match: re.Match[str]) -> str:
    digits = match[0].lstrip("0") or "0"
    return f"{len(digits):02}{digits}"
