"""What came from the server: outcomes and pages, and what leaves at the end of a round. Each is written whole in one
transaction; rows and echoes themselves by ``server_rows``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import msgspec

from gridapp.domain.exchange import Outcome, Page
from gridapp.domain.kinds import KINDS
from gridapp.store import (
    acknowledged,
    comparison,
    digest,
    forgetting,
    history,
    kept_subjects,
    leaving,
    overlay,
    photo_rows,
    recovery,
    reviewed_photos,
    server_rows,
    unread,
)
from gridapp.store.reader import Reader
from gridapp.store.unit_of_work import UnitOfWork

_MAY_GO = (
    "FROM leaving l WHERE NOT EXISTS "
    "(SELECT 1 FROM membership m WHERE m.record_id=l.record_id) AND NOT EXISTS "
    "(SELECT 1 FROM outbox o WHERE o.record_id=l.record_id AND o.state='waiting') "
    # a photo still goes up, write-only, after the scope is lost; for what was purged none does
    "AND (l.cause=? OR NOT EXISTS (SELECT 1 FROM attachment a JOIN blob b "
    "ON b.sha256=a.sha256 WHERE a.id=l.record_id AND "
    f"(b.state='waiting' OR {photo_rows.GIVEN_UP_EARLY})) AND NOT EXISTS "
    "(SELECT 1 FROM outbox o JOIN blob b ON b.state='waiting' "
    "AND instr(o.fields, CAST(b.sha256 AS BLOB)) "
    "WHERE o.record_id=l.record_id AND o.entity='attachment'))"
)


def apply_outcomes(uow: UnitOfWork, outcomes: Iterable[Outcome]) -> int:
    """Keep each answer; a lower revision than the one held is ignored. Returns how many were new."""
    stale: dict[bytes, str] = {}
    said = recovery.not_less(uow, list(outcomes))
    left = acknowledged.accept(uow, said)
    new = len(said) - len(left)
    for outcome in left:
        found = uow.connection.execute(
            "UPDATE outbox SET state=?, code=?, verdicts=?, previous=?, version=?, revision=?, "
            "answered_at=?, dismissed=CASE WHEN former IS NULL THEN 0 ELSE dismissed END "
            "WHERE op_id=? AND revision<? "
            "RETURNING record_id, entity, conflict_id",
            (
                outcome.verdict.value,
                outcome.code,
                msgspec.msgpack.encode(outcome.fields),
                outcome.previous,
                outcome.version,
                outcome.revision,
                uow.now,
                outcome.op_id,
                outcome.revision,
            ),
        ).fetchone()
        if found:
            new += 1
            stale[found[0]] = found[1]
            if found[2]:
                uow.touch("conflict", (found[2],))
    for key, entity in stale.items():
        overlay.show(uow.connection, entity, key)
        uow.touch(entity, (key,))
    uow.touch_sync()
    return new


def cursors(reader: Reader) -> dict[str, int]:
    """Channel name -> cursor held."""
    return dict(reader.rows("SELECT name, cursor FROM channel"))


def apply_page(uow: UnitOfWork, page: Page) -> None:
    """Rows, memberships, removals, echoes and the cursor of one page, together.

    A page that begins above the cursor held would leave a gap and is refused; one that ends below it is
    old and changes nothing. Cursors never go back.
    """
    channel_id, cursor = _channel(uow, page.channel)
    if page.start > cursor:
        raise ValueError(f"page of {page.channel} starts at {page.start}, cursor is {cursor}")
    if page.end <= cursor and page.start != page.end:
        return
    connection = uow.connection
    live = overlay.live_ids(connection)
    for table in page.tables:
        if table.entity not in KINDS:
            _note_unknown(uow, table.entity)
        else:
            server_rows.take_rows(uow, channel_id, table, live)
    server_rows.take_echoes(uow, channel_id, page.echoes)
    for gone in page.removed:
        if gone.entity in KINDS:
            leaving.leave(connection, channel_id, gone.entity, gone.record_id, gone.cause)
    comparison.met(connection, channel_id, [gone.record_id for gone in page.removed])
    connection.execute(
        "UPDATE channel SET cursor=? WHERE id=? AND cursor<?", (page.end, channel_id, page.end)
    )
    if page.end < cursor:
        return
    if not page.more:
        comparison.end(connection, channel_id)
        connection.execute("UPDATE channel SET begun=0 WHERE id=? AND begun=1", (channel_id,))
    if page.total is not None:
        digest.compare(uow, page.channel, page.total)


def wanted(reader: Reader) -> list[tuple[str, bytes]]:
    """(entity, id) of bodies to ask for."""
    return [(e, k) for e, k in reader.rows("SELECT entity, record_id FROM wanted")]


def forget_wanted(uow: UnitOfWork, keys: Sequence[bytes]) -> None:
    """They were asked for: what the server may show has come, the rest it may not."""
    uow.connection.executemany("DELETE FROM wanted WHERE record_id=?", [(k,) for k in keys])


def keep_channels(uow: UnitOfWork, granted: Iterable[str]) -> None:
    """Drop memberships of channels that are not granted any more; their records leave at round's end."""
    names = set(granted)
    held = uow.rows("SELECT id, name FROM channel")
    lost = [(i,) for i, name in held if name not in names]
    if not lost:
        return
    forgetting.note_lost(uow, {name for _, name in held} - names, names)
    _drop_channels(uow, lost)
    for entity in KINDS:
        # What was sent but never could be read here goes with the scope it was sent in.
        uow.connection.execute(
            "INSERT OR IGNORE INTO leaving (record_id,entity,cause) SELECT id, ?, 'scope' "
            f"FROM {entity} WHERE id NOT IN (SELECT record_id FROM membership) AND (version>0 "
            f"OR id IN (SELECT record_id FROM outbox WHERE {unread.TAKEN}))",
            (entity,),
        )


