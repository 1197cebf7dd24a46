"""How a record is declared, once. Tables, wire form, form labels and print fields come from here.

A kind of record is a frozen dataclass that inherits ``Record``; each field is made by one of the
functions below, which say what it holds, its labels, who may see it and how two edits of it merge.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Any, ClassVar
from uuid import UUID

import uuid_utils.compat


class Type(StrEnum):
    """What a field holds. ``values.py`` says how each is written."""

    ID = "id"  # UUID of another record
    TEXT = "text"
    CODE = "code"  # a code of a code table
    INTEGER = "integer"
    REAL = "real"
    YES_NO = "yes_no"
    DATE = "date"  # a day, ISO
    MOMENT = "moment"  # a day, or a day with a time of day, as stated by a person (China time)
    INSTANT = "instant"  # milliseconds since 1970, UTC, from a machine
    SET = "set"  # distinct texts, merged by member
    MAP = "map"  # texts to plain values, merged by key


class Sensitivity(StrEnum):
    """Who may see a value, and how it is masked where it is not revealed."""

    OPEN = "open"
    PERSONAL = "personal"  # within the grid; masked on paper and screen until revealed
    RESTRICTED = "restricted"  # file channel only


class Filing(StrEnum):
    """Under which class of channel a kind is filed."""

    WORK = "work"
    FILE = "file"
    DISTRICT = "district"
    USER = "user"
    REVIEW = "review"  # what waits for the head of a grid
    TARGET = "target"  # wherever the record that it speaks of is filed


@dataclass(frozen=True, slots=True)
class Field:
    """One declared field."""

    name: str
    type: Type
    zh: str
    en: str
    sensitivity: Sensitivity = Sensitivity.OPEN
    refers_to: str = ""  # kind of the record named by an ID field
    codes: str = ""  # code table of a CODE field
    group: str = ""  # fields of one group merge as a whole
    derived: bool = False  # computed on both sides, never sent
    given: bool = False  # set by the server, sent down, never accepted
    required: bool = False
    max_length: int = 200
    fixed: bool = False  # said when the record is made, and never changed
    past: bool = False  # said of what has happened: not of a day to come (``happened.py``)


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """One declared kind of record. There is one of each, so it is compared by identity."""

    name: str
    zh: str
    en: str
    record: type[Record]
    fields: tuple[Field, ...]
    filing: Filing
    owner: str  # the field that names the owner, "" for roots
    append_only: bool
    retention_days: int | None  # None: kept while the household is kept
    by_name: Mapping[str, Field]

    @property
    def stored(self) -> tuple[Field, ...]:
        """Fields that both sides store and the wire carries."""
        return _stored(self)

    @property
    def editable(self) -> tuple[Field, ...]:
        """Fields that an operation may set."""
        return _editable(self)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the fields without which there is no record."""
        return _required(self)

    @property
    def owner_kind(self) -> str:
        """The kind of the owner, "" for roots."""
        return self.by_name[self.owner].refers_to if self.owner else ""


# Asked for with every operation, and always the same.
@cache
def _stored(kind: Kind) -> tuple[Field, ...]:
    return tuple(f for f in kind.fields if not f.derived)


@cache
def _editable(kind: Kind) -> tuple[Field, ...]:
    return tuple(f for f in kind.stored if not f.given)


@cache
def _required(kind: Kind) -> tuple[str, ...]:
    return tuple(f.name for f in kind.editable if f.required)


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """What every record has. ``version`` and ``received_at`` are the server's; 0 means not yet there."""

    KIND: ClassVar[str] = ""
    ZH: ClassVar[str] = ""
    EN: ClassVar[str] = ""
    FILING: ClassVar[Filing] = Filing.WORK
    OWNER: ClassVar[str] = ""
    APPEND_ONLY: ClassVar[bool] = False
    RETENTION_DAYS: ClassVar[int | None] = None

    id: UUID = dataclasses.field(default_factory=uuid_utils.compat.uuid7)
    version: int = 0
    deleted: bool = False
    merged_into: UUID | None = None
    recorded_at: int = 0
    received_at: int = 0
    extra: Mapping[str, Any] = dataclasses.field(default_factory=lambda: MappingProxyType({}))


