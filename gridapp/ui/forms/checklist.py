"""The care checklist of a visit: 好 or 留意 for each item, and 其余正常 for the rest in one tap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gridapp.domain.care import (
    GOOD,
    REST,
    WATCH,
    answer_key,
    checklist,
    checklist_labels,
)
from gridapp.domain.reference import CareGroup
from gridapp.i18n import language, tr
from gridapp.ui.widgets.basic import Elided, button, words
from gridapp.ui.widgets.choice import Segmented
from gridapp.ui.wording import listed


class Checklist(QWidget):
    """Items of one or several care groups; the same item of two groups is asked once."""

    changed = Signal()
    watched = Signal(str)  # the words of an item, when an event is to be reported of it

    def __init__(self, groups: Sequence[CareGroup]) -> None:
        super().__init__()
        self._lines: dict[str, _Line] = {}
        self._rest = False
        items = _items(groups)
        self.has_items = bool(items)
        english = language() == "en"
        names = listed(*(g.name_en if english and g.name_en else g.name_zh for g in groups))
        title = tr("{group} {count} 项").format(group=names, count=len(items))
        self.rest_button = button(tr("其余正常"), self._say_rest, "small")
        head = QHBoxLayout()
        head.addWidget(Elided(title, "secondary"), 1)
        head.addWidget(self.rest_button)
        self._undo = button(tr("改"), self._unsay_rest, "link")
        self._undo.setAccessibleName(tr("逐项再看"))
        self._said = words("", "secondary")
        said = QHBoxLayout()
        said.addWidget(self._said, 1)
        said.addWidget(self._undo)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addLayout(head)
        for key, text in items:
            line = _Line(text)
            line.choice.chosen.connect(self._answered)
            line.report.clicked.connect(lambda _=False, t=text: self.watched.emit(t))
            self._lines[key] = line
            box.addWidget(line)
        box.addLayout(said)
        self._show_rest()

    def lines(self) -> tuple[_Line, ...]:
        """The items in order."""
        return tuple(self._lines.values())

    def answers(self) -> dict[str, str]:
        """Key of ``Visit.answers`` -> good, watch or rest; items without an answer are left out."""
        found = {}
        for key, line in self._lines.items():
            answer = line.choice.value() or (REST if self._rest else "")
            if answer:
                found[key] = answer
        return found

    def set_answers(self, answers: Mapping[str, str]) -> None:
        """Show answers of a draft."""
        for key, line in self._lines.items():
            answer = answers.get(key, "")
            line.choice.set_value("" if answer == REST else answer)
            line.show_event()
        self._rest = REST in answers.values()
        self._show_rest()

    def _answered(self) -> None:
        for line in self._lines.values():
            line.show_event()
        self._show_rest()
        self.changed.emit()

    def _say_rest(self) -> None:
        self._rest = True
        self._show_rest()
        self.changed.emit()

    def _unsay_rest(self) -> None:
        self._rest = False
        self._show_rest()
        self.changed.emit()

    def _show_rest(self) -> None:
        open_ = [line for line in self._lines.values() if not line.choice.value()]
        for line in open_:
            line.setVisible(not self._rest)
        self._said.setText(tr("其余 {count} 项正常").format(count=len(open_)))
        self._said.setVisible(self._rest and bool(open_))
        self._undo.setVisible(self._rest)
        self.rest_button.setVisible(not self._rest)


class _Line(QWidget):
    """One item with its two answers, and an event offered beside 留意."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.choice = Segmented(text, ((GOOD, tr("好")), (WATCH, tr("留意"))), warn=WATCH)
        self.report = button(tr("报事件"), lambda: None, "link")
        self.report.setAccessibleName(tr("报事件：{item}").format(item=text))
        self.report.hide()
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(words(text, wrap=True), 1)
        box.addWidget(self.report)
        box.addWidget(self.choice)

    def show_event(self) -> None:
        """Offer an event beside 留意."""
        self.report.setVisible(self.choice.value() == WATCH)


def _items(groups: Sequence[CareGroup]) -> list[tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for group in groups:
        labels = checklist_labels(group, language())
        for item, label in zip(checklist(group), labels, strict=True):
            found.setdefault(item, (answer_key(group.group_code, item), label))
    return list(found.values())
