"""What a group of batches reads, read so that it still holds when the group is written.

SQLite has one writer, so reading is enough. On PostgreSQL the rows are read, then locked kind by kind in id
order; where the versions are still the ones that were read, nothing need be read twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection

from gridapp.domain.exchange import Operation
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Filing
from gridapp.server import merged
from gridapp.server.moving import touched_by
from gridapp.server.place import PLACING
from gridapp.server.reference import Reference
from gridapp.server.statements import fetch_in, is_postgres
from gridapp.server.workspace import (
    Key,
    Row,
    Workspace,
    created_row,
    dependants,
    owners,
    references,
)


class Moved(Exception):  # noqa: N818 - a signal to begin again
    """What had to be locked changed before the locks were held: begin again."""


def locked_workspace(
    connection: Connection, reference: Reference, operations: Sequence[Operation]
) -> Workspace:
    """Everything the operations need, with the locks held. Raises ``Moved``."""
    workspace = _load(connection, reference, operations)
    if not is_postgres(connection):
        return workspace
    wanted = _to_lock(workspace, operations)
    held = _lock(connection, wanted)
    if _stands(workspace, wanted, held):
        return workspace
    workspace = _load(connection, reference, operations)
    for key, exclusive in _to_lock(workspace, operations).items():
        if key not in wanted or (exclusive and not wanted[key]):
            raise Moved
    return workspace


def _load(
    connection: Connection, reference: Reference, operations: Sequence[Operation]
) -> Workspace:
    workspace = Workspace(connection, reference)
    keys: set[Key] = set()
    for operation in operations:
        if operation.entity in KINDS:
            keys.add((operation.entity, operation.record_id))
            keys.update(references(operation.entity, created_row(operation)))
        if operation.decides is not None:
            keys.add(("conflict", operation.decides.conflict))
    workspace.load(keys)
    merged.brought_along(workspace, operations)
    missing = [i for (_, i), row in workspace.rows.items() if row is None]
    workspace.note_refused(missing)
    workspace.note_taken(missing)
    return workspace


def _to_lock(workspace: Workspace, operations: Sequence[Operation]) -> dict[Key, bool]:
    """Existing rows on which the batch depends, and whether it may change what follows from them."""
    moving = {
        (o.entity, o.record_id)
        for o in operations
        if not PLACING.isdisjoint(o.fields) and workspace.rows.get((o.entity, o.record_id))
    }
    # A person stands where her households stand: two moves at once must not both file her.
    people = {k for k in dependants(workspace.connection, moving) if k[0] == "person"}
    workspace.load(people)
    exclusive = people | changed_by(workspace, operations)
    return _modes(workspace, exclusive)


def hold_as_read(workspace: Workspace, exclusive: set[Key]) -> None:
    """Lock what the workspace read, as a batch would that changes ``exclusive``. PostgreSQL alone.

    Raises ``Moved`` where any of it changed meanwhile.
    """
    wanted = _modes(workspace, exclusive)
    if not _stands(workspace, wanted, _lock(workspace.connection, wanted)):
        raise Moved


def _modes(workspace: Workspace, exclusive: set[Key]) -> dict[Key, bool]:
    """Which of the rows that were read to lock, and whether exclusively."""
    wanted = {
        key: key in exclusive
        for key, row in workspace.rows.items()
        if row is not None and (key in exclusive or KINDS[key[0]].filing is not Filing.DISTRICT)
    }
    # One mode for all of a kind: mixed modes in two statements could wait for each other.
    strict = {entity for (entity, _), exclusive_ in wanted.items() if exclusive_}
    return {key: key[0] in strict for key in wanted}


def _lock(connection: Connection, wanted: Mapping[Key, bool]) -> dict[Key, int]:
    """Lock existing rows kind by kind, each kind in id order. Returns their versions."""
    by_entity: dict[str, dict[bytes, bool]] = defaultdict(dict)
    for (entity, record_id), exclusive in wanted.items():
        by_entity[entity][record_id] = exclusive
    held: dict[Key, int] = {}
    for entity in KINDS:
        ids = by_entity.get(entity)
        if not ids:
            continue
        mode = "UPDATE" if any(ids.values()) else "SHARE"
        sql = f"SELECT id, version FROM {entity} WHERE id IN (:ids) ORDER BY id FOR {mode}"
        for key, version in fetch_in(connection, sql, sorted(ids)):
            held[entity, key] = version
    return held


def _stands(workspace: Workspace, wanted: Iterable[Key], held: Mapping[Key, int]) -> bool:
    """Whether everything is locked as it was read, homes of people and steps of events included."""
    for key in wanted:
        row = workspace.rows[key]
        if row is None or held.get(key) != row["version"]:
            return False
    return workspace.gathered_anew()


def changed_by(workspace: Workspace, operations: Sequence[Operation]) -> set[Key]:
    """Existing records that the batch may change, or whose steps and homes it orders."""
    found = touched_by(workspace, operations) | merged.brought_along(workspace, operations)
    for sent in operations:
        key = (sent.entity, sent.record_id)
        found |= {key, merged.standing(workspace, key)}
        if sent.decides is not None:
            found.add(("conflict", sent.decides.conflict))
        # A creation brings a deleted owner back; steps of one event follow each other; a person's homes
        # say where the person stands.
        named = owners(sent)
        for owner in {*named, *(merged.standing(workspace, one) for one in named)}:
            row: Row | None = workspace.rows.get(owner)
            if owner[0] == "event" or (row is not None and row["deleted"]):
                found.add(owner)
        if sent.entity == "residence":
            rows = (workspace.rows.get(key), created_row(sent))
            found |= {("person", r["person_id"]) for r in rows if r and r["person_id"]}
    return found
