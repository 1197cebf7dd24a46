"""Finding and mending what differs from the server: by bucket, so that little is fetched again.

Only a channel that stands at the server's own number is looked at: while others write there nothing is wrong
yet. What the server does not list is asked about, never simply removed (``store.comparison``).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from gridapp.domain.exchange import Rows
from gridapp.store import comparison, digest, mending, recheck
from gridapp.store.reader import Reader
from gridapp.store.store import Store
from gridapp.sync.handing import hand_back
from gridapp.sync.protocol import (
    MOST_MISSING,
    BucketsReply,
    BucketsRequest,
    MissingReply,
    MissingRequest,
    RepairRequest,
)
from gridapp.sync.transport import Refused, Transport

_MOST_ROWS = 4000  # of one repair; a channel of which more differs begins again
_UNKNOWN_HERE = (400, 404)  # an older server, or a channel that is not granted any more


def mend(store: Store, transport: Transport) -> bool:
    """Look into every channel that differs, and ask about what the server did not list.

    Returns whether channels begin again, so that there is more to pull. Raises ``Offline`` or ``Refused``.
    """
    recheck.daily(store)
    again = False
    for name in sorted(store.read(digest.differing).result()):
        try:
            again |= _mend_channel(store, transport, name)
        except Refused as refused:
            _pass_over(refused)
            store.write(partial(digest.settle, names=[name])).result()
    _ask_about(store, transport)
    return again


def _mend_channel(store: Store, transport: Transport, name: str) -> bool:
    theirs = transport.buckets(BucketsRequest(name))
    parts = store.read(partial(_differing, name=name, theirs=theirs)).result()
    if parts is None:
        return False  # somebody wrote there meanwhile: the next page says how it stands
    counts = {part: count for part, _, count in theirs.buckets}
    if sum(counts.get(part, 0) for part in parts) > max(_MOST_ROWS, sum(counts.values()) // 2):
        store.write(partial(comparison.begin, names=[name])).result()
        return True
    newer: list[Rows] = []
    for some in _portions(parts, counts):
        reply = transport.repair(RepairRequest(name, some))
        write = partial(mending.apply, name=name, parts=some, tables=reply.tables)
        newer += store.write(write).result()
    hand_back(store, transport, newer)
    store.write(partial(digest.settle, names=[name])).result()
    return False


def _differing(reader: Reader, name: str, theirs: BucketsReply) -> list[int] | None:
    """The buckets that differ, or None where the two sides do not stand at the same number."""
    if digest.totals(reader).get(name, (0, 0))[0] != theirs.end:
        return None
    ours = digest.buckets(reader, name)
    said = {part: total for part, total, _ in theirs.buckets}
    return sorted(p for p in ours.keys() | said.keys() if ours.get(p, 0) != said.get(p, 0))


def _portions(parts: list[int], counts: dict[int, int]) -> Iterator[list[int]]:
    some: list[int] = []
    size = 0
    for part in parts:
        if some and size + counts.get(part, 0) > _MOST_ROWS:
            yield some
            some, size = [], 0
        some.append(part)
        size += counts.get(part, 0)
    if some:
        yield some


def _ask_about(store: Store, transport: Transport) -> None:
    """All is asked before anything goes: too many are too many over all channels together."""
    answered: list[tuple[comparison.Missing, MissingReply]] = []
    for asked in store.read(comparison.missing).result():
        try:
            answered += _ask(store, transport, asked)
        except Refused as refused:
            _pass_over(refused)
    in_all = len({key for _, reply in answered for key in comparison.inferred(reply.removed)})
    for part, reply in answered:
        write = partial(
            comparison.answer,
            asked=part,
            removed=reply.removed,
            lacking=reply.lacking,
            in_all=in_all,
        )
        hand_back(store, transport, store.write(write).result())


def _ask(
    store: Store, transport: Transport, asked: comparison.Missing
) -> Iterator[tuple[comparison.Missing, MissingReply]]:
    for start in range(0, len(asked.records), MOST_MISSING):
        part = comparison.Missing(asked.channel, asked.records[start : start + MOST_MISSING])
        entities = {key: entity for entity, key, _, _ in part.records}
        rows = store.read(partial(comparison.whole, entities=entities)).result()
        wanted = [(entity, key) for key, entity in entities.items()]
        yield part, transport.missing(MissingRequest(part.channel, wanted, rows))


def _pass_over(refused: Refused) -> None:
    if refused.status not in _UNKNOWN_HERE:
        raise refused