def knows_more(reader: Reader) -> bool:
    """Whether a kind that was not known when it came is known now."""
    return not KINDS.keys().isdisjoint(json.loads(reader.meta("unknown_kinds") or "[]"))


def fetch_what_is_known_now(uow: UnitOfWork) -> None:
    """After an upgrade: begin all channels again where they held kinds that were not known before."""
    unknown = set(json.loads(uow.meta("unknown_kinds") or "[]"))
    if unknown.isdisjoint(KINDS):
        return
    _drop_channels(uow, [(i,) for (i,) in uow.rows("SELECT id FROM channel")])
    uow.set_meta("unknown_kinds", json.dumps(sorted(unknown - KINDS.keys())))


def some_may_go(reader: Reader) -> bool:
    """Whether records that only stayed for something that waited need not stay any longer."""
    return bool(reader.value(f"SELECT EXISTS (SELECT 1 {_MAY_GO})", (leaving.PURGED,)))


def finish_round(uow: UnitOfWork) -> int:
    """Erase records whose last membership is gone and on which nothing waits. Returns how many."""
    unread.settle(uow)
    leaving.note_purged(uow)
    leaving.let_photos_go(uow)
    gone = uow.rows(f"SELECT l.entity, l.record_id, l.cause {_MAY_GO}", (leaving.PURGED,))
    kept_subjects.keep(uow, gone)
    for entity, key, _ in gone:
        if entity == "person_file":
            # The person may stay; the index must not go on knowing the numbers.
            uow.touch("person", _people_of(uow, key))
        uow.connection.execute(f"DELETE FROM {entity} WHERE id=?", (key,))
        uow.connection.execute("DELETE FROM base WHERE record_id=?", (key,))
        uow.connection.execute("UPDATE outbox SET live=0 WHERE record_id=?", (key,))
        history.forget(uow, key)
        uow.touch(entity, (key,))
    leaving.forget_purged(uow, [key for _, key, cause in gone if cause == leaving.PURGED])
    reviewed_photos.let_go(uow, {entity for entity, _, _ in gone})
    uow.connection.executemany(
        "DELETE FROM leaving WHERE record_id=?", [(key,) for _, key, _ in gone]
    )
    forgetting.forget(uow, [(entity, key) for entity, key, _ in gone])
    kept_subjects.let_go(uow)
    uow.connection.execute(
        "DELETE FROM leaving WHERE record_id IN (SELECT record_id FROM membership)"
    )
    history.forget_unread(uow)
    return len(gone)


def _people_of(uow: UnitOfWork, file: bytes) -> list[bytes]:
    return [row[0] for row in uow.rows("SELECT person_id FROM person_file WHERE id=?", (file,))]


def _drop_channels(uow: UnitOfWork, channels: list[tuple[int]]) -> None:
    uow.connection.executemany(
        "INSERT OR IGNORE INTO leaving (record_id,entity,cause) "
        "SELECT record_id, entity, 'scope' FROM membership WHERE channel_id=?1 "
        "UNION SELECT record_id, entity, 'scope' FROM comparing WHERE channel_id=?1",
        channels,
    )
    for table in ("membership", "comparing", "braked"):
        uow.connection.executemany(f"DELETE FROM {table} WHERE channel_id=?", channels)
    uow.connection.executemany("DELETE FROM channel WHERE id=?", channels)


def _note_unknown(uow: UnitOfWork, entity: str) -> None:
    """A kind of a newer server: fetched as soon as this program knows it."""
    unknown = set(json.loads(uow.meta("unknown_kinds") or "[]"))
    if entity not in unknown:
        uow.set_meta("unknown_kinds", json.dumps(sorted(unknown | {entity})))


def _channel(uow: UnitOfWork, name: str) -> tuple[int, int]:
    uow.connection.execute("INSERT OR IGNORE INTO channel (name,begun) VALUES (?,1)", (name,))
    found = uow.rows("SELECT id, cursor FROM channel WHERE name=?", (name,))[0]
    return int(found[0]), int(found[1])
