"""What one running server is: its database, clock, district, epoch and keys."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, insert, select

from gridapp.clock import Clock, system_clock
from gridapp.domain.kinds import KINDS
from gridapp.errors import Problem
from gridapp.server import migrate
from gridapp.server.database import Database
from gridapp.server.journal import Journal, of_another
from gridapp.server.journal import create as begin_journal
from gridapp.server.journal_facts import fold, new_keys
from gridapp.server.reference import References
from gridapp.server.schema import setting
from gridapp.server.signals import Signals
from gridapp.server.turns import Turns
from gridapp.tables import wire_columns

READY = "ready"
ASKED = "asked"  # setting: what servers of before parked has its reviews (``never_asked``)
SERVER = "server"  # setting: by which a database and its journal know each other
MAC_BYTES = 16


@dataclass(frozen=True, slots=True)
class Server:
    """Handed to everything that serves a request."""

    database: Database
    clock: Clock
    district_id: bytes
    district_name: str
    epoch: int
    mac_key: bytes
    recovery_key: bytes
    journal: Journal = field(compare=False)
    older_keys: tuple[bytes, ...] = ()
    references: References = field(default_factory=References, compare=False)
    turns: Turns[Any, Any] = field(default_factory=Turns, compare=False)
    logins: Turns[Any, Any] = field(default_factory=Turns, compare=False)
    signals: Signals = field(default_factory=Signals, compare=False)

    def mac(self, entity: str, row: Mapping[str, object]) -> bytes:
        """The server's word for (id, epoch, version, content) of one row. Fields added later change none."""
        return hmac.digest(self.mac_key, content(entity, row), "sha256")[:MAC_BYTES]


def content(entity: str, row: Mapping[str, object]) -> bytes:
    """What a MAC is made over: the row on the wire without the MAC itself and without empty fields at its end."""
    values: list[object] = [entity, *map(row.get, _vouched(entity))]
    while values[-1] is None:
        values.pop()
    return msgspec.msgpack.encode(values)


@cache
def _vouched(entity: str) -> tuple[str, ...]:
    return tuple(name for name in wire_columns(KINDS[entity]) if name != "mac")


def establish(
    connection: Connection, district_id: UUID, district_name: str, folder: Path, now: int
) -> None:
    """Begin a new server's journal in ``folder``, with its keys, and write its settings: district, first epoch."""
    keys = new_keys()
    begin_journal(folder, now, keys | {"district": district_id.hex})
    values = {
        "district": json.dumps({"id": district_id.hex, "name": district_name}, ensure_ascii=False),
        "epoch": "1",
        SERVER: keys["server"],
    }
    connection.execute(insert(setting), [{"key": k, "value": v} for k, v in values.items()])


def finish(connection: Connection) -> None:
    """Note that a new server has all it begins with: only now it may be opened."""
    connection.execute(insert(setting), [{"key": key, "value": "1"} for key in (READY, ASKED)])


def open_server(
    database: Database,
    clock: Clock = system_clock,
    *,
    journal: Path | None = None,
    unfinished: bool = False,
) -> Server:
    """The server that this database belongs to, or the one in the making (``unfinished``).

    ``journal``: the folder of its journal, where that is not beside the data (``Database.journal``). A database
    that is older than its journal was restored: it begins a new epoch, and is told what it forgot.
    Raises ``Problem``: ``not_initialised``, ``newer_data``, ``old_data``, ``no_journal``, ``other_journal``,
    ``damaged_journal``.
    """
    # Restoring writes rows, for which it needs a server.
    from gridapp.server import keys_of_before, never_asked, restoring

    if not migrate.check(database):
        raise Problem(
            "old_data",
            "这份数据是旧版本的程序建立的。",
            place=database.place,
            remedy="请先用新程序运行一次 gridapp server run，它会备份并升级。",
        )
    values = _settings(database)
    if READY not in values and not unfinished:
        raise Problem(
            "not_initialised",
            "服务器还没有初始化。",
            remedy="请先运行 gridapp server init。",
        )
    folder = journal or database.journal
    if keys_of_before.held(values):
        keys_of_before.move(database, folder, values, clock())
        values = _settings(database)
    book = Journal(folder)
    facts = fold(book.entries)
    if facts.server != values.get(SERVER):
        raise of_another(folder)
    district = json.loads(values["district"])
    server = Server(
        database=database,
        clock=clock,
        district_id=bytes.fromhex(district["id"]),
        district_name=district["name"],
        epoch=int(values["epoch"]),
        mac_key=facts.mac_key,
        older_keys=facts.older_keys,
        recovery_key=facts.recovery_public,
        journal=book,
    )
    if unfinished:
        return server
    server = restoring.start(server, facts)
    if ASKED not in values:
        never_asked.ask(server)
    return server


def _settings(database: Database) -> dict[str, str]:
    with database.snapshot() as connection:
        found = connection.execute(select(setting.c.key, setting.c.value))
        return {row.key: row.value for row in found}
