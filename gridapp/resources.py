"""The reference data that gridapp ships: code tables, event catalogue, care groups, checklists.

IDs come from table and code, so every load, on any machine, names the same records.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from gridapp.config import resource_path
from gridapp.domain.record import Field, Record, Type, kind_of
from gridapp.domain.reference import CareGroup, CatalogueItem, ChecklistItem, Code
from gridapp.errors import Problem

_NAMESPACE = UUID("6d0f2d1c-3a54-5b0e-9c56-0f6a1f3c7e21")

Row = Mapping[str, str]


def reference_id(table: str, code: str) -> UUID:
    """The ID of one entry of shipped reference data."""
    return uuid5(_NAMESPACE, f"{table}/{code}")


def default_reference(catalogue: Path | None = None) -> list[Record]:
    """Codes, catalogue items, care groups and checklist items; ``catalogue`` replaces the shipped one.

    Raises ``Problem`` ``bad_catalogue`` with file and row when the CSV does not fit.
    """
    items = catalogue or _shipped("event_catalogue.csv")
    return [
        *_codes(),
        *_records(CatalogueItem, items, "item_code"),
        *_records(CareGroup, _shipped("key_care_groups.csv"), "group_code"),
        *_records(ChecklistItem, _shipped("checklists.csv"), "item_code"),
    ]


def division_file(name: str) -> Path:
    """A shipped list of divisions: ``hongqi_410702`` or ``kaifeng_4102``."""
    return resource_path("divisions", f"{name}.csv")


def _codes() -> Iterator[Code]:
    """All code tables; ``codes_en.csv`` has the English that the source tables lack."""
    english = {(row["table"], row["code"]): row["en"] for _, row in _rows(_shipped("codes_en.csv"))}
    places: dict[str, int] = {}
    for name in ("codes.csv", "codes_gridapp.csv"):
        for _, row in _rows(_shipped(name)):
            table, code = row["table"], row["code"]
            places[table] = places.get(table, 0) + 1
            yield Code(
                id=reference_id(f"code/{table}", code),
                table_name=table,
                code=code,
                zh=row["zh"],
                en=row["en"] or english.get((table, code), ""),
                sort=places[table],
            )


def _records(record: type[Record], path: Path, key: str) -> Iterator[Record]:
    kind = kind_of(record)
    seen: set[str] = set()
    for line, row in _rows(path):
        code = row.get(key, "")
        if not code or code in seen:
            raise _bad(path, line, key, code)
        seen.add(code)
        values = {f.name: _value(f, row, path, line) for f in kind.fields if f.name in row}
        lacking = next((f.name for f in kind.fields if f.required and not values.get(f.name)), None)
        if lacking:
            raise _bad(path, line, lacking, "")
        yield record(id=reference_id(kind.name, code), **values)
    if not seen:
        raise _bad(path, 1, key, "")


def _value(field: Field, row: Row, path: Path, line: int) -> Any:
    text = row[field.name]
    try:
        if field.type is Type.YES_NO:
            return {"Y": True, "N": False, "": None}[text.upper()]
        if field.type is Type.INTEGER:
            return int(text) if text else None
        if field.type is Type.REAL:
            return float(text) if text else None
    except (KeyError, ValueError) as error:
        raise _bad(path, line, field.name, text) from error
    if len(text) > field.max_length:
        raise _bad(path, line, field.name, text)
    return text


def _rows(path: Path) -> Iterator[tuple[int, Row]]:
    """(line number, row) of a CSV in UTF-8, with or without a mark; cells trimmed, missing ones ""."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restkey="")
            for row in reader:
                cells = {name.strip(): (cell or "").strip() for name, cell in row.items() if name}
                if any(cells.values()):
                    yield reader.line_num, cells
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Problem(
            "bad_catalogue",
            "读不了这个文件。",
            place=str(path),
            remedy="请确认文件存在，并另存为 UTF-8 编码的 CSV。",
        ) from error


def _bad(path: Path, line: int, column: str, text: str) -> Problem:
    return Problem(
        "bad_catalogue",
        "“{column}”列不能是“{text}”。",
        place="{file} 第 {line} 行",
        remedy="请改正后再导入。",
        file=path.name,
        line=line,
        column=column,
        text=text[:40],
    )


def _shipped(name: str) -> Path:
    return resource_path("catalogue", name)
