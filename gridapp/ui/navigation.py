"""The left column: only what works, with a red number for work that waits for this user."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from gridapp.i18n import tr
from gridapp.store.status import SyncStatus
from gridapp.ui.pages.spec import PageSpec
from gridapp.ui.widgets.basic import Elided, words


class Navigation(QFrame):
    """Pages by name."""

    chosen = Signal(str)

    def __init__(self, specs: Sequence[PageSpec]) -> None:
        """``specs``: every page that may stand here."""
        super().__init__()
        self.setObjectName("nav")
        self.setAccessibleName(tr("导航"))
        box = QVBoxLayout(self)
        box.setContentsMargins(10, 20, 10, 12)
        box.setSpacing(2)
        product = Elided(tr("网格工作台"))
        product.setObjectName("product")
        head = QVBoxLayout()
        head.setContentsMargins(10, 0, 4, 10)
        head.setSpacing(0)
        head.addWidget(product)
        self._place = Elided("", "secondary")
        head.addWidget(self._place)
        box.addLayout(head)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {}
        self._titles = {spec.key: tr(spec.title) for spec in specs}
        self._badges: dict[str, QLabel] = {}
        for spec in specs:
            if not spec.bottom:
                box.addWidget(self._item(spec.key))
        box.addStretch(1)
        for spec in specs:
            if spec.bottom:
                box.addWidget(self._item(spec.key))
        self.waiting = words("", "secondary")
        self.refused = self._badges["sync"]
        self._inside("sync", self.waiting)

    def show_post(self, place: str, keys: Collection[str]) -> None:
        """Where the user serves, and the pages that are theirs."""
        self._place.setText(place)
        for key, made in self._buttons.items():
            made.setVisible(key in keys)

    def mark(self, key: str) -> None:
        """Where the user is; a page that stands nowhere here leaves no mark."""
        held = self._buttons.get(key)
        if held:
            held.setChecked(True)
            return
        self._group.setExclusive(False)
        for made in self._buttons.values():
            made.setChecked(False)
        self._group.setExclusive(True)

    def button(self, key: str) -> QPushButton:
        """The button of one page."""
        return self._buttons[key]

    def show_sync(self, found: SyncStatus) -> None:
        """What waits to go up, and in red what was not accepted."""
        count = found.to_send
        self.waiting.setText(tr("{count} 待上传").format(count=count) if count else "")
        refused = found.not_accepted + found.conflicts + bool(found.braked)  # that is one question
        self.show_count("sync", refused)
        said = tr("同步，{count} 待上传，{refused} 要你看").format(count=count, refused=refused)
        self._buttons["sync"].setAccessibleName(said)

    def show_count(self, key: str, count: int) -> None:
        """The red number: work that waits for this user on a page; none at zero."""
        self._badges[key].setText(str(count))
        self._badges[key].setVisible(count > 0)
        title = self._titles[key]
        said = tr("{page}，{count} 件等你").format(page=title, count=count) if count else title
        self._buttons[key].setAccessibleName(said)

    def _item(self, key: str) -> QPushButton:
        made = QPushButton(self._titles[key])
        made.setProperty("role", "nav")
        made.setCheckable(True)
        made.setAutoDefault(False)
        made.clicked.connect(partial(self._choose, key))
        self._group.addButton(made)
        self._buttons[key] = made
        line = QHBoxLayout(made)
        line.setContentsMargins(0, 0, 10, 0)
        line.addStretch(1)
        self._badges[key] = badge = words("", "badge")
        badge.hide()
        self._inside(key, badge)
        return made

    def _choose(self, key: str, _checked: bool = False) -> None:
        self.chosen.emit(key)

    def _inside(self, key: str, label: QLabel) -> None:
        line = self._buttons[key].layout()
        assert isinstance(line, QHBoxLayout)
        line.insertWidget(1, label, 0, Qt.AlignmentFlag.AlignVCenter)
