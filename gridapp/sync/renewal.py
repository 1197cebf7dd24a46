"""A copied database, or one that was set back, goes on under a number of its own. Nothing is lost by it."""

from __future__ import annotations

from functools import partial

from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.sync import asking
from gridapp.sync.protocol import IncarnationRequest
from gridapp.sync.transport import Transport

FORKED = "forked"


def renew(store: Store, transport: Transport) -> None:
    """Ask for another incarnation in the open session, and send what waits under it."""
    incarnation, _ = store.read(asking.standing).result()
    counter = store.read(asking.highest).result()
    reply = transport.incarnation(IncarnationRequest(incarnation, counter))
    store.write(partial(_keep, number=reply.incarnation)).result()


def _keep(uow: UnitOfWork, number: int) -> None:
    uow.set_meta("incarnation", str(number))
    uow.connection.execute("UPDATE outbox SET incarnation=? WHERE state='waiting'", (number,))
