"""Divisions from a CSV file into the unit tree, and the first rows of a new district."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid5

from gridapp.domain.numbers import check_division_code
from gridapp.domain.record import Record
from gridapp.domain.unit import Unit
from gridapp.errors import Problem

_NAMESPACE = UUID("b2a3c7de-53d5-5f0b-8c11-6d1f0a9e4c77")
_COLUMNS = ("code", "name", "level", "parent_code")
_LEVELS = ("city", "district", "township", "village")


@dataclass(frozen=True, slots=True)
class Division:
    """One row of the file."""

    code: str
    name: str
    level: str
    parent_code: str


def unit_id(code: str) -> UUID:
    """The id of the unit with this code: the same at every import."""
    return uuid5(_NAMESPACE, code)


def read(path: Path) -> list[Division]:
    """The rows of a divisions file, checked: lengths, prefixes, parents, doubles.

    Raises ``Problem`` that names file and line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if tuple(reader.fieldnames or ()) != _COLUMNS:
                raise _bad(path, 1, "表头应为 code,name,level,parent_code。")
            found = [_division(path, n, row) for n, row in enumerate(reader, start=2)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Problem(
            "bad_file",
            "读不了区划文件。",
            place=str(path),
            remedy="请检查路径，并存为 UTF-8 编码的 CSV。",
        ) from error
    if not found:
        raise _bad(path, 1, "文件里没有区划。")
    codes: set[str] = set()
    for line, division in enumerate(found, start=2):
        if division.code in codes:
            raise _bad(path, line, "代码重复。")
        codes.add(division.code)
    for line, division in enumerate(found, start=2):
        if division.parent_code and division.parent_code not in codes:
            raise _bad(path, line, "上级代码不在文件里。")
    return found


def units(divisions: Iterable[Division]) -> list[Record]:
    """Units in the order of the file, parents first."""
    by_level = sorted(enumerate(divisions), key=lambda d: (_LEVELS.index(d[1].level), d[0]))
    return [
        Unit(
            id=unit_id(d.code),
            parent_id=unit_id(d.parent_code) if d.parent_code else None,
            code=d.code,
            name=d.name,
            kind=d.level,
            sort=number,
        )
        for number, d in by_level
    ]


def _division(path: Path, line: int, row: dict[str, str]) -> Division:
    values = [(row.get(n) or "").strip() for n in _COLUMNS]
    division = Division(*values)
    if not division.name or division.level not in _LEVELS:
        raise _bad(path, line, "名称或级别不对。")
    try:
        check_division_code(division.code, division.parent_code)
    except Problem as problem:
        raise _bad(path, line, problem.text()) from problem
    return division


def _bad(path: Path, line: int, message: str) -> Problem:
    return Problem(
        "bad_divisions",
        message,
        place=f"{path.name}:{line}",
        remedy="请改正后重新导入，没有写入任何内容。",
    )
