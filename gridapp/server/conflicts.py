"""Conflicts as one batch leaves them: opened, brought up to date, closed by their own chain or by a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from gridapp.clock import Instant
from gridapp.domain.choice import Choice, conflict_values
from gridapp.domain.conflict import CLOSED, DECIDED, OPEN
from gridapp.domain.exchange import Operation
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Kind
from gridapp.domain.values import Stored, canonical_json
from gridapp.server.author import Author
from gridapp.server.workspace import Key, Row, Workspace
from gridapp.sync.merge import Clash, OpenConflict

if TYPE_CHECKING:
    from gridapp.server.deletions import Said

_NAMESPACE = UUID("6f0f5f0e-7a43-5d0c-9a52-6b1d6f6c1a10")


class Conflicts:
    """``held``: the conflicts of the sender's device by (record, field or group).

    What is opened or changed goes into ``created`` and ``changed``, which the batch writes.
    """

    def __init__(
        self,
        workspace: Workspace,
        author: Author,
        now: Instant,
        held: dict[tuple[bytes, str], Row],
        changed: set[Key],
        created: set[Key],
    ) -> None:
        self.workspace, self.author, self.now = workspace, author, now
        self.held, self.changed, self.created = held, changed, created
        self._written: set[tuple[bytes, str]] = set()  # fields that this batch set
        self.deleted: dict[bytes, Said] = {}  # records that this batch deleted, and who

    def note_written(self, record_id: bytes, names: Mapping[str, Stored]) -> None:
        """The sender set these fields: what stands there now is the sender's."""
        self._written |= {(record_id, name) for name in names}

    def open_ones(self, kind: Kind, record_id: bytes) -> dict[str, OpenConflict]:
        """The device's open conflicts on a record, by field or group."""
        return {
            name: OpenConflict(
                *(conflict_values(kind, c[n]) for n in ("start", "standing", "other"))
            )
            for (target, name), c in self.held.items()
            if target == record_id and c["state"] == OPEN
        }

    def clash(self, operation: Operation, key: Key, clash: Clash) -> None:
        """Open the device's conflict on a record, bring it up to date, or close it."""
        held = self.held.get((key[1], clash.name))
        if held is None or held["state"] != OPEN:
            if clash.closed:
                return
            held = self._new(operation, key, clash)
        elif clash.closed and ("conflict", held["id"]) in self.created:
            self._forget(held)  # opened and undone in one batch: nobody need ever see it
            return
        else:
            self._next_version(held)
        held["other"] = _json(clash.other)
        held["other_at"] = min(operation.recorded_at + operation.clock_offset, self.now)
        held["state"] = CLOSED if clash.closed else OPEN
        self._stand(held, clash.standing)

    def asked(self, operation: Operation, key: Key, clash: Clash) -> Row:
        """The device's open conflict on a record; a new one is still without its values (None)."""
        held = self.held.get((key[1], clash.name))
        if held is not None and held["state"] == OPEN:
            return held
        held = self._new(operation, key, clash)
        held["state"] = OPEN
        return held

    def touch(self, held: Row) -> None:
        """It is about to say something else."""
        if ("conflict", held["id"]) not in self.created:
            self._next_version(held)

    def decide(self, held: Row, choice: Choice, standing: Mapping[str, Stored]) -> None:
        """A person chose: close it, saying who and when. ``standing``: the values that stand now."""
        self._next_version(held)
        held |= {
            "state": DECIDED,
            "choice": choice.value,
            "decided_by": self.author.staff_id,
            "decided_at": self.now,
            "standing": _json(standing),
        }

    def renew(self, held: Row, standing: Mapping[str, Stored]) -> None:
        """A person chose between values that had changed: it stays open, with what stands now."""
        self._next_version(held)
        self._stand(held, standing)

    def _stand(self, held: Row, standing: Mapping[str, Stored]) -> None:
        held["standing"] = _json(standing)
        record_id = held["target_id"]
        if any((record_id, name) in self._written for name in standing):
            held |= {"standing_by": self.author.staff_id, "standing_at": self.now}
        else:
            by, at = self.workspace.last_written(record_id, set(standing))
            held |= {"standing_by": by, "standing_at": at}

    def _next_version(self, held: Row) -> None:
        held |= {"last_device": None, "version": held["version"] + 1}
        self.changed.add(("conflict", held["id"]))

    def _forget(self, held: Row) -> None:
        key = ("conflict", held["id"])
        self.workspace.rows[key] = None
        del self.held[held["target_id"], held["field"]]
        self.changed.discard(key)
        self.created.discard(key)

    def _new(self, operation: Operation, key: Key, clash: Clash) -> Row:
        row: Row = dict.fromkeys(f.name for f in KINDS["conflict"].fields)
        row |= {
            "id": uuid5(_NAMESPACE, operation.op_id.hex() + clash.name).bytes,
            "version": 1,
            "deleted": 0,
            "merged_into": None,
            "recorded_at": operation.recorded_at,
            "received_at": self.now,
            "extra": None,
            "last_device": None,
            "run_from": 0,
            "target_kind": key[0],
            "target_id": key[1],
            "field": clash.name,
            "device_id": self.author.device_id,
            "author_id": self.author.staff_id,
            "start": _json(clash.start),
            "opened_at": self.now,
        }
        self.workspace.adopt("conflict", row)
        self.held[key[1], clash.name] = row
        self.created.add(("conflict", row["id"]))
        self.changed.add(("conflict", row["id"]))
        return row


def _json(values: Mapping[str, Stored]) -> str:
    return canonical_json({n: v.hex() if isinstance(v, bytes) else v for n, v in values.items()})
