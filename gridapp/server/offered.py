"""Rows that clients offer to a restored server, sorted out: which are newer than what is here, which have nowhere
to go, and which hang on what was purged. On PostgreSQL under the locks that a batch holds for the same records.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Filing
from gridapp.server import locks
from gridapp.server.database import chunks
from gridapp.server.gone import with_purged
from gridapp.server.lineage import Lineage, handed_back, lineages
from gridapp.server.place import PLACING
from gridapp.server.reference import Reference
from gridapp.server.schema import tables
from gridapp.server.statements import is_postgres
from gridapp.server.workspace import Key, Row, Workspace, dependants, references

# (entity, id, epoch, version) of a row that a client holds
Held = tuple[str, bytes, int, int]


@dataclass(frozen=True, slots=True)
class Offered:
    """Rows that are newer than what is here: to take as they are, or to merge into later edits.

    ``gone``: those not here that belong to what was purged. They are never to come. ``apart``: (entity, id, version) of
    those to take in the place of a row that may hold more.
    """

    plain: list[tuple[str, Row]]
    merging: list[tuple[str, Row]]
    gone: set[Key]
    apart: list[tuple[str, bytes, int]]


def sort_out(
    connection: Connection, reference: Reference, rows: Sequence[tuple[str, Row]]
) -> Offered:
    """What becomes of each row. Raises ``locks.Moved`` where what was read had changed before it was locked."""
    workspace = _locked(connection, reference, rows)
    apart: list[tuple[str, bytes, int]] = []
    plain: list[tuple[str, Row]] = []
    merging: list[tuple[str, Row]] = []
    for entity in KINDS:
        offered = {row["id"]: row for e, row in rows if e == entity}
        for part in chunks(sorted(offered)):
            here = standing(connection, entity, part)
            held = [(entity, k, offered[k]["epoch"], offered[k]["version"]) for k in part]
            known = lineages(connection, later(held, here))
            back = handed_back(connection, [k for k in part if k in here])
            for key in part:
                row, there = offered[key], here.get(key)
                if is_newer(row["epoch"], row["version"], there, known.get(key)):
                    ahead = there is not None and there[0] > row["epoch"]
                    (merging if ahead else plain).append((entity, row))
                    if there is not None and _apart(row, there, back.get(key)):
                        apart.append((entity, key, row["version"]))
    lost = with_purged(connection, plain)
    kept = [(entity, row) for entity, row in plain if (entity, row["id"]) not in lost]
    gone = {key for key in lost if workspace.rows.get(key) is None}
    return Offered(_with_owners(workspace, kept), merging, gone, apart)


def standing(
    connection: Connection, entity: str, ids: Sequence[bytes]
) -> dict[bytes, tuple[int, int]]:
    """Epoch and version of those of these records that are here."""
    c = tables[entity].c
    statement = select(c.id, c.epoch, c.version).where(c.id.in_(ids))
    return {key: (epoch, version) for key, epoch, version in connection.execute(statement)}


def later(held: Iterable[Held], here: Mapping[bytes, tuple[int, int]]) -> dict[bytes, int]:
    """Record -> epoch of what is held, where the server's row was changed in a later one."""
    return {k: epoch for _, k, epoch, _ in held if k in here and here[k][0] > epoch}


def is_newer(
    epoch: int, version: int, here: tuple[int, int] | None, lineage: Lineage | None
) -> bool:
    """Whether a held row is newer than what is here. ``lineage``: where that was changed in a later epoch."""
    if here is None or here[0] <= epoch:
        return here is None or here < (epoch, version)
    return lineage is not None and version > lineage.left_at


def _apart(row: Row, there: tuple[int, int], back: int | None) -> bool:
    """Whether what is here may hold something that a row of a later epoch does not know of.

    ``back``: the version taken back here: after a second restore another epoch's branch came back before.
    """
    epoch, version = there
    return epoch < row["epoch"] and (row["version"] <= version or back == version)


def _with_owners(workspace: Workspace, rows: list[tuple[str, Row]]) -> list[tuple[str, Row]]:
    """Without what nobody could be given: its owner is neither here nor among these (clients send owners first)."""
    kept = rows
    while True:
        there = {(entity, row["id"]) for entity, row in kept}
        there |= {key for key, row in workspace.rows.items() if row is not None}
        fewer = [
            (entity, row)
            for entity, row in kept
            if workspace.rows.get((entity, row["id"])) or there.issuperset(_owners(entity, row))
        ]
        if len(fewer) == len(kept):
            return kept
        kept = fewer


def _owners(entity: str, row: Row) -> list[Key]:
    """What a row cannot be without. What has a grid of its own stands there in any case."""
    kind = KINDS[entity]
    if kind.filing is Filing.DISTRICT or "grid_id" in kind.by_name:
        return []
    return references(entity, row)


def _locked(
    connection: Connection, reference: Reference, rows: Sequence[tuple[str, Row]]
) -> Workspace:
    """What is here of these records and of what places them; on PostgreSQL locked kind by kind, in id order."""
    workspace = Workspace(connection, reference)
    offered = {(entity, row["id"]): row for entity, row in rows}
    named = {key for (entity, _), row in offered.items() for key in references(entity, row)}
    workspace.load(offered.keys() | named)
    if is_postgres(connection):
        _lock(workspace, offered, named)
    return workspace


def _lock(workspace: Workspace, offered: Mapping[Key, Row], named: set[Key]) -> None:
    held = workspace.rows
    present = {key for key in offered if held[key] is not None}
    moved = {key for key in present if _placed(offered[key]) != _placed(held[key] or {})}
    people = {key for key in dependants(workspace.connection, moved) if key[0] == "person"}
    workspace.load(people)
    exclusive = present | people | {key for key in named if key[0] in ("person", "event")}
    locks.hold_as_read(workspace, exclusive)


def _placed(row: Row) -> dict[str, object]:
    return {name: row[name] for name in PLACING & row.keys()}
