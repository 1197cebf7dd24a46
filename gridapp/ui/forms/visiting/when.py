"""When it took place and how: today and at home, unless somebody says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from gridapp.domain.care import ABSENT
from gridapp.domain.happened import lies_ahead
from gridapp.domain.record import kind_of
from gridapp.domain.visit import Visit
from gridapp.i18n import tr
from gridapp.ui.widgets.basic import rows
from gridapp.ui.widgets.choice import Segmented
from gridapp.ui.widgets.date_field import DateField
from gridapp.ui.widgets.field import Field
from gridapp.ui.widgets.flow import Flow
from gridapp.ui.words.wording import plain_day

_PICK = "pick"
_HAPPENED = kind_of(Visit).by_name["happened_at"]


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

    def moment(self, latest: date) -> str | None:
        """When it took place; None, with the reason beside the date, where that is no day until ``latest``."""
        moment = self._moment()
        if moment is None:
            text = tr("看不懂这个日期。可以写“昨天”“上周二”或“2026-11-03”。")
            self.field.set_error(text)
        elif lies_ahead(_HAPPENED, moment, latest):
            self.field.set_error(tr("走访日期还没到，请改成今天或以前。"))
            return None
        return moment

    def data(self) -> dict[str, Any]:
        """What a draft keeps."""
        return {
            "when": self.day_choice.value(),
            "day": self.day().isoformat(),
            "date": self.date.kept(),
            "how": self.how,
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Fill in a draft: its day stays what it was, whatever day it is now."""
        self.day_choice.set_value(data.get("when", "today"))
        self.date.go_on(data.get("date", ""))
        self.how_choice.set_value(data.get("how", "home"))
        if self.day_choice.value() != _PICK and data.get("day"):
            self._name(date.fromisoformat(data["day"]))
        self._show()

    def set_today(self, today: date, *, stay: bool) -> None:
        """Another day began. ``stay``: the visit keeps the day that was chosen."""
        chosen, picked = self.day(), self.day_choice.value() == _PICK
        self._today = today
        self.date.set_today(today, stay=stay)
        if stay and not picked:
            self._name(chosen)
            self._show()

    def _name(self, day: date) -> None:
        """Choose ``day`` by the name that it has now, with its date where that is not today any more."""
        near = {0: "today", 1: "yesterday"}.get((self._today - day).days, _PICK)
        if near == "yesterday" and self.day_choice.value() == "today":
            self.day_choice.set_text(near, f"{tr('昨天')} {plain_day(day, self._today)}")
        if near == _PICK:
            self.date.set_value(day)
        self.day_choice.set_value(near)

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
