"""A server set back to an older copy of itself, for tests."""

from __future__ import annotations

from gridapp.server.copying import copy_in, copy_out
from tests.sync.world import World


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
