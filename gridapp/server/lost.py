"""A journal that is lost for good: another one is begun, and every row gets the word of the new key.

What only the journal knew is lost with it: revocations, ends of roles and purges since the last backup. Rows
that only clients hold cannot be believed any more; what they still keep as operations is offered again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, func, literal_column, select, update

from gridapp.clock import Clock, system_clock
from gridapp.domain.digest import joined, row_hash
from gridapp.domain.kinds import KINDS
from gridapp.server import journal
from gridapp.server.context import SERVER, Server, open_server
from gridapp.server.database import Database
from gridapp.server.journal_facts import fold, new_keys
from gridapp.server.restoring import APPLIED, begin_epoch
from gridapp.server.schema import channel, feed, setting, tables
from gridapp.server.statements import update_rows
from gridapp.tables import wire_columns

_ROWS = 2000


def begin_anew(database: Database, clock: Clock = system_clock) -> Server:
    """A new journal for this database, in a new epoch. Raises ``Problem`` ``journal_is_there``."""
    folder = database.journal
    if journal.exists(folder):
        raise journal.is_there(folder)
    with database.snapshot() as connection:
        found = connection.execute(select(setting.c.key, setting.c.value))
        values = {row.key: row.value for row in found}
    epoch = int(values["epoch"]) + 1
    keys = new_keys() | {"district": json.loads(values["district"])["id"], "epoch": epoch}
    book = journal.create(folder, clock(), keys)
    facts = fold(book.entries)
    with database.write() as connection:
        for key, value in ((SERVER, facts.server), ("epoch", str(epoch)), (APPLIED, "0")):
            connection.execute(update(setting).where(setting.c.key == key).values(value=value))
    server = open_server(database, clock)
    with database.write() as connection:
        for entity in KINDS:
            _sign(server, connection, entity)
        _add_up(connection)
    # Whatever clients were told of the epoch just begun, nothing of it was served yet.
    return begin_epoch(server, "journal lost")


def _sign(server: Server, connection: Connection, entity: str) -> None:
    table, names = tables[entity], wire_columns(KINDS[entity])
    for rows in _portions(connection, entity):
        signed = []
        for values in rows:
            row = dict(zip(names, values, strict=True)) | {"epoch": server.epoch}
            signed.append([server.epoch, server.mac(entity, row), row["id"]])
        update_rows(connection, table, ("epoch", "mac"), ("id",), signed)
        hashed = [[row_hash(mac), key, 0] for _, mac, key in signed]
        update_rows(connection, feed, ("hash",), ("record_id", "removed"), hashed)


def _portions(connection: Connection, entity: str) -> Iterator[list[tuple[Any, ...]]]:
    """Rows with a MAC in id order: the server's own account has none."""
    c = tables[entity].c
    after = b""
    while True:
        statement = (
            select(*(c[n] for n in wire_columns(KINDS[entity])))
            .where(c.id > after, c.mac.is_not(None))
            .order_by(c.id)
            .limit(_ROWS)
        )
        rows = [tuple(row) for row in connection.execute(statement)]
        if not rows:
            return
        yield rows
        after = bytes(rows[-1][0])


def _add_up(connection: Connection) -> None:
    """The totals of all channels, from the hashes of what stands in them."""
    # Plain numbers in the statement: PostgreSQL shifts by an integer, not by a bigint.
    high = func.sum(feed.c.hash.op(">>")(literal_column("32")))
    low = func.sum(feed.c.hash.op("&")(literal_column("4294967295")))
    sums = (
        select(feed.c.channel_id, high, low).where(feed.c.removed == 0).group_by(feed.c.channel_id)
    )
    for channel_id, upper, lower in connection.execute(sums).all():
        total = joined(upper, lower)
        connection.execute(update(channel).where(channel.c.id == channel_id).values(total=total))
