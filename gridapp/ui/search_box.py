"""The one search box: Ctrl+K, results beneath it while typing."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QFrame, QVBoxLayout, QWidget

from gridapp.i18n import tr
from gridapp.store import search
from gridapp.store.search import Hit
from gridapp.ui.desk import Desk
from gridapp.ui.widgets.basic import Elided, button, columns, empty, words
from gridapp.ui.widgets.field import Line
from gridapp.ui.wording import joined

_EDGE = 8  # px between the results and the window
_SHOWN = 8
_WIDTH = 560  # at 100%: name, year and the whole address to the room


class SearchBox(QWidget):
    """Finds people and households and opens their file. ``shown``: what is typed has its rows now."""

    shown = Signal(str)

    def __init__(self, desk: Desk, window: QWidget) -> None:
        super().__init__()
        self.desk, self._window = desk, window
        self.line = Line("", tr("搜姓名、拼音、电话、门牌…    Ctrl+K"), max_length=60)
        self.line.setAccessibleName(tr("搜住户和居民"))
        # At once: an answer takes a few milliseconds, and of several only the last is shown.
        self.line.textEdited.connect(lambda _: self.ask())
        self.line.returnPressed.connect(self._open_first)
        self.line.installEventFilter(self)
        self.setLayout(columns(self.line))
        self._hits: tuple[Hit, ...] = ()
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
        self.desk.read(self, lambda r: search.find(r, typed, 40), self._show, only_latest="search")

    def _show(self, hits: tuple[Hit, ...]) -> None:
        if not self.line.text().strip():
            return
        place = self.line.mapTo(self._window, QPoint(0, self.line.height() + 4))
        # as many as the window has room for at this text size
        one = self.desk.look.theme.size("target") + self._list.spacing()
        fits = (self._window.height() - place.y() - 2 * _EDGE) // one
        self._hits = tuple(h for h in hits if h.household_id)[: max(1, min(_SHOWN, fits))]
        empty(self._list)
        for hit in self._hits:
            self._list.addWidget(self._result(hit))
        if not self._hits:
            self._list.addWidget(words(tr("没有找到。换个写法，或试试拼音首字母。"), "hint"))
        room = self._window.width() - place.x() - 24
        wanted = int(_WIDTH * self.desk.look.theme.scale)
        self.results.setFixedWidth(min(room, max(self.line.width(), wanted)))
        self.results.adjustSize()
        self.results.move(place)
        self.results.show()
        self.results.raise_()
        self.shown.emit(self.line.text())

    def _result(self, hit: Hit) -> QWidget:
        made = button("", lambda: self._open(hit), "quiet")
        born = tr("{year} 年生").format(year=hit.birth_year) if hit.birth_year else ""
        name = hit.name if hit.entity == "person" else tr("{name} 户").format(name=hit.name)
        made.setAccessibleName(joined(name, born, hit.address))
        line = columns(words(name, "strong"), Elided(joined(born, hit.address), "aside"))
        line.setContentsMargins(8, 0, 8, 0)
        made.setLayout(line)
        made.installEventFilter(self)
        return made

    def _open_first(self) -> None:
        if self._hits and self.results.isVisible():
            self._open(self._hits[0])
        else:
            self.ask()

    def _open(self, hit: Hit) -> None:
        self.close_results()
        if hit.household_id:
            self.desk.go("household", hit.household_id)

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
