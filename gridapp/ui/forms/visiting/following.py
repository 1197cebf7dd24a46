"""The next visit: in the rhythm of care, on a day that was agreed, or none; and what was promised."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from gridapp.domain.due import plus
from gridapp.i18n import tr
from gridapp.ui.forms.visiting.labelled import labelled
from gridapp.ui.widgets.basic import rows, words
from gridapp.ui.widgets.choice import Segmented
from gridapp.ui.widgets.date_field import DateField
from gridapp.ui.widgets.field import Field, Line
from gridapp.ui.widgets.flow import Flow
from gridapp.ui.wording import plain_day, weekday

_PICK, _NONE = "pick", ""


class Following(QWidget):
    """``days``: the rhythm of those who live here, None where nobody's is set.

    At a closed door nothing is agreed unless the worker says so: the day that was due stays due.
    """

    changed = Signal()

    def __init__(self, today: date, days: int | None) -> None:
        super().__init__()
        self._today, self._days, self._visited = today, days, today
        self._said = False  # the worker chose; until then the usual is offered
        choices = [(_NONE, tr("不约"))]
        if days:
            choices.append((str(days), tr("{count} 天后").format(count=days)))
        choices.append((_PICK, tr("选日期")))
        self.choice = Segmented(tr("下次走访"), choices, str(days or ""))
        self._day = words("", "secondary")
        self.date = DateField(tr("下次走访日期"), today, ahead=True)
        self.field = Field("", self.date)
        self.field.hide()
        self.promise = Line("", tr("约好什么，例如：药续上再看一眼"))
        self.promise.setAccessibleName(tr("约好"))
        line = labelled(tr("下次"), Flow(self.choice, self._day, gap=12))
        self.setLayout(rows(line, self.field, self.promise))
        self.choice.chosen.connect(self._chose)
        self.date.chosen.connect(self._edited)
        self._show()

    def follow(self, visited: date, *, absent: bool) -> None:
        """The visit took place on ``visited``; ``absent``: nobody was there."""
        self._visited = visited
        self.choice.set_text(_NONE, tr("照旧") if absent else tr("不约"))
        if not self._said:
            self.choice.set_value(_NONE if absent else str(self._days or ""))
        self._show()

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
            "next_said": self._said,
            "next_date": self.date.line.text(),
            "promise": self.promise.text(),
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Fill in a draft."""
        self.choice.set_value(data.get("next", ""))
        self._said = bool(data.get("next_said"))
        self.date.line.setText(data.get("next_date", ""))
        self.promise.setText(data.get("promise", ""))
        self._show()

    def _chose(self, key: str) -> None:
        self._said = True
        self._show()
        if key == _PICK:
            self.date.setFocus()
        self.changed.emit()

    def _edited(self) -> None:
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        self.field.setVisible(self.choice.value() == _PICK)
        day = self.day()
        text = f"{plain_day(day, self._today)} {weekday(day)}" if day else ""
        self._day.setText(text)
