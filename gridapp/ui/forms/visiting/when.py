"""When it took place and how: today and at home, unless somebody says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from gridapp.domain.care import ABSENT
from gridapp.i18n import tr
from gridapp.ui.widgets.basic import rows
from gridapp.ui.widgets.choice import Segmented
from gridapp.ui.widgets.date_field import DateField
from gridapp.ui.widgets.field import Field
from gridapp.ui.widgets.flow import Flow

_PICK = "pick"


class When(QWidget):
    """``changed`` follows every choice; ``field`` shows what is wrong with the date."""

    changed = Signal()

    def __init__(self, today: date) -> None:
        super().__init__()
        self._today = today
        self.day_choice = Segmented(
            tr("什么时候"),
            (("today", tr("今天")), ("yesterday", tr("昨天")), (_PICK, tr("选日期"))),
            "today",
        )
        self.how_choice = Segmented(
            tr("怎么走访"),
            (("home", tr("上门")), ("phone", tr("电话")), (ABSENT, tr("没见到人"))),
            "home",
        )
        self.date = DateField(tr("走访日期"), today, with_time=True)
        self.field = Field("", self.date)
        self.setLayout(rows(Flow(self.day_choice, self.how_choice, gap=16), self.field))
        self.field.hide()
        self.day_choice.chosen.connect(self._chose_day)
        self.how_choice.chosen.connect(self.changed)
        self.date.chosen.connect(self.changed)

    @property
    def how(self) -> str:
        """The way, a code of ``visit_how``."""
        return self.how_choice.value()

    @property
    def absent(self) -> bool:
        """Nobody was there."""
        return self.how == ABSENT

    def day(self) -> date:
        """The day as far as it is known, today where the date is not one."""
        moment = self._moment()
        return date.fromisoformat(moment[:10]) if moment else self._today

    def moment(self) -> str | None:
        """When it took place; None, with the reason beside the date, where that is no day in the past."""
        moment = self._moment()
        if moment is None:
            text = tr("看不懂这个日期。可以写“昨天”“上周二”或“2026-11-03”。")
            self.field.set_error(text)
        elif date.fromisoformat(moment[:10]) > self._today:
            self.field.set_error(tr("走访日期还没到，请改成今天或以前。"))
            return None
        return moment

    def data(self) -> dict[str, Any]:
        """What a draft keeps."""
        return {
            "when": self.day_choice.value(),
            "date": self.date.line.text(),
            "how": self.how,
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Fill in a draft."""
        self.day_choice.set_value(data.get("when", "today"))
        self.date.line.setText(data.get("date", ""))
        self.how_choice.set_value(data.get("how", "home"))
        self._show()

    def pick(self) -> None:
        """A date has to be named: what is written down later did not happen today."""
        if self.day_choice.value() == "today" and not self.date.line.text():
            self.day_choice.set_value(_PICK)
            self._show()

    def _moment(self) -> str | None:
        chosen = self.day_choice.value()
        if chosen == _PICK:
            return self.date.moment()
        days = 0 if chosen == "today" else 1
        return (self._today - timedelta(days=days)).isoformat()

    def _chose_day(self, key: str) -> None:
        self._show()
        if key == _PICK:
            self.date.setFocus()
        self.changed.emit()

    def _show(self) -> None:
        self.field.setVisible(self.day_choice.value() == _PICK)
