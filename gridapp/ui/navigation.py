"""The left column: only what works, with a red number for work that waits for this user."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from gridapp.i18n import tr
from gridapp.store.status import SyncStatus
from gridapp.ui.widgets.basic import Elided, words

_TOP = (("households", "住户"), ("events", "事件"))


class Navigation(QFrame):
    """Pages by name."""

    chosen = Signal(str)

    def __init__(self, place: str) -> None:
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
        head.addWidget(Elided(place, "secondary"))
        box.addLayout(head)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {}
        for key, text in _TOP:
            box.addWidget(self._item(key, tr(text)))
        box.addStretch(1)
        sync = self._item("sync", tr("同步"))
        self.waiting = words("", "secondary")
        self.refused = words("", "badge")
        self._inside(sync, self.waiting, self.refused)
        box.addWidget(sync)

    def mark(self, key: str) -> None:
        """Where the user is."""
        self._buttons[key].setChecked(True)

    def button(self, key: str) -> QPushButton:
        """The button of one page."""
        return self._buttons[key]

    def show_sync(self, found: SyncStatus) -> None:
        """What waits to go up, and in red what was not accepted."""
        count = found.to_send
        self.waiting.setText(tr("{count} 待上传").format(count=count) if count else "")
        refused = found.rejected + found.parked + found.conflicts
        self.refused.setText(str(refused))
        self.refused.setVisible(bool(refused))
        said = tr("同步，{count} 待上传，{refused} 要你看").format(count=count, refused=refused)
        self._buttons["sync"].setAccessibleName(said)

    def _item(self, key: str, text: str) -> QPushButton:
        made = QPushButton(text)
        made.setProperty("role", "nav")
        made.setCheckable(True)
        made.setAutoDefault(False)
        made.clicked.connect(lambda _=False: self.chosen.emit(key))
        self._group.addButton(made)
        self._buttons[key] = made
        return made

    def _inside(self, made: QPushButton, *labels: QLabel) -> None:
        line = QHBoxLayout(made)
        line.setContentsMargins(0, 0, 10, 0)
        line.addStretch(1)
        for label in labels:
            line.addWidget(label, 0, Qt.AlignmentFlag.AlignVCenter)
        self.refused.hide()
