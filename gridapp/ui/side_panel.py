"""The place beside the page where forms open; a form in front of another lets that one wait."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget

from gridapp.ui.desk import Desk
from gridapp.ui.forms.form import Form

_EDGE, _RIGHT = 14, 18  # px to the edges of the window
_WIDER = 1.25


class SidePanel(QStackedWidget):
    """Open forms, the newest in front."""

    forms_changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._room = 1 << 14
        self.setContentsMargins(0, _EDGE, _RIGHT, _EDGE)
        self.hide()
        desk.look.changed.connect(self._fit)

    def open(self, form: Form) -> None:
        """Show a form; one with the same draft is only brought forward."""
        for number in range(self.count()):
            held = self.widget(number)
            if isinstance(held, Form) and held.draft_key == form.draft_key:
                form.deleteLater()
                self.setCurrentWidget(held)
                return
        self.addWidget(form)
        form.closed.connect(lambda: self._close(form))
        form.saved.connect(lambda _: self.desk.said.emit("saved"))
        self.setCurrentWidget(form)
        self._fit()
        self.show()
        form.begin()
        self.forms_changed.emit()

    def forms(self) -> tuple[Form, ...]:
        """All open forms, the one in front last."""
        every = [w for n in range(self.count()) if isinstance(w := self.widget(n), Form)]
        every.sort(key=lambda form: form is self.currentWidget())
        return tuple(every)

    def put_aside(self) -> None:
        """Keep the drafts of all forms."""
        for form in self.forms():
            form.keep_draft()

    def _close(self, form: Form) -> None:
        if self.indexOf(form) < 0:
            return  # closed by the page while its save was under way
        self.removeWidget(form)
        form.deleteLater()
        self.setVisible(self.count() > 0)
        if self.count():
            self.setCurrentIndex(self.count() - 1)
            self._fit()
        self.forms_changed.emit()

    def fit(self, room: int) -> None:
        """The window has ``room`` px for page and form together; the form takes half at most."""
        self._room = room
        self._fit()

    def _fit(self) -> None:
        form = self.currentWidget()
        wide = isinstance(form, Form) and form.WIDE
        wanted = self.desk.look.theme.size("panel") * (_WIDER if wide else 1)
        self.setFixedWidth(min(round(wanted) + _RIGHT, self._room // 2))
