"""What was thrown away a moment ago: no question was asked, so for some seconds it can be taken back."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout

from gridapp.i18n import tr
from gridapp.store import drafts
from gridapp.ui.desk import Desk
from gridapp.ui.widgets.basic import Elided, button

_STAYS = 10_000  # ms


class Thrown(QFrame):
    """A bar with the way back. ``returned`` follows once the draft is there again."""

    returned = Signal(str)  # the draft's key

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.key = ""  # of the draft that can be taken back, "" where there is none
        self.setProperty("look", "bar")
        self._text = Elided("")
        self.undo = button(tr("撤销"), self._take_back, "link")
        line = QHBoxLayout(self)
        line.setContentsMargins(18, 0, 8, 0)
        line.addWidget(self._text, 1)
        line.addWidget(self.undo)
        self._end = QTimer(self)
        self._end.setSingleShot(True)
        self._end.setInterval(_STAYS)
        self._end.timeout.connect(self.settle)
        self.hide()

    def throw(self, key: str, what: str) -> None:
        """Throw a draft away; what was thrown before it is gone for good."""
        self.key = key
        self.desk.run(self.desk, drafts.throw(self.desk.store, key))
        self._text.setText(tr("已丢掉：{what}").format(what=what))
        self.show()
        self._end.start()

    def settle(self) -> None:
        """It is not wanted back."""
        self._end.stop()
        self.hide()
        if self.key and not self.desk.closed:  # what is left then goes at the next start
            self.key = ""
            self.desk.run(self.desk, drafts.empty_bin(self.desk.store))

    def _take_back(self) -> None:
        key, self.key = self.key, ""
        self._end.stop()
        self.hide()
        done = drafts.take_back(self.desk.store, key)
        self.desk.run(self, done, lambda _: self.returned.emit(key))
