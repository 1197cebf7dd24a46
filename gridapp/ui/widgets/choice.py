"""Choices as one bar of buttons: tabs, 上门|电话|没见到人, 好|留意; and sets of toggles."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QPushButton, QSizePolicy, QWidget

from gridapp.ui.widgets.basic import mark
from gridapp.ui.widgets.flow import FlowLayout

_LONGEST = 14  # characters of a word to choose; the whole is said by its tooltip
_BROAD = "\u2e80"  # from here on characters are as broad as they are high


class Segmented(QWidget):
    """One of several choices, or none yet. ``chosen`` tells the key when a person chose."""

    chosen = Signal(str)

    def __init__(
        self,
        name: str,
        choices: Sequence[tuple[str, str]],
        value: str = "",
        *,
        warn: str | None = None,
    ) -> None:
        """``choices`` are (key, words); ``warn`` is the key that is shown in amber, None for none."""
        super().__init__()
        self.setAccessibleName(name)
        self._flow = FlowLayout(self, gap=-1, line_gap=4)
        policy = QSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Minimum)
        policy.setHorizontalPolicy(QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {}
        for key, text in choices:
            self._add(key, text, name, warn=key == warn)
        self.set_value(value)
        self._places()

    def _add(self, key: str, text: str, name: str, *, warn: bool) -> None:
        made = QPushButton(text)
        made.setCheckable(True)
        made.setAutoDefault(False)
        made.setProperty("role", "choice")
        made.setProperty("tone", "amber" if warn else "")
        made.setAccessibleName(f"{name}: {text}")
        made.clicked.connect(lambda _checked=False, key=key: self.chosen.emit(key))
        self._group.addButton(made)
        self._buttons[key] = made
        self._flow.addWidget(made)

    def value(self) -> str:
        """The key chosen, "" where none is."""
        return next((key for key, b in self._buttons.items() if b.isChecked()), "")

    def set_value(self, key: str) -> None:
        """Choose ``key`` without telling; "" or an unknown key chooses none."""
        if key in self._buttons:
            self._buttons[key].setChecked(True)
            return
        self._group.setExclusive(False)
        for made in self._buttons.values():
            made.setChecked(False)
        self._group.setExclusive(True)

    def button(self, key: str) -> QPushButton:
        """The button of one choice."""
        return self._buttons[key]

    def show_choice(self, key: str, shown: bool) -> None:
        """Whether a choice stands there."""
        if self._buttons[key].isHidden() is shown:
            self._buttons[key].setVisible(shown)
            self._flow.invalidate()
            self._places()

    def set_text(self, key: str, text: str) -> None:
        """Other words on one choice."""
        self._buttons[key].setText(text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: corners are round where a line begins and ends."""
        super().resizeEvent(event)
        self._places()

    def changeEvent(self, event: QEvent) -> None:
        """Qt: another text size may break the lines elsewhere."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._flow.invalidate()

    def _places(self) -> None:
        lines: dict[int, list[QPushButton]] = {}
        self._flow.activate()
        for made in self._buttons.values():
            if not made.isHidden():
                lines.setdefault(made.y(), []).append(made)
        for line in lines.values():
            for number, made in enumerate(line):
                first, last = number == 0, number == len(line) - 1
                place = (
                    "only" if first and last else "first" if first else "last" if last else "mid"
                )
                if made.property("place") != place:
                    mark(made, place=place)


class Toggles(QWidget):
    """Any of several words, each on or off."""

    changed = Signal()

    def __init__(self, name: str, choices: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__()
        self._name = name
        self.setAccessibleName(name)
        self._flow = FlowLayout(self, gap=8, line_gap=8)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._buttons: dict[str, QPushButton] = {}
        for key, text in choices:
            self.add(key, text)

    def add(self, key: str, text: str, *, on: bool = False) -> None:
        """One more choice at the end; an existing one is only set."""
        if key in self._buttons:
            self._buttons[key].setChecked(on)
            return
        short = _short(text)
        made = QPushButton(short)
        made.setToolTip(text if short != text else "")
        made.setCheckable(True)
        made.setChecked(on)
        made.setAutoDefault(False)
        made.setProperty("role", "toggle")
        made.setAccessibleName(f"{self._name}: {text}")
        made.toggled.connect(self._toggled)
        self._buttons[key] = made
        self._flow.addWidget(made)
        self._mark(made)

    def values(self) -> tuple[str, ...]:
        """The keys that are on, in order."""
        return tuple(key for key, b in self._buttons.items() if b.isChecked())

    def set_values(self, keys: Sequence[str]) -> None:
        """Exactly ``keys`` are on; unknown ones are added under their own words."""
        for key in keys:
            if key not in self._buttons:
                self.add(key, key, on=True)
        for key, made in self._buttons.items():
            made.setChecked(key in keys)

    def button(self, key: str) -> QPushButton:
        """The button of one choice."""
        return self._buttons[key]

    def _toggled(self) -> None:
        for made in self._buttons.values():
            self._mark(made)
        self.changed.emit()

    def _mark(self, made: QPushButton) -> None:
        text = made.text().removesuffix(" ✓")
        made.setText(f"{text} ✓" if made.isChecked() else text)


class Enter(QWidget):
    """A part of a form in which Enter moves on to the next input."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: Enter that no input used for itself."""
        plain = event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        )
        if plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.focusNextChild()
            event.accept()
            return
        super().keyPressEvent(event)


def _short(text: str) -> str:
    """At most ``_LONGEST`` characters as broad as Chinese ones; others take half of that."""
    room = 2 * _LONGEST
    wide = [2 if char >= _BROAD else 1 for char in text]
    if sum(wide) <= room:
        return text
    kept = next(n for n in range(len(text) + 1) if sum(wide[: n + 1]) > room - 2)
    return f"{text[:kept]}…"
