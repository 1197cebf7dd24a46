"""Labels, buttons and cards."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

W = TypeVar("W", bound=QWidget)
B = TypeVar("B", QVBoxLayout, QHBoxLayout)


def mark(widget: QWidget, **properties: str) -> None:
    """Sets what the stylesheet looks at, and shows it."""
    for name, value in properties.items():
        widget.setProperty(name, value)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)


def words(text: str, look: str = "", *, wrap: bool = False) -> QLabel:
    """A label of one ``look``: title, head, strong, secondary, aside, hint, error, notice."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wrap)
    if wrap:
        label.setMinimumWidth(40)
    if look:
        label.setProperty("look", look)
    return label


def tag(text: str, tone: str = "grey") -> QLabel:
    """A short word on a tinted ground: grey, red, amber, green or blue."""
    label = words(text, "tag")
    label.setProperty("tone", tone)
    label.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return label


def button(text: str, clicked: Callable[[], object], role: str = "") -> QPushButton:
    """A button of one ``role``: primary, small, link, quiet, or an ordinary one."""
    made = QPushButton(text)
    made.setAutoDefault(False)
    if role:
        made.setProperty("role", role)
    made.clicked.connect(lambda _checked=False: clicked())
    return made


class Elided(QLabel):
    """One line with … where there is no room, and the whole text as a tooltip.

    ``kept``: so many characters stay before what stands beside it gives way; it is then no wider than
    its text. ``middle``: its end tells more than its middle, as the door of an address does.
    """

    def __init__(
        self, text: str = "", look: str = "", *, kept: int = 0, middle: bool = False
    ) -> None:
        super().__init__(text)
        self._kept = kept
        self._mode = Qt.TextElideMode.ElideMiddle if middle else Qt.TextElideMode.ElideRight
        self.setTextFormat(Qt.TextFormat.PlainText)
        across = QSizePolicy.Policy.Maximum if kept else QSizePolicy.Policy.Expanding
        self.setSizePolicy(across, QSizePolicy.Policy.Fixed)
        if look:
            self.setProperty("look", look)

    def minimumSizeHint(self) -> QSize:
        """Qt: room for two characters, whatever the text, so that columns stay aligned."""
        whole = super().sizeHint()
        if self._kept:
            return QSize(
                min(whole.width(), self.fontMetrics().height() * self._kept), whole.height()
            )
        return QSize(self.fontMetrics().averageCharWidth() * 2, whole.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: the tooltip is there only while the text is cut."""
        super().resizeEvent(event)
        self._explain()

    def setText(self, text: str) -> None:
        """Qt: another text."""
        super().setText(text)
        self._explain()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt: the text, elided."""
        painter = QPainter(self)
        area = self.contentsRect()
        text = self.fontMetrics().elidedText(self.text(), self._mode, area.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(area, int(self.alignment()) | int(Qt.AlignmentFlag.AlignVCenter), text)
        painter.end()

    def _explain(self) -> None:
        cut = self.fontMetrics().horizontalAdvance(self.text()) > self.contentsRect().width()
        self.setToolTip(self.text() if cut else "")


def rows(*items: QWidget | QLayout, gap: int = 8, margin: int = 0) -> QVBoxLayout:
    """Items beneath each other."""
    return _fill(QVBoxLayout(), items, gap, margin)


def columns(*items: QWidget | QLayout | None, gap: int = 8, margin: int = 0) -> QHBoxLayout:
    """Items beside each other; None is free room."""
    return _fill(QHBoxLayout(), items, gap, margin)


def _fill(box: B, items: tuple[QWidget | QLayout | None, ...], gap: int, margin: int) -> B:
    box.setSpacing(gap)
    box.setContentsMargins(margin, margin, margin, margin)
    for item in items:
        if item is None:
            box.addStretch(1)
        elif isinstance(item, QWidget):
            box.addWidget(item)
        else:
            box.addLayout(item)
    return box


class Card(QFrame):
    """A white card with an optional head line (title left, extras right) and a body."""

    def __init__(self, title: str = "", *extras: QWidget, padded: bool = False) -> None:
        super().__init__()
        self.setProperty("look", "card")
        box = QVBoxLayout(self)
        box.setContentsMargins(1, 1, 1, 1)
        box.setSpacing(0)
        self.title = Elided(title, "head")
        if title or extras:
            head = QFrame()
            head.setProperty("look", "cardhead")
            line = columns(self.title, *extras)
            line.setContentsMargins(16, 0, 16, 0)
            head.setLayout(line)
            box.addWidget(head)
        self.body = QVBoxLayout()
        edge = 16 if padded else 0
        self.body.setContentsMargins(edge, 12 if padded else 0, edge, 12 if padded else 0)
        self.body.setSpacing(8 if padded else 0)
        box.addLayout(self.body, 1)


def empty(layout: QLayout) -> None:
    """Takes every widget out of a layout, for good."""
    while layout.count():
        item = layout.takeAt(0)
        widget: QWidget | None = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()


def inside(root: QWidget, kind: type[W]) -> list[W]:
    """Every widget of a class beneath ``root``."""
    return cast("list[W]", root.findChildren(kind))


def rule() -> QFrame:
    """A hairline across."""
    line = QFrame()
    line.setProperty("look", "rule")
    return line
