"""Once a day the hashes kept are compared with the rows themselves: what was lost or exchanged here by
whatever accident shows in the totals, and is fetched again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import partial

import msgspec

from gridapp.domain.digest import row_hash
from gridapp.domain.kinds import KINDS
from gridapp.store import digest, forgetting
from gridapp.store.reader import Reader, marks
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork

_AT = "rechecked_at"
_DAY = 86_400_000
_IN = 500
_CHUNK = 5000  # rows read at once: what a page asks meanwhile does not wait long

Found = list[tuple[int, bytes, int]]  # channel, record, hash of the row


def daily(store: Store) -> None:
    """Compare everything, if that is a day ago. A first sync counts as compared."""
    if not store.read(is_due).result():
        return
    if store.read(lambda reader: reader.meta(_AT)).result() is not None:
        everything(store)
    store.write(_note).result()


def is_due(reader: Reader) -> bool:
    """Whether the last comparison is a day ago, by this computer's clock, or never was."""
    last = reader.meta(_AT)
    return last is None or abs(reader.now - int(last)) >= _DAY


def unfinished(reader: Reader) -> bool:
    """Whether something is left to do though nothing came: an earlier round was cut, or a check is due."""
    left = any(
        reader.value(f"SELECT 1 FROM {table} LIMIT 1")
        for table in ("leaving", "wanted", "search_stale", "comparing")
    )
    taken = "SELECT 1 FROM outbox WHERE live=1 AND state IN ('applied','merged','conflict')"
    left = left or bool(reader.value(f"{taken} LIMIT 1")) or forgetting.is_due(reader)
    left = left or forgetting.is_due(reader)
    return left or bool(digest.differing(reader)) or is_due(reader)


def everything(store: Store) -> int:
    """Compare every row with the hash kept of it. Returns how many differed."""
    count = 0
    after: tuple[bytes, int] | None = (b"", 0)
    while after is not None:
        found, after = store.read(partial(_part, after=after)).result()
        if found:
            count += len(found)
            store.write(partial(_keep, found=found)).result()
    return count


def _part(reader: Reader, after: tuple[bytes, int]) -> tuple[Found, tuple[bytes, int] | None]:
    """Memberships whose hash is not that of the row, and after which one to go on."""
    rows = reader.rows(
        "SELECT record_id, channel_id, entity, hash FROM membership "
        "WHERE (record_id, channel_id) > (?, ?) ORDER BY record_id, channel_id LIMIT ?",
        (*after, _CHUNK),
    )
    said = _hashes(reader, [(entity, key) for key, _, entity, _ in rows])
    found = [
        (channel_id, key, said.get(key, 0))
        for key, channel_id, _, held in rows
        if held not in (0, said.get(key, 0))
    ]
    return found, (rows[-1][0], rows[-1][1]) if len(rows) == _CHUNK else None


def _hashes(reader: Reader, records: Iterable[tuple[str, bytes]]) -> dict[bytes, int]:
    """Record -> hash of the server's row that is held."""
    by_entity: dict[str, list[bytes]] = defaultdict(list)
    for entity, key in records:
        by_entity[entity].append(key)
    found: dict[bytes, int] = {}
    for entity in by_entity.keys() & KINDS.keys():
        keys = sorted(set(by_entity[entity]))
        for start in range(0, len(keys), _IN):
            part = keys[start : start + _IN]
            sql = f"SELECT id, mac FROM {entity} WHERE id IN ({marks(part)})"
            found |= {key: row_hash(mac) for key, mac in reader.rows(sql, part)}
    for key, row in reader.rows("SELECT record_id, row FROM base"):
        if key in found:
            found[key] = row_hash(msgspec.msgpack.decode(row)["mac"])
    return found


def _keep(uow: UnitOfWork, found: Found) -> None:
    uow.connection.executemany(
        "UPDATE membership SET hash=? WHERE channel_id=? AND record_id=? AND hash<>0",
        [(said, channel_id, key) for channel_id, key, said in found],
    )
    for channel_id in {channel_id for channel_id, _, _ in found}:
        digest.recount(uow.connection, channel_id)


def _note(uow: UnitOfWork) -> None:
    uow.set_meta(_AT, str(uow.now))
