"""What client and server exchange, as plain data: operations up, outcomes and pages down.

``sync.protocol`` puts these into requests; the store and the server's apply work on them directly.
Values are in stored form (``values.py``). Fields unknown to an older program are kept by name.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec


class Verdict(StrEnum):
    """What became of an operation."""

    APPLIED = "applied"  # every field as sent
    MERGED = "merged"  # taken, together with somebody else's change
    CONFLICT = "conflict"  # at least one field stands aside until a person decides
    REJECTED = "rejected"  # not valid; ``code`` says why
    PARKED = "parked"  # valid, but not allowed here any more; waits for the head


class FieldVerdict(StrEnum):
    """What became of one field."""

    TAKEN = "taken"
    SAME = "same"
    MERGED = "merged"
    CONFLICT = "conflict"


class Change(msgspec.Struct, array_like=True, frozen=True):
    """One field of an operation. ``follows``: op_id of the device's own unacknowledged predecessor on it."""

    before: Any
    after: Any
    follows: bytes | None = None


class Decision(msgspec.Struct, array_like=True, frozen=True):
    """What makes an edit a choice between two values: the conflict, and the other values as they were seen.

    Of the edit's fields ``before`` is what stood as it was seen, ``after`` the one of the two that was chosen.
    """

    conflict: bytes
    other: dict[str, Any]


class Operation(msgspec.Struct, array_like=True, frozen=True):
    """One change of one record. ``beneath``: ids seen beneath a record that is deleted."""

    op_id: bytes
    counter: int
    entity: str
    record_id: bytes
    base_version: int
    fields: dict[str, Change]
    recorded_at: int
    clock_offset: int
    beneath: list[bytes] = []
    decides: Decision | None = None


class Outcome(msgspec.Struct, array_like=True, frozen=True):
    """The server's answer to one operation; never a row. Higher ``revision`` replaces lower.

    ``note``, ``decided_by``: of one that the head of the grid decided later.
    """

    op_id: bytes
    verdict: Verdict
    revision: int = 1
    code: str = ""
    previous: int = 0  # version of the record before the operation
    version: int = 0  # and after it
    fields: dict[str, FieldVerdict] = {}
    note: str = ""
    decided_by: bytes = b""


class Rows(msgspec.Struct, array_like=True, frozen=True):
    """Whole rows of one kind; ``columns`` begins with the header of ``tables.HEADER``."""

    entity: str
    columns: list[str]
    rows: list[list[Any]]


class Removal(msgspec.Struct, array_like=True, frozen=True):
    """A record that left a channel."""

    entity: str
    record_id: bytes
    cause: str


class Echo(msgspec.Struct, array_like=True, frozen=True):
    """One's own change, without its body: ``previous`` is the version that it was made on."""

    entity: str
    record_id: bytes
    previous: int
    version: int
    epoch: int
    mac: bytes
    received_at: int


class Page(msgspec.Struct, array_like=True, frozen=True):
    """What happened in one channel after ``start`` up to ``end``. Rows, removals and cursor go together.

    ``total``: with the last page, what the rows of the channel add up to (``domain.digest``).
    """

    channel: str
    start: int
    end: int
    more: bool
    tables: list[Rows] = []
    removed: list[Removal] = []
    echoes: list[Echo] = []
    total: int | None = None


class HistoryEntry(msgspec.Struct, array_like=True, frozen=True):
    """What one operation made of one record: field -> (what stood before, what stood after).

    ``recorded_at``: when it was recorded, by the device's clock as corrected by its offset, never after
    ``received_at``. ``what``: created (then no fields), changed, deleted or restored.
    """

    op_id: bytes
    entity: str
    record_id: bytes
    staff_id: bytes
    recorded_at: int
    received_at: int
    what: str
    fields: dict[str, tuple[Any, Any]] = {}
