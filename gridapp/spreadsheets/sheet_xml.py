"""What the spreadsheet reader does not tell: which cells hold formulas, and how far a sheet reaches.

A formula's last result looks like a typed value, so the sheet's own XML is asked. The same look keeps
a damaged or hostile file from making the reader fill the memory: sizes are known before it starts.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

MOST_ROWS = 100_000
MOST_COLUMNS = 300
MOST_BYTES = 400_000_000

_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_CHUNK = 1 << 20

Attributes = dict[str, str]
Element = Callable[[str, Attributes], None]


class TooLargeError(Exception):
    """The sheet reaches further than any roster."""


class NotReadableError(Exception):
    """The XML inside the file is not what a spreadsheet holds."""


@dataclass(slots=True)
class SheetShape:
    """``formulas``: (row, column) from 0 of every cell with a formula."""

    formulas: set[tuple[int, int]] = field(default_factory=set)
    row: int = -1
    column: int = -1


def sheet_parts(archive: ZipFile) -> dict[str, str]:
    """Sheet name to the name of its part in the archive."""
    targets: dict[str, str] = {}
    sheets: dict[str, str] = {}

    def relation(name: str, attributes: Attributes) -> None:
        if name == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    def sheet(name: str, attributes: Attributes) -> None:
        if name == "sheet":
            link = next((v for k, v in attributes.items() if k.endswith(":id")), "")
            sheets[attributes.get("name", "")] = link

    _walk(archive, "xl/_rels/workbook.xml.rels", relation)
    _walk(archive, "xl/workbook.xml", sheet)
    return {
        name: posixpath.normpath(posixpath.join("/xl", targets[link])).lstrip("/")
        for name, link in sheets.items()
        if targets.get(link)
    }


def shape(archive: ZipFile, part: str) -> SheetShape:
    """Read one sheet's cells for their places and formulas.

    Raises ``TooLargeError`` or ``NotReadableError``.
    """
    found = SheetShape()

    def element(name: str, attributes: Attributes) -> None:
        if name == "row":
            found.row = _number(attributes.get("r"), found.row + 2) - 1
            found.column = -1
        elif name == "c":
            _move(found, attributes.get("r", ""))
        elif name == "f":
            found.formulas.add((found.row, found.column))
        elif name in ("v", "is") and (found.row >= MOST_ROWS or found.column >= MOST_COLUMNS):
            raise TooLargeError

    _walk(archive, part, element)
    return found


def column_letters(index: int) -> str:
    """A, B, …, Z, AA for a column counted from 0."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _move(found: SheetShape, reference: str) -> None:
    place = _REFERENCE.fullmatch(reference)
    if place is None:
        found.column += 1
        return
    column = 0
    for letter in place[1]:
        column = column * 26 + ord(letter) - 64
    found.row, found.column = int(place[2]) - 1, column - 1


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() else otherwise


def _walk(archive: ZipFile, part: str, element: Element) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = lambda name, attributes: element(
        name.rpartition(" ")[2], {key.replace(" ", ":"): v for key, v in attributes.items()}
    )
    parser.EntityDeclHandler = _no_entities
    try:
        with archive.open(part) as stream:
            while chunk := stream.read(_CHUNK):
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
    except (KeyError, BadZipFile, expat.ExpatError, EOFError, OSError) as error:
        raise NotReadableError(part) from error


def _no_entities(*_: object) -> None:
    raise NotReadableError("entity")
