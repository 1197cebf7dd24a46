"""Two databases that speak as one device: a folder was copied, or set back to an older copy.

They give the same counters to different operations, or the highest counter of one is below what the server
has from the other. Gaps and late arrivals are normal, and a restored server (another epoch) knows less than
its clients. Whoever is found out gets a number of its own, an *incarnation*, and loses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, insert, select, update

from gridapp.clock import Instant
from gridapp.domain.exchange import Operation
from gridapp.server.auth import Device
from gridapp.server.context import Server
from gridapp.server.errors import Rejection
from gridapp.server.journal_facts import incarnation_fact
from gridapp.server.journalling import note
from gridapp.server.schema import device as devices
from gridapp.server.schema import fork, tables
from gridapp.server.statements import fetch, fetch_in
from gridapp.sync.protocol import Incarnation, IncarnationRequest

FORKED = "forked"
_LAST = "SELECT counter FROM operation WHERE device_id=? AND incarnation=? ORDER BY counter DESC LIMIT 2"
_TAKEN = (
    "SELECT counter, op_id FROM operation WHERE counter IN (:ids) AND device_id=? AND incarnation=?"
)


@dataclass(frozen=True, slots=True)
class ForkLine:
    """One fork, for the district: whose device, when it was noticed, under which number it had spoken."""

    device_id: UUID
    device: str
    person: str
    incarnation: int
    counter: int
    noticed_at: Instant


def check(
    server: Server,
    device_id: bytes,
    incarnation: int,
    epoch: int,
    counter: int,
    operations: Sequence[Operation] = (),
) -> None:
    """Raises ``Rejection`` ``forked`` where this is not the database that the server knows by this number.

    ``counter``: the highest that the caller ever gave. -1, of an older program, is not looked at, for it would
    not know what to do.
    """
    if counter < 0:
        return
    with server.database.snapshot() as connection:
        last = _last(connection, device_id, incarnation)
        if not last:
            return
        behind = epoch == server.epoch and last[0] > counter
        twice = len(last) > 1 and last[0] == last[1]
        if behind or twice or _taken(connection, device_id, incarnation, operations, last[0]):
            raise Rejection(409, FORKED)


def renew(server: Server, device: Device, request: IncarnationRequest) -> Incarnation:
    """A fresh number for a database that was found out, and a line for the district."""
    with server.database.write() as connection:
        statement = select(devices.c.incarnation).where(devices.c.id == device.id)
        if server.database.is_postgres:
            statement = statement.with_for_update()
        highest = connection.execute(statement).scalar_one()
        number = max(highest, request.incarnation) + 1
        connection.execute(
            update(devices).where(devices.c.id == device.id).values(incarnation=number, counter=0)
        )
        connection.execute(
            insert(fork).values(
                device_id=device.id,
                incarnation=request.incarnation,
                counter=request.counter,
                noticed_at=server.clock(),
            )
        )
    note(server, incarnation_fact(device.id, number))
    return Incarnation(number)


def forks(server: Server) -> list[ForkLine]:
    """Every fork that was noticed, the newest first."""
    staff = tables["staff"]
    with server.database.snapshot() as connection:
        rows = connection.execute(
            select(fork, devices.c.name, staff.c.name.label("person"))
            .join(devices, devices.c.id == fork.c.device_id)
            .join(staff, staff.c.id == devices.c.staff_id)
            .order_by(fork.c.id.desc())
        ).all()
    return [
        ForkLine(UUID(bytes=r.device_id), r.name, r.person, r.incarnation, r.counter, r.noticed_at)
        for r in rows
    ]


def _last(connection: Connection, device_id: bytes, incarnation: int) -> list[int]:
    """The two highest counters that came from this database."""
    return [counter for (counter,) in fetch(connection, _LAST, device_id, incarnation)]


def _taken(
    connection: Connection,
    device_id: bytes,
    incarnation: int,
    operations: Sequence[Operation],
    last: int,
) -> bool:
    """Whether one of these counters was given to another operation before."""
    sent = {o.counter: o.op_id for o in operations if o.counter <= last}
    return any(
        sent[counter] != bytes(op_id)
        for counter, op_id in fetch_in(connection, _TAKEN, sorted(sent), device_id, incarnation)
    )
