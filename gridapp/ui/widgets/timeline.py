"""What happened one after the other: a dot and a line at the left; when and what, who, words and photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from gridapp.ui.theme import Look
from gridapp.ui.widgets.basic import Elided, empty, rows, tag, words
from gridapp.ui.widgets.flow import Flow
from gridapp.ui.widgets.thumb import Thumb

_PHOTO = (96, 72)  # px at 100%
_RAIL = 8  # px across at 100%


@dataclass(frozen=True, slots=True)
class Small:
    """A small photo of a moment. ``data``: JPEG, None until it has come."""

    sha256: str
    data: bytes | None
    name: str


@dataclass(frozen=True, slots=True)
class Moment:
    """One point: ``title`` says when and what, ``who`` stands beside it. ``tone`` colours the dot."""

    title: str
    who: str = ""
    text: str = ""
    tone: str = "green"
    tags: tuple[tuple[str, str], ...] = ()  # (words, tone)
    photos: tuple[Small, ...] = ()


class Timeline(QWidget):
    """Moments beneath each other. ``opened`` tells the SHA-256 of a photo that was clicked."""

    opened = Signal(str)

    def __init__(self, look: Look, name: str) -> None:
        super().__init__()
        self._look = look
        self.setAccessibleName(name)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(16, 12, 16, 12)
        self._box.setSpacing(0)

    def show_moments(self, moments: Sequence[Moment]) -> None:
        """Shows these instead of what was there."""
        empty(self._box)
        for number, moment in enumerate(moments):
            rail = _Rail(self._look, moment.tone)
            rail.above, rail.below = number > 0, number < len(moments) - 1
            self._box.addWidget(self._row(moment, rail))
        self._box.addStretch(1)

    def _row(self, moment: Moment, rail: QWidget) -> QWidget:
        frame = QFrame()
        frame.setAccessibleName(_spoken(moment))
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        frame.setSizePolicy(policy)
        line = QHBoxLayout(frame)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(14)
        line.addWidget(rail)
        line.addLayout(self._words(moment), 1)
        return frame

    def _words(self, moment: Moment) -> QVBoxLayout:
        head = Flow(words(moment.title, "strong"), gap=16, line_gap=0)
        if moment.who:
            head.flow.addWidget(Elided(moment.who, "aside"))
        for said, tone in moment.tags:
            head.flow.addWidget(tag(said, tone))
        box = rows(head, gap=2)
        box.setContentsMargins(0, 0, 0, 14)
        if moment.text:
            shown = words(moment.text, "aside", wrap=True)
            shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            shown.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            box.addWidget(shown)
        if moment.photos:
            box.addSpacing(4)
            box.addWidget(self._photos(moment.photos))
        return box

    def _photos(self, photos: Sequence[Small]) -> Flow:
        shown = Flow()
        for photo in photos:
            small = Thumb(self._look, photo.sha256, photo.data, photo.name, size=_PHOTO).fixed()
            small.opened.connect(self.opened)
            shown.flow.addWidget(small)
        return shown


class _Rail(QWidget):
    """The dot of one moment, and the line from the one before and to the next."""

    def __init__(self, look: Look, tone: str) -> None:
        super().__init__()
        self._look, self._tone = look, tone
        self.above = self.below = True
        self.setFixedWidth(round(_RAIL * look.theme.scale))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt: the line, the dot upon it."""
        theme = self._look.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        radius, middle = self.width() / 2, self.width() // 2
        centre = QPoint(middle, round(theme.size("base") * 0.72))
        painter.setPen(QPen(theme.colour("line"), 2))
        if self.above:
            painter.drawLine(QPoint(middle, 0), centre)
        if self.below:
            painter.drawLine(centre, QPoint(middle, self.height()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(self._tone))
        painter.drawEllipse(centre, round(radius), round(radius))
        painter.end()


def _spoken(moment: Moment) -> str:
    parts = (moment.title, moment.who, moment.text, *(said for said, _ in moment.tags))
    return "，".join(part for part in parts if part)
