"""Merging one record into another: what hangs on it goes along, and what only it knew is taken over.

Where both say something else, what stands in the other one stays, and the other text goes into a conflict, so
that a person sees it. Nothing is thrown away: the merged-away record stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

import msgspec

from gridapp.domain.choice import DELETION, conflict_values
from gridapp.domain.conflict import CLOSED, OPEN
from gridapp.domain.exchange import Change, FieldVerdict, Operation, Outcome, Verdict
from gridapp.domain.fields import merged_set
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Kind, Type
from gridapp.domain.values import Stored
from gridapp.server import merged
from gridapp.server.locks import Moved
from gridapp.server.merged import MERGED
from gridapp.server.sent import Refused
from gridapp.server.workspace import Key, Row
from gridapp.sync.merge import Clash

if TYPE_CHECKING:
    from gridapp.server.judge import Judge

_NAMESPACE = UUID("a2b4c0de-5f0e-5d61-8c1b-3f7d1f9b2e64")
IMPOSSIBLE = "merge_impossible"
ALREADY = "already_merged"
# What says which record it is, and is not taken over.
_ITS_OWN = frozenset(
    {"grid_id", "building_id", "household_id", "entrance", "room", "name", "temporary"}
)
# Fields that mean something only together: of one contact, of one notice.
_TOGETHER = (
    ("emergency_name", "emergency_relation", "emergency_phone"),
    ("legal_basis", "notice_given", "notice_on"),
)


def check(judge: Judge, kind: Kind, operation: Operation) -> tuple[Row, Row] | None:
    """The row that goes and the one that it goes into; None where they are one already. Raises ``Refused``."""
    workspace = judge.workspace
    into = merged.named(workspace, operation)
    if into is None or len(operation.fields) > 1:
        raise Refused(Verdict.REJECTED, "bad_operation")
    own = (kind.name, operation.record_id)
    row, target = workspace.rows[own], workspace.rows.get(into)
    if row is None or target is None:
        raise judge.bounds.missing(into[1])
    judge.bounds.check_scope(kind, operation)
    judge.bounds.check_scope(kind, msgspec.structs.replace(operation, record_id=into[1]))
    if merged.standing(workspace, own) == into:
        return None
    if row[MERGED]:
        raise Refused(Verdict.REJECTED, ALREADY)
    grids = workspace.place(*own).grids & workspace.place(*into).grids
    if row["deleted"] or target["deleted"] or not grids:
        raise Refused(Verdict.REJECTED, IMPOSSIBLE)
    return row, target


def merge(judge: Judge, kind: Kind, operation: Operation, row: Row, target: Row) -> None:
    """Carry everything along. Raises ``Moved`` where something came to it that was not locked."""
    workspace, own = judge.workspace, (kind.name, row["id"])
    keys = merged.hanging(workspace, own)
    if not keys <= workspace.rows.keys():
        raise Moved
    # Whoever deletes the other one without having seen this must be told.
    take_over(judge, kind, operation, row, target)
    files = _files(judge, target["id"]) if kind.name == "household" else []
    for key in sorted(keys):
        held = workspace.rows[key]
        assert held is not None
        living = not held["deleted"] and not held[MERGED]
        if key[0] == "household_file" and files and living:
            fold(judge, operation, held, files[0])
        elif key[0] == "conflict":
            _carry_conflict(judge, held, kind, target)
        else:
            _change(judge, key, {merged.field_of_tie(key[0]): target["id"]})
    _change(judge, own, {MERGED: target["id"]})


def fold(judge: Judge, operation: Operation, file: Row, into: Row) -> None:
    """Two files of one household become one."""
    kind = KINDS["household_file"]
    take_over(judge, kind, operation, file, into)
    for key in sorted(merged.hanging(judge.workspace, (kind.name, file["id"]))):
        held = judge.workspace.rows.get(key)
        if held is None:
            raise Moved
        if key[0] == "conflict":
            _carry_conflict(judge, held, kind, into)
        else:
            _change(judge, key, {"target_id": into["id"]})
    _change(
        judge, (kind.name, file["id"]), {"household_id": into["household_id"], MERGED: into["id"]}
    )


def fold_second(judge: Judge, operation: Operation, file: Row) -> None:
    """A file that was begun for a merged-away household goes into the one that the other one has."""
    others = [r for r in _files(judge, file["household_id"]) if r["id"] != file["id"]]
    if others:
        fold(judge, operation, file, others[0])


def to_the_other(operation: Operation, into: Key, target: Row | None) -> Operation:
    """The same, said of the record that stands for its own today."""
    return msgspec.structs.replace(
        operation,
        op_id=uuid5(_NAMESPACE, operation.op_id.hex() + into[1].hex()).bytes,
        record_id=into[1],
        base_version=target["version"] if target else 0,
    )


def told_whole(judge: Judge, key: Key) -> None:
    """Whoever holds the row is sent it again: somebody took it for something else."""
    _change(judge, key, {})


def take_over(judge: Judge, kind: Kind, operation: Operation, row: Row, target: Row) -> None:
    """Fill what ``target`` lacks; texts that differ are kept aside. Its version rises in any case."""
    values: dict[str, Stored] = {}
    aside: list[str] = []
    for names in _units(kind):
        if all(target[n] is None for n in names):
            values |= {n: row[n] for n in names if row[n] is not None}
        elif kind.by_name[names[0]].type is Type.SET:
            values |= {n: merged_set(target[n], None, row[n]) for n in names}
        else:
            aside += [n for n in names if _differ(kind, n, row, target)]
    values = {n: v for n, v in values.items() if target[n] != v}
    key = (kind.name, target["id"])
    before = {n: target[n] for n in values}
    previous = target["version"]
    _change(judge, key, values)
    # One id for each record that it touches: conflicts and the log go by it.
    name = operation.op_id.hex() + row["id"].hex() + target["id"].hex()
    derived = uuid5(_NAMESPACE, name).bytes
    sent = msgspec.structs.replace(
        operation,
        op_id=derived,
        entity=kind.name,
        record_id=target["id"],
        base_version=previous,
        fields={n: Change(before[n], v) for n, v in values.items()},
        beneath=[],
    )
    taken = dict.fromkeys(values, FieldVerdict.TAKEN)
    outcome = Outcome(
        derived, Verdict.APPLIED, previous=previous, version=target["version"], fields=taken
    )
    judge.follow(sent, outcome, before)
    for name in aside:
        held = judge.conflicts.held.get((target["id"], name))
        if held is None or held["state"] != OPEN:
            clash = Clash(name, {name: None}, {name: target[name]}, {name: row[name]})
            judge.conflicts.clash(sent, key, clash)


def _units(kind: Kind) -> Iterator[tuple[str, ...]]:
    names = [f.name for f in kind.editable if f.name not in _ITS_OWN]
    whole = [unit for unit in _TOGETHER if set(unit) <= set(names)]
    yield from whole
    yield from ((n,) for n in names if not any(n in unit for unit in whole))


def _differ(kind: Kind, name: str, row: Mapping[str, Stored], target: Mapping[str, Stored]) -> bool:
    text = kind.by_name[name].type is Type.TEXT
    return text and row[name] is not None and row[name] != target[name]


def _files(judge: Judge, household: bytes) -> list[Row]:
    found = judge.workspace.children("household_file", "household_id", household)
    rows = [judge.workspace.rows.get(("household_file", r["id"])) for r in found]
    return sorted((r for r in rows if r and not r[MERGED]), key=lambda r: r["id"])


def _carry_conflict(judge: Judge, held: Row, kind: Kind, target: Row) -> None:
    """What was open between two values is open between the value of today and the other one."""
    if held["state"] != OPEN:
        return
    if held["field"] == DELETION:
        held["state"] = CLOSED  # it is gone from the lists, as was wished
        judge.conflicts.renew(held, {DELETION: 0})
        return
    other = conflict_values(kind, held["other"])
    standing = {n: target[n] for n in other}
    mine = judge.conflicts.held
    if mine.get((held["target_id"], held["field"])) is held:
        if (target["id"], held["field"]) in mine:
            return  # one for each record, field and device: it stays where it is
        mine[target["id"], held["field"]] = mine.pop((held["target_id"], held["field"]))
    held["target_id"] = target["id"]
    if standing == other:
        held["state"] = CLOSED
    judge.conflicts.renew(held, standing)
    judge.moved.add(("conflict", held["id"]))


def _change(judge: Judge, key: Key, values: Mapping[str, Stored]) -> None:
    """Nobody's device did this: whoever holds the row is sent it whole."""
    row = judge.workspace.rows[key]
    assert row is not None
    row |= values
    row |= {"version": row["version"] + 1, "last_device": None}
    judge.changed.add(key)
    judge.replaced.add(key)
    judge.moved.add(key)
