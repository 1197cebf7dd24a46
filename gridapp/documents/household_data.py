"""From a ``HouseholdSheet`` to what the template reads: texts, masked, and files of pictures."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future
from datetime import date
from functools import cache
from math import ceil
from typing import Any

from gridapp.config import resource_path
from gridapp.documents.household_file import (
    HouseholdSheet,
    MemberRow,
    PrintContext,
    VisitRow,
    age_at,
)
from gridapp.documents.pictures import photo_svg, qr_svg
from gridapp.domain.masking import mask_id, mask_phone

PHOTO_PIXELS = 1000
THUMBNAIL_PIXELS = 320

_WORDS = (
    *("name", "kind", "grid_name", "community", "registered_address", "actual_address"),
    *("tenure", "area", "structure", "floors", "gas", "alarms", "needs", "wishes"),
    *("emergency_name", "emergency_relation", "worker", "notice", "legal_basis"),
)
_NUMBERS = ("number", "temporary", "grid_code", "worker_phone")

_HALF_A_PAGE = 25  # lines of a visit
_LINES_OF_PICTURES = 4  # that a row of two small pictures is high

_LIST_COMMA = "、"
# what no printed text may hold: control characters, and those that turn the direction of writing
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
# a long run without a place to break a line would leave its column
_LONG_RUN = re.compile(r"[^\s\u2e80-\U0003ffff]{13,}")
_ID_IN_TEXT = re.compile(r"(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])")
_PHONE_IN_TEXT = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")


def qr_payload(sheet: HouseholdSheet) -> str:
    """What the QR code says: the UUID of the household and the version of the record."""
    return f"{sheet.uuid}/{sheet.version}"


@cache
def texts(language: str) -> dict[str, str]:
    """The template's texts in a language, by their Chinese source."""
    if language == "zh_CN":
        return {}
    path = resource_path("translations", language, "documents.json")
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found


