"""When the log of the database is written back into its file.

SQLite does that in the commit that fills 1000 pages of it. In a pull of much nobody should wait for that again and
again: the log is held until everything that came can be found, and then written back once, on the side. Every
commit is as durable as ever: it stands in the log, synced, and the next opening reads it there.
"""

from __future__ import annotations

from gridapp.store.database import Connection

LONGEST = 8192  # pages, 32 MiB: a longer log is written back in a commit all the same


class HeldLog:
    """The log of one connection. On the thread of that connection only."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        # Pages after which it is written back at other times; None while it is not held.
        self._otherwise: int | None = None

    @property
    def held(self) -> bool:
        """Whether it is held now."""
        return self._otherwise is not None

    def hold(self) -> None:
        """From now on no commit writes it back."""
        if self._otherwise is None:
            self._otherwise = int(self._after("")[0])
            self._after(f"={LONGEST}")

    def let_go(self) -> None:
        """Write it back, if it was held, as far as no reader is in the way, and go on as before."""
        if self._otherwise is not None:
            self._after(f"={self._otherwise}")
            self._otherwise = None
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def _after(self, pages: str) -> tuple[int, ...]:
        found: tuple[int, ...] = self._connection.execute(
            f"PRAGMA wal_autocheckpoint{pages}"
        ).fetchone()
        return found
