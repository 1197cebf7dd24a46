"""Where the user goes on: the page and forms of before a crash or a lock, the page of before an ordinary end."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from PySide6.QtCore import QObject, QTimer

from gridapp.store.views.last_place import Ended, LastPlace
from gridapp.ui.desk import Desk, Where
from gridapp.ui.operations.place import remember
from gridapp.ui.pages.spec import PageSpec
from gridapp.ui.shell import Shell

_SOON = 1000  # ms after the user went somewhere


@dataclass(frozen=True, slots=True)
class Beginning:
    """What to show first (None: the user's first page), and the forms to open again at once."""

    where: Where | None = None
    forms: tuple[str, ...] = ()


def beginning(
    last: LastPlace | None,
    today: date,
    pages: Mapping[str, PageSpec],
    roles: Collection[str],
) -> Beginning:
    """Where to begin. After an ordinary end the page alone, and only on the same day: mornings begin anew."""
    spec = pages.get(last.page) if last else None
    if last is None or spec is None or not spec.is_for(roles):
        return Beginning()
    if last.ended is Ended.CLOSED:
        return Beginning(Where(spec.section or spec.key) if last.day == today else None)
    where = Where(last.page, last.id, last.tab, last.item)
    if where.id is None and not spec.title:
        where = Where(spec.section or spec.key)  # it asked for something that is not kept
    return Beginning(where, last.forms if last.ended is Ended.LOCKED else ())


class Continuity(QObject):
    """Keeps where the user is, a second behind."""

    def __init__(self, desk: Desk, shell: Shell) -> None:
        super().__init__(shell)
        self._desk, self._shell = desk, shell
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON)
        self._soon.timeout.connect(self.keep)
        shell.went.connect(self._soon.start)
        shell.panel.forms_changed.connect(self._soon.start)
        self._soon.start()

    def place(self, ended: Ended) -> LastPlace:
        """Where the user is, with the forms that are open."""
        where = self._shell.where
        forms = tuple(form.draft_key for form in self._shell.panel.forms())
        return LastPlace(
            where.page, where.id, where.tab, where.item, forms, self._desk.today, ended
        )

    def keep(self, ended: Ended = Ended.NOT) -> None:
        """Keep it now. A refusal is nobody's business: a full disk is told where work is saved."""
        self._soon.stop()
        done = remember(self._desk.store, self.place(ended))
        self._desk.run(self, done, failed=lambda _: None)
