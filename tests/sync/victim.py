"""A client process that stops at a chosen moment and waits to be killed. Run by ``test_kill.py``.

Arguments: folder of the store, server address, moment, what to do. It says ``saved <id>`` when a save was
acknowledged and ``now`` at the moment.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from gridapp.store import inbox, recording, server_rows
from gridapp.store.drafting import VisitDraft
from gridapp.store.opening import open_store
from gridapp.sync import engine
from gridapp.sync.transport import Transport


def stop_here() -> None:
    print("now", flush=True)
    signal.pause()  # until the parent kills us


class Connection:
    """The writer's connection, with an end before or after a commit."""

    def __init__(self, real: Any, moment: str) -> None:
        self._real, self._moment = real, moment

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def execute(self, sql: str, *params: Any) -> Any:
        if sql == "COMMIT" and self._moment == "before commit":
            stop_here()
        result = self._real.execute(sql, *params)
        if sql == "COMMIT" and self._moment == "after commit":
            stop_here()
        return result


def wrap(module: Any, name: str, after: int) -> None:
    """End the process instead of the call number ``after`` (from 0) of a function."""
    real, calls = getattr(module, name), 0

    def wrapped(*args: Any, **options: Any) -> Any:
        nonlocal calls
        if calls == after:
            stop_here()
        calls += 1
        return real(*args, **options)

    setattr(module, name, wrapped)


def main(folder: str, url: str, moment: str, act: str) -> None:
    store = open_store(Path(folder), "password")
    if act.startswith("visit:"):
        household = UUID(act.split(":")[1])
        for number in range(3):
            if number == 2:
                store._write_connection = Connection(store._write_connection, moment)
            draft = VisitDraft(household, "2026-11-20", situation=f"第{number}次")
            visit = store.write(lambda uow, d=draft: recording.add_visit(uow, d)).result()
            print("saved", visit.id, flush=True)
        return
    name, number = moment.split(":")
    wrap(next(m for m in (engine, inbox, server_rows) if hasattr(m, name)), name, int(number))
    engine.Engine(store, Transport(url)).run()
    print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
