"""Inputs for declared fields: label, kind of input and reading back come from the declaration."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeVar

from PySide6.QtWidgets import QWidget

from gridapp.domain.happened import lies_ahead
from gridapp.domain.record import Field as Declared
from gridapp.domain.record import Record, Type, kind_of
from gridapp.i18n import language, tr
from gridapp.ui.desk import Desk
from gridapp.ui.forms.item_picker import ItemPicker
from gridapp.ui.widgets.choice import Segmented
from gridapp.ui.widgets.date_field import DateField
from gridapp.ui.widgets.field import Choice, Field, Line, Paragraph
from gridapp.ui.words.values import value_words

R = TypeVar("R", bound=Record)
D = TypeVar("D", bound=date | str | None)
_LONG = 400  # characters from which a text gets several lines
_MEMBERS = 20  # of a set, in one line
_LISTED = re.compile(r"[、，,;；\s]+")


class WrongValueError(ValueError):
    """What is typed does not fit; the message says so in the user's words."""


class Input:
    """One declared field on a form: the widget, and how its value is read and shown."""

    def __init__(self, desk: Desk, declared: Declared, value: Any) -> None:
        self.declared, self._first = declared, value
        self._desk = desk
        label = declared.en if language() == "en" else declared.zh
        self.widget = self._made(label)
        self.field = Field(label, self.widget, required=declared.required)
        self.show(value)

    def _made(self, label: str) -> QWidget:
        """The widget that suits the field."""
        make = _BY_CODES.get(self.declared.codes) or _WIDGETS.get(self.declared.type, _line)
        return make(self._desk, self.declared, label)

    def show(self, value: Any) -> None:
        """Show a value."""
        widget = self.widget
        if isinstance(widget, Choice):
            if value and widget.findData(value) < 0:
                widget.addItem(str(value), value)
            widget.set_value(value or "")
        elif isinstance(widget, ItemPicker):
            widget.set_value(value or "")
        elif isinstance(widget, Segmented):
            widget.set_value({True: "yes", False: "no"}.get(value, ""))
        elif isinstance(widget, DateField):
            widget.set_value(value or "")
        elif isinstance(widget, Paragraph):
            widget.setPlainText(value or "")
        elif isinstance(widget, Line):
            widget.setText(self._text(value))
            widget.setCursorPosition(0)

    def shown(self, value: Any) -> str:
        """A value in words."""
        return value_words(self._desk, self.declared, value, revealed=True) or tr("空白")

    def typed(self) -> Any:
        """What stands in the input, as a plain JSON value for a draft."""
        widget = self.widget
        if isinstance(widget, (Choice, Segmented, ItemPicker)):
            return widget.value()
        if isinstance(widget, Paragraph):
            return widget.toPlainText()
        return widget.kept() if isinstance(widget, DateField) else _text_of(widget)

    def retype(self, typed: Any) -> None:
        """Put a draft's value back."""
        widget = self.widget
        if isinstance(widget, (Choice, Segmented, ItemPicker)):
            widget.set_value(str(typed))
        elif isinstance(widget, Paragraph):
            widget.setPlainText(str(typed))
        elif isinstance(widget, DateField):
            widget.go_on(typed)
        elif isinstance(widget, Line):
            widget.setText(str(typed))

    def value(self) -> Any:
        """The value as the record holds it. Raises ``WrongValueError``."""
        widget = self.widget
        if isinstance(widget, (Choice, ItemPicker)):
            return widget.value()
        if isinstance(widget, Segmented):
            return {"yes": True, "no": False}.get(widget.value())
        if isinstance(widget, DateField):
            if widget.is_wrong():
                raise WrongValueError(tr("看不懂这个日期。可以写“2026-11-03”。"))
            if self.declared.type is Type.MOMENT:
                return self._happened(widget.moment())
            return self._happened(widget.day())
        if isinstance(widget, Paragraph):
            return widget.text()
        return self._parse(_text_of(widget).strip())

    def _happened(self, day: D) -> D:
        # What was there already stays: whoever edits something else did not state it.
        if day != self._first and lies_ahead(self.declared, day, self._desk.latest):
            raise WrongValueError(tr("日期还没到，请改成今天或以前。"))
        return day

    def _text(self, value: Any) -> str:
        if value is None:
            return ""
        if self.declared.type is Type.SET:
            return "、".join(value)
        return f"{value:g}" if isinstance(value, float) else str(value)

    def _parse(self, text: str) -> Any:
        kind = self.declared.type
        if kind is Type.SET:
            return tuple(sorted({part for part in _LISTED.split(text) if part}))
        if kind not in (Type.INTEGER, Type.REAL):
            return text
        if not text:
            return None
        try:
            return int(text) if kind is Type.INTEGER else float(text)
        except ValueError:
            raise WrongValueError(tr("请填数字。")) from None