class SheetWriter:
    """Collects sheets for one run of the compiler: ``data`` and ``files`` are its two inputs.

    Pictures are drawn on ``pool`` while the caller goes on; asking for ``data`` or ``files`` waits.
    """

    def __init__(self, context: PrintContext, pool: Executor) -> None:
        self._context = context
        self._pool = pool
        self._sheets: list[dict[str, Any]] = []
        self._drawing: dict[str, Future[bytes | None]] = {}
        self.photo_bytes = 0

    def __len__(self) -> int:
        return len(self._sheets)

    @property
    def files(self) -> dict[str, bytes]:
        """The pictures as SVG, by name; what was no picture is left out."""
        drawn = {name: future.result() for name, future in self._drawing.items()}
        return {name: picture for name, picture in drawn.items() if picture is not None}

    @property
    def data(self) -> dict[str, Any]:
        """The document that the template reads."""
        context = self._context
        return {
            "texts": texts(context.language),
            "language": context.language,
            "duplex": context.duplex,
            "printed": _clean(f"{context.printed_by} {context.printed_at}"),
            "watermark": _clean(context.watermark),
            "version_date": context.version_date.isoformat(),
            "sheets": self._sheets,
            "pictures": list(self.files),
        }

    def add(self, sheet: HouseholdSheet) -> None:
        """Takes one household; its large photos are let go as soon as they are made small."""
        prefix = f"{len(self._sheets)}-"
        self.photo_bytes += sum(len(photo.data) for photo in sheet.photos)
        self.photo_bytes += sum(len(data) for visit in sheet.visits for data in visit.photos)
        self._sheets.append(
            {
                **self._plain(sheet),
                "head": self._member(sheet.head) if sheet.head else None,
                "members": [self._member(row) for row in sheet.members],
                "care": [
                    {
                        "name": self._text(row.name),
                        "group": self._text(row.group),
                        "level": self._text(row.level),
                        "since": _day(row.since),
                        "note": self._text(row.note),
                    }
                    for row in sheet.care
                ],
                "visits": [
                    self._visit(row, f"{prefix}v{number}-")
                    for number, row in enumerate(sheet.visits)
                ],
                "photos": [
                    {
                        "file": self._drawn(
                            f"{prefix}p{number}.svg", photo_svg, photo.data, PHOTO_PIXELS
                        ),
                        "caption": self._text(photo.caption),
                    }
                    for number, photo in enumerate(sheet.photos)
                ],
                "qr": self._drawn(f"{prefix}qr.svg", qr_svg, qr_payload(sheet)),
            }
        )

    def _plain(self, sheet: HouseholdSheet) -> dict[str, Any]:
        plain: dict[str, Any] = {name: self._text(getattr(sheet, name)) for name in _WORDS}
        # a household number has as many digits as an ID: these are no place to look for one
        plain |= {name: _clean(getattr(sheet, name)) for name in _NUMBERS}
        for name in ("opened", "updated", "last_check", "notice_on"):
            plain[name] = _day(getattr(sheet, name))
        plain["addresses_agree"] = sheet.addresses_agree
        plain["emergency_phone"] = self._phone(sheet.emergency_phone)
        plain["livelihood"] = self._joined(sheet.livelihood)
        plain["benefits"] = self._joined(sheet.benefits)
        plain["version"] = str(sheet.version)
        plain["unsynced"] = sheet.unsynced
        plain["photos_elsewhere"] = sheet.photos_elsewhere
        further = sheet.continuation
        plain["continuation"] = further and {
            "number": str(further.number),
            "since": _day(further.since),
        }
        return plain

    def _member(self, row: MemberRow) -> dict[str, Any]:
        age = age_at(row, self._context.version_date)
        return {
            "name": self._text(row.name),
            "relation": self._text(row.relation),
            "sex": self._text(row.sex),
            "birth": _day(row.birth) or ("" if row.birth_year is None else str(row.birth_year)),
            "age": "" if age is None else str(age),
            "id_kind": self._text(row.id_kind),
            "id_number": self._id(row.id_number),
            "phones": [
                {"number": self._phone(phone.number), "whose": self._text(phone.whose)}
                for phone in row.phones
            ],
            "status": self._text(row.status),
            "care": self._joined(row.care),
        }

    def _visit(self, row: VisitRow, prefix: str) -> dict[str, Any]:
        return {
            "when": " ".join(part for part in (_day(row.when), _clean(row.time)) if part),
            "how": self._text(row.how),
            "visited_by": self._text(row.visited_by),
            "met": self._text(row.met),
            "text": self._text(row.text),
            "next": _day(row.next_date),
            "promise": self._text(row.promise),
            "photos": [
                self._drawn(f"{prefix}{number}.svg", photo_svg, data, THUMBNAIL_PIXELS)
                for number, data in enumerate(row.photos)
            ],
            "tall": _is_tall(row),
        }

    def _drawn(self, name: str, draw: Callable[..., bytes | None], *what: Any) -> str:
        self._drawing[name] = self._pool.submit(draw, *what)
        return name

    def _phone(self, number: str) -> str:
        number = _clean(number)
        return number if self._context.reveal or not number else mask_phone(number)

    def _id(self, number: str) -> str:
        number = _clean(number)
        return number if self._context.reveal or not number else mask_id(number)

    def _joined(self, values: Iterable[str]) -> str:
        comma = _LIST_COMMA if self._context.language == "zh_CN" else ", "
        return comma.join(self._text(value) for value in values)

    def _text(self, value: str) -> str:
        """Free text: numbers that somebody wrote into a sentence are masked as well."""
        value = _clean(value)
        if not self._context.reveal:
            value = _ID_IN_TEXT.sub(lambda found: mask_id(found[0]), value)
            value = _PHONE_IN_TEXT.sub(lambda found: mask_phone(found[0]), value)
        return _LONG_RUN.sub(lambda found: "\u200b".join(found[0]), value)


def _is_tall(row: VisitRow) -> bool:
    """Whether a visit takes more than about half a page: only then may its row be broken."""
    pictures = _LINES_OF_PICTURES * ceil(len(row.photos) / 2)
    lines = (
        _lines(row.text, 16) + pictures,
        _lines(row.met, 6),
        _lines(row.promise, 7),
    )
    return max(lines) > _HALF_A_PAGE


def _lines(text: str, across: int) -> int:
    """Lines of a text in a column of so many characters; Latin letters take fewer."""
    return sum(max(1, ceil(len(part) / across)) for part in text.split("\n"))


def _day(value: date | None) -> str:
    return "" if value is None else value.isoformat()


def _clean(value: str) -> str:
    return _UNPRINTABLE.sub("", value).strip()
