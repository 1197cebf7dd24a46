"""Telephones of one person: the number, and whose it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gridapp.domain.masking import mask_phone
from gridapp.i18n import tr
from gridapp.ui.widgets.basic import button, words
from gridapp.ui.widgets.field import Line


@dataclass(frozen=True, slots=True)
class _Row:
    """One line. ``held``: the number that stands behind a masked one, which nobody sees or edits."""

    number: Line
    whose: Line
    held: str = ""

    def value(self) -> tuple[str, str]:
        return self.held or self.number.text().strip(), self.whose.text().strip()


class Phones(QWidget):
    """Lines of number and whose. Masked ones stay as they are until revealed; new ones may be added."""

    changed = Signal()

    def __init__(self, phones: Mapping[str, object], *, masked: bool) -> None:
        super().__init__()
        self.setAccessibleName(tr("电话"))
        self._opened = {number: str(whose or "") for number, whose in phones.items()}
        self._given = dict(phones)
        self._rows: list[_Row] = []
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(6)
        self._error = words("", "error", wrap=True)
        self._error.hide()
        self._plus = button(tr("＋ 电话"), self._more)
        self._box.addWidget(self._error)
        self._box.addWidget(self._plus)
        self._masked = masked and bool(phones)
        self._show(list(self._opened.items()))

    def phones(self) -> dict[str, object]:
        """Number -> whose, those behind the mask exactly as they were."""
        found: dict[str, object] = {}
        for row in self._rows:
            number, whose = row.value()
            if number:
                # what was there first wins: a number typed again must not take over whose it is
                found.setdefault(number, self._given.get(number) if row.held else whose)
        return found

    def check(self) -> bool:
        """Whether all numbers look like numbers; says so where one does not."""
        typed = [row.value()[0] for row in self._rows if not row.held]
        wrong = [number for number in typed if number and not _is_phone(number)]
        text = tr("电话“{number}”不像电话号码，请核对。").format(number=wrong[0]) if wrong else ""
        self._error.setText(text)
        self._error.setVisible(bool(wrong))
        return not wrong

    def reveal(self) -> None:
        """Show whole numbers, to be edited; what was added stays."""
        added = self._added()
        self._masked = False
        self._show([*self._opened.items(), *added])

    def typed(self) -> list[list[str]]:
        """For a draft: what may be seen, never what stands behind a mask."""
        return [list(pair) for pair in self._added()]

    def retype(self, typed: Sequence[Sequence[str]]) -> None:
        """From a draft."""
        pairs = [(number, whose) for number, whose in typed]
        if self._masked:
            self._show([*self._opened.items(), *pairs])
        elif pairs:
            self._show(pairs)

    def _added(self) -> list[tuple[str, str]]:
        rows = [row for row in self._rows if not row.held]
        return [(row.number.text(), row.whose.text()) for row in rows]

    def _show(self, pairs: Sequence[tuple[str, str]]) -> None:
        for row in self._rows:
            row.number.parent().deleteLater()
        self._rows = []
        for place, (number, whose) in enumerate(pairs or [("", "")]):
            self._add(number, whose, masked=self._masked and place < len(self._opened))

    def _add(self, number_text: str, whose_text: str, *, masked: bool = False) -> None:
        shown = mask_phone(number_text) if masked else number_text
        number = Line(shown, tr("号码"), max_length=20)
        whose = Line(whose_text, tr("谁的，例如：本人、女儿"), max_length=40)
        count = len(self._rows) + 1
        number.setAccessibleName(tr("电话号码 {count}").format(count=count))
        whose.setAccessibleName(tr("电话 {count} 是谁的").format(count=count))
        for line in (number, whose):
            line.setReadOnly(masked)
            line.textEdited.connect(lambda _: self.changed.emit())
        row = QWidget()
        inner = QHBoxLayout(row)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(number, 1)
        inner.addWidget(whose, 1)
        self._box.insertWidget(len(self._rows), row)
        self._rows.append(_Row(number, whose, number_text if masked else ""))

    def _more(self) -> None:
        self._add("", "")
        self._rows[-1].number.setFocus()


def _is_phone(number: str) -> bool:
    digits = sum(letter.isdigit() for letter in number)
    return digits >= 3 and all(letter.isdigit() or letter in "+- ()*#" for letter in number)
