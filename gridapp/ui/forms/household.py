"""Editing a household with its dwelling and members, or making a new one."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gridapp.domain.household import Household, HouseholdFile
from gridapp.domain.place import Dwelling
from gridapp.domain.record import Record
from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.store.changes import Changes
from gridapp.store.drafting import HouseholdForm
from gridapp.store.views.household_page import HouseholdPage, household_page
from gridapp.store.views.places import GridPlaces, grid_places
from gridapp.ui.desk import Desk, Where
from gridapp.ui.forms.declared import Inputs, WrongValueError
from gridapp.ui.forms.form import Form
from gridapp.ui.forms.member import MemberCard, new_member
from gridapp.ui.forms.pairs import Pairs
from gridapp.ui.forms.spec import FormSpec, Left
from gridapp.ui.forms.subject import NOBODY, household_subject
from gridapp.ui.operations.households import reveal_numbers, save_household
from gridapp.ui.widgets.basic import button, words
from gridapp.ui.widgets.field import Choice, Field
from gridapp.ui.widgets.flow import Flow

_HOUSEHOLD = ("name", "kind", "own_number")
_PLACE = ("entrance", "room", "landmark")
_DWELLING = (
    "tenure",
    "area",
    "structure",
    "floors",
    "gas",
    "gas_alarm",
    "smoke_alarm",
    "last_check",
)
_FILE = (
    "livelihood",
    "benefits",
    "needs",
    "wishes",
    "emergency_name",
    "emergency_relation",
    "emergency_phone",
    "legal_basis",
    "notice_given",
    "notice_on",
)
_ACROSS = ("registered_address", "landmark")


class HouseholdEdit(Form):
    """The household with everything that belongs to it."""

    WIDE = True
    GUIDE = "households"

    def __init__(
        self,
        desk: Desk,
        opened: HouseholdForm | None,
        grid_id: UUID | None = None,
        building_id: UUID | None = None,
        *,
        add_member: bool = False,
        at: UUID | str = "",
    ) -> None:
        """``at``: the field, or the member by id, that the user wants to change."""
        self.opened, self._at = opened, at
        self.start = opened or _empty(desk, grid_id, building_id)
        key = f"household:{opened.household.id}" if opened else "household:new"
        title = tr("修改住户") if opened else tr("新建住户")
        about = household_subject(opened.household) if opened else NOBODY
        super().__init__(desk, title, key, subject=about)
        self.cards: list[MemberCard] = []
        self._inputs: dict[str, Inputs] = {}
        self._build_fields()
        if add_member or opened is None:
            self._add_member(focus=add_member)
        self.watch()
        self.offer_draft()
        desk.read(self, grid_places, self._take_places)

    def data(self) -> dict[str, Any]:
        """What is filled in."""
        return {
            "household_id": str(self.start.household.id),
            "grid": str(self.start.household.grid_id or ""),
            "building": self.building.value(),
            "members": [card.typed() for card in self.cards],
            **{name: inputs.typed() for name, inputs in self._inputs.items()},
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Fill in a draft."""
        for name, inputs in self._inputs.items():
            inputs.retype(data.get(name, {}))
        self._wanted_building = data.get("building", "")
        self.building.set_value(self._wanted_building)
        known = {str(card.person_id): card for card in self.cards}
        typed = data.get("members", [])
        for card in [c for key, c in known.items() if key not in {m["id"] for m in typed}]:
            self._remove(card)
        for member in typed:
            card = known.get(member["id"]) or self._add_member()
            card.retype(member)

    def submit(self) -> Future[Household] | None:
        """Save what changed."""
        form = self._form()
        if form is None:
            return None
        return save_household(self.desk.store, self.opened, form, self.draft_key)

    def begin(self) -> None:
        """With the name, or the new member's name."""
        new = next((card for card in self.cards if card.new), None) if self.opened else None
        card = next((card for card in self.cards if card.person_id == self._at), new)
        at = card.fields["name"] if card else self.fields.get(str(self._at), self.fields["name"])
        at.inner.setFocus()
        # once it has its place
        QTimer.singleShot(0, at, lambda: self._area.ensureWidgetVisible(at))

    def noticed(self, changes: Changes) -> None:
        """Compare with what the records hold now."""
        opened = self.opened
        if opened is None or changes.ids.isdisjoint(_ids(opened)):
            return
        view = partial(household_page, household_id=opened.household.id)
        self.desk.read(self, view, self._compare, only_latest="compare")

    def refuse(self, problem: Problem) -> None:
        """Errors of a member go to that member's field."""
        person = problem.values.get("person")
        card = next((c for c in self.cards if str(c.person_id) == person), None)
        if card and card.place_error(problem):
            self._let_act(True)
            return
        super().refuse(problem)

    def clear_errors(self) -> None:
        """In members too."""
        super().clear_errors()
        for card in self.cards:
            for field in card.fields.values():
                field.set_error("")

    def _form(self) -> HouseholdForm | None:
        start = self.start
        changed: dict[str, Any] = {}
        members, wrong = [], False
        for name, inputs in self._inputs.items():
            try:
                changed[name] = inputs.changed(getattr(start, name))
            except WrongValueError:
                wrong = True
        for card in self.cards:
            try:
                members.append(card.form())
            except WrongValueError:
                wrong = True
                self._area.ensureWidgetVisible(card)
        if wrong:
            self._trouble.setText(tr("有几处要改，已在旁边写明。"))
            self._trouble.show()
            return None
        building = self.building.value()
        dwelling = dataclasses.replace(
            changed["dwelling"], building_id=UUID(building) if building else None
        )
        household = dataclasses.replace(
            changed["household"],
            dwelling_id=dwelling.id,
            head_id=start.household.head_id or (members[0].person.id if members else None),
        )
        return HouseholdForm(household, changed["file"], dwelling, None, tuple(members))

    def _build_fields(self) -> None:
        start = self.start
        first, second, third = Pairs(), Pairs(), Pairs()
        self.add(first)
        self._inputs["household"] = self._into(first, start.household, _HOUSEHOLD)
        self.building = Choice((), empty=tr("没有楼栋，写位置"))
        self._wanted_building = str(start.dwelling.building_id or "")
        self.fields["building_id"] = Field(tr("楼栋"), self.building)
        first.add(self.fields["building_id"])
        registered = self._into(first, start.household, ("registered_address",))
        self._inputs["household"].inputs |= registered.inputs
        self._inputs["dwelling"] = self._into(first, start.dwelling, _PLACE)
        self._build_members()
        self.add(words(tr("住房与安全"), "head"))
        self.add(second)
        rest = self._into(second, start.dwelling, _DWELLING)
        self._inputs["dwelling"].inputs |= rest.inputs
        self.add(words(tr("生活与联系"), "head"))
        self.add(third)
        self._inputs["file"] = self._into(third, start.file, _FILE)

    def _into(self, pairs: Pairs, record: Record, names: Sequence[str]) -> Inputs:
        def add(name: str, field: Field) -> None:
            self.fields[name] = field
            pairs.add(field, across=name in _ACROSS)

        return Inputs(self.desk, record, names, add)

    def _build_members(self) -> None:
        self.add(words(tr("成员"), "head"))
        self._reveal = button(tr("显示号码（会记录）"), self._ask_reveal)
        self._list = QVBoxLayout()
        self._list.setSpacing(12)
        holder = QWidget()
        holder.setLayout(self._list)
        self._list.setContentsMargins(0, 0, 0, 0)
        head = self.start.household.head_id
        for member in self.start.members:
            self._add_card(MemberCard(self.desk, member, new=False, head=member.person.id == head))
        more = button(tr("＋ 加成员"), lambda: self._add_member(focus=True))
        self.add(Flow(self._reveal), holder, Flow(more))
        self._reveal.setVisible(any(card.masked for card in self.cards))

    def _add_member(self, *, focus: bool = False) -> MemberCard:
        card = MemberCard(self.desk, new_member(self.start.household), new=True, head=False)
        self._add_card(card)
        self.watch()
        if focus:
            card.fields["name"].inner.setFocus()
        return card

    def _add_card(self, card: MemberCard) -> None:
        card.removed.connect(lambda: self._remove(card))
        card.changed.connect(self.edited)
        self.cards.append(card)
        self._list.addWidget(card)

    def _remove(self, card: MemberCard) -> None:
        self.cards.remove(card)
        self._list.removeWidget(card)
        card.deleteLater()
        self.edited()

    def _ask_reveal(self) -> None:
        done = reveal_numbers(self.desk.store, self.start.household.id)
        self.desk.run(self, done, lambda _: self._revealed())

    def _revealed(self) -> None:
        self._reveal.hide()
        for card in self.cards:
            if card.masked:
                card.reveal()

    def _take_places(self, grids: tuple[GridPlaces, ...]) -> None:
        kept = self.building.value() or self._wanted_building
        for grid in grids:
            if grid.id == self.start.household.grid_id:
                for building in grid.buildings:
                    self.building.addItem(building.name, str(building.id))
        self.building.set_value(kept)

    def _compare(self, now: HouseholdPage | None) -> None:
        if now is None:
            self._trouble.setText(tr("这一户刚从本机移走了。"))
            self._trouble.show()
            return
        for name, record in (
            ("household", now.household),
            ("file", now.file),
            ("dwelling", now.dwelling or self.start.dwelling),
        ):
            self._inputs[name].compare(record)
        members = {m.person.id: m for m in now.members}
        for card in self.cards:
            if card.person_id in members:
                card.compare(members[card.person_id])


def _empty(desk: Desk, grid_id: UUID | None, building_id: UUID | None) -> HouseholdForm:
    dwelling = Dwelling(grid_id=grid_id, building_id=building_id)
    household = Household(
        grid_id=grid_id, dwelling_id=dwelling.id, kind="family", opened_on=desk.today
    )
    return HouseholdForm(household, HouseholdFile(household_id=household.id), dwelling)


def _ids(form: HouseholdForm) -> set[UUID]:
    ids = {form.household.id, form.file.id, form.dwelling.id}
    for member in form.members:
        ids |= {member.person.id, member.file.id, member.residence.id}
    return ids


def _left(view: HouseholdPage | None) -> Left:
    if view is None:
        return Left("", None, lambda desk: HouseholdEdit(desk, None))
    where = Where("household", view.household.id)
    return Left(view.household.name, where, lambda desk: HouseholdEdit(desk, view.form()))


FORM = FormSpec("household", "修改住户", household_page, _left)
