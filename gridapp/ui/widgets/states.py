"""What stands where there is nothing yet: empty, loading, refused; and scrolling parts."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from gridapp.i18n import tr
from gridapp.ui.widgets.basic import button, columns, words


class Placeholder(QWidget):
    """A quiet message in the middle, with one thing to do where there is one."""

    def __init__(self, title: str, hint: str = "") -> None:
        super().__init__()
        self._title = words(title, "head", wrap=True)
        self._hint = words(hint, "hint", wrap=True)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(24, 24, 24, 24)
        self._box.addStretch(1)
        for label in (self._title, self._hint):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            self._box.addWidget(label)
        self._hint.setVisible(bool(hint))
        self._box.addStretch(2)

    def say(self, title: str, hint: str = "") -> None:
        """Another message."""
        self._title.setText(title)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))

    def offer(self, text: str, act: Callable[[], object]) -> None:
        """One button beneath the message."""
        self._box.insertLayout(self._box.count() - 1, columns(None, button(text, act), None))


class Switch(QWidget):
    """A content, and the message that stands in for it while there is none."""

    def __init__(self, content: QWidget, empty: str, hint: str = "") -> None:
        super().__init__()
        self._empty, self._hint_text = empty, hint
        self._said = False  # whether the empty message stands there, and no other
        self.message = Placeholder(tr("正在打开…"))
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.message)
        self._stack.addWidget(content)

    def show_content(self, *, empty: bool) -> None:
        """The content, or the empty message."""
        self._said = empty
        if empty:
            self.message.say(self._empty, self._hint_text)
        self._stack.setCurrentIndex(0 if empty else 1)

    def explain(self, hint: str) -> None:
        """Other words beneath the empty message, from now on."""
        self._hint_text = hint
        if self.is_empty and self._said:
            self.message.say(self._empty, hint)

    def refuse(self, text: str) -> None:
        """Why there is nothing to see."""
        self._said = False
        self.message.say(text)
        self._stack.setCurrentIndex(0)

    @property
    def is_empty(self) -> bool:
        """Whether the message is shown."""
        return self._stack.currentIndex() == 0


class Scrolling(QScrollArea):
    """A frame that scrolls up and down only; or, inside another one that does, is as high as what it holds."""

    def __init__(self, inner: QWidget) -> None:
        super().__init__()
        self._whole = False
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(inner)

    def be_whole(self, whole: bool) -> None:
        """Never scroll, but be as high as what is inside."""
        self._whole = whole
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: what is inside wants another height."""
        done = super().eventFilter(watched, event)
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return done

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: another width, other lines."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        if not self._whole:
            self.setMinimumHeight(0)
            return
        inner, width = self.widget(), self.viewport().width()
        wraps = inner.hasHeightForWidth()
        self.setMinimumHeight(inner.heightForWidth(width) if wraps else inner.sizeHint().height())


def scrolling(inner: QWidget) -> Scrolling:
    """``inner`` in a frame that scrolls up and down only."""
    return Scrolling(inner)
