"""After the server was restored: what it may have forgotten is told, handed back and offered once more.

Also the other side of it: what a verified backup of the server covers need not be kept here any longer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from gridapp.domain.exchange import FieldVerdict, Outcome, Verdict
from gridapp.domain.kinds import KINDS
from gridapp.store import comparison
from gridapp.store.reader import Reader, marks
from gridapp.store.unit_of_work import UnitOfWork

_CHUNK = 500
_ANSWERED = ",".join(f"'{verdict.value}'" for verdict in Verdict)
_TAKEN = "'applied','merged','conflict'"


def held(reader: Reader) -> list[tuple[str, bytes, int, int]]:
    """(entity, id, epoch, version) of every row of the server that is held here, owners first."""
    under = {
        key: msgspec.msgpack.decode(row)
        for key, row in reader.rows("SELECT record_id, row FROM base")
    }
    found: list[tuple[str, bytes, int, int]] = []
    for entity in KINDS:
        rows = reader.rows(f"SELECT id, epoch, version FROM {entity} WHERE version>0")
        for key, *shown in rows:
            base = under.get(key)
            epoch, version = (base["epoch"], base["version"]) if base else shown
            found.append((entity, key, epoch, version))
    return found


def whole_photos(reader: Reader) -> list[str]:
    """Photos that this computer sent and still has.

    What was sent names them: records are what came from the server, and starting over lets go of those.
    """
    sent = {
        change["sha256"][1]
        for (fields,) in reader.rows("SELECT fields FROM outbox WHERE entity='attachment'")
        if "sha256" in (change := msgspec.msgpack.decode(fields))
    }
    whole = reader.rows("SELECT sha256 FROM blob WHERE state='done' ORDER BY sha256")
    return [digest for (digest,) in whole if digest in sent]


def begin_epoch(uow: UnitOfWork, epoch: int, photos: Sequence[str]) -> None:
    """Everything that was answered waits again, with the answer it had; channels begin again by comparison.

    ``photos``: those that the server lacks.
    """
    answered = uow.rows(
        "SELECT op_id, state, revision, code, previous, version, verdicts FROM outbox "
        f"WHERE state IN ({_ANSWERED})"
    )
    uow.connection.executemany(
        "UPDATE outbox SET former=?, state='waiting', revision=0, code=NULL, verdicts=NULL, "
        "previous=NULL, version=NULL WHERE op_id=?",
        [(msgspec.msgpack.encode(_outcome(row)), row[0]) for row in answered],
    )
    for start in range(0, len(photos), _CHUNK):
        part = photos[start : start + _CHUNK]
        uow.connection.execute(
            "UPDATE blob SET state='waiting', small_done=0, tries=0 WHERE state='done' "
            f"AND sha256 IN ({marks(part)})",
            part,
        )
    comparison.begin(uow)
    uow.set_meta("epoch", str(epoch))
    uow.touch_sync()


def former(reader: Reader, op_ids: Sequence[bytes]) -> list[Outcome]:
    """What was said of these operations before the server was restored."""
    found: list[Outcome] = []
    for start in range(0, len(op_ids), _CHUNK):
        part = op_ids[start : start + _CHUNK]
        rows = reader.rows(
            f"SELECT former FROM outbox WHERE former IS NOT NULL AND op_id IN ({marks(part)})", part
        )
        found += [msgspec.msgpack.decode(said, type=Outcome) for (said,) in rows]
    return found


def not_less(reader: Reader, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """What a restored server says, but not that something waits which was decided before.

    The decision comes back with the review of whoever holds it; whatever is said after this replaces it here.
    """
    parked = [o.op_id for o in outcomes if o.verdict is Verdict.PARKED]
    known = {o.op_id: o for o in former(reader, parked)} if parked else {}
    return [
        msgspec.structs.replace(known[o.op_id], revision=o.revision)
        if o.op_id in known and known[o.op_id].revision > o.revision and _decided(known[o.op_id])
        else o
        for o in outcomes
    ]


def _decided(outcome: Outcome) -> bool:
    return outcome.verdict is not Verdict.PARKED


def note_backup(uow: UnitOfWork, counter: int) -> None:
    """Let go of operations up to ``counter`` that the server took: a verified backup of it holds them.

    What is still shown on top of a row stays, and so do names of photos: with them it is known whose they are.
    """
    uow.connection.execute(
        f"DELETE FROM outbox WHERE state IN ({_TAKEN}) AND live=0 AND counter<=? "
        "AND incarnation=? AND entity<>'attachment'",
        (counter, int(uow.meta("incarnation") or 1)),
    )


def _outcome(row: Iterable[Any]) -> Outcome:
    op_id, state, revision, code, previous, version, verdicts = row
    fields = msgspec.msgpack.decode(verdicts, type=dict[str, FieldVerdict]) if verdicts else {}
    return Outcome(
        op_id,
        Verdict(state),
        max(revision or 1, 1),
        code or "",
        previous or 0,
        version or 0,
        fields,
    )
