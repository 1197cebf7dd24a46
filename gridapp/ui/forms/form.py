"""What all forms do: the frame, Save always in sight, the draft at most two seconds behind, errors in place."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from datetime import date
from functools import partial
from typing import Any

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.store import drafts
from gridapp.store.changes import Changes
from gridapp.ui.desk import Desk, Where
from gridapp.ui.forms.head import Head
from gridapp.ui.forms.pointers import Pointers
from gridapp.ui.forms.subject import NOBODY, Subject
from gridapp.ui.widgets.basic import button, columns, inside, words
from gridapp.ui.widgets.choice import Enter
from gridapp.ui.widgets.date_field import DateField
from gridapp.ui.widgets.field import Field, Touched
from gridapp.ui.widgets.states import scrolling

DRAFT_DELAY = 1000  # ms after the last keystroke
DRAFT_LATEST = 2000  # ms after the first keystroke that is not kept yet
_ABOVE = 12  # px of what stands above a part that is scrolled to


class Form(Enter):
    """A card with a title, scrolling fields, and Save at the bottom. ``closed`` follows save or cancel."""

    closed = Signal()
    saved = Signal(object)
    leaving = Signal()  # back to the page; the form waits
    put_by = Signal(object)  # closed; the future of its draft
    thrown = Signal(str, str)  # closed without saving: the key of its draft, what it was
    WIDE = False
    GUIDE = ""  # the chapter of the guide that F1 opens; "" for that of the page

    def __init__(
        self,
        desk: Desk,
        title: str,
        draft_key: str,
        save: str = "",
        *,
        subject: Subject = NOBODY,
    ) -> None:
        """``subject``: whom it is about, said in its head."""
        super().__init__()
        self.desk, self.title, self.draft_key = desk, title, draft_key
        self.subject = subject
        self.fields: dict[str, Field] = {}
        self._dirty = False
        self._kept: Future[None] | None = None  # the draft, where there is one
        self._build(save or tr("保存"))
        self._touched = Touched(self.body)
        self._touched.edited.connect(self.edited)
        self._soon, self._latest = QTimer(self), QTimer(self)
        for timer, delay in ((self._soon, DRAFT_DELAY), (self._latest, DRAFT_LATEST)):
            timer.setSingleShot(True)
            timer.setInterval(delay)
            timer.timeout.connect(self.keep_draft)
        desk.changed.connect(self._on_changes)
        desk.day_changed.connect(self._on_another_day)
        # after a defect the user may try again
        desk.tasks.broken.connect(self._try_again)

    # what a form says of itself

    def data(self) -> dict[str, Any]:
        """What is filled in, as plain JSON values."""
        raise NotImplementedError

    def restore(self, data: Mapping[str, Any]) -> None:
        """Fill in what ``data`` gave."""
        raise NotImplementedError

    def submit(self) -> Future[Any] | None:
        """Begin to save; None where a field is wrong and says so."""
        raise NotImplementedError

    def noticed(self, changes: Changes) -> None:
        """Something was committed while the form is open."""

    # what all forms do

    def add(self, *items: QWidget) -> None:
        """Widgets beneath each other in the body."""
        for item in items:
            self._inner.insertWidget(self._inner.count() - 1, item)

    def add_field(self, name: str, field: Field) -> Field:
        """A field that errors of the store can be placed at."""
        self.fields[name] = field
        self.add(field)
        return field

    def watch(self) -> None:
        """Take in inputs that were added; Tab reaches Save after them all, and Cancel last."""
        self._touched.watch(self.body)
        self._foot_box.setParent(None)
        self._box.addWidget(self._foot_box)
        QWidget.setTabOrder(self.save_button, self._cancel_button)

    @property
    def what(self) -> str:
        """What is done with whom: 记走访 单振华."""
        return f"{self.title} {self.subject.name or self.subject.place}".strip()

    @property
    def touched(self) -> bool:
        """Whether anything was filled in, now or when its draft was written."""
        return self._dirty or self._kept is not None

    def stand_beside(self, shown: Where) -> None:
        """``shown`` is the page beside the form: where that is another household's, the form says so."""
        self.head.stand_beside(shown)

    def set_today(self, today: date) -> None:
        """Another day began: what was filled in keeps the day that was meant."""
        for field in inside(self.body, DateField):
            field.set_today(today, stay=self.touched)

    def cover(self, on: bool) -> None:
        """Whether the form stands where the page would: then there is a way back to it."""
        self.head.cover(on)

    def begin(self) -> None:
        """Put the cursor where the user begins."""

    def edited(self) -> None:
        """Something was filled in: the draft is kept soon."""
        self._dirty = True
        self._soon.start()
        if not self._latest.isActive():
            self._latest.start()

    def keep_draft(self) -> None:
        """Keep what is filled in, now."""
        self._soon.stop()
        self._latest.stop()
        if self._dirty:
            self._dirty = False
            self._kept = drafts.keep(self.desk.store, self.draft_key, self.data())
            self.desk.run(self, self._kept, lambda _: self.state.setText(tr("草稿已存")))

    def offer_draft(self) -> None:
        """Go on where an earlier form was left, and say so."""
        self.desk.read(self, partial(drafts.find, key=self.draft_key), self._take_draft)

    def save(self) -> None:
        """Save, once; errors are shown beside their fields."""
        if not self.save_button.isEnabled():
            return
        self.clear_errors()
        try:
            future = self.submit()
        except Problem as problem:
            self.refuse(problem)
            return
        if future is None:
            return
        if self.save_button.hasFocus():
            self.setFocus()  # the keyboard stays in the form
        self._let_act(False)
        # a draft kept from here on would outlive the record
        self._soon.stop()
        self._latest.stop()
        self.desk.run(self, future, self._done, self.refuse)

    def cancel(self) -> None:
        """Close without saving; what was filled in is thrown away, and can be taken back for a while."""
        touched = self.touched
        self.keep_draft()
        self._stop()
        if touched:
            self.thrown.emit(self.draft_key, self.what)
        self.closed.emit()

    def put_aside(self) -> None:
        """Close and keep the draft, where anything was filled in."""
        self.keep_draft()
        self._stop()
        self.closed.emit()
        if self._kept:
            self.put_by.emit(self._kept)

    def refuse(self, problem: Problem) -> None:
        """Say what is wrong: beside its field, or above Save."""
        self._let_act(True)
        self.edited()
        field = self.field_of(problem)
        if field is None:
            self._trouble.setText(problem.said())
            self._trouble.show()
            self.save_button.setFocus()
            return
        field.set_error(problem.said())
        field.inner.setFocus()
        self._area.ensureWidgetVisible(field)

    def point(self, to: QWidget, text: str, *, wrong: bool = False) -> None:
        """A line above Save about a part that may lie out of sight, with a way there; "" takes it away."""
        self.pointers.point(to, text, wrong=wrong)

    def look_at(self, part: QWidget) -> None:
        """Scroll to the beginning of a part."""
        self._area.verticalScrollBar().setValue(part.mapTo(self.body, QPoint()).y() - _ABOVE)

    def field_of(self, problem: Problem) -> Field | None:
        """The field that a problem speaks of."""
        return self.fields.get(str(problem.values.get("field", "")))

    def clear_errors(self) -> None:
        """Before the next attempt."""
        self._trouble.hide()
        for field in self.fields.values():
            field.set_error("")

    def _build(self, save: str) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        card = QFrame()
        card.setProperty("look", "card")
        outer.addWidget(card)
        self._box = box = QVBoxLayout(card)
        box.setContentsMargins(1, 1, 1, 1)
        box.setSpacing(0)
        self.head = Head(self.title, self.subject)
        self.head.leaving.connect(self.leaving)
        self.head.returning.connect(self._go_there)
        self.back, self.state = self.head.back, self.head.state
        self.body = QWidget()
        self._inner = QVBoxLayout(self.body)
        self._inner.setContentsMargins(16, 12, 16, 12)
        self._inner.setSpacing(10)
        # a stretch, not an alignment: that would give wrapped lines the height of one
        self._inner.addStretch(1)
        self._area = scrolling(self.body)
        box.addWidget(self.head)
        box.addWidget(self._area, 1)
        self._foot_box = self._foot(save)
        box.addWidget(self._foot_box)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(self.save)
        aside = QShortcut(QKeySequence("Esc"), self)
        aside.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        aside.activated.connect(self.put_aside)

    def _go_there(self) -> None:
        if self.subject.where:
            self.desk.going.emit(self.subject.where)

    def _foot(self, save: str) -> QFrame:
        foot = QFrame()
        foot.setProperty("look", "cardfoot")
        self._trouble = words("", "error", wrap=True)
        self._trouble.hide()
        self.pointers = Pointers()
        self.pointers.wanted.connect(self.look_at)
        self.save_button = button(f"{save}  Ctrl+Enter", self.save, "primary")
        self.save_button.setAccessibleName(save)
        self._cancel_button = button(tr("取消"), self.cancel)
        for made in (self.save_button, self._cancel_button):
            made.setAutoDefault(True)  # Enter presses them, as it presses nothing above
        line = columns(None, self._cancel_button, self.save_button)
        box = QVBoxLayout(foot)
        box.setContentsMargins(16, 10, 16, 10)
        box.addWidget(self.pointers)
        box.addWidget(self._trouble)
        box.addLayout(line)
        return foot

    def _take_draft(self, data: dict[str, Any] | None) -> None:
        if data:
            self.restore(data)
            self._dirty = False
            self._kept = Future()
            self._kept.set_result(None)
            self.state.setText(tr("接着上次没写完的"))

    def _done(self, result: object) -> None:
        self._stop()
        self.saved.emit(result)
        self.closed.emit()

    def _on_changes(self, changes: Changes) -> None:
        self.noticed(changes)

    def _on_another_day(self) -> None:
        self.set_today(self.desk.today)

    def _try_again(self) -> None:
        self._let_act(True)

    def _let_act(self, on: bool) -> None:
        for made in (self.save_button, self._cancel_button):
            made.setEnabled(on)

    def _stop(self) -> None:
        self._dirty = False
        self._soon.stop()
        self._latest.stop()
