"""The one search box: Ctrl+K, results beneath it while typing."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractButton, QApplication, QFrame, QVBoxLayout, QWidget

from gridapp.i18n import tr
from gridapp.store.views.found import Found, found
from gridapp.ui.desk import Desk
from gridapp.ui.widgets.basic import Elided, button, columns, empty, words
from gridapp.ui.widgets.field import Line
from gridapp.ui.words.wording import joined, short_moment

_EDGE = 8  # px between the results and the window
_SHOWN = 8
_EVENTS = 2  # of these, where there are any
_NAME = 12  # characters of a name that the address beside it never takes the room of
_WIDTH = 560  # at 100%: name, year and the whole address to the room


class SearchBox(QWidget):
    """Finds people and households and opens their file. ``shown``: what is typed has its rows now."""

    shown = Signal(str)

    def __init__(self, desk: Desk, window: QWidget) -> None:
        super().__init__()
        self.desk, self._window = desk, window
        self.line = Line("", tr("搜姓名、拼音、电话、门牌…    Ctrl+K"), max_length=60)
        self.line.setAccessibleName(tr("搜住户、居民和事件"))
        # At once: an answer takes a few milliseconds, and of several only the last is shown.
        self.line.textEdited.connect(lambda _: self.ask())
        self.line.returnPressed.connect(self._open_first)
        self.line.installEventFilter(self)
        self.setLayout(columns(self.line))
        self._hits: tuple[Found, ...] = ()
        self.results = QFrame(window)
        self.results.setObjectName("results")
        self._list = QVBoxLayout(self.results)
        self._list.setContentsMargins(6, 6, 6, 6)
        self._list.setSpacing(2)
        self.results.hide()
        self.results.installEventFilter(self)
        shortcut = QShortcut(QKeySequence("Ctrl+K"), window)
        shortcut.activated.connect(self._focus)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: arrows go into the results, Escape and leaving close them."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Escape:
                self._close()
                return True
            if watched is self.line and event.key() == Qt.Key.Key_Down and self._hits:
                self._first_result()
                return True
            enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if enter and isinstance(watched, QAbstractButton):
                watched.click()
                return True
        if event.type() == QEvent.Type.FocusOut and watched is self.line:
            QTimer.singleShot(0, self._close_if_left)
        return super().eventFilter(watched, event)

    def _first_result(self) -> None:
        if self._hits:
            self._list.itemAt(0).widget().setFocus()

    def _focus(self) -> None:
        self.line.setFocus()
        self.line.selectAll()

    def ask(self) -> None:
        """Look for what is typed."""
        typed = self.line.text()
        if not typed.strip():
            self._close()
            return
        view = partial(found, typed=typed)
        self.desk.read(self, view, self._show, only_latest="search")

    def _show(self, hits: tuple[Found, ...]) -> None:
        if not self.line.text().strip():
            return
        place = self.line.mapTo(self._window, QPoint(0, self.line.height() + 4))
        # as many as the window has room for at this text size
        one = self.desk.look.theme.size("target") + self._list.spacing()
        fits = (self._window.height() - place.y() - 2 * _EDGE) // one
        hits = tuple(hit for hit in hits if self.desk.uses(hit.page))
        self._hits = fitting(hits, max(1, min(_SHOWN, fits)))
        empty(self._list)
        for hit in self._hits:
            self._add(self._result(hit))
        if not self._hits:
            self._add(words(tr("没有找到。换个写法，或试试拼音首字母。"), "hint"))
        room = self._window.width() - place.x() - 24
        wanted = int(_WIDTH * self.desk.look.theme.scale)
        self.results.setFixedWidth(min(room, max(self.line.width(), wanted)))
        self.results.adjustSize()
        self.results.move(place)
        self.results.show()
        self.results.raise_()
        self.shown.emit(self.line.text())

    def _add(self, line: QWidget) -> None:
        """Shown at once: what Qt shows later has no size yet where the list is fitted to it."""
        self._list.addWidget(line)
        line.show()

    def _result(self, hit: Found) -> QWidget:
        made = button("", lambda: self._open(hit), "quiet")
        name, aside = self._words(hit)
        made.setAccessibleName(joined(name, aside))
        line = columns(Elided(name, "strong", kept=_NAME), Elided(aside, "aside", middle=True))
        line.setContentsMargins(8, 0, 8, 0)
        made.setLayout(line)
        made.installEventFilter(self)
        return made

    def _words(self, hit: Found) -> tuple[str, str]:
        if hit.page == "event":
            name = self.desk.item_name(hit.name)
            return name, joined(tr("事件"), short_moment(hit.when, self.desk.today), hit.address)
        born = tr("{year}年生").format(year=hit.birth_year) if hit.birth_year else ""
        name = hit.name if hit.person else tr("{name} 户").format(name=hit.name)
        return name, joined(born, hit.address)

    def _open_first(self) -> None:
        if self._hits and self.results.isVisible():
            self._open(self._hits[0])
        else:
            self.ask()

    def _open(self, hit: Found) -> None:
        self.close_results()
        self.desk.go(hit.page, hit.id)

    def close_results(self) -> None:
        """Forget what was typed; the user is elsewhere."""
        self.line.clear()
        self._close()

    def _close(self) -> None:
        self.results.hide()
        self._hits = ()

    def _close_if_left(self) -> None:
        focus: QWidget | None = QApplication.focusWidget()
        inside = focus is not None and self.results.isAncestorOf(focus)
        if focus is not self.line and not inside:
            self._close()


def fitting(hits: tuple[Found, ...], rows: int) -> tuple[Found, ...]:
    """As many as there are rows for: people and households first, but some of the events always."""
    files = [hit for hit in hits if hit.page != "event"]
    events = [hit for hit in hits if hit.page == "event"]
    kept = min(len(events), max(_EVENTS, rows - len(files)))
    kept = min(kept, max(rows - 1, 0) if files else rows)
    return (*files[: rows - kept], *events[:kept])
