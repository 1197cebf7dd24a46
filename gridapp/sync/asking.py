"""What this client asks of a pull, over the network or in a bundle: one request, made in one place."""

from __future__ import annotations

from collections.abc import Sequence

from gridapp.domain.digest import state
from gridapp.domain.exchange import Operation, Rows
from gridapp.store import digest, inbox, recovery, revisions
from gridapp.store.reader import Reader
from gridapp.sync.protocol import PullRequest, PushRequest


def pull_request(reader: Reader) -> PullRequest:
    """The cursors held, of channels and of later answers, and what all that adds up to, of one moment."""
    incarnation, epoch = standing(reader)
    told = revisions.cursor(reader)
    return PullRequest(
        inbox.cursors(reader),
        epoch,
        told,
        seen=state(epoch, told, digest.totals(reader)),
        begun=[name for (name,) in reader.rows("SELECT name FROM channel WHERE begun=1")],
        incarnation=incarnation,
        counter=highest(reader),
    )


def push_request(
    reader: Reader, sent: Sequence[Operation] = (), handback: Sequence[Rows] = ()
) -> PushRequest:
    """Operations up, or rows back, in the name of this database."""
    incarnation, epoch = standing(reader)
    device_id = reader.who.device_id.bytes
    counter = highest(reader)
    former = recovery.former(reader, [o.op_id for o in sent])
    return PushRequest(device_id, incarnation, epoch, list(sent), list(handback), counter, former)


def highest(reader: Reader) -> int:
    """The highest counter that this database ever gave to an operation."""
    return int(reader.value("SELECT seq FROM sqlite_sequence WHERE name='outbox'") or 0)


def standing(reader: Reader) -> tuple[int, int]:
    """This database's incarnation, and the server's epoch as it was last heard."""
    return int(reader.meta("incarnation") or 1), int(reader.meta("epoch") or 0)
