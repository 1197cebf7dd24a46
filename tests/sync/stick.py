"""A USB stick between clients and the server of a test, used as the commands and the window use it."""

from __future__ import annotations

from pathlib import Path

from gridapp.server import bundle_answer, bundles
from gridapp.server.snapshots import Snapshots
from gridapp.sync import bundle_files, bundle_in, bundle_out
from tests.sync.world import Client, World


class Stick:
    """A folder that is carried about."""

    def __init__(self, world: World, name: str = "stick") -> None:
        self.world = world
        self.folder = world.folder / name
        self.folder.mkdir()

    def write(self, client: Client) -> Path:
        """The client writes what waits."""
        return bundle_out.write(client.store, self.folder).path

    def to_server(self, path: Path) -> bundles.Taken:
        """The district's administrator takes it in."""
        with path.open("rb") as file:
            return bundles.take(self.world.server, file, path.name)

    def answer(self, asked: bundles.Asked) -> Path:
        """The server's answer."""
        path = bundle_files.name_down(self.folder, asked.device, asked.bundle)
        with bundle_files.writing(path) as file:
            bundle_answer.write(self.world.server, Snapshots(), asked, file)
        return path

    def take(self, client: Client, path: Path) -> bundle_in.Came:
        """The client takes an answer in."""
        return bundle_in.take(client.store, path)

    def round_trip(self, client: Client) -> bundle_in.Came:
        """There and back, without any network."""
        online, client.network.online = client.network.online, False
        try:
            taken = self.to_server(self.write(client))
            return self.take(client, self.answer(taken.asked))
        finally:
            client.network.online = online
