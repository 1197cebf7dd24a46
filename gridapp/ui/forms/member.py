"""One member on the household form: the person, identity, telephones, the tie, care groups."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gridapp.domain.household import Household, Residence
from gridapp.domain.identity import CITIZEN, check_identity
from gridapp.domain.masking import mask_id
from gridapp.domain.person import CareEnrolment, Person, PersonFile
from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.store.drafting import MemberForm
from gridapp.ui.desk import Desk
from gridapp.ui.forms.declared import Inputs, WrongValueError
from gridapp.ui.forms.pairs import Pairs
from gridapp.ui.forms.phones import Phones
from gridapp.ui.widgets.basic import Card, button
from gridapp.ui.widgets.choice import Toggles
from gridapp.ui.widgets.field import Field, Line

_PERSON = ("name", "nicknames", "status", "away_until", "status_note")
_IDENTITY = ("id_kind", "id_number", "birth_date", "sex")
_FILE = ("marital", "education", "occupation", "employer", "registered_place")


class MemberCard(Card):
    """One member. Numbers that were there are masked until the form reveals them."""

    removed = Signal()
    changed = Signal()

    def __init__(self, desk: Desk, member: MemberForm, *, new: bool, head: bool) -> None:
        remove = button(tr("不住这里了"), self.removed.emit, "link")
        remove.setAccessibleName(tr("去掉成员 {name}").format(name=member.person.name))
        super().__init__(member.person.name or tr("新成员"), remove, padded=True)
        self.desk, self.member, self.new = desk, member, new
        self.person_id: UUID = member.person.id
        self.masked = not new and bool(member.file.id_number or member.file.phones)
        self.fields: dict[str, Field] = {}
        remove.setVisible(not head)
        self._build()

    def form(self) -> MemberForm:
        """The member as filled in. Raises ``WrongValueError`` or ``Problem``, shown at the field."""
        member, wrong = self.member, False
        changed: dict[str, Any] = {}
        for name, inputs in self._inputs.items():
            try:
                changed[name] = inputs.changed(getattr(member, name))
            except WrongValueError:
                wrong = True
        if not self.phones.check():
            wrong = True
        if wrong:
            raise WrongValueError(tr("有几处要改。"))
        file = self._identity(changed.get("file", member.file))
        person: Person = changed["person"]
        if file.birth_date and file.birth_date.year != person.birth_year:
            person = dataclasses.replace(person, birth_year=file.birth_date.year)
        return MemberForm(person, file, changed["residence"], self._care())

    def reveal(self) -> None:
        """Show whole numbers; the form has logged it."""
        self.masked = False
        number = self._inputs["file"].inputs["id_number"]
        number.show(self.member.file.id_number)
        assert isinstance(number.widget, Line)
        number.widget.setReadOnly(False)
        self.phones.reveal()

    def typed(self) -> dict[str, Any]:
        """For a draft."""
        return {
            "id": str(self.person_id),
            "new": self.new,
            "masked": self.masked,
            "care": list(self.care.values()),
            "phones": self.phones.typed(),
            **{name: inputs.typed() for name, inputs in self._inputs.items()},
        }

    def retype(self, typed: dict[str, Any]) -> None:
        """From a draft."""
        if self.masked and not typed.get("masked", True):
            self.reveal()
        for name, inputs in self._inputs.items():
            inputs.retype(typed.get(name, {}))
        self.phones.retype(typed.get("phones", []))
        self.care.set_values(typed.get("care", ()))

    def compare(self, now: MemberForm) -> None:
        """Say what somebody else changed meanwhile."""
        for name, inputs in self._inputs.items():
            inputs.compare(getattr(now, name))

    def place_error(self, problem: Problem) -> bool:
        """Show a problem at its field, if it is one of these."""
        field = self.fields.get(str(problem.values.get("field", "")))
        if field is None:
            return False
        plain = Problem(problem.code, problem.message, remedy=problem.remedy, **problem.values)
        field.set_error(plain.text())
        field.inner.setFocus()
        return True

    def _build(self) -> None:
        member = self.member
        pairs, rest_of = Pairs(), Pairs()
        add, add_more = self._adder(pairs), self._adder(rest_of)
        self.body.addWidget(pairs)
        self._inputs = {
            "person": Inputs(self.desk, member.person, _PERSON[:1], add),
            "residence": Inputs(self.desk, member.residence, ("relation", "kind"), add),
            "file": Inputs(self.desk, member.file, _IDENTITY, add),
        }
        if self.masked:
            number = self._inputs["file"].inputs["id_number"]
            assert isinstance(number.widget, Line)
            number.widget.setText(mask_id(member.file.id_number))
            number.widget.setReadOnly(True)
        self.phones = Phones(member.file.phones, masked=self.masked)
        self.phones.changed.connect(self.changed)
        self.body.addWidget(Field(tr("电话"), self.phones))
        groups = self.desk.reference.care_groups
        self.care = Toggles(
            tr("关爱群体"), [(g.group_code, self.desk.care_name(g.group_code)) for g in groups]
        )
        self.care.set_values([c.group_code for c in member.care])
        self.care.changed.connect(self.changed)
        self._more = QWidget()
        more = QVBoxLayout(self._more)
        more.setContentsMargins(0, 0, 0, 0)
        more.setSpacing(10)
        more.addWidget(rest_of)
        self._more_button = button(tr("更多情况"), self._show_more)
        rest = Inputs(self.desk, member.person, _PERSON[1:], add_more)
        self._inputs["person"].inputs |= rest.inputs
        rest = Inputs(self.desk, member.file, _FILE, add_more)
        self._inputs["file"].inputs |= rest.inputs
        more.addWidget(Field(tr("关爱群体"), self.care))
        self._more.hide()
        self.body.addWidget(self._more_button)
        self.body.addWidget(self._more)

    def _adder(self, pairs: Pairs) -> Callable[[str, Field], None]:
        def add(name: str, field: Field) -> None:
            self.fields[name] = field
            pairs.add(field)

        return add

    def _show_more(self) -> None:
        self._more.show()
        self._more_button.hide()

    def _identity(self, file: PersonFile) -> PersonFile:
        number = self.member.file.id_number if self.masked else file.id_number
        kind = file.id_kind or (CITIZEN if number else "")
        said = self.member.file
        birth, sex = file.birth_date, file.sex
        if number != said.id_number and kind == CITIZEN:
            # a new number tells birth and sex by itself, unless they were stated as well
            birth = None if birth == said.birth_date else birth
            sex = "" if sex == said.sex else sex
        try:
            found = check_identity(kind, number, birth, sex, self.desk.latest)
        except Problem as problem:
            self.place_error(problem)
            raise WrongValueError(problem.text()) from None
        return dataclasses.replace(
            file,
            id_kind=found.id_kind,
            id_number=found.number,
            birth_date=found.birth,
            sex=found.sex,
            phones=self.phones.phones(),
        )

    def _care(self) -> tuple[CareEnrolment, ...]:
        held = {c.group_code: c for c in self.member.care}
        return tuple(
            held.get(code)
            or CareEnrolment(person_id=self.person_id, group_code=code, from_date=self.desk.today)
            for code in self.care.values()
        )


def new_member(household: Household) -> MemberForm:
    """An empty member of a household."""
    person = Person(status="here")
    return MemberForm(
        person,
        PersonFile(person_id=person.id),
        Residence(person_id=person.id, household_id=household.id, kind="living"),
    )
