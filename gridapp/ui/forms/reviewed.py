"""Inputs for what late work says that no other form asks for in this way: whom one met, numbers, the unit it went to.

What cannot be set otherwise (whose work it is, what it belongs to, numbers that the program gave) is shown in words.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QWidget

from gridapp.domain.record import Type
from gridapp.domain.values import loaded
from gridapp.i18n import tr
from gridapp.store.views.reviews import ReviewedField, ReviewedRecord
from gridapp.store.views.units import UnitChoice, target_units
from gridapp.ui.desk import Desk
from gridapp.ui.forms.declared import Input, WrongValueError
from gridapp.ui.forms.phones import Phones
from gridapp.ui.forms.unit_picker import UnitPicker
from gridapp.ui.widgets.basic import words
from gridapp.ui.widgets.choice import Toggles
from gridapp.ui.widgets.field import Field
from gridapp.ui.words.values import Names, field_label, value_words

# Kinds of values that an input shows whole and reads back without loss.
_TYPED = frozenset(
    {Type.TEXT, Type.CODE, Type.YES_NO, Type.DATE, Type.MOMENT, Type.SET, Type.INTEGER, Type.REAL}
)


def changeable(record: ReviewedRecord) -> tuple[ReviewedField, ...]:
    """The fields of a record to which another value can be given here; a photo is taken as it is."""
    if record.photo or record.what in ("deleted", "merged"):
        return ()
    return tuple(f for f in record.fields if f.may_change and _asked(f))


def _asked(field: ReviewedField) -> bool:
    return field.declared.type in _TYPED or field.declared.name in _SPECIAL


def input_for(desk: Desk, field: ReviewedField, record: ReviewedRecord, names: Names) -> Input:
    """The input of a field that can be changed, with what was written in it."""
    value = loaded(field.declared, field.sent)
    special = _SPECIAL.get(field.declared.name)
    if special is not None:
        return special(desk, field, record, names)
    return Input(desk, field.declared, value)


def shown_field(desk: Desk, field: ReviewedField, names: Names, *, revealed: bool) -> Field | None:
    """A field that cannot be set otherwise, in words; None where it says nothing to people."""
    if field.declared.refers_to == "" and field.declared.type is Type.ID:
        return None
    if field.declared.name in _INNER:
        return None
    text = value_words(desk, field.declared, field.sent, names, revealed=revealed)
    if not text:
        return None
    made = words(text, wrap=True)
    made.setAccessibleName(f"{field_label(field.declared)} {text}")
    return Field(field_label(field.declared), made)


class _PeopleInput(Input):
    """Whom one met: each by name, to be left out."""

    def __init__(
        self, desk: Desk, field: ReviewedField, _record: ReviewedRecord, names: Names
    ) -> None:
        self._people = tuple(loaded(field.declared, field.sent))
        self._names = names
        super().__init__(desk, field.declared, self._people)

    def _made(self, label: str) -> QWidget:
        self.toggles = Toggles(label, [(one, self._name(one)) for one in self._people])
        return self.toggles

    def _name(self, one: str) -> str:
        try:
            return self._names.get(UUID(one).bytes, "") or tr("另一位")
        except ValueError:
            return one

    def show(self, value: Any) -> None:
        """Who was met."""
        self.toggles.set_values(value or ())

    def typed(self) -> Any:
        """For a draft."""
        return list(self.toggles.values())

    def retype(self, typed: Any) -> None:
        """From a draft."""
        self.toggles.set_values([one for one in typed if one in self._people])

    def value(self) -> Any:
        """Who is left, sorted as the record holds them."""
        return tuple(sorted(self.toggles.values()))


class _PhonesInput(Input):
    """Numbers and whose they are."""

    def __init__(
        self, desk: Desk, field: ReviewedField, _record: ReviewedRecord, _names: Names
    ) -> None:
        self._held = dict(loaded(field.declared, field.sent))
        super().__init__(desk, field.declared, self._held)

    def _made(self, _label: str) -> QWidget:
        self.phones = Phones(self._held, masked=False)  # hidden as a whole until it is revealed
        return self.phones

    def show(self, _value: Any) -> None:
        """They are shown as they were given."""

    def typed(self) -> Any:
        """For a draft."""
        return self.phones.typed()

    def retype(self, typed: Any) -> None:
        """From a draft."""
        self.phones.retype(typed)

    def value(self) -> Any:
        """Number -> whose. Raises ``WrongValueError``."""
        if not self.phones.check():
            raise WrongValueError("")  # it says so itself
        return self.phones.phones()


class _UnitInput(Input):
    """The unit that an event was sent to, chosen as where events are sent."""

    def __init__(
        self, desk: Desk, field: ReviewedField, record: ReviewedRecord, names: Names
    ) -> None:
        self._held: UUID | None = loaded(field.declared, field.sent)
        super().__init__(desk, field.declared, self._held)
        name = names.get(self._held.bytes, "") if self._held else ""
        self._own = (UnitChoice(self._held, name, "", frozenset()),) if self._held and name else ()
        self.picker.set_units(self._own)
        event = next((f.sent for f in record.fields if f.declared.name == "event_id"), None)
        if isinstance(event, bytes):
            view = partial(target_units, event_id=UUID(bytes=event))
            desk.read(self.picker, view, self._take_units)

    def _made(self, _label: str) -> QWidget:
        self.picker = UnitPicker()
        return self.picker

    def _take_units(self, units: tuple[UnitChoice, ...]) -> None:
        known = {unit.id for unit in units}
        self.picker.set_units((*(u for u in self._own if u.id not in known), *units))

    def show(self, value: Any) -> None:
        """The unit."""
        self.picker.set_value(str(value) if value else "")

    def typed(self) -> Any:
        """For a draft."""
        return self.picker.value()

    def retype(self, typed: Any) -> None:
        """From a draft."""
        self.picker.set_value(str(typed))

    def value(self) -> Any:
        """The unit's id, or None."""
        return UUID(self.picker.value()) if self.picker.value() else None


_SPECIAL: dict[str, type[_PeopleInput] | type[_PhonesInput] | type[_UnitInput]] = {
    "people_met": _PeopleInput,
    "phones": _PhonesInput,
    "target_unit_id": _UnitInput,
}
# Of use to programs alone.
_INNER = frozenset({"seen", "sha256", "media_type", "size", "width", "height", "target_kind"})
