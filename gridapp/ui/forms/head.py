"""The head of a form: what is done with whom, how far it is kept, and a warning beside another's file."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame

from gridapp.i18n import tr
from gridapp.ui.desk import Where
from gridapp.ui.forms.subject import Subject
from gridapp.ui.widgets.basic import Elided, button, columns, rows, words
from gridapp.ui.words.wording import joined


class Head(QFrame):
    """``leaving``: back to the page that the form covers; ``returning``: to the page of its subject."""

    leaving = Signal()
    returning = Signal()

    def __init__(self, title: str, subject: Subject) -> None:
        super().__init__()
        self.setProperty("look", "cardhead")
        self._what, self._subject = title, subject
        self.back = button("‹", self.leaving.emit, "back")
        for say in (self.back.setAccessibleName, self.back.setToolTip):
            say(tr("先看档案，写的留着"))
        self.back.hide()
        self.title = Elided(joined(title, subject.name), "head")
        self.state = words("", "secondary")
        self.place = words(subject.place, "secondary", wrap=True)
        self._build_elsewhere()
        lines = rows(columns(self.back, self.title, self.state), self.place, self.elsewhere, gap=4)
        lines.setContentsMargins(16, 6, 16, 6)
        self.setLayout(lines)

    def cover(self, on: bool) -> None:
        """Whether the form covers the page: there is a way back then, and room for all in one line."""
        about = self._subject
        self.back.setVisible(on)
        self.title.setText(joined(self._what, about.name, about.place if on else ""))
        self.place.setVisible(bool(about.place) and not on)

    def stand_beside(self, shown: Where) -> None:
        """``shown`` is the page beside the form: where that is another household's, this is said."""
        text, back = tr("这张是 {who} 的；打开着的档案是另一户。"), tr("回到这户")
        if shown.page != "household":
            text, back = tr("这张是“{who}”的；打开着的是另一件事。"), tr("回到这件")
        self.elsewhere_text.setText(text.format(who=self._subject.said))
        self.there.setText(back)
        self.elsewhere.setVisible(self._subject.clashes(shown))

    def _build_elsewhere(self) -> None:
        self.elsewhere = QFrame()
        self.elsewhere.setProperty("look", "bar")
        self.elsewhere_text = words("", wrap=True)
        self.there = button("", self.returning.emit, "link")
        line = columns(self.elsewhere_text, self.there)
        line.setStretch(0, 1)
        line.setContentsMargins(14, 4, 8, 4)
        self.elsewhere.setLayout(line)
        self.elsewhere.hide()
