"""Records that were merged into others: which one stands for them today, and what hangs on them.

A merged-away record stays, and says into which one it went. Whoever did not know of it yet means that one.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from sqlalchemy import select

from gridapp.domain.exchange import Change, Operation
from gridapp.domain.record import Kind
from gridapp.server.schema import tables
from gridapp.server.workspace import Key, Row, Workspace

MERGED = "merged_into"
MERGEABLE = frozenset({"household", "dwelling"})
_MOST = 20  # mergers one after the other
# What hangs on a record that may be merged: kind, and the field that names it.
_BENEATH = {
    "household": (
        ("household_file", "household_id"),
        ("residence", "household_id"),
        ("visit", "household_id"),
        ("event", "household_id"),
    ),
    "dwelling": (("household", "dwelling_id"),),
}
_ABOUT = ("attachment", "conflict")
_NAMED = MERGEABLE | {"household_file"}


def standing(workspace: Workspace, key: Key) -> Key:
    """The record that stands for this one today: itself, or what it was merged into."""
    for _ in range(_MOST):
        row = workspace.rows.get(key)
        if row is None or not row[MERGED]:
            return key
        key = key[0], row[MERGED]
    return key


def named(workspace: Workspace, operation: Operation) -> Key | None:
    """The record of today into which an operation merges its own; None where it is no merger."""
    change = operation.fields.get(MERGED)
    if change is None or not isinstance(change.after, bytes) or operation.entity not in MERGEABLE:
        return None
    return standing(workspace, (operation.entity, change.after))


def redirect(workspace: Workspace, kind: Kind, changes: dict[str, Change]) -> dict[str, Change]:
    """Changes that name the records of today."""
    found = changes
    for name in _naming(kind):
        change, about = changes.get(name), changes.get("target_kind")
        refers = kind.by_name[name].refers_to or (str(about.after) if about else "")
        if change is None or refers not in _NAMED:
            continue
        before, after = (_today(workspace, refers, v) for v in (change.before, change.after))
        if (before, after) != (change.before, change.after):
            found = found | {name: Change(before, after, change.follows)}
    return found


def hanging(workspace: Workspace, key: Key) -> set[Key]:
    """What hangs on a record, deleted or not, as this batch left it; it need not be loaded."""
    entity, record_id = key
    found: set[Key] = set()
    for child, column in _BENEATH.get(entity, ()):
        table = tables[child]
        statement = select(table.c.id).where(table.c[column] == record_id)
        found |= {(child, i) for i in workspace.connection.scalars(statement)}
    for child in _ABOUT:
        c = tables[child].c
        about = select(c.id).where(c.target_kind == entity, c.target_id == record_id)
        found |= {(child, i) for i in workspace.connection.scalars(about)}
    made = {k for k, row in workspace.rows.items() if row and tie(k, row) == key}
    return made | {k for k in found if tie(k, workspace.rows.get(k)) in (None, key)}


def tie(key: Key, row: Row | None) -> Key | None:
    """What a loaded row hangs on, as far as a merger takes it along."""
    if row is None:
        return None
    if key[0] in _ABOUT:
        return row["target_kind"], row["target_id"]
    for entity, links in _BENEATH.items():
        for child, column in links:
            if child == key[0]:
                return entity, row[column]
    return None


def field_of_tie(entity: str) -> str:
    """The field that says on what a kind hangs."""
    if entity in _ABOUT:
        return "target_id"
    return next(column for links in _BENEATH.values() for c, column in links if c == entity)


def brought_along(workspace: Workspace, operations: Iterable[Operation]) -> set[Key]:
    """Records that mergers among these operations change, loaded; both files of two households too."""
    found: set[Key] = set()
    for sent in operations:
        if sent.entity == "household_file":
            found |= _files_beside(workspace, sent)
        change = sent.fields.get(MERGED)
        if change is None or not isinstance(change.after, bytes) or sent.entity not in MERGEABLE:
            continue
        workspace.load({(sent.entity, change.after)})
        into = standing(workspace, (sent.entity, change.after))
        own = (sent.entity, sent.record_id)
        keys = {own, into} | hanging(workspace, own) | hanging(workspace, into)
        found |= keys | _with_what_hangs(workspace, keys)
        workspace.load(found)
    return found


def targets(workspace: Workspace, operations: Iterable[Operation]) -> set[bytes]:
    """Records that these operations may change because others went into them."""
    sent = list(operations)
    found = {standing(workspace, (o.entity, o.record_id))[1] for o in sent}
    return found | {i for kind, i in brought_along(workspace, sent) if kind in _NAMED}


def _files_beside(workspace: Workspace, sent: Operation) -> set[Key]:
    """The files of the household into which the one that a file names went."""
    change = sent.fields.get("household_id")
    if change is None or not isinstance(change.after, bytes):
        return set()
    own = ("household", change.after)
    into = standing(workspace, own)
    if into == own:
        return set()
    found = _with_what_hangs(workspace, hanging(workspace, into))
    workspace.load(found)
    return found


def _with_what_hangs(workspace: Workspace, keys: Iterable[Key]) -> set[Key]:
    """The files among these records, with what hangs on them."""
    files = {k for k in keys if k[0] == "household_file"}
    return files.union(*(hanging(workspace, file) for file in files))


@cache
def _naming(kind: Kind) -> tuple[str, ...]:
    """The fields of a kind that may name a record that was merged."""
    if kind.name in _ABOUT:
        return ("target_id",)
    return tuple(f.name for f in kind.fields if f.refers_to in _NAMED)


def _today(workspace: Workspace, entity: str, value: object) -> object:
    return standing(workspace, (entity, value))[1] if isinstance(value, bytes) else value
