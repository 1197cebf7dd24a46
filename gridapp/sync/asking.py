"""What this client asks of a pull, over the network or in a bundle: one request, made in one place."""

from __future__ import annotations

from gridapp.store import inbox, revisions
from gridapp.store.reader import Reader
from gridapp.sync.protocol import PullRequest


def pull_request(reader: Reader) -> PullRequest:
    """The cursors held, of channels and of later answers, of one moment."""
    return PullRequest(inbox.cursors(reader), standing(reader)[1], revisions.cursor(reader))


def standing(reader: Reader) -> tuple[int, int]:
    """This database's incarnation, and the server's epoch as it was last heard."""
    return int(reader.meta("incarnation") or 1), int(reader.meta("epoch") or 0)
