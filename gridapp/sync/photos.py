"""Photos after the records: up in resumable parts, down when a record names one that is not here."""

from __future__ import annotations

import hashlib
from functools import partial

from gridapp.errors import Problem
from gridapp.store.drafting import Picture
from gridapp.store.pictures import prepare
from gridapp.store.reader import Reader
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.sync.protocol import BLOB_PART, LARGEST_BLOB
from gridapp.sync.transport import Refused, Transport

_IN_ONE_ROUND = 500
# Somebody else is sending the same photo, or sent a part that was not it: the next round goes on from there.
_ANOTHER_TIME = frozenset({"bad_part", "bad_blob"})


def upload(store: Store, transport: Transport) -> int:
    """Send what waits. A broken or refused photo is marked and does not hold up the next."""
    sent = 0
    if held := store.read(_refused).result():
        store.write(partial(_hold, digests=held)).result()
    for digest in store.read(_waiting).result():
        data = store.blobs.get(digest)
        if data is None:
            store.write(partial(_mark, digest=digest, state="broken", code="lost")).result()
            continue
        try:
            _send(transport, digest, data)
        except Refused as refused:
            if refused.status in (401, 403):
                raise
            if refused.code in _ANOTHER_TIME:
                continue
            store.write(partial(_mark, digest=digest, state="broken", code=refused.code)).result()
            continue
        store.write(partial(_mark, digest=digest, state="done", code="")).result()
        sent += 1
    return sent


def download(store: Store, transport: Transport) -> int:
    """Fetch photos that records here name."""
    got = 0
    for digest, size in store.read(_missing).result():
        try:
            data = _fetch(transport, digest, size)
        except Refused as refused:
            if refused.status in (401, 403):
                raise
            continue  # its author has not sent it yet
        if hashlib.sha256(data).hexdigest() != digest:
            continue
        store.blobs.put(data)
        thumbnail = _thumbnail(data)
        store.write(partial(_keep, digest=digest, size=len(data), thumbnail=thumbnail)).result()
        got += 1
    return got


def erase(store: Store) -> None:
    """Forget the bytes of photos whose records left this computer."""
    for digest in store.read(_gone).result():
        store.write(partial(_forget, digest=digest)).result()


def _send(transport: Transport, digest: str, data: bytes) -> None:
    here = transport.blob_state(digest)
    while not here.complete:
        part = data[here.received : here.received + BLOB_PART]
        here = transport.put_blob(digest, here.received, len(data), part)


def _thumbnail(data: bytes) -> bytes | None:
    try:
        return prepare(Picture(data)).thumbnail
    except Problem:
        return None  # a document, or a picture that only its author's program reads


def _fetch(transport: Transport, digest: str, size: int) -> bytes:
    data = bytearray()
    while len(data) < min(size, LARGEST_BLOB):
        part = transport.get_blob(digest, len(data))
        if not part:
            break
        data += part
    return bytes(data)


def _waiting(reader: Reader) -> list[str]:
    # A photo goes after the record that names it: the server takes it only then.
    return [
        row[0]
        for row in reader.rows(
            "SELECT b.sha256 FROM blob b WHERE b.state IN ('waiting','held') AND EXISTS ("
            "SELECT 1 FROM attachment a JOIN outbox o ON o.record_id=a.id WHERE a.sha256=b.sha256 "
            "AND o.state IN ('applied','merged','conflict')) LIMIT ?",
            (_IN_ONE_ROUND,),
        )
    ]


def _refused(reader: Reader) -> list[str]:
    """Photos whose records were not accepted: they wait for that, not for the network."""
    return [
        row[0]
        for row in reader.rows(
            "SELECT b.sha256 FROM blob b JOIN attachment a ON a.sha256=b.sha256 "
            "JOIN outbox o ON o.record_id=a.id WHERE b.state='waiting' GROUP BY b.sha256 "
            "HAVING sum(o.state NOT IN ('rejected','parked'))=0"
        )
    ]


def _hold(uow: UnitOfWork, digests: list[str]) -> None:
    uow.connection.executemany(
        "UPDATE blob SET state='held' WHERE sha256=?", [(d,) for d in digests]
    )
    uow.touch_sync()


def _gone(reader: Reader) -> list[str]:
    return [row[0] for row in reader.rows("SELECT sha256 FROM blob WHERE state='gone'")]


def _forget(uow: UnitOfWork, digest: str) -> None:
    # on the writer's thread, so that a form that takes the same photo in comes before or after
    if not uow.value("SELECT 1 FROM blob WHERE sha256=? AND state='gone'", (digest,)):
        return
    uow.blobs.remove(digest)
    uow.connection.execute("DELETE FROM blob WHERE sha256=? AND state='gone'", (digest,))


def _missing(reader: Reader) -> list[tuple[str, int]]:
    return [
        (digest, size)
        for digest, size in reader.rows(
            "SELECT DISTINCT a.sha256, a.size FROM attachment a LEFT JOIN blob b ON b.sha256=a.sha256 "
            "WHERE a.deleted=0 AND (b.sha256 IS NULL OR b.state='gone') ORDER BY a.id DESC LIMIT ?",
            (_IN_ONE_ROUND,),
        )
    ]


def _mark(uow: UnitOfWork, digest: str, state: str, code: str) -> None:
    uow.connection.execute("UPDATE blob SET state=?, code=? WHERE sha256=?", (state, code, digest))
    uow.touch_sync()


def _keep(uow: UnitOfWork, digest: str, size: int, thumbnail: bytes | None) -> None:
    uow.connection.execute(
        "INSERT OR REPLACE INTO blob (sha256,size,state,thumbnail) VALUES (?,?,'done',?)",
        (digest, size, thumbnail),
    )
    uow.touch("attachment", ())
