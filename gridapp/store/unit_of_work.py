"""One transaction of the writer: rows, outbox, what is derived. No caller can forget the outbox."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from gridapp.clock import Clock
from gridapp.domain.exchange import Decision
from gridapp.domain.fields import merged
from gridapp.domain.record import Kind, Record, kind_of, new_id
from gridapp.domain.values import Stored, row_of
from gridapp.errors import Problem
from gridapp.i18n import Label
from gridapp.store import derived, search, stale
from gridapp.store.blobs import BlobFolder
from gridapp.store.changes import Changes
from gridapp.store.database import Connection
from gridapp.store.reader import Reader
from gridapp.store.statements import columns, insert_sql
from gridapp.store.who import Who

R = TypeVar("R", bound=Record)

_OUTBOX = (
    "INSERT INTO outbox (op_id,save_id,entity,record_id,base_version,fields,beneath,recorded_at,"
    "clock_offset,conflict_id,other,state,live,incarnation) VALUES (?,?,?,?,?,?,?,?,?,?,?,'waiting',1,"
    "COALESCE((SELECT CAST(value AS INTEGER) FROM meta WHERE key='incarnation'),1))"
)


class UnitOfWork(Reader):
    """Writes of one save. Given to functions by ``Store.write``, which commits when they return."""

    def __init__(self, connection: Connection, who: Who, clock: Clock, blobs: BlobFolder) -> None:
        super().__init__(connection, who, blobs, clock())
        self._save_id = new_id().bytes
        self._touched: dict[str, set[bytes]] = {}
        self._told: set[bytes] = set()
        self._told_kinds: set[str] = set()
        self._sync = False
        self._offset: int | None = None
        self._fresh: list[str] = []
        self._unwanted: list[str] = []

    def create(self, record: R) -> R:
        """Write a new record; the whole of it becomes one operation."""
        kind = kind_of(type(record))
        row = row_of(kind, record)
        _require(kind, row)
        whole: dict[str, Any] = {"id": record.id.bytes, "recorded_at": self.now, "deleted": 0}
        whole |= row | derived.INITIAL.get(kind.name, {})
        names = columns(kind)
        self.connection.execute(
            insert_sql(kind.name),
            [whole.get(n, 0 if n in ("version", "epoch") else None) for n in names],
        )
        self._append(kind, record.id.bytes, 0, _creation(kind, row))
        return record

    def edit(self, opened: R, changed: R) -> bool:
        """Write the difference between a record as it was opened and as it was saved.

        Returns False when nothing differs. What others wrote to other fields meanwhile is left alone.
        """
        kind = kind_of(type(opened))
        if kind.append_only:
            raise ValueError(f"{kind.name} is append-only")
        before, after = row_of(kind, opened), row_of(kind, changed)
        names = _changed(kind, before, after)
        if not names:
            return False
        _require(kind, after)
        key = opened.id.bytes
        current = self._current(kind, key)
        self._remember_base(kind, key, current)
        pending = self._pending(key)
        fields: dict[str, list[Any]] = {}
        for name in names:
            follows = pending.get(name)
            own = follows[0] if follows and follows[1] == before[name] else None
            fields[name] = [before[name], after[name], own]
            field = kind.by_name[name]
            current[name] = merged(field, current[name], before[name], after[name])
        sets = ",".join(f"{n}=?" for n in names)
        self.connection.execute(
            f"UPDATE {kind.name} SET {sets} WHERE id=?",
            [*(current[n] for n in names), key],
        )
        if self._drop_refused_creation(key):
            # Nothing stands on the server that could be edited: the whole is sent again, corrected.
            fields = _creation(kind, current)
        self._append(kind, key, opened.version, fields)
        return True

    def delete(self, record: Record) -> None:
        """Mark a record as deleted, with the ids of what its author saw beneath it."""
        kind = kind_of(type(record))
        key = record.id.bytes
        self._remember_base(kind, key, self._current(kind, key))
        self.connection.execute(f"UPDATE {kind.name} SET deleted=1 WHERE id=?", (key,))
        beneath = msgspec.msgpack.encode(sorted(self.beneath(kind, key)))
        self._append(kind, key, record.version, {"deleted": [0, 1, None]}, beneath)

    def merge(self, record: Record, into: UUID) -> None:
        """Let a record go into another one of its kind; the server carries along what hangs on it."""
        kind = kind_of(type(record))
        key = record.id.bytes
        self._remember_base(kind, key, self._current(kind, key))
        self.connection.execute(
            f"UPDATE {kind.name} SET merged_into=? WHERE id=?", (into.bytes, key)
        )
        self._append(kind, key, record.version, {"merged_into": [None, into.bytes, None]})

    def decide(
        self,
        kind: Kind,
        key: bytes,
        version: int,
        fields: dict[str, list[Any]],
        decision: Decision,
        beneath: Iterable[bytes] = (),
    ) -> None:
        """Write a choice between two values, and the edit that says it, on top of what is shown.

        ``version``: of the record as the person saw it. ``fields``: name -> [seen, chosen, None].
        """
        current = self._current(kind, key)
        self._remember_base(kind, key, current)
        for name, (before, after, _) in fields.items():
            field = kind.by_name.get(name)
            current[name] = merged(field, current[name], before, after) if field else after
        sets = ",".join(f"{n}=?" for n in fields)
        self.connection.execute(
            f"UPDATE {kind.name} SET {sets} WHERE id=?", [*(current[n] for n in fields), key]
        )
        seen = msgspec.msgpack.encode(sorted(beneath)) if beneath else None
        self._append(kind, key, version, fields, seen, decision)
        self.touch("conflict", (decision.conflict,))

    def keep_blob(self, data: bytes) -> str:
        """Keep bytes, durable at once and named by the record that follows; they go if the save fails."""
        digest = hashlib.sha256(data).hexdigest()
        if not self.blobs.has(digest):
            self._fresh.append(digest)
        return self.blobs.put(data)

    def undo_blobs(self) -> None:
        """The save failed: let go of the bytes that it brought."""
        self._remove(self._fresh)

    def forget_blob(self, digest: str) -> None:
        """Let go of bytes that nothing names any more, once that is committed."""
        self._unwanted.append(digest)

    def drop_blobs(self) -> None:
        """The save is committed: remove the bytes that it let go of."""
        self._remove(self._unwanted)

    def _remove(self, digests: list[str]) -> None:
        # What became of the save is settled by now: a disk that fails here must not say otherwise.
        for digest in digests:
            with suppress(OSError):
                self.blobs.remove(digest)

    def set_meta(self, key: str, value: str) -> None:
        """Remember one setting. Not a record: nothing goes to the server."""
        self.connection.execute(
            "INSERT INTO meta (key,value) VALUES (?,?) "
            "ON CONFLICT(key) DO UPDATE SET value=excluded.value",
            (key, value),
        )

    def touch(self, entity: str, record_ids: Iterable[bytes]) -> None:
        """Name rows that something below the unit of work wrote (pulls)."""
        self._touched.setdefault(entity, set()).update(record_ids)

    def tell(self, entity: str, record_id: bytes) -> None:
        """Name a row of which nothing changed that is derived or searched: listeners hear of it."""
        self._told.add(record_id)
        self._told_kinds.add(entity)

    def touch_sync(self) -> None:
        """Say that waiting items, verdicts or the last contact changed."""
        self._sync = True

    def finish(self, *, index: bool = True) -> Changes:
        """Bring derived fields and the search index up to date, before the commit."""
        also = derived.refresh(self, self._touched)
        for entity, keys in also.items():
            self.touch(entity, keys)
        if index:
            search.refresh(self, self._touched)
        else:
            stale.mark(self, self._touched)
        return Changes(
            frozenset(self._touched) | self._told_kinds,
            frozenset(self._told).union(*self._touched.values()),
            self._sync,
        )

    def _append(
        self,
        kind: Kind,
        key: bytes,
        version: int,
        fields: dict[str, list[Any]],
        beneath: bytes | None = None,
        decision: Decision | None = None,
    ) -> None:
        if self._offset is None:
            self._offset = int(self.meta("clock_offset") or 0)
        self.connection.execute(
            _OUTBOX,
            (
                new_id().bytes,
                self._save_id,
                kind.name,
                key,
                version,
                msgspec.msgpack.encode(fields),
                beneath,
                self.now,
                self._offset,
                decision.conflict if decision else None,
                msgspec.msgpack.encode(decision.other) if decision else None,
            ),
        )
        self.touch(kind.name, (key,))
        self._sync = True

    def _current(self, kind: Kind, key: bytes) -> dict[str, Any]:
        row = self.row(kind.name, key)
        if row is None:
            raise Problem(
                "gone",
                "这条{kind}已不在本机，可能已划到别处。",
                remedy="请刷新后再看。",
                kind=Label(kind.zh, kind.en),
            )
        return row

    def _remember_base(self, kind: Kind, key: bytes, current: dict[str, Any]) -> None:
        # The server's row is set aside before the first own change covers it.
        if current["version"] > 0:
            self.connection.execute(
                "INSERT OR IGNORE INTO base (record_id,entity,row) VALUES (?,?,?)",
                (key, kind.name, msgspec.msgpack.encode(current)),
            )

    def _drop_refused_creation(self, key: bytes) -> bool:
        """Retire a creation that the server rejected, and what hung on it. Whether there was one."""
        refused = self.value(
            "SELECT 1 FROM outbox WHERE record_id=?1 AND base_version=0 AND live=1 "
            "AND state='rejected' AND NOT EXISTS (SELECT 1 FROM outbox WHERE record_id=?1 "
            "AND state NOT IN ('rejected','parked'))",
            (key,),
        )
        if refused:
            self.connection.execute(
                "UPDATE outbox SET live=0, dismissed=2 WHERE record_id=? "  # replaced
                "AND state IN ('rejected','parked')",
                (key,),
            )
        return bool(refused)

    def _pending(self, key: bytes) -> dict[str, tuple[bytes, Stored]]:
        """Field name -> (op_id, after) of this device's last live operation on it."""
        found: dict[str, tuple[bytes, Stored]] = {}
        for op_id, blob in self.connection.execute(
            "SELECT op_id, fields FROM outbox WHERE record_id=? AND live=1 ORDER BY counter", (key,)
        ):
            for name, change in msgspec.msgpack.decode(blob).items():
                found[name] = (op_id, change[1])
        return found


def _creation(kind: Kind, row: dict[str, Any]) -> dict[str, list[Any]]:
    """The changes that make a record out of nothing."""
    return {f.name: [None, row[f.name], None] for f in kind.editable if row[f.name] is not None}


def _changed(kind: Kind, before: dict[str, Stored], after: dict[str, Stored]) -> list[str]:
    """Names of fields that differ; a declared group counts as a whole."""
    names = [f.name for f in kind.editable if before[f.name] != after[f.name]]
    groups = {kind.by_name[n].group for n in names} - {""}
    return [f.name for f in kind.editable if f.name in names or f.group in groups]


def _require(kind: Kind, row: dict[str, Stored]) -> None:
    for field in kind.editable:
        if field.required and row[field.name] is None:
            raise Problem(
                "required",
                "“{label}”还没有填。",
                remedy="请填写后再保存。",
                label=Label(field.zh, field.en),
                field=field.name,
            )