HEADER = frozenset(f.name for f in dataclasses.fields(Record))


def new_id() -> UUID:
    """A fresh UUIDv7."""
    return uuid_utils.compat.uuid7()


_declared: dict[type[Record], Kind] = {}


def kind_of(record: type[Record]) -> Kind:
    """The declaration of a record class."""
    if record not in _declared:
        _declared[record] = _kind(record)
    return _declared[record]


def _kind(record: type[Record]) -> Kind:
    fields = tuple(
        dataclasses.replace(f.metadata["field"], name=f.name)
        for f in dataclasses.fields(record)
        if f.name not in HEADER
    )
    return Kind(
        name=record.KIND,
        zh=record.ZH,
        en=record.EN,
        record=record,
        fields=fields,
        filing=record.FILING,
        owner=record.OWNER,
        append_only=record.APPEND_ONLY,
        retention_days=record.RETENTION_DAYS,
        by_name=MappingProxyType({f.name: f for f in fields}),
    )


_DEFAULTS: dict[Type, Any] = {
    Type.TEXT: "",
    Type.CODE: "",
    Type.YES_NO: None,
    Type.SET: (),
    Type.MAP: MappingProxyType({}),
}


def _declare(type_: Type, zh: str, en: str, **options: Any) -> Any:
    spec = Field(name="", type=type_, zh=zh, en=en, **options)
    return (
        dataclasses.field(default=_DEFAULTS.get(type_), metadata={"field": spec})
        if (type_ is not Type.MAP)
        else dataclasses.field(
            default_factory=lambda: MappingProxyType({}), metadata={"field": spec}
        )
    )


def text(zh: str, en: str, **options: Any) -> Any:
    """A line or a paragraph; "" when not stated."""
    return _declare(Type.TEXT, zh, en, **options)


def code(zh: str, en: str, codes: str, **options: Any) -> Any:
    """A code of the table ``codes``; "" when not stated."""
    return _declare(Type.CODE, zh, en, codes=codes, **options)


def ref(zh: str, en: str, kind: str, **options: Any) -> Any:
    """The UUID of another record, or None."""
    return _declare(Type.ID, zh, en, refers_to=kind, **options)


def integer(zh: str, en: str, **options: Any) -> Any:
    """A whole number, or None."""
    return _declare(Type.INTEGER, zh, en, **options)


def real(zh: str, en: str, **options: Any) -> Any:
    """A number, or None."""
    return _declare(Type.REAL, zh, en, **options)


def yes_no(zh: str, en: str, **options: Any) -> Any:
    """True, False, or None when not stated."""
    return _declare(Type.YES_NO, zh, en, **options)


def day(zh: str, en: str, **options: Any) -> Any:
    """A ``datetime.date``, or None."""
    return _declare(Type.DATE, zh, en, **options)


def moment(zh: str, en: str, **options: Any) -> Any:
    """``YYYY-MM-DD`` or ``YYYY-MM-DDTHH:MM`` in China time, as a person stated it; None when not stated."""
    return _declare(Type.MOMENT, zh, en, **options)


def instant(zh: str, en: str, **options: Any) -> Any:
    """Milliseconds since 1970, UTC, or None."""
    return _declare(Type.INSTANT, zh, en, **options)


def members(zh: str, en: str, **options: Any) -> Any:
    """A set of texts, held as a sorted tuple; two edits merge member by member."""
    return _declare(Type.SET, zh, en, **options)


def mapping(zh: str, en: str, **options: Any) -> Any:
    """Texts to plain values; two edits merge key by key."""
    return _declare(Type.MAP, zh, en, **options)
