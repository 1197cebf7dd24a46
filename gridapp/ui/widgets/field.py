"""Labelled inputs: the label above, the error in words beneath, an accessible name on each."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gridapp.i18n import tr
from gridapp.ui.widgets.basic import inside, mark, words


class Field(QWidget):
    """A label above one input, an error or a notice beneath it."""

    def __init__(self, label: str, inner: QWidget, *, required: bool = False) -> None:
        super().__init__()
        self.inner = inner
        if not inner.accessibleName():
            inner.setAccessibleName(label)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        text = tr("{label}（必填）").format(label=label) if required else label
        self.label = words(text, "label")
        self.label.setBuddy(inner)
        self._error = words("", "error", wrap=True)
        self._notice = words("", "notice", wrap=True)
        self._error.hide()
        self._notice.hide()
        for part in (self.label, inner, self._error, self._notice):
            box.addWidget(part)
        self.label.setVisible(bool(label))

    def set_error(self, text: str) -> None:
        """What is wrong, in words; "" takes it away."""
        self._error.setText(text)
        self._error.setVisible(bool(text))
        self.inner.setAccessibleDescription(text)
        mark(self.inner, wrong="true" if text else "false")

    def set_notice(self, text: str) -> None:
        """What the user should know of this field, for example that somebody changed it meanwhile."""
        self._notice.setText(text)
        self._notice.setVisible(bool(text))

    @property
    def error(self) -> str:
        """The error shown, "" where there is none."""
        return self._error.text()

    @property
    def notice(self) -> str:
        """The notice shown, "" where there is none."""
        return self._notice.text()


class Line(QLineEdit):
    """One line of text."""

    def __init__(self, text: str = "", hint: str = "", max_length: int = 200) -> None:
        super().__init__(text)
        self.setPlaceholderText(hint)
        self.setMaxLength(max_length)
        self.setCursorPosition(0)

    def minimumSizeHint(self) -> QSize:
        """Qt: may become narrow, the text scrolls."""
        return QSize(80, super().minimumSizeHint().height())


class Paragraph(QPlainTextEdit):
    """Some sentences. Tab moves on; Enter makes a new line."""

    def __init__(self, text: str = "", hint: str = "", lines: int = 2) -> None:
        super().__init__(text)
        self._lines = lines
        self.setPlaceholderText(hint)
        self.setTabChangesFocus(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.textChanged.connect(self.updateGeometry)

    def text(self) -> str:
        """What is written, trimmed."""
        return self.toPlainText().strip()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: Ctrl+Enter belongs to the form."""
        control = Qt.KeyboardModifier.ControlModifier
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and event.modifiers() & control:
            event.ignore()
            return
        super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        """Qt: as high as its text, at least ``lines``, at most twice that."""
        lines = min(max(self._lines, int(self.document().size().height())), self._lines * 2 + 1)
        height = self.fontMetrics().lineSpacing() * lines + 26
        return QSize(200, height)

    def minimumSizeHint(self) -> QSize:
        """Qt: as high as the hint."""
        return QSize(80, self.sizeHint().height())


class Choice(QComboBox):
    """One of a code table, or none."""

    def __init__(
        self, choices: Sequence[tuple[str, str]], value: str = "", *, empty: str = ""
    ) -> None:
        """``choices`` are (code, words). A value that is not among them stays, shown as it is."""
        super().__init__()
        self.addItem(empty, "")
        for code, text in choices:
            self.addItem(text, code)
        if value and self.findData(value) < 0:
            self.addItem(value, value)
        self.set_value(value)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.setMaxVisibleItems(12)

    def value(self) -> str:
        """The code chosen, "" where none is."""
        return str(self.currentData() or "")

    def set_value(self, code: str) -> None:
        """Choose ``code``."""
        self.setCurrentIndex(max(0, self.findData(code)))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Qt: the wheel scrolls the form and never changes a value."""
        event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: Enter moves on, Space and Alt+Down open the list."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
            return
        super().keyPressEvent(event)


class Touched(QObject):
    """Tells when anything under a widget was edited: ``edited`` follows keys, clicks and drops."""

    edited = Signal()

    def __init__(self, root: QWidget) -> None:
        super().__init__(root)
        self._seen: set[int] = set()
        self.watch(root)

    def watch(self, root: QWidget) -> None:
        """Take in inputs that were added."""
        for line in inside(root, QLineEdit):
            self._once(line, line.textEdited)
        for text in inside(root, QPlainTextEdit):
            self._once(text, text.textChanged)
        for box in inside(root, QComboBox):
            self._once(box, box.activated)

    def _once(self, widget: QWidget, signal: object) -> None:
        if id(widget) not in self._seen:
            self._seen.add(id(widget))
            signal.connect(lambda *_: self.edited.emit())  # type: ignore[attr-defined]
