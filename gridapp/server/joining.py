"""Which batches of different devices may be judged together, as if one had come right after the other.

They share a workspace, so what one leaves is seen by the next. What is only read from the database while judging
(the operation log, the feed) does not know of the others yet. Therefore no two of them may speak of the same
record, and what moves records, changes rights or is decided by a person stays alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gridapp.domain.exchange import Operation
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Filing
from gridapp.server.place import PLACING
from gridapp.server.sent import creates
from gridapp.server.wellformed import timely, well_formed
from gridapp.server.workspace import owners

MOST = 1000  # operations judged together: more would make the first wait for the last


@dataclass(frozen=True, slots=True)
class Sender:
    """A device and its present incarnation.

    ``parked``: (op_id, why) of what this server parked before it was restored, as the device says.
    """

    staff_id: bytes
    device_id: bytes
    incarnation: int
    parked: frozenset[tuple[bytes, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Job:
    """A batch that waits for its turn. ``own``: the records it speaks of; ``named``: their owners too.

    ``unfit``: ids of what is no operation at all.
    """

    sender: Sender
    operations: Sequence[Operation]
    own: frozenset[bytes]
    named: frozenset[bytes]
    unfit: frozenset[bytes]
    alone: bool


def job(sender: Sender, operations: Sequence[Operation]) -> Job:
    """A batch, with what decides whether it goes with others."""
    operations = [timely(o) for o in operations]
    unfit = frozenset(o.op_id for o in operations if not well_formed(o))
    fit = [o for o in operations if o.op_id not in unfit]
    own = frozenset(o.record_id for o in fit)
    named = own.union(key for o in fit for _, key in owners(o))
    alone = not all(_joins(o, own) for o in fit)
    return Job(sender, operations, own, named, unfit, alone)


def together(jobs: Sequence[Job]) -> list[int]:
    """Which of these go together with the first one, which always does."""
    taken, size = [0], len(jobs[0].operations)
    own, named = set(jobs[0].own), set(jobs[0].named)
    devices = {job.sender.device_id for job in jobs[:1]}
    if jobs[0].alone:
        return taken
    for number, one in enumerate(jobs[1:], 1):
        known = one.sender.device_id in devices
        devices.add(
            one.sender.device_id
        )  # nor may a later batch of a device overtake an earlier one
        if known or one.alone or size + len(one.operations) > MOST:
            continue
        if own.isdisjoint(one.named) and named.isdisjoint(one.own):
            taken.append(number)
            size += len(one.operations)
            own |= one.own
            named |= one.named
    return taken


def _joins(sent: Operation, own: frozenset[bytes]) -> bool:
    kind = KINDS.get(sent.entity)
    if kind is None or sent.decides is not None or kind.filing in _ALONE or kind.name in _DECIDING:
        return False
    if kind.name == "residence":
        # It says where a person stands: others may know the person, unless it is made here.
        person = sent.fields.get("person_id")
        return creates(sent) and person is not None and person.after in own
    return creates(sent) or PLACING.isdisjoint(sent.fields)


_ALONE = frozenset({Filing.DISTRICT, Filing.REVIEW, Filing.USER})
_DECIDING = frozenset({"micro_grid", "conflict"})