class Inputs:
    """Inputs for some fields of one record."""

    def __init__(
        self, desk: Desk, record: Record, names: Sequence[str], add: Callable[[str, Field], object]
    ) -> None:
        self.record = record
        declared = kind_of(type(record)).by_name
        self.inputs = {n: Input(desk, declared[n], getattr(record, n)) for n in names}
        for name, made in self.inputs.items():
            add(name, made.field)

    def changed(self, record: R) -> R:
        """``record`` with what stands in the inputs; errors are shown, then ``WrongValueError``."""
        values: dict[str, Any] = {}
        wrong = ""
        for name, made in self.inputs.items():
            try:
                values[name] = made.value()
            except WrongValueError as error:
                made.field.set_error(str(error))
                wrong = wrong or str(error)
                continue
            if made.declared.required and values[name] in (None, "", ()):
                wrong = wrong or tr("还没有填。")
                made.field.set_error(tr("还没有填。"))
        if wrong:
            raise WrongValueError(wrong)
        return dataclasses.replace(record, **values)

    def typed(self) -> dict[str, Any]:
        """For a draft."""
        return {name: made.typed() for name, made in self.inputs.items()}

    def retype(self, typed: dict[str, Any]) -> None:
        """From a draft."""
        for name, value in typed.items():
            if name in self.inputs:
                self.inputs[name].retype(value)

    def compare(self, now: Record) -> None:
        """Say beside each field what somebody else changed since the form was opened."""
        for name, made in self.inputs.items():
            value = getattr(now, name)
            if value != getattr(self.record, name):
                shown = made.shown(value)
                made.field.set_notice(
                    tr("刚有人把这一项改成“{value}”。保存时以你看到的为准，两个都留着。").format(
                        value=shown
                    )
                )


def _line(_desk: Desk, declared: Declared, _label: str) -> QWidget:
    return Line(max_length=declared.max_length)


def _text(_desk: Desk, declared: Declared, _label: str) -> QWidget:
    if declared.max_length > _LONG:
        return Paragraph(lines=2)
    return Line(max_length=declared.max_length)


def _choice(desk: Desk, declared: Declared, _label: str) -> QWidget:
    return Choice(desk.reference.choices(declared.codes, language()), empty=tr("未登记"))


def _item(desk: Desk, _declared: Declared, _label: str) -> QWidget:
    return ItemPicker(desk.reference)


def _care_group(desk: Desk, _declared: Declared, _label: str) -> QWidget:
    groups = desk.reference.care_groups
    choices = [(g.group_code, desk.care_name(g.group_code)) for g in groups]
    return Choice(choices, empty=tr("未登记"))


def _yes_no(_desk: Desk, _declared: Declared, label: str) -> QWidget:
    return Segmented(label, (("yes", tr("有")), ("no", tr("没有"))))


def _day(desk: Desk, _declared: Declared, label: str) -> QWidget:
    return DateField(label, desk.today)


def _moment(desk: Desk, _declared: Declared, label: str) -> QWidget:
    return DateField(label, desk.today, with_time=True)


def _set(_desk: Desk, declared: Declared, _label: str) -> QWidget:
    return Line(hint=tr("几个之间用顿号"), max_length=_MEMBERS * declared.max_length)


_WIDGETS: dict[Type, Callable[[Desk, Declared, str], QWidget]] = {
    Type.TEXT: _text,
    Type.CODE: _choice,
    Type.YES_NO: _yes_no,
    Type.DATE: _day,
    Type.MOMENT: _moment,
    Type.SET: _set,
}
# Codes of tables of their own.
_BY_CODES: dict[str, Callable[[Desk, Declared, str], QWidget]] = {
    "catalogue_item": _item,
    "care_group": _care_group,
}


def _text_of(widget: QWidget) -> str:
    return widget.text() if isinstance(widget, Line) else ""
