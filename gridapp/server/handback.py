"""What clients hand back to a restored server: rows that it made and forgot, known by their MACs.

A row that nobody changed since the restore is simply taken again, as it was. Where somebody did, both count: what
was forgotten goes through ``apply`` like an edit of the district, so nothing is overwritten that nobody saw.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError, OperationalError

from gridapp.domain.channels import user_channel
from gridapp.domain.digest import row_hash
from gridapp.domain.exchange import Change, Operation, Rows
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Filing
from gridapp.server import displaced, feed, macs, purging
from gridapp.server.apply import Sender, apply
from gridapp.server.author import SYSTEM
from gridapp.server.context import Server
from gridapp.server.database import chunks
from gridapp.server.gone import purged_among, without_home
from gridapp.server.journal_facts import Fact, purged_fact
from gridapp.server.journalling import ROLES, note, role_facts
from gridapp.server.lineage import HANDED_BACK, MADE_BY_SERVER, lineages, op_id_of
from gridapp.server.locks import Moved
from gridapp.server.merged import MERGED
from gridapp.server.offered import Held, is_newer, later, sort_out, standing
from gridapp.server.recounting import catch_up
from gridapp.server.reference import Reference, load_reference
from gridapp.server.resettling import resettling
from gridapp.server.schema import channel, tables
from gridapp.server.schema import feed as feed_rows
from gridapp.server.schema import operation as log
from gridapp.server.statements import insert_rows, update_rows
from gridapp.server.workspace import Key, Row, Workspace, column_names, dependants
from gridapp.tables import wire_columns

_ATTEMPTS = 6


def wanted(server: Server, held: Sequence[Held], granted: Sequence[str]) -> list[Key]:
    """Which of these the server lacks or has older.

    Of what stands in no ``granted`` channel nothing is told: all of it is wanted.
    """
    found: list[Key] = []
    by_entity: dict[str, list[Held]] = defaultdict(list)
    for one in held:
        by_entity[one[0]].append(one)
    with server.database.snapshot() as connection:
        for entity in by_entity.keys() & KINDS.keys():
            for part in chunks(by_entity[entity]):
                ids = [key for _, key, _, _ in part]
                here = standing(connection, entity, ids)
                known = lineages(connection, later(part, here))
                told = _readable(connection, ids, granted)
                found += [
                    (entity, key)
                    for _, key, epoch, version in part
                    if key not in told or is_newer(epoch, version, here.get(key), known.get(key))
                ]
    return sorted(found)


def take(server: Server, handed: Iterable[Rows], by: bytes = SYSTEM.bytes) -> int:
    """Take what is really the server's and newer than what is here. Returns how many rows.

    What stands nowhere yet (a person whose household still waits for a head) is kept for the member of staff ``by``.
    """
    rows = [
        (table.entity, dict(zip(table.columns, values, strict=True)))
        for table in handed
        if table.entity in KINDS and set(table.columns) == set(wire_columns(KINDS[table.entity]))
        for values in table.rows
        if len(values) == len(table.columns)
    ]
    rows = [(entity, row) for entity, row in rows if macs.valid(server, entity, row)]
    merging = _take_plain(server, rows, by) if rows else []
    for entity, row in merging:
        _merge(server, entity, row)
    return len(rows)


def _take_plain(server: Server, rows: list[tuple[str, Row]], by: bytes) -> list[tuple[str, Row]]:
    """One transaction; what has to be merged comes back."""
    for attempt in range(_ATTEMPTS):
        try:
            with server.database.write() as connection:
                reference = server.references.get(connection, server.district_id)
                offered = sort_out(connection, reference, rows)
                made_way = displaced.note(connection, offered.apart)
                last = _write(server, connection, reference, offered.plain, by)
                facts = _facts(connection, offered.plain)
                edits = _forgetting(connection, offered.plain)
                edits += resettling(connection, offered.plain)
                gone = offered.gone | without_home(connection, rows, offered.gone)
        except (Moved, IntegrityError, OperationalError):
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            note(server, *facts)
            if last is not None:
                server.journal.mark(last)
            if gone:
                _bury(server, gone)
            if edits:
                apply(server, Sender(SYSTEM.bytes, SYSTEM.bytes, 1), edits)
            for one in made_way:
                displaced.keep(server, one)
            return offered.merging
    raise AssertionError


def _facts(connection: Connection, rows: list[tuple[str, Row]]) -> list[Fact]:
    return [
        fact
        for entity in ROLES
        for fact in role_facts(connection, entity, [r["id"] for e, r in rows if e == entity])
    ]


def _forgetting(connection: Connection, rows: list[tuple[str, Row]]) -> list[Operation]:
    """Edits by which what came back forgets what was purged meanwhile, as purging has it forget."""
    named = {
        (field.refers_to, value)
        for entity, row in rows
        for field in KINDS[entity].stored
        if field.refers_to and isinstance(value := row[field.name], bytes)
    }
    gone = purged_among(connection, {key for _, key in named})
    return purging.freeing(connection, {key for key in named if key[1] in gone}) if gone else []


def _bury(server: Server, gone: set[Key]) -> None:
    """What belongs to purged records was purged with them: nothing that is said of it later is kept either."""
    at = server.clock()
    purging.purge_again(server, {key: (entity, at) for entity, key in gone})
    note(server, *(purged_fact(key, entity, at) for entity, key in sorted(gone)))


def _readable(connection: Connection, ids: Sequence[bytes], granted: Sequence[str]) -> set[bytes]:
    filed = select(feed_rows.c.record_id).join(channel, channel.c.id == feed_rows.c.channel_id)
    where = feed_rows.c.record_id.in_(ids), feed_rows.c.removed == 0, channel.c.name.in_(granted)
    return set(connection.scalars(filed.where(*where)))


def _write(
    server: Server,
    connection: Connection,
    reference: Reference,
    rows: list[tuple[str, Row]],
    by: bytes,
) -> bytes | None:
    """Write rows as they are, log them, file them. Returns the last ``op_id``."""
    if not rows:
        return None
    keys = {(entity, row["id"]) for entity, row in rows}
    before = Workspace(connection, reference)
    before.load(keys)
    held = {key: dict(row) if (row := before.rows[key]) else None for key in keys}
    for entity in KINDS:
        mine = [row for e, row in rows if e == entity]
        _put(connection, entity, mine, {r["id"] for r in mine if held[entity, r["id"]]})
    last = _log(connection, rows, held, server.clock())
    if any(KINDS[entity].filing is Filing.DISTRICT for entity, _ in keys):
        reference = load_reference(connection)  # units came back: what names them stands elsewhere
    catch_up(connection, reference, rows)
    _file(server, connection, reference, keys, by)
    return last


def _put(connection: Connection, entity: str, rows: list[Row], there: set[bytes]) -> None:
    names = (*wire_columns(KINDS[entity]), "last_device", "run_from")
    table = tables[entity]
    new = [[row.get(n) for n in names] for row in rows if row["id"] not in there]
    old = [[row.get(n) for n in (*names[1:], "id")] for row in rows if row["id"] in there]
    if new:
        insert_rows(connection, table, names, new)
    if old:
        update_rows(connection, table, names[1:], ("id",), old)


def _log(
    connection: Connection,
    rows: list[tuple[str, Row]],
    held: Mapping[Key, Row | None],
    now: int,
) -> bytes:
    """So that history, and whoever deletes, knows of the step from what was here to what came back."""
    logged: dict[bytes, dict[str, Any]] = {}
    for entity, row in rows:
        logged[op_id_of(entity, row)] = _logged(entity, row, held[entity, row["id"]], now)
    known: set[bytes] = set()
    for part in chunks(list(logged)):
        known |= set(connection.scalars(select(log.c.op_id).where(log.c.op_id.in_(part))))
    new = [values for op_id, values in logged.items() if op_id not in known]
    if new:
        insert_rows(connection, log, tuple(new[0]), [list(values.values()) for values in new])
    return next(reversed(logged))


def _logged(entity: str, row: Row, held: Row | None, now: int) -> dict[str, Any]:
    old = held or {}
    names = [f.name for f in KINDS[entity].stored] + ["deleted", MERGED]
    at_first = dict.fromkeys(names) | {"deleted": 0}
    before = {n: old.get(n, at_first[n]) for n in names}
    fields = {n: [before[n], row[n], None] for n in names if before[n] != row[n]}
    pack = msgspec.msgpack.encode
    return {
        "op_id": op_id_of(entity, row),
        "device_id": SYSTEM.bytes,
        "incarnation": HANDED_BACK,
        "counter": row["version"],
        "staff_id": SYSTEM.bytes,
        "entity": entity,
        "record_id": row["id"],
        "base_version": old.get("version", 0),
        "fields": pack(fields),
        "recorded_at": now,
        "clock_offset": 0,
        "received_at": now,
        "verdict": "applied",
        "code": "",
        "revision": 1,
        "previous": old.get("version", 0),
        "version": row["version"],
        "verdicts": pack(dict.fromkeys(fields, "taken")),
        "epoch": row["epoch"],
    }


def _file(
    server: Server, connection: Connection, reference: Reference, keys: set[Key], by: bytes
) -> None:
    """File what came back, and all whose place follows from it."""
    workspace = Workspace(connection, reference)
    workspace.load(keys)
    every = keys | dependants(connection, keys)
    workspace.load(every)
    filed = {key: workspace.channels(*key, server.district_id) for key in every}
    hashes = {key: row_hash(row["mac"]) for key in every if (row := workspace.rows[key])}
    nowhere = dict.fromkeys(every, user_channel(UUID(bytes=by)))
    feed.publish(server.database, connection, filed, keys, hashes, nowhere)


def _merge(server: Server, entity: str, row: Row) -> None:
    """What was forgotten of a record that holds something else as well: each field like an edit that came late."""
    kind = KINDS[entity]
    if kind.append_only or entity in MADE_BY_SERVER:
        return  # nobody edits those, and what the server made of them since is newer
    with server.database.snapshot() as connection:
        names = column_names(entity)
        found = connection.execute(
            select(*(tables[entity].c[n] for n in names)).where(tables[entity].c.id == row["id"])
        ).first()
        if found is None:
            return
        here: Row = dict(zip(names, found, strict=True))
        lineage = lineages(connection, {row["id"]: row["epoch"]}).get(row["id"])
    if lineage is None:
        return
    fields: dict[str, Change] = {}
    for field in kind.editable:
        value, now = row[field.name], here[field.name]
        since = lineage.fields.get(field.name)
        if value == now or (since and (value == since.before or value in since.afters)):
            continue
        fields[field.name] = Change(since.before if since else now, value)
    at = row["received_at"] or server.clock()
    op_id, key, version = op_id_of(entity, row), row["id"], row["version"]
    again = []
    deleted = bool(row["deleted"]) and not here["deleted"]
    if fields:
        # What was written before the deletion counts too: it may not be deleted after all.
        said = op_id_of(entity, row, "fields") if deleted else op_id
        again.append(Operation(said, version, entity, key, here["version"], fields, at, 0))
    if deleted:
        gone = {"deleted": Change(0, 1)}
        again.append(Operation(op_id, version, entity, key, lineage.left_at, gone, at, 0))
    if again:
        apply(server, Sender(SYSTEM.bytes, SYSTEM.bytes, HANDED_BACK), again)
    if row[MERGED] and not here[MERGED]:
        _merge_again(server, entity, row)


def _merge_again(server: Server, entity: str, row: Row) -> None:
    """The record went into another one before: what came to it since goes there too."""
    sent = Operation(
        op_id_of(entity, row, MERGED),
        row["version"],
        entity,
        row["id"],
        row["version"],
        {MERGED: Change(None, row[MERGED])},
        row["received_at"] or server.clock(),
        0,
    )
    apply(server, Sender(SYSTEM.bytes, SYSTEM.bytes, HANDED_BACK), [sent])
