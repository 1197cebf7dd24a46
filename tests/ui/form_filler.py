"""``python form_filler.py DATA HOUSEHOLD``: the real program, in which somebody begins a visit.

Says "ready" on standard output when the draft and the place are kept, and lives until it is killed.
"""

import os
import sys
from pathlib import Path
from uuid import UUID

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).parent)]

from PySide6.QtCore import QTimer  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from sample import PASSWORD  # noqa: E402

from gridapp.app import Client, run  # noqa: E402
from gridapp.store import drafts  # noqa: E402
from gridapp.store.views.last_place import last_place  # noqa: E402

TEXT = "half a sen"
_PATIENCE = 60_000  # ms, after which nobody is coming to kill this


class Filler:
    """Types into the form as soon as there is one, then watches what is kept."""

    def __init__(self, client: Client, household: UUID) -> None:
        self.client, self.household = client, household
        self.step = self.go
        self.timer = QTimer()
        self.timer.timeout.connect(self.go_on)
        self.timer.start(20)
        QTimer.singleShot(_PATIENCE, lambda: os._exit(1))

    def go_on(self) -> None:
        self.step()

    def go(self) -> None:
        if self.client.shell:
            self.client.desk.go("household", self.household, "visits")
            self.step = self.begin

    def begin(self) -> None:
        if not self.client.tasks.busy and self.client.shell.pages["household"].record_visit():
            self.step = self.type

    def type(self) -> None:
        form = self.client.shell.panel.currentWidget()
        if form and not self.client.tasks.busy:
            QTest.keyClicks(form.situation, TEXT)
            self.step = self.wait

    def wait(self) -> None:
        store = self.client.desk.store
        found = store.read(lambda r: drafts.find(r, f"visit:{self.household}")).result()
        place = store.read(last_place).result()
        if found and TEXT in str(found) and place and place.id == self.household and place.forms:
            print("ready", flush=True)
            self.step = lambda: None


def main() -> None:
    data, household = Path(sys.argv[1]), UUID(sys.argv[2])
    run(data, password=PASSWORD, watch=lambda client: Filler(client, household))


if __name__ == "__main__":
    main()
