"""The care checklist of a visit: 好 or 留意 for each item, and 其余正常 for the rest in one tap.

One section for each care group, with those whom it is about; an item of two groups is asked once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gridapp.domain.care import GOOD, REST, WATCH, answer_key, checklist, checklist_labels
from gridapp.domain.reference import CareGroup
from gridapp.i18n import language, tr
from gridapp.ui.widgets.basic import Elided, button, columns, rows, words
from gridapp.ui.widgets.choice import Segmented
from gridapp.ui.words.wording import joined, listed

# A care group, and the names of those it is about.
Cared = tuple[CareGroup, Sequence[str]]


class Checklist(QWidget):
    """``changed`` follows every answer, ``watched`` asks for an event about an item, in words."""

    changed = Signal()
    watched = Signal(str)

    def __init__(self, groups: Sequence[Cared]) -> None:
        super().__init__()
        self.sections: list[Section] = []
        asked: set[str] = set()
        for group, names in groups:
            items = [(key, text) for key, item, text in _items(group) if item not in asked]
            asked |= {item for _, item, _ in _items(group)}
            if items:
                self.sections.append(Section(_name(group, names), items))
        count = sum(len(section.lines) for section in self.sections)
        self.has_items = count > 0
        several = len(self.sections) > 1
        self._all = QWidget()
        rest = button(tr("其余都正常"), self._say_rest, "small")
        head = tr("关爱清单 {count} 项").format(count=count)
        self._all.setLayout(columns(Elided(head, "strong"), rest))
        self._all.setVisible(several)
        self.rest_button = rest if several or not self.sections else self.sections[0].rest_button
        self.setLayout(rows(self._all, *self.sections, gap=8))
        for section in self.sections:
            section.changed.connect(self._changed)
            section.watched.connect(self.watched)

    def lines(self) -> tuple[Line, ...]:
        """The items in order."""
        return tuple(line for section in self.sections for line in section.lines.values())

    def answers(self) -> dict[str, str]:
        """Key of ``Visit.answers`` -> good, watch or rest; items without an answer are left out."""
        return {key: said for section in self.sections for key, said in section.answers().items()}

    def set_answers(self, answers: Mapping[str, str]) -> None:
        """Show answers of a draft."""
        for section in self.sections:
            section.set_answers(answers)
        self._arrange()

    def mark_reported(self, items: Sequence[str]) -> None:
        """An event about these items, in words, is reported already."""
        for line in self.lines():
            line.mark_reported(line.text in items)

    def _say_rest(self) -> None:
        for section in self.sections:
            section.say_rest(True)
        self._changed()

    def _changed(self) -> None:
        self._arrange()
        self.changed.emit()

    def _arrange(self) -> None:
        open_ = any(not section.rest for section in self.sections)
        self.rest_button.setVisible(open_)


class Section(QWidget):
    """The items of one group."""

    changed = Signal()
    watched = Signal(str)

    def __init__(self, title: str, items: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.lines: dict[str, Line] = {}
        self.rest = False
        self.rest_button = button(tr("其余正常"), self._tap, "small")
        self.rest_button.setAccessibleName(joined(title, tr("其余正常")))
        text = tr("{group} {count} 项").format(group=title, count=len(items))
        self._undo = button(tr("改"), lambda: self._tap(rest=False), "link")
        self._undo.setAccessibleName(joined(title, tr("逐项再看")))
        self._said = words("", "secondary")
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        head = columns(Elided(text, "secondary"), self.rest_button)
        box.addLayout(head)
        for key, item in items:
            line = Line(item)
            line.choice.chosen.connect(self._answered)
            line.report.clicked.connect(lambda _=False, t=item: self.watched.emit(t))
            self.lines[key] = line
            box.addWidget(line)
        said = columns(self._said, self._undo)
        said.setStretch(0, 1)
        box.addLayout(said)
        self._show()

    def answers(self) -> dict[str, str]:
        """Answers of this group."""
        found = {}
        for key, line in self.lines.items():
            answer = line.choice.value() or (REST if self.rest else "")
            if answer:
                found[key] = answer
        return found

    def set_answers(self, answers: Mapping[str, str]) -> None:
        """Show answers of a draft."""
        for key, line in self.lines.items():
            answer = answers.get(key, "")
            line.choice.set_value("" if answer == REST else answer)
            line.show_event()
        self.rest = any(answers.get(key) == REST for key in self.lines)
        self._show()

    def say_rest(self, rest: bool) -> None:
        """Whether all that has no answer is as it should be."""
        self.rest = rest
        self._show()

    def _tap(self, *, rest: bool = True) -> None:
        self.say_rest(rest)
        self.changed.emit()
        if not rest:
            self.rest_button.setFocus()
        elif not self._undo.isHidden():
            self._undo.setFocus()

    def _answered(self) -> None:
        for line in self.lines.values():
            line.show_event()
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        open_ = [line for line in self.lines.values() if not line.choice.value()]
        for line in open_:
            line.setVisible(not self.rest)
        self._said.setText(tr("其余 {count} 项正常").format(count=len(open_)))
        self._said.setVisible(self.rest and bool(open_))
        self._undo.setVisible(self.rest)
        self.rest_button.setVisible(not self.rest)


class Line(QWidget):
    """One item with its two answers, and an event offered beside 留意."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.choice = Segmented(text, ((GOOD, tr("好")), (WATCH, tr("留意"))), warn=WATCH)
        self.report = button(tr("报事件"), lambda: None, "link")
        self.report.setAccessibleName(tr("报事件：{item}").format(item=text))
        # its room is kept, so that no line moves when it is offered
        policy = self.report.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.report.setSizePolicy(policy)
        self._reported = words(tr("已报"), "secondary")
        self._is_reported = False
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(words(text, wrap=True), 1)
        box.addWidget(self.report)
        box.addWidget(self._reported)
        box.addWidget(self.choice)
        self.show_event()

    def mark_reported(self, reported: bool) -> None:
        """An event about it is reported already."""
        self._is_reported = reported
        self.show_event()

    def show_event(self) -> None:
        """Offer an event beside 留意, once."""
        watch = self.choice.value() == WATCH
        self.report.setVisible(watch and not self._is_reported)
        self._reported.setVisible(self._is_reported)


def _name(group: CareGroup, names: Sequence[str]) -> str:
    english = language() == "en" and group.name_en
    return joined(group.name_en if english else group.name_zh, listed(*names))


def _items(group: CareGroup) -> list[tuple[str, str, str]]:
    """(answer key, item, words) of a group."""
    labels = checklist_labels(group, language())
    pairs = zip(checklist(group), labels, strict=True)
    return [(answer_key(group.group_code, item), item, label) for item, label in pairs]
