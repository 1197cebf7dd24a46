"""A server set back to an older copy of itself, for tests."""

from __future__ import annotations

from collections.abc import Iterable

from gridapp.domain.exchange import Operation, Outcome, Rows
from gridapp.server.copying import copy_in, copy_out
from gridapp.sync.protocol import PushRequest, encode
from gridapp.sync.session import device_key
from tests.sync.world import Client, World


class Copy:
    """A copy of the server's database as it is now."""

    def __init__(self, world: World, name: str = "copy") -> None:
        self.world = world
        self.path = world.folder / f"{name}.db"
        copy_out(world.database, self.path)

    def put_back(self) -> None:
        """The server is set back, by whatever means, and started."""
        copy_in(self.world.database, self.path)
        self.world.restart_server()


def push(
    client: Client,
    epoch: int,
    sent: Iterable[Operation] = (),
    rows: Iterable[Rows] = (),
    answered: Iterable[Outcome] = (),
) -> None:
    """What another program with this device's key might send."""
    who = client.store.who.device_id.bytes
    body = encode(PushRequest(who, 1, epoch, list(sent), list(rows), 10_000, list(answered)))
    client.transport.push(body, device_key(client.store).sign(body))
