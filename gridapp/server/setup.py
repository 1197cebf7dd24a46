"""A new server: schema, district, reference data, and the account of the system itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from uuid import UUID

import msgspec
from sqlalchemy import Connection, insert, select

from gridapp.clock import Clock, system_clock
from gridapp.domain.exchange import Change, Operation, Verdict
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Record, kind_of, new_id
from gridapp.domain.unit import Assignment, Staff
from gridapp.domain.values import row_of
from gridapp.errors import Problem
from gridapp.i18n import Label
from gridapp.resources import default_reference
from gridapp.server import divisions, migrate
from gridapp.server.apply import Sender, apply
from gridapp.server.author import SYSTEM
from gridapp.server.context import READY, Server, establish, finish, open_server
from gridapp.server.database import Database
from gridapp.server.schema import device, setting, tables

_BATCH = 2000


def initialise(
    database: Database,
    divisions_file: Path,
    district_code: str,
    *,
    catalogue: Path | None = None,
    clock: Clock = system_clock,
    journal: Path | None = None,
) -> Server:
    """Make a district server out of a divisions file. Raises ``Problem``.

    ``journal``: the folder of its journal, otherwise the one beside the data (``Database.journal``).

    A failed attempt leaves nothing that could be opened, and may be repeated. ``district_code`` names the row of the file that this server serves (a district, or a whole city).
    """
    found = divisions.read(divisions_file)
    root = next((d for d in found if d.code == district_code), None)
    if root is None:
        raise Problem(
            "unknown_district",
            "文件里没有代码 {district}。",
            place=divisions_file.name,
            remedy="请核对 --district。",
            district=district_code,
        )
    reference = default_reference(catalogue)
    inside = _inside(found, root)
    with database.write() as connection:
        if _is_ready(connection):
            raise Problem(
                "already_initialised",
                "这里已经有一个服务器。",
                remedy="要重新开始，请换一个文件夹或数据库。",
            )
        migrate.create(connection)
        folder = journal or database.journal
        establish(connection, divisions.unit_id(root.code), root.name, folder, clock())
        _make_system(connection, divisions.unit_id(root.code), clock())
    server = open_server(database, clock, journal=journal, unfinished=True)
    write(server, [*divisions.units(inside), *reference])
    with database.write() as connection:
        finish(connection)
    return server


def _is_ready(connection: Connection) -> bool:
    if migrate.held(connection) is None:
        return False
    return connection.execute(select(setting).where(setting.c.key == READY)).first() is not None


def write(
    server: Server, records: Sequence[Record], sender: Sender | None = None, first: int = 1
) -> None:
    """Create records through ``apply``; see ``send``."""
    send(server, [creation(record) for record in records], sender, first)


def send(
    server: Server, operations: Sequence[Operation], sender: Sender | None = None, first: int = 1
) -> None:
    """Apply operations, some thousand in one transaction, in the name of the system or of ``sender``.

    ``first``: the counter of the first one. Raises ``Problem`` ``not_written`` for what is not taken.
    """
    author = sender or Sender(SYSTEM.bytes, SYSTEM.bytes, 1)
    now = server.clock()
    for start in range(0, len(operations), _BATCH):
        part = [
            msgspec.structs.replace(operation, counter=number, recorded_at=now)
            for number, operation in enumerate(operations[start : start + _BATCH], start + first)
        ]
        for sent, outcome in zip(part, apply(server, author, part).outcomes, strict=True):
            if outcome.verdict not in (Verdict.APPLIED, Verdict.MERGED):
                kind = KINDS[sent.entity]
                raise Problem(
                    "not_written",
                    "没有写入：{kind}（{why}）。",
                    kind=Label(kind.zh, kind.en),
                    why=outcome.code or outcome.verdict,
                )


def creation(record: Record) -> Operation:
    """The operation that creates a record."""
    kind = kind_of(type(record))
    row = row_of(kind, record)
    fields = {f.name: Change(None, row[f.name]) for f in kind.editable if row[f.name] is not None}
    return Operation(new_id().bytes, 0, kind.name, record.id.bytes, 0, fields, 0, 0)


def change(old: Record, new: Record) -> Operation:
    """The operation that makes ``old``, as read from the database, into ``new``."""
    kind = kind_of(type(old))
    before, after = row_of(kind, old), row_of(kind, new)
    fields = {
        f.name: Change(before[f.name], after[f.name])
        for f in kind.editable
        if before[f.name] != after[f.name]
    }
    return Operation(new_id().bytes, 0, kind.name, old.id.bytes, old.version, fields, 0, 0)


def removal(record: Record) -> Operation:
    """The operation that deletes a record, as read from the database."""
    kind, gone = kind_of(type(record)), {"deleted": Change(0, 1)}
    return Operation(new_id().bytes, 0, kind.name, record.id.bytes, record.version, gone, 0, 0)


def _inside(
    found: Iterable[divisions.Division], root: divisions.Division
) -> list[divisions.Division]:
    """The root, made parentless, and everything beneath it."""
    held = {root.code}
    inside = [divisions.Division(root.code, root.name, root.level, "")]
    rest = [d for d in found if d.code != root.code]
    while more := [d for d in rest if d.parent_code in held]:
        inside += more
        held |= {d.code for d in more}
        rest = [d for d in rest if d.code not in held]
    return inside


def _make_system(connection: Connection, district_id: UUID, now: int) -> None:
    staff = Staff(id=SYSTEM, name="系统", active=True)
    role = Assignment(
        id=SYSTEM, staff_id=SYSTEM, unit_id=district_id, role="district_admin", full_time=False
    )
    for record in (staff, role):
        kind = kind_of(type(record))
        row = row_of(kind, record) | {"id": record.id.bytes, "version": 1, "epoch": 1, "deleted": 0}
        connection.execute(insert(tables[kind.name]), row)
    connection.execute(
        insert(device).values(
            id=SYSTEM.bytes,
            staff_id=SYSTEM.bytes,
            name="server",
            public_key=b"",
            incarnation=1,
            enrolled_at=now,
        )
    )
