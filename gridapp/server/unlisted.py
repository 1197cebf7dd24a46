"""What became of records that a client holds and that did not come with a channel.

An id alone proves nothing: anybody may ask about any. What a caller was told of once is in one of the caller's
channels, or the caller has the server's own word for the row (``macs``). Everything else counts as not known
here, whether it is there or not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, select

from gridapp.domain.exchange import Removal, Rows
from gridapp.domain.kinds import KINDS
from gridapp.server import macs
from gridapp.server.context import Server
from gridapp.server.database import chunks
from gridapp.server.digest import PURGED
from gridapp.server.schema import channel, feed, purged, tables
from gridapp.sync.protocol import MissingReply, MissingRequest
from gridapp.tables import wire_columns

UNLISTED = "unlisted"  # it stands elsewhere or nowhere; no tombstone says since when


def missing(
    server: Server, connection: Connection, request: MissingRequest, granted: Sequence[str]
) -> MissingReply:
    """A tombstone or a purge says why they left; others that exist are ``unlisted``; the rest is not known here.

    ``granted``: all channels of the caller.
    """
    entities = {key: entity for entity, key in request.records if entity in KINDS}
    keys = list(entities)
    listed, causes = _filed(connection, request.channel, keys)
    open_ = [k for k in keys if k not in listed and k not in causes]
    told = _in_channels(connection, granted, open_) | _proven(server, request.rows, entities)
    known = [key for key in keys if key in told or key in causes]
    causes |= dict.fromkeys(_purged(connection, known), PURGED)
    rest = [key for key in known if key not in causes and key not in listed]
    causes |= dict.fromkeys(_existing(connection, rest, entities), UNLISTED)
    removed = [Removal(entities[key], key, cause) for key, cause in causes.items()]
    return MissingReply(removed, [k for k in open_ if k not in causes])


def _filed(
    connection: Connection, name: str, keys: list[bytes]
) -> tuple[set[bytes], dict[bytes, str]]:
    listed: set[bytes] = set()
    causes: dict[bytes, str] = {}
    for part in chunks(keys):
        statement = (
            select(feed.c.record_id, feed.c.removed, feed.c.cause)
            .join(channel, channel.c.id == feed.c.channel_id)
            .where(channel.c.name == name, feed.c.record_id.in_(part))
        )
        for key, removed, cause in connection.execute(statement):
            if removed:
                causes[key] = cause
            else:
                listed.add(key)
    return listed, causes


def _in_channels(connection: Connection, names: Sequence[str], keys: list[bytes]) -> set[bytes]:
    """What stands, or stood, in one of these."""
    theirs = set(names)
    found: set[bytes] = set()
    for part in chunks(keys):
        statement = (
            select(feed.c.record_id, channel.c.name)
            .join(channel, channel.c.id == feed.c.channel_id)
            .where(feed.c.record_id.in_(part))
        )
        found |= {key for key, name in connection.execute(statement) if name in theirs}
    return found


def _proven(server: Server, handed: Iterable[Rows], entities: Mapping[bytes, str]) -> set[bytes]:
    """Records whose rows the caller holds as the server made them."""
    found: set[bytes] = set()
    for table in handed:
        names = table.columns
        if table.entity not in KINDS or set(names) != set(wire_columns(KINDS[table.entity])):
            continue
        for values in table.rows:
            row = dict(zip(names, values, strict=False))
            if len(values) != len(names) or not macs.valid(server, table.entity, row):
                continue
            if entities.get(row["id"]) == table.entity:
                found.add(row["id"])
    return found


def _purged(connection: Connection, keys: list[bytes]) -> set[bytes]:
    found: set[bytes] = set()
    for part in chunks(keys):
        statement = select(purged.c.record_id).where(purged.c.record_id.in_(part))
        found |= set(connection.scalars(statement))
    return found


def _existing(
    connection: Connection, keys: list[bytes], entities: Mapping[bytes, str]
) -> set[bytes]:
    found: set[bytes] = set()
    by_entity: dict[str, list[bytes]] = defaultdict(list)
    for key in keys:
        by_entity[entities[key]].append(key)
    for entity, ids in by_entity.items():
        for part in chunks(ids):
            statement = select(tables[entity].c.id).where(tables[entity].c.id.in_(part))
            found |= set(connection.scalars(statement))
    return found
