"""Finding what a person names on the command line: a UUID, a number, a grid code."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from gridapp.domain.record import Record, kind_of
from gridapp.errors import Problem
from gridapp.i18n import Label
from gridapp.store.reader import Reader

R = TypeVar("R", bound=Record)

_NUMBERS = ("number", "temporary", "own_number", "code", "item_code", "user_name")


def find_record(reader: Reader, record: type[R], text: str) -> R:
    """The living record with this UUID or number. Raises ``Problem`` ``not_found`` or ``ambiguous``."""
    kind = kind_of(record)
    try:
        found = reader.records(record, [UUID(text)])
    except ValueError:
        names = [n for n in _NUMBERS if n in kind.by_name]
        condition = " OR ".join(f"{n}=?" for n in names) or "0"
        found = reader.where(record, condition, [text] * len(names))
    living = [r for r in found if not r.deleted]
    if len(living) == 1:
        return living[0]
    if living:
        raise Problem(
            "ambiguous",
            "有 {count} 条{kind}的编号是“{text}”。",
            remedy="请用 UUID 指定。",
            count=len(living),
            kind=Label(kind.zh, kind.en),
            text=text,
        )
    raise Problem(
        "not_found",
        "本机没有编号为“{text}”的{kind}。",
        remedy="请核对编号，或先同步。",
        text=text,
        kind=Label(kind.zh, kind.en),
    )


def grid_by_code(reader: Reader, code: str) -> UUID:
    """The grid with this code. Raises ``Problem`` ``no_grid``."""
    found = reader.value("SELECT id FROM unit WHERE code=? AND kind='grid' AND deleted=0", (code,))
    if found is None:
        raise Problem(
            "no_grid",
            "没有代码为 {grid} 的网格。",
            remedy="请核对网格代码，或先同步。",
            grid=code,
        )
    return UUID(bytes=found)
