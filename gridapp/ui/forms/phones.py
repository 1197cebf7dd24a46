"""Telephones of one person: the number, and whose it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gridapp.domain.masking import mask_phone
from gridapp.i18n import tr
from gridapp.ui.widgets.basic import button, words
from gridapp.ui.widgets.field import Line


class Phones(QWidget):
    """Lines of number and whose; masked ones cannot be edited until revealed."""

    changed = Signal()

    def __init__(self, phones: Mapping[str, object], *, masked: bool) -> None:
        super().__init__()
        self.setAccessibleName(tr("电话"))
        self._opened = {number: str(whose or "") for number, whose in phones.items()}
        self._lines: list[tuple[Line, Line]] = []
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(6)
        self._error = words("", "error", wrap=True)
        self._error.hide()
        self._plus = button(tr("＋ 电话"), self._more)
        self._box.addWidget(self._error)
        self._box.addWidget(self._plus)
        self._masked = masked
        self._show(list(self._opened.items()))

    def phones(self) -> dict[str, str]:
        """Number -> whose."""
        return {n.text().strip(): w.text().strip() for n, w in self._lines if n.text().strip()}

    def check(self) -> bool:
        """Whether all numbers look like numbers; says so where one does not."""
        wrong = [n for n in self.phones() if not self._masked and not _is_phone(n)]
        text = tr("电话“{number}”不像电话号码，请核对。").format(number=wrong[0]) if wrong else ""
        self._error.setText(text)
        self._error.setVisible(bool(wrong))
        return not wrong

    def reveal(self) -> None:
        """Show whole numbers, to be edited."""
        self._masked = False
        self._show(list(self._opened.items()))

    def typed(self) -> list[list[str]]:
        """For a draft."""
        return [[n.text(), w.text()] for n, w in self._lines]

    def retype(self, typed: Sequence[Sequence[str]]) -> None:
        """From a draft."""
        if not self._masked and typed:
            self._show([(number, whose) for number, whose in typed])

    def _show(self, pairs: Sequence[tuple[str, str]]) -> None:
        for number, _ in self._lines:
            number.parent().deleteLater()
        self._lines = []
        for number_text, whose_text in pairs or [("", "")]:
            shown = mask_phone(number_text) if self._masked else number_text
            self._add(shown, whose_text)

    def _add(self, number_text: str, whose_text: str) -> None:
        number = Line(number_text, tr("号码"), max_length=20)
        whose = Line(whose_text, tr("谁的，例如：本人、女儿"), max_length=40)
        count = len(self._lines) + 1
        number.setAccessibleName(tr("电话号码 {count}").format(count=count))
        whose.setAccessibleName(tr("电话 {count} 是谁的").format(count=count))
        for line in (number, whose):
            line.setReadOnly(self._masked)
            line.textEdited.connect(lambda _: self.changed.emit())
        row = QWidget()
        inner = QHBoxLayout(row)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(number, 1)
        inner.addWidget(whose, 1)
        self._box.insertWidget(len(self._lines), row)
        self._lines.append((number, whose))
        self._plus.setVisible(not self._masked)

    def _more(self) -> None:
        self._add("", "")
        self._lines[-1][0].setFocus()


def _is_phone(number: str) -> bool:
    digits = sum(letter.isdigit() for letter in number)
    return digits >= 3 and all(letter.isdigit() or letter in "+- ()*#" for letter in number)
