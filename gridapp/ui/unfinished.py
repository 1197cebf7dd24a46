"""What was not finished when the program ended: found, offered in a bar, and opened again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from PySide6.QtCore import Signal
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
    writes: str  # the kind of record that comes of it

    @property
    def what(self) -> str:
        """What was being written, about whom: 记走访 单振华."""
        return f"{self.title} {self.left.name}".strip()


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
            found[key] = Draft(key, tr(spec.title), left, spec.writes or spec.kind)
    return found


class Unfinished(QWidget):
    """A bar for each of the newest drafts. It is asked for anew with every form that opens or closes."""

    thrown = Signal(str, str)  # the key of a draft that is not wanted, what it is

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._bar_of: dict[str, QFrame] = {}
        self._bars = QVBoxLayout(self)
        self._bars.setContentsMargins(18, 0, 18, 0)
        self._bars.setSpacing(0)

    def offer(self, but: Collection[str] = ()) -> None:
        """Ask for what was left, and show it; forms ``but`` these, which are open."""

        for key in but:
            self._take_away(key)  # at once: its draft is open

        def show(found: Mapping[str, Draft]) -> None:
            offered = [d for key, d in found.items() if key not in but and self._may(d)]
            self._show(offered[:_OFFERED])

        self.desk.read(self, unfinished, show, only_latest="offer")

    def reopen(self, keys: Sequence[str]) -> None:
        """Open these forms beside the page that is shown, the last in front, empty ones too."""
        if keys:
            self.desk.read(self, partial(unfinished, keys=keys), self._reopen)

    def go_on(self, key: str) -> None:
        """Open this form beside its page."""

        def show(found: Mapping[str, Draft]) -> None:
            for draft in found.values():
                self._go_on(draft)

        self.desk.read(self, partial(unfinished, keys=[key]), show)

    def _reopen(self, found: Mapping[str, Draft]) -> None:
        for draft in found.values():
            if self._may(draft):
                self.desk.opening.emit(draft.left.open(self.desk))

    def _may(self, draft: Draft) -> bool:
        return self.desk.may(draft.writes)

    def _show(self, found: Sequence[Draft]) -> None:
        empty(self._bars)
        self._bar_of.clear()
        for draft in found:
            bar = QFrame()
            bar.setProperty("look", "bar")
            line = QHBoxLayout(bar)
            line.setContentsMargins(18, 0, 8, 0)
            text = tr("上次有没写完的：{what} {name}")
            text = text.format(what=draft.title, name=draft.left.name).strip()
            line.addWidget(Elided(text), 1)
            line.addWidget(button(tr("接着写"), partial(self._go_on, draft), "link"))
            line.addWidget(button(tr("不要了"), partial(self._drop, draft), "link"))
            self._bars.addWidget(bar)
            self._bar_of[draft.key] = bar

    def _go_on(self, draft: Draft) -> None:
        if draft.left.where:
            self.desk.going.emit(draft.left.where)
        self.desk.opening.emit(draft.left.open(self.desk))

    def _drop(self, draft: Draft) -> None:
        self._take_away(draft.key)
        self.thrown.emit(draft.key, draft.what)

    def _take_away(self, key: str) -> None:
        bar = self._bar_of.pop(key, None)
        if bar:
            bar.hide()
            bar.deleteLater()
