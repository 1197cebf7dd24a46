"""What was not finished when the program ended: found, offered in a bar, and opened again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from gridapp.i18n import tr
from gridapp.store import drafts
from gridapp.store.reader import Reader
from gridapp.ui.desk import Desk
from gridapp.ui.forms.every import FORMS
from gridapp.ui.forms.spec import NEW, Left
from gridapp.ui.widgets.basic import Elided, button, empty

_OFFERED = 3
_BY_KIND = {spec.kind: spec for spec in FORMS}


@dataclass(frozen=True, slots=True)
class Draft:
    """One draft that can be gone on with."""

    key: str
    title: str
    left: Left


def unfinished(reader: Reader, keys: Sequence[str] | None = None) -> Mapping[str, Draft]:
    """Drafts by key, newest first, or those of ``keys``; those whose record is gone are left out."""
    found = {}
    for key in drafts.keys(reader) if keys is None else keys:
        kind, _, rest = key.partition(":")
        spec = _BY_KIND.get(kind)
        if spec is None:
            continue
        view = None if rest == NEW else spec.view(reader, UUID(rest))
        left = spec.left(view) if view is not None or rest == NEW else None
        if left:
            found[key] = Draft(key, tr(spec.title), left)
    return found


class Unfinished(QWidget):
    """A bar for each of the newest drafts."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._bars = QVBoxLayout(self)
        self._bars.setContentsMargins(18, 0, 18, 0)
        self._bars.setSpacing(0)

    def offer(self, but: Collection[str] = ()) -> None:
        """Ask for what was left, and show it; forms ``but`` these, which are open."""

        def show(found: Mapping[str, Draft]) -> None:
            self._show([draft for key, draft in found.items() if key not in but][:_OFFERED])

        self.desk.read(self, unfinished, show, only_latest="offer")

    def reopen(self, keys: Sequence[str]) -> None:
        """Open these forms beside the page that is shown, the last in front, empty ones too."""
        if keys:
            self.desk.read(self, partial(unfinished, keys=keys), self._reopen)

    def _reopen(self, found: Mapping[str, Draft]) -> None:
        for draft in found.values():
            self.desk.opening.emit(draft.left.open(self.desk))

    def _show(self, found: Sequence[Draft]) -> None:
        empty(self._bars)
        for draft in found:
            bar = QFrame()
            bar.setProperty("look", "bar")
            line = QHBoxLayout(bar)
            line.setContentsMargins(18, 0, 8, 0)
            text = tr("上次有没写完的：{what} {name}")
            text = text.format(what=draft.title, name=draft.left.name).strip()
            line.addWidget(Elided(text), 1)
            line.addWidget(button(tr("接着写"), partial(self._go_on, draft, bar), "link"))
            line.addWidget(button(tr("不要了"), partial(self._drop, draft, bar), "link"))
            self._bars.addWidget(bar)

    def _go_on(self, draft: Draft, bar: QFrame | None = None) -> None:
        if bar:
            bar.deleteLater()
        if draft.left.where:
            self.desk.going.emit(draft.left.where)
        self.desk.opening.emit(draft.left.open(self.desk))

    def _drop(self, draft: Draft, bar: QFrame) -> None:
        bar.deleteLater()
        self.desk.run(self, drafts.drop(self.desk.store, draft.key))
