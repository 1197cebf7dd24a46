"""Operations that a restored server had answered before, and forgot, offered again with those answers.

Where the row that came back holds what the operation did, it is written into the log with the answer it had:
judging it again would find its own later history in its way. What was refused stays refused. The rest is judged.

An answer that a client brings is only its word. It is believed where nobody gains by a lie: the record is, or was,
the sender's to write, the row holds the values, and no other operation made that version.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError, OperationalError

from gridapp.clock import day_of
from gridapp.domain.exchange import Operation, Outcome, Verdict
from gridapp.domain.kinds import KINDS
from gridapp.server import covers
from gridapp.server.author import SYSTEM, load_authors
from gridapp.server.bounds import PURGED, Bounds
from gridapp.server.context import Server
from gridapp.server.database import chunks
from gridapp.server.gone import links, purged_among
from gridapp.server.joining import Sender
from gridapp.server.judge import Judged
from gridapp.server.lineage import handed_back, lineages
from gridapp.server.schema import operation as log
from gridapp.server.schema import tables
from gridapp.server.statements import insert_rows
from gridapp.server.vouching import TAKEN, Reached, vouched
from gridapp.server.wellformed import well_formed
from gridapp.server.workspace import Workspace, owners
from gridapp.server.writing import log_row

_MOST_VERSIONS = 1 << 62
_CODE = re.compile(r"[a-z0-9_]{0,40}")
_ATTEMPTS = 6


def note_answered(
    server: Server, sender: Sender, sent: Sequence[Operation], answered: Iterable[Outcome]
) -> None:
    """Log those of ``sent`` whose former answer still holds; ``apply`` then finds them answered."""
    former = {o.op_id: o for o in answered if _plausible(o)}
    offered = {
        o.op_id: o for o in sent if o.op_id in former and o.entity in KINDS and well_formed(o)
    }
    if not offered or server.epoch < 2:
        return
    for attempt in range(_ATTEMPTS):
        try:
            with server.database.write() as connection:
                _note(server, connection, sender, list(offered.values()), former)
        except (IntegrityError, OperationalError):  # the same was sent twice at once
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            return


def _note(
    server: Server,
    connection: Connection,
    sender: Sender,
    offered: Sequence[Operation],
    former: Mapping[bytes, Outcome],
) -> None:
    known = _known(connection, [o.op_id for o in offered])
    fresh = sorted((o for o in offered if o.op_id not in known), key=lambda o: o.counter)
    reference = server.references.get(connection, server.district_id)
    workspace = Workspace(connection, reference)
    workspace.load({key for o in fresh for key in ((o.entity, o.record_id), *owners(o))})
    who, today = [(sender.staff_id, sender.device_id)], day_of(server.clock())
    author = load_authors(connection, reference, who, server.district_id, today)[0]
    bounds = Bounds(workspace, author, set())
    reached = _reached(connection, server.epoch, fresh)
    lost = _of_purged(connection, workspace, fresh)
    rows = []
    for one in fresh:
        outcome = former[one.op_id]
        if one.op_id in lost:  # not even its words are kept
            outcome = Outcome(one.op_id, Verdict.REJECTED, code=PURGED)
        elif outcome.verdict is not Verdict.REJECTED and not vouched(
            bounds, one, outcome, reached.get(one.record_id, Reached())
        ):
            continue
        if outcome.verdict in TAKEN:
            reached[one.record_id].made.add(outcome.version)
        starts = {name: change.before for name, change in one.fields.items()}
        judged = Judged(outcome, starts)
        rows.append(log_row(sender, one, judged, server.clock(), server.epoch - 1))
    if rows:
        insert_rows(connection, log, tuple(rows[0]), [list(r.values()) for r in rows])
        covers.lower(connection, sender.device_id, sender.incarnation, fresh)


def _plausible(outcome: Outcome) -> bool:
    return (
        0 <= outcome.previous <= outcome.version < _MOST_VERSIONS
        and 0 < outcome.revision < 1 << 31
        and _CODE.fullmatch(outcome.code) is not None
        and len(outcome.fields) <= 200
    )


def _of_purged(
    connection: Connection, workspace: Workspace, fresh: Iterable[Operation]
) -> set[bytes]:
    """Operations on what was purged, or on what is not here and belonged to it. ``fresh``: in their order."""
    said = {o.op_id: links(o.entity, {n: c.after for n, c in o.fields.items()}) for o in fresh}
    named = {o.record_id for o in fresh}.union(*said.values())
    gone = purged_among(connection, named)
    found: set[bytes] = set()
    for one in fresh:
        missing = workspace.rows.get((one.entity, one.record_id)) is None
        if one.record_id in gone or (missing and not gone.isdisjoint(said[one.op_id])):
            found.add(one.op_id)
            gone.add(one.record_id)
    return found


def _known(connection: Connection, op_ids: list[bytes]) -> set[bytes]:
    found: set[bytes] = set()
    for part in chunks(op_ids):
        found |= set(connection.scalars(select(log.c.op_id).where(log.c.op_id.in_(part))))
    return found


def _reached(connection: Connection, epoch: int, sent: Iterable[Operation]) -> dict[bytes, Reached]:
    """Record -> what its row holds of former epochs."""
    found: dict[bytes, Reached] = {}
    for entity in {o.entity for o in sent}:
        c = tables[entity].c
        for part in chunks(sorted({o.record_id for o in sent if o.entity == entity})):
            for row in connection.execute(select(c.id, c.epoch, c.version).where(c.id.in_(part))):
                at = row.version if row.epoch < epoch else 0
                found[row.id] = Reached(at, at)
    later = lineages(connection, {k: epoch - 1 for k, held in found.items() if not held.row})
    back = handed_back(connection, later)
    for key, lineage in later.items():
        best = max(lineage.left_at, back.get(key, 0))
        found[key] = Reached(lineage.left_at, best, lineage)
    for key, version in _made(connection, epoch, found):
        found[key].made.add(version)
    return found


def _made(connection: Connection, epoch: int, keys: Iterable[bytes]) -> list[tuple[bytes, int]]:
    """(record, version) of versions of former epochs that are known to be somebody's."""
    c, found = log.c, []
    for part in chunks(sorted(keys)):
        where = (
            c.record_id.in_(part),
            c.version > c.previous,
            c.epoch < epoch,
            c.device_id != SYSTEM.bytes,
        )
        found += [
            (k, v) for k, v in connection.execute(select(c.record_id, c.version).where(*where))
        ]
    return found
