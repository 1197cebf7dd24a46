"""The user guide in a window of its own, beside the work: F1 opens it where it speaks of what is shown."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QKeySequence,
    QShortcut,
    QTextCursor,
)
from PySide6.QtWidgets import QButtonGroup, QFrame, QPushButton, QVBoxLayout, QWidget

from gridapp.i18n import tr
from gridapp.ui.help import guide_text
from gridapp.ui.help.guide_view import ChapterView
from gridapp.ui.theme import Look
from gridapp.ui.widgets.basic import button, columns, rows, words
from gridapp.ui.widgets.field import Line
from gridapp.ui.widgets.states import scrolling

_WIDTH, _HEIGHT = 1000, 700


class Guide(QWidget):
    """Chapters at the left, the chapter at the right, a line to find words in all of them."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, on=False)
        self.setObjectName("window")
        self.setWindowTitle(tr("使用说明"))
        self.resize(_WIDTH, _HEIGHT)
        self._look = look
        self._back: list[str] = []
        self.chapter = guide_text.CONTENTS
        self.page = ChapterView(look)
        self.page.wanted.connect(self.open)
        self.not_there = words(tr("没有找到。"), "secondary")
        self.not_there.hide()
        self.find_line = Line(hint=tr("在说明里查找（Ctrl+F）"), max_length=40)
        self.find_line.setAccessibleName(tr("在说明里查找"))
        self.find_line.returnPressed.connect(self.find_next)
        self.find_line.textEdited.connect(lambda _: self.not_there.hide())
        self.back_button = button("‹", self.back, "back")
        for say in (self.back_button.setAccessibleName, self.back_button.setToolTip):
            say(tr("回到前一章"))
        top = QFrame()
        top.setObjectName("top")
        line = columns(self.back_button, self.find_line, self.not_there, None)
        line.setContentsMargins(18, 0, 18, 0)
        line.setStretch(1, 2)
        top.setLayout(line)
        right = rows(top, self.page, gap=0)
        whole = columns(self._contents(), gap=0)
        whole.addLayout(right, 1)
        self.setLayout(whole)
        self._keys()
        self.open(self.chapter)

    def open(self, chapter: str) -> None:
        """Show a chapter; for an unknown one the list of all, so that nobody reads the wrong one."""
        chapter = chapter if chapter in guide_text.CHAPTERS else guide_text.CONTENTS
        if chapter != self.chapter:
            self._back.append(self.chapter)
        self._show(chapter)
        self.page.setFocus()

    def back(self) -> None:
        """The chapter before."""
        if self._back:
            self._show(self._back.pop())

    def find_next(self) -> None:
        """The next place with the words of the line, in this chapter or in one behind it."""
        wanted = self.find_line.text().strip()
        found = not wanted or self.page.find(wanted)
        if not found:
            for chapter in guide_text.chapters_after(self.chapter):
                if wanted.casefold() in guide_text.text(chapter).casefold():
                    self.open(chapter)
                    found = self.page.find(wanted)
                    break
            else:
                self.page.moveCursor(QTextCursor.MoveOperation.Start)
                found = self.page.find(wanted)
        self.not_there.setVisible(not found)

    def _show(self, chapter: str) -> None:
        self.chapter = chapter
        self.page.show_chapter(chapter)
        self._group.setExclusive(chapter in self._buttons)
        for name, made in self._buttons.items():
            made.setChecked(name == chapter)
        self.back_button.setEnabled(bool(self._back))

    def _contents(self) -> QFrame:
        frame = QFrame()
        frame.setObjectName("nav")
        frame.setAccessibleName(tr("各章"))
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(10, 12, 10, 12)
        box.setSpacing(2)
        self._buttons: dict[str, QPushButton] = {}
        self._group = QButtonGroup(self)
        for chapter in guide_text.CHAPTERS:
            made = button(guide_text.title(chapter), partial(self.open, chapter), "nav")
            made.setCheckable(True)
            self._group.addButton(made)
            box.addWidget(made)
            self._buttons[chapter] = made
        box.addStretch(1)
        frame.setLayout(rows(scrolling(inner)))
        return frame

    def _keys(self) -> None:
        for keys, act in (
            ("Ctrl+F", self._begin_find),
            ("F3", self.find_next),
            ("Alt+Left", self.back),
            ("Esc", self.close),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(act)

    def _begin_find(self) -> None:
        self.find_line.setFocus()
        self.find_line.selectAll()
