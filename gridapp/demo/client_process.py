"""One client of the demo as a process of its own: commands as JSON lines in, answers as JSON lines out.

It uses the store and the sync engine exactly as the window does, and lives until it is killed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from gridapp.clock import day_of
from gridapp.printing import print_households
from gridapp.store import recording, status
from gridapp.store.drafting import EventDraft, VisitDraft
from gridapp.store.opening import choose, open_store
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.sync.engine import Engine
from gridapp.sync.enrolment import enrol
from gridapp.sync.transport import Offline, Transport

Answer = dict[str, Any]


class _Client:
    def __init__(self, data_dir: Path, password: str) -> None:
        self._data_dir, self._password = data_dir, password
        self._held: Store | None = None

    def enrol(self, server: str, code: str) -> Answer:
        self._held = enrol(self._data_dir, server, code, self._password)
        return {"name": self._held.who.name}

    def sync(self) -> Answer:
        transport = Transport(self._store.who.server_url, self._store.who.fingerprint)
        try:
            return asdict(Engine(self._store, transport).run())
        except Offline:
            return {"offline": True}
        finally:
            transport.close()

    def visit(self, household: str, text: str) -> Answer:
        visit = self._store.write(partial(self._visit, household=household, text=text)).result()
        return {"id": str(visit)}

    def hold_visit(self, household: str, text: str) -> Answer:
        """Write a visit and stop before the commit: whoever reads "held" kills this process."""

        def hold(uow: UnitOfWork) -> UUID:
            visit = self._visit(uow, household, text)
            _answer({"held": str(visit)})
            sys.stdin.readline()
            return visit

        return {"id": str(self._store.write(hold).result())}

    def event(self, item: str, text: str, household: str) -> Answer:
        draft = EventDraft(item, text, self._today, household_id=UUID(household), source="visit")
        event = self._store.write(lambda uow: recording.report_event(uow, draft)).result()
        return {"id": str(event.id)}

    def households(self, grid: str) -> Answer:
        rows = self._store.read(
            lambda reader: reader.rows(
                "SELECT h.id, h.name FROM household h JOIN unit u ON u.id=h.grid_id WHERE u.code=? "
                "AND h.kind='family' AND h.deleted=0 ORDER BY h.id",
                (grid,),
            )
        ).result()
        return {"households": [[str(UUID(bytes=key)), name] for key, name in rows]}

    def status(self) -> Answer:
        now = self._store.read(status.current).result()
        return asdict(now) | {"line": status.line(now, self._store.clock())}

    def print(self, household: str, out: str) -> Answer:
        with Path(out).open("wb") as file:
            return {"count": print_households(self._store, [UUID(household)], file).done}

    def close(self) -> Answer:
        self._store.close()
        self._held = None
        return {}

    @property
    def _store(self) -> Store:
        if self._held is None:
            self._held = open_store(choose(self._data_dir).folder, self._password)
        return self._held

    @property
    def _today(self) -> str:
        return day_of(self._store.clock()).isoformat()

    def _visit(self, uow: UnitOfWork, household: str, text: str) -> UUID:
        draft = VisitDraft(UUID(household), self._today, situation=text)
        return recording.add_visit(uow, draft).id


def _answer(document: Answer) -> None:
    print(json.dumps(document, ensure_ascii=False), flush=True)


def main() -> None:
    """Serve commands until standard input ends. The first line names data folder and password."""
    begin = json.loads(sys.stdin.readline())
    client = _Client(Path(begin["data"]), begin["password"])
    for line in sys.stdin:
        command = json.loads(line)
        act: Callable[..., Answer] = getattr(client, command.pop("do"))
        _answer(act(**command))


if __name__ == "__main__":
    main()
