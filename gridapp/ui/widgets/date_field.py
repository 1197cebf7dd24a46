"""A day that is typed (2026-11-03), said (昨天, 上周二) or picked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from PySide6.QtCore import QDate, QLocale, QPoint, Qt, Signal
from PySide6.QtWidgets import QCalendarWidget, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from gridapp.i18n import language, tr
from gridapp.ui.widgets.basic import button
from gridapp.ui.widgets.field import Line
from gridapp.ui.words.said_date import said_moment


class DateField(QWidget):
    """One line for a day, with a button that opens a calendar. ``chosen`` follows every edit."""

    chosen = Signal()

    def __init__(
        self,
        name: str,
        today: date,
        *,
        with_time: bool = False,
        ahead: bool = False,
        value: str | date | None = None,
    ) -> None:
        """``ahead``: a day to come is meant, so "1月5日" is the next one and not the last."""
        super().__init__()
        self._today = today
        self._with_time, self._ahead = with_time, ahead
        self.setAccessibleName(name)
        hint = tr("昨天、上周二、2026-11-03 15:30") if with_time else tr("昨天、上周二、2026-11-03")
        hint = tr("下周二、3天后、11月27日") if ahead else hint
        self.line = Line("", hint, max_length=30)
        self.line.setAccessibleName(name)
        self.line.textEdited.connect(self.chosen)
        self.line.editingFinished.connect(self._tidy)
        self.pick = button(tr("选"), self._open)
        self.pick.setAccessibleName(tr("{name}：从日历选").format(name=name))
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.line, 1)
        box.addWidget(self.pick)
        self.setFocusProxy(self.line)
        if value:
            self.set_value(value)

    def moment(self) -> str | None:
        """The day, with the time where one was said; None where the text names none."""
        said = self.line.text()
        return said_moment(said, self._today, future=self._ahead) if said.strip() else None

    def day(self) -> date | None:
        """The day alone."""
        said = self.moment()
        return date.fromisoformat(said[:10]) if said else None

    def is_wrong(self) -> bool:
        """Whether something is written that names no day."""
        return bool(self.line.text().strip()) and self.moment() is None

    def set_value(self, value: str | date) -> None:
        """Show a day or a moment."""
        said = value if isinstance(value, str) else value.isoformat()
        self.line.setText(said.replace("T", " "))

    def kept(self) -> dict[str, str]:
        """What a draft keeps: the words, and the day on which they were said."""
        return {"said": self.line.text(), "on": self._today.isoformat()}

    def go_on(self, kept: object) -> None:
        """Show what a draft kept; words of another day (今天, 周二) become the day that was meant."""
        if not isinstance(kept, Mapping):
            self.line.setText(str(kept or ""))
            return
        self.line.setText(str(kept.get("said", "")))
        self._stay(date.fromisoformat(kept["on"]))

    def set_today(self, today: date, *, stay: bool) -> None:
        """Another day began. ``stay``: what is written keeps naming the day that was meant."""
        before, self._today = self._today, today
        if stay:
            self._stay(before)

    def _stay(self, said_on: date) -> None:
        said = self.line.text()
        meant = said_moment(said, said_on, future=self._ahead) if said.strip() else None
        if meant and meant != self.moment():
            self.set_value(meant if self._with_time else meant[:10])

    def _tidy(self) -> None:
        said = self.moment()
        if said:
            self.set_value(said if self._with_time else said[:10])

    def _open(self) -> None:
        popup = _Calendar(self, self.day() or self._today)
        popup.picked.connect(self._take)
        popup.move(self.mapToGlobal(QPoint(0, self.height() + 2)))
        popup.show()
        popup.calendar.setFocus()

    def _take(self, day: date) -> None:
        self.set_value(day)
        self.chosen.emit()
        self.line.setFocus()


class _Calendar(QFrame):
    picked = Signal(object)

    def __init__(self, parent: QWidget, day: date) -> None:
        super().__init__(parent)
        self.setWindowFlag(Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("look", "card")
        self.calendar = QCalendarWidget()
        self.calendar.setAccessibleName(tr("日历"))
        place = QLocale.Language.English if language() == "en" else QLocale.Language.Chinese
        self.calendar.setLocale(QLocale(place))
        self.calendar.setFirstDayOfWeek(Qt.DayOfWeek.Monday)
        self.calendar.setVerticalHeaderFormat(QCalendarWidget.VerticalHeaderFormat.NoVerticalHeader)
        self.calendar.setSelectedDate(QDate(day.year, day.month, day.day))
        self.calendar.activated.connect(self._take)
        self.calendar.clicked.connect(self._take)
        QVBoxLayout(self).addWidget(self.calendar)

    def _take(self, chosen: QDate) -> None:
        self.picked.emit(date(chosen.year(), chosen.month(), chosen.day()))
        self.close()
