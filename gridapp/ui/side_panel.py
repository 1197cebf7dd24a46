"""The place beside the page where forms open; a form in front of another lets that one wait.

Where the window is too narrow for the text size, the form covers the page instead; the page is one step
back, and the form waits meanwhile.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget

from gridapp.ui.desk import Desk
from gridapp.ui.forms.form import Form

_EDGE, _RIGHT = 14, 18  # px to the edges of the window
_WIDER = 1.25
_PAGE = 25  # heights of the text that a page needs across to stand beside a form


class SidePanel(QStackedWidget):
    """Open forms, the newest in front."""

    forms_changed = Signal()
    stepped_back = Signal()
    put_by = Signal(object)  # a form was closed; the future of its draft
    thrown = Signal(str, str)  # a form was closed and is not wanted: its draft's key, what it was
    arranged = Signal()  # the page is to be shown or hidden

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._room = 1 << 14
        self._away = False
        self._beside = False  # whether a form stands beside the page
        self.setContentsMargins(0, _EDGE, _RIGHT, _EDGE)
        self.hide()

    def open(self, form: Form) -> None:
        """Show a form; one with the same draft is only brought forward."""
        for number in range(self.count()):
            held = self.widget(number)
            if isinstance(held, Form) and held.draft_key == form.draft_key:
                form.deleteLater()
                self.setCurrentWidget(held)
                self._away = False
                self._fit()
                held.begin()
                self.forms_changed.emit()
                return
        self.addWidget(form)
        form.closed.connect(lambda: self._close(form))
        form.leaving.connect(self.step_back)
        form.put_by.connect(self.put_by)
        form.thrown.connect(self.thrown)
        form.saved.connect(lambda _: self.desk.said.emit("saved"))
        self.setCurrentWidget(form)
        self._away = False
        self._fit()
        form.begin()
        self.forms_changed.emit()

    def forms(self) -> tuple[Form, ...]:
        """All open forms, the one in front last."""
        every = [w for n in range(self.count()) if isinstance(w := self.widget(n), Form)]
        every.sort(key=lambda form: form is self.currentWidget())
        return tuple(every)

    @property
    def covers(self) -> bool:
        """Whether the form in front stands where the page would."""
        return self._narrow() and not self._away and self.count() > 0

    @property
    def waits(self) -> bool:
        """Whether there is a form that the page stands in front of."""
        return self._narrow() and self._away and self.count() > 0

    def step_back(self) -> None:
        """Let the page be seen where the form covers it."""
        if self.covers:
            self._away = True
            self.put_aside()
            self._fit()
            self.stepped_back.emit()

    def come_back(self) -> None:
        """The form in front again."""
        if self._away:
            self._away = False
            self._fit()
            form = self.currentWidget()
            if isinstance(form, Form):
                form.begin()

    def put_aside(self) -> None:
        """Keep the drafts of all forms."""
        for form in self.forms():
            form.keep_draft()

    def _close(self, form: Form) -> None:
        if self.indexOf(form) < 0:
            return  # closed by the page while its save was under way
        self.removeWidget(form)
        form.deleteLater()
        if self.count():
            self.setCurrentIndex(self.count() - 1)
        self._fit()
        front = self.currentWidget()
        if isinstance(front, Form) and not self.waits:
            front.begin()  # the keyboard goes on in the form that is seen now
        self.forms_changed.emit()

    def fit(self, room: int, *, page_stays: bool = False) -> None:
        """The window has ``room`` px for page and form together.

        Where both no longer fit the form covers the page; with ``page_stays`` it waits instead.
        """
        self._room = room
        if page_stays and self._beside and self._narrow():
            self._away = True
            self.put_aside()
        self._fit()

    def _fit(self) -> None:
        self._away = self._away and self._narrow()
        self._beside = self.count() > 0 and not self._narrow()
        covers = self.covers
        self.setContentsMargins(_RIGHT if covers else 0, _EDGE, _RIGHT, _EDGE)
        self.setFixedWidth(self._room if covers else self._wanted())
        self.setVisible(self.count() > 0 and not self.waits)
        for form in self.forms():
            form.cover(covers)
        self.arranged.emit()

    def _wanted(self) -> int:
        form = self.currentWidget()
        wide = isinstance(form, Form) and form.WIDE
        wanted = self.desk.look.theme.size("panel") * (_WIDER if wide else 1)
        return round(wanted) + _RIGHT

    def _narrow(self) -> bool:
        page = self.desk.look.theme.size("base") * _PAGE
        return self._room - self._wanted() < page
