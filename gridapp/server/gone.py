"""What hangs on purged records. It is gone with them, also where nobody knew of it when they were purged."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Filing
from gridapp.server.database import chunks
from gridapp.server.schema import purged, tables
from gridapp.server.workspace import Key, Row

# Fields besides the owner by which a record belongs to another one, as purging follows them.
_ABOUT = ("target_id", "about_id", "hangs_on", "merged_into")


def links(entity: str, said: Mapping[str, Any]) -> set[bytes]:
    """Ids of the records to which this one belongs, as far as ``said`` (values by field) names them."""
    kind = KINDS[entity]
    if kind.filing is Filing.DISTRICT:
        return set()
    names = [*_ABOUT, *([kind.owner] if kind.owner else [])]
    if entity == "residence":
        names.append("person_id")
    return {value for name in names if isinstance(value := said.get(name), bytes)}


def purged_among(connection: Connection, ids: Iterable[bytes]) -> set[bytes]:
    """Which of these were purged."""
    found: set[bytes] = set()
    for part in chunks(sorted(set(ids))):
        where = purged.c.record_id.in_(part)
        found |= set(connection.scalars(select(purged.c.record_id).where(where)))
    return found


def with_purged(connection: Connection, rows: Sequence[tuple[str, Row]]) -> set[Key]:
    """Those of these rows that were purged, or belong to what was, or to one of these that does."""
    named = {(entity, row["id"]): links(entity, row) | {row["id"]} for entity, row in rows}
    lost = purged_among(connection, {one for ids in named.values() for one in ids})
    found: set[Key] = set()
    while more := {k for k, ids in named.items() if k not in found and not ids.isdisjoint(lost)}:
        found |= more
        lost |= {record_id for _, record_id in more}
    return found


def without_home(
    connection: Connection, rows: Iterable[tuple[str, Row]], gone: Collection[Key]
) -> set[Key]:
    """Persons here who are tied to nothing else, whose ties among these rows are gone with their household."""
    homes = {
        row["person_id"]
        for entity, row in rows
        if entity == "residence" and (entity, row["id"]) in gone
    }
    found: set[Key] = set()
    for part in chunks(sorted(home for home in homes if home)):
        c = tables["residence"].c
        tied = set(connection.scalars(select(c.person_id).where(c.person_id.in_(part))))
        p = tables["person"].c
        here = connection.scalars(select(p.id).where(p.id.in_(part)))
        found |= {("person", person) for person in here if person not in tied}
    return found
