"""What can be done stands there only for those who may do it: hidden, not greyed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from gridapp.ui.desk import Desk


class Offer(QObject):
    """Shows a widget while ``may()`` holds, asked anew when the user's roles are others."""

    def __init__(self, desk: Desk, widget: QWidget, may: Callable[[], bool]) -> None:
        super().__init__(widget)
        self._widget, self._may = widget, may
        self._show()
        desk.posted.connect(self._show)

    def _show(self) -> None:
        may = self._may()
        if may and self._widget.parent() is None:
            return  # shown with what it is put into; by itself it would be a window
        self._widget.setVisible(may)
