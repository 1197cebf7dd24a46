"""Words that lie over the page for a while and move nothing; a screen reader says them too."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QWidget

from gridapp.i18n import tr
from gridapp.ui.widgets.basic import button, columns, mark, words

_STAYS = 4000  # ms
_EDGE = 20  # px to the edges of what it lies over
_GAP = 8  # px to what it must not hide


class Notice(QFrame):
    """Words on a tinted ground, in the middle at the bottom of an area of its parent."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.setProperty("look", "bar")
        self.words = words("", wrap=True)
        self._close = button(tr("知道了"), self.hide, "link")
        self._line = columns(self.words, self._close)
        self._line.setStretch(0, 1)
        self._line.setContentsMargins(18, 0, 8, 0)
        self.setLayout(self._line)
        self.hide()
        self._hide = QTimer(self)
        self._hide.setSingleShot(True)
        self._hide.setInterval(_STAYS)
        self._hide.timeout.connect(self.hide)

    def say(self, text: str, tone: str = "", *, stays: bool = False) -> None:
        """Show ``text`` for some seconds, or until it was read; whoever shows it places it."""
        self.words.setText(text)
        mark(self, tone=tone)
        mark(self.words, tone=tone)
        self.show()
        self.raise_()
        self._hide.stop()
        if not stays:
            self._hide.start()
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    def place(self, area: QRect, *clear: Sequence[QRect]) -> None:
        """Over ``area``, above what it would hide (all in the parent's px).

        That is the first of ``clear`` which leaves it in the lower half, else the last.
        """
        self._line.activate()
        beside = self._close.sizeHint().width() + 4 * _EDGE
        whole = self.words.fontMetrics().horizontalAdvance(self.words.text()) + beside
        width = min(whole, area.width() - 2 * _EDGE)
        box = QRect(0, 0, width, self._line.totalHeightForWidth(width))
        box.moveCenter(area.center())
        box.moveBottom(area.bottom() - _EDGE)
        tried = [_above(box, held) for held in clear]
        low = (found for found in tried if found.top() > area.center().y())
        self.setGeometry(next(low, tried[-1] if tried else box))


def _above(box: QRect, clear: Sequence[QRect]) -> QRect:
    """Where ``box`` hides nothing of ``clear``."""
    found = QRect(box)
    for held in sorted(clear, key=lambda held: -held.bottom()):
        if found.intersects(held):
            found.moveBottom(held.top() - _GAP)
    return found
