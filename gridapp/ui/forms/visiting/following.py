"""The next visit: what was agreed at this one, and otherwise when the rules will want it.

Nothing is agreed unless the worker says so: what nobody promised shall stand nowhere as a promise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from gridapp.domain.care import ABSENT
from gridapp.domain.due import Due, Why, plus
from gridapp.i18n import tr
from gridapp.ui.forms.visiting.labelled import labelled
from gridapp.ui.widgets.basic import rows, words
from gridapp.ui.widgets.choice import Segmented
from gridapp.ui.widgets.date_field import DateField
from gridapp.ui.widgets.field import Field, Line
from gridapp.ui.words.wording import plain_day, weekday

_PICK, _NONE = "pick", ""


After = Callable[[date, str], Due | None]


class Following(QWidget):
    """``days``: the rhythm of those who live here, None where nobody's is set.

    ``after(day, how)``: what will be due after a visit that agreed nothing.
    """

    changed = Signal()

    def __init__(self, today: date, days: int | None, after: After) -> None:
        super().__init__()
        self._today, self._visited, self._how, self._after = today, today, "", after
        choices = [(_NONE, tr("不约"))]
        if days:
            choices.append((str(days), tr("{count} 天后").format(count=days)))
        choices.append((_PICK, tr("选日期")))
        self.choice = Segmented(tr("下次走访"), choices)
        self._day = words("", "secondary", wrap=True)
        self.date = DateField(tr("下次走访日期"), today, ahead=True)
        self.field = Field("", self.date)
        self.field.hide()
        self.promise = Line("", tr("约好什么，例如：药续上再看一眼"))
        self.promise.setAccessibleName(tr("约好"))
        line = labelled(tr("下次"), self.choice)
        self.setLayout(rows(line, self._day, self.field, self.promise))
        self.choice.chosen.connect(self._chose)
        self.date.chosen.connect(self._edited)

    def follow(self, visited: date, how: str) -> None:
        """The visit took place on ``visited`` in this way."""
        self._visited, self._how = visited, how
        self.choice.set_text(_NONE, tr("照旧") if how == ABSENT else tr("不约"))
        self._show()

    def set_today(self, today: date) -> None:
        """Another day began."""
        self._today = today

    def day(self) -> date | None:
        """The next visit, where one was named."""
        chosen = self.choice.value()
        if chosen == _PICK:
            return self.date.day()
        return plus(self._visited, int(chosen)) if chosen.isdigit() else None

    def is_wrong(self) -> bool:
        """Whether a day was meant that is none or comes before the visit; said beside it."""
        if self.choice.value() != _PICK:
            return False
        if self.date.is_wrong():
            self.field.set_error(tr("看不懂这个日期。可以写“下周二”“3天后”或“2026-11-03”。"))
            return True
        day = self.date.day()
        if day is not None and day <= self._visited:
            self.field.set_error(tr("下次走访要在这次之后。"))
            return True
        return False

    def data(self) -> dict[str, Any]:
        """What a draft keeps."""
        return {
            "next": self.choice.value(),
            "next_date": self.date.kept(),
            "promise": self.promise.text(),
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Fill in a draft."""
        # drafts of older versions hold what was only proposed, too
        said = data.get("next_said", True)
        self.choice.set_value(data.get("next", _NONE) if said else _NONE)
        self.date.go_on(data.get("next_date", ""))
        self.promise.setText(data.get("promise", ""))
        self._show()

    def _chose(self, key: str) -> None:
        self._show()
        if key == _PICK:
            self.date.setFocus()
        self.changed.emit()

    def _edited(self) -> None:
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        self.field.setVisible(self.choice.value() == _PICK)
        text = self._hint()
        self._day.setText(text)
        self._day.setVisible(bool(text))

    def _hint(self) -> str:
        if self.choice.value() != _NONE:
            day = self.day()
            return tr("约在 {day}").format(day=self._named(day)) if day else ""
        due = self._after(self._visited, self._how)
        reasons = due.reasons if due else ()
        agreed = [r.day for r in reasons if r.why is Why.PROMISE]
        if agreed:
            return tr("上次约好的 {day} 还算数").format(day=self._named(agreed[0]))
        if self._how == ABSENT or not reasons:
            return ""
        return tr("按规定 {day}前").format(day=self._named(reasons[0].day))

    def _named(self, day: date) -> str:
        return f"{plain_day(day, self._today)} {weekday(day)}"
