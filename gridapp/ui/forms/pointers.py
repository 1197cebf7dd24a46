"""Lines above Save about what may lie out of sight in a long form, each with a way there."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from gridapp.i18n import tr
from gridapp.ui.widgets.basic import button, columns, mark, rows, words


class Pointers(QWidget):
    """``wanted`` names the widget that somebody wants to see."""

    wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[QWidget, QLabel] = {}
        self.links: dict[QWidget, QPushButton] = {}
        self._lines = rows(gap=0)
        self.setLayout(self._lines)
        self.hide()

    def point(self, to: QWidget, text: str, *, wrong: bool) -> None:
        """Say ``text`` about ``to``; "" takes it away. ``wrong``: it asks for an answer."""
        if to not in self.texts:
            if not text:
                return
            self._add(to)
        said, link = self.texts[to], self.links[to]
        said.setText(text)
        said.setVisible(bool(text))
        mark(said, look="error" if wrong else "secondary")
        link.setVisible(bool(text))
        link.setAccessibleName(f"{text} {tr('看看')}")
        self.setVisible(any(label.text() for label in self.texts.values()))

    def _add(self, to: QWidget) -> None:
        said = self.texts[to] = words("", wrap=True)
        link = self.links[to] = button(tr("看看"), partial(self.wanted.emit, to), "link")
        line = columns(said, link)
        line.setStretch(0, 1)
        self._lines.addLayout(line)
