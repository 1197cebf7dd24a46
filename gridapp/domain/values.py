"""How values are written: in Python, in the store, and on the wire.

The stored form is also the wire form, so rows travel without conversion: IDs are 16 bytes, days ISO
texts, yes/no 0 or 1, sets and maps canonical JSON texts. Two values are equal when their stored forms
are equal, which is why every value passes ``stored`` before it is compared or written.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any
from uuid import UUID

from gridapp.domain.record import Field, Kind, Record, Type
from gridapp.errors import Problem
from gridapp.i18n import Label

ONE_LINE = 200  # characters: a text field up to this length holds one line

Stored = bytes | str | int | float | None

_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2})?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")

_LINE_ENDS = re.compile(r"[\n\u2028\u2029\x85]+")


def stored(field: Field, value: Any) -> Stored:
    """The canonical stored form of ``value``.

    Texts are NFC and trimmed, "" becomes None, line ends in a text of one line (up to ``ONE_LINE``
    characters) become spaces, whole floats are kept as floats of the same number.

    Raises ``Problem`` ``bad_value`` with the field's label when the value does not fit the field.
    """
    if value is None:
        return None
    try:
        result: Stored = _WRITERS[field.type](value)
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise bad_value(field, value) from error
    if isinstance(result, str) and field.type in _LIMITED and field.max_length <= ONE_LINE:
        result = _LINE_ENDS.sub(" ", result)
    if isinstance(result, str) and field.type in _LIMITED and len(result) > field.max_length:
        raise Problem(
            "too_long",
            "“{label}”最多 {limit} 个字，现在 {length} 个。",
            remedy="请缩短后再保存。",
            label=Label(field.zh, field.en),
            limit=field.max_length,
            length=len(result),
            field=field.name,
        )
    return result


def loaded(field: Field, value: Stored) -> Any:
    """The Python value of a stored one: UUID, date, bool, tuple or read-only mapping."""
    if value is None:
        return _EMPTY.get(field.type)
    reader = _READERS.get(field.type)
    return reader(value) if reader else value


def bad_value(field: Field, value: Any) -> Problem:
    """The refusal of one value, naming the field."""
    return Problem(
        "bad_value",
        "“{label}”不能是“{value}”。",
        remedy="请改正后再保存。",
        label=Label(field.zh, field.en),
        value=str(value)[:40],
        field=field.name,
    )


def row_of(kind: Kind, record: Record) -> dict[str, Stored]:
    """The stored fields of a record, derived ones left out."""
    return {f.name: stored(f, getattr(record, f.name)) for f in kind.stored}


def record_of(kind: Kind, row: Mapping[str, Any]) -> Any:
    """A record from a stored row (header columns and fields by name)."""
    fields = {f.name: loaded(f, row[f.name]) for f in kind.fields if f.name in row}
    merged = row.get("merged_into")
    extra = row.get("extra")
    return kind.record(
        id=UUID(bytes=row["id"]),
        version=row.get("version") or 0,
        deleted=bool(row.get("deleted")),
        merged_into=UUID(bytes=merged) if merged else None,
        recorded_at=row.get("recorded_at") or 0,
        received_at=row.get("received_at") or 0,
        extra=MappingProxyType(json.loads(extra) if extra else {}),
        **fields,
    )


def canonical_json(value: Any) -> str:
    """One spelling for one value: sorted keys, no spaces, NFC texts."""
    return unicodedata.normalize(
        "NFC", json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    )


def clean_text(value: str) -> str:
    """NFC, trimmed, without control characters; line ends are ``\\n``."""
    text = value.replace("\r\n", "\n").replace("\r", "\n") if "\r" in value else value
    return unicodedata.normalize("NFC", _CONTROL.sub("", text)).strip()


def _text(value: Any) -> str | None:
    if not isinstance(value, str):
        raise TypeError(type(value))
    text = clean_text(value)
    text.encode()  # half a character cannot be written anywhere
    return text or None


def _id(value: Any) -> bytes:
    if isinstance(value, bytes):
        if len(value) != 16:
            raise ValueError(value)
        return value
    return value.bytes if isinstance(value, UUID) else UUID(value).bytes


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise TypeError(type(value))
    number = int(value)
    if isinstance(value, float) and number != value:
        raise ValueError(value)
    if abs(number) >= 1 << 62:
        raise ValueError(value)
    return number


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number + 0.0  # -0.0 is 0.0


def _bool(value: Any) -> int:
    if value in (True, False, 0, 1):
        return int(value)
    raise ValueError(value)


def _day(value: Any) -> str:
    return value.isoformat() if type(value) is date else date.fromisoformat(value).isoformat()


def _moment(value: Any) -> str | None:
    if type(value) is date:
        return value.isoformat()
    if not value:
        return None
    if not _MOMENT.fullmatch(value):
        raise ValueError(value)
    date.fromisoformat(value[:10])
    if len(value) > 10 and not (int(value[11:13]) < 24 and int(value[14:16]) < 60):
        raise ValueError(value)
    return str(value)


def _set(value: Any) -> str | None:
    items = json.loads(value) if isinstance(value, str) else list(value)
    if not isinstance(items, list):
        raise TypeError(type(items))
    cleaned = sorted({text for item in items if (text := _text(item))})
    return canonical_json(cleaned) if cleaned else None


def _map(value: Any) -> str | None:
    items = json.loads(value) if isinstance(value, str) else dict(value)
    if not isinstance(items, dict):
        raise TypeError(type(items))
    cleaned: dict[str, Any] = {}
    for key, item in items.items():
        name = _text(key)
        if name is None or not (item is None or isinstance(item, (str, int, float, bool))):
            raise ValueError(key)
        cleaned[name] = _plain(item)
    return canonical_json(cleaned) if cleaned else None


def _plain(item: Any) -> Any:
    """A value inside a map: texts clean, one form for one number."""
    if isinstance(item, str):
        return _text(item) or ""
    if isinstance(item, float):
        number = _number(item)
        return int(number) if number.is_integer() else number
    return item


_LIMITED = {Type.TEXT, Type.CODE}
_EMPTY: dict[Type, Any] = {
    Type.TEXT: "",
    Type.CODE: "",
    Type.SET: (),
    Type.MAP: MappingProxyType({}),
}
_WRITERS: dict[Type, Any] = {
    Type.ID: _id,
    Type.TEXT: _text,
    Type.CODE: _text,
    Type.INTEGER: _whole,
    Type.REAL: _number,
    Type.YES_NO: _bool,
    Type.DATE: _day,
    Type.MOMENT: _moment,
    Type.INSTANT: _whole,
    Type.SET: _set,
    Type.MAP: _map,
}
_READERS: dict[Type, Any] = {
    Type.ID: lambda value: UUID(bytes=value),
    Type.YES_NO: bool,
    Type.DATE: date.fromisoformat,
    Type.SET: lambda value: tuple(json.loads(value)),
    Type.MAP: lambda value: MappingProxyType(json.loads(value)),
}
