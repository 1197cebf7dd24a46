"""Does the caller know that the server was restored? Before it does, nothing of it is judged and nothing sent."""

from __future__ import annotations

from gridapp.server.context import Server
from gridapp.server.errors import Rejection

NEW_EPOCH = "new_epoch"
OLDER_SERVER = "older_server"
_KNOWS_EPOCHS = 2  # protocol version


def check(server: Server, speaks: int, epoch: int) -> None:
    """Raises ``Rejection``: ``new_epoch`` (hand back, then ask again), ``older_server``.

    Programs that know no epochs are served: what they offer is judged as it comes.
    """
    if speaks < _KNOWS_EPOCHS:
        return
    if max(epoch, 1) < server.epoch:
        raise Rejection(409, NEW_EPOCH)
    if epoch > server.epoch:
        # The journal itself is older than what it once said.
        raise Rejection(409, OLDER_SERVER)
