"""Rows of a roster put together into households, and what is wrong with each household as a whole."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gridapp.domain.address import address_key, bare_building
from gridapp.i18n import Label
from gridapp.importing import columns as c
from gridapp.importing.columns import BY_KEY
from gridapp.importing.header import Header
from gridapp.importing.plan import Address, PlannedHousehold, PlannedPerson, RowProblem
from gridapp.importing.reading import bare_entrance, bare_room

_WITHOUT_HEAD = frozenset({"collective", "shared", "vacant"})
_VACANT_NAME = "空置"
_ADDRESS_KEYS = frozenset({c.COMPOUND, c.BUILDING, c.ENTRANCE, c.ROOM, c.LANDMARK, c.ADDRESS})
_PLACING = _ADDRESS_KEYS | {c.NUMBER, c.HEAD_ID}
_PARTS = tuple(f.name for f in dataclasses.fields(Address))


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One row as read. ``bad``: keys of columns whose cells could not be read."""

    number: int
    household: str
    head_id: str
    head_name: str
    address: Address
    shared: Mapping[str, Any]  # column key -> what the row says of the household
    registered: str
    person: PlannedPerson | None
    bad: frozenset[str] = frozenset()


def same_part(name: str, one: str, other: str) -> bool:
    """Whether two spellings of a part of an address mean the same."""
    return _plain_part(name, one) == _plain_part(name, other)


def address_words(address: Address) -> tuple[str, ...]:
    """The parts of an address for comparison."""
    return tuple(_plain_part(name, getattr(address, name)) for name in _PARTS)


def households(
    header: Header, rows: Sequence[RosterRow]
) -> tuple[tuple[PlannedHousehold, ...], list[RowProblem]]:
    """The households of the rows in the file's order, and every problem found."""
    problems: list[RowProblem] = []
    groups: dict[tuple[Any, ...], list[RosterRow]] = {}
    by_head = any(row.head_id for row in rows)
    for row in rows:
        key = _key(row, by_head)
        if key is not None:
            groups.setdefault(key, []).append(row)
        elif not row.bad & _PLACING:
            message = "看不出这一行是哪一户。"
            remedy = "请填户号、户主身份证号或住址。"
            problems.append(header.problem(row.number, "", "which_household", message, remedy))
    planned = []
    for key, group in groups.items():
        gathered = _Group(header, group, by_number=key[0] == "number")
        planned.append(gathered.household())
        problems += gathered.problems
    problems += _duplicates(header, planned)
    return tuple(planned), problems


def _key(row: RosterRow, by_head: bool) -> tuple[Any, ...] | None:
    if c.NUMBER in row.bad:
        return None  # it has a number that we cannot read: no guess by address
    if row.household:
        return ("number", row.household)
    if row.head_id:
        return ("head", row.head_id)
    own = row.person.id_number if row.person and row.person.head else ""
    if by_head and own:
        return ("head", own)
    if not row.address:
        return None
    head = row.head_name or (row.person.name if by_head and row.person and row.person.head else "")
    return ("address", address_words(row.address), head)


@dataclass(slots=True)
class _Group:
    header: Header
    rows: list[RosterRow]
    by_number: bool
    problems: list[RowProblem] = field(default_factory=list)

    def household(self) -> PlannedHousehold:
        first = self.rows[0]
        address = self._address()
        shared = self._shared()
        members = self._members(shared.get(c.HOUSEHOLD_KIND, ""))
        head = next((m for m in members if m.head), None)
        head_row = next((r for r in self.rows if head and r.number == head.row), first)
        registered = head_row.registered or next(
            (r.registered for r in self.rows if r.registered), ""
        )
        parts: dict[str, dict[str, Any]] = {"household": {}, "household_file": {}, "dwelling": {}}
        for key, value in shared.items():
            if key not in _ADDRESS_KEYS:
                parts[BY_KEY[key].kind][key.partition(".")[2]] = value
        if registered:
            parts["household"]["registered_address"] = registered
        name = head.name if head else members[0].name if members else _VACANT_NAME
        self._check_head_id(head)
        return PlannedHousehold(
            first.number,
            name,
            first.household,
            address,
            parts["household"],
            parts["household_file"],
            parts["dwelling"],
            tuple(_person(m, self.rows, registered) for m in members),
        )

    def add(self, row: int, key: str, code: str, message: str, remedy: str, **values: Any) -> None:
        self.problems.append(self.header.problem(row, key, code, message, remedy, **values))

    def _address(self) -> Address:
        """All that the rows say of the address; rows that disagree are problems."""
        parts = dict.fromkeys(_PARTS, "")
        first = next((r.number for r in self.rows if r.address), self.rows[0].number)
        for row in self.rows:
            said = {n: v for n in _PARTS if (v := getattr(row.address, n))}
            if all(not parts[n] or same_part(n, parts[n], v) for n, v in said.items()):
                parts |= {n: v for n, v in said.items() if not parts[n]}
                continue
            if self.by_number:
                message = "户号“{number}”在第 {first} 行用在另一个住址。"
                remedy = "请核对户号或住址：一个户号只能有一个住址。"
                self.add(
                    row.number,
                    c.NUMBER,
                    "number_twice",
                    message,
                    remedy,
                    number=row.household,
                    first=first,
                )
            else:
                self._differs(row.number, c.ADDRESS, Label("住址", "Address"), first)
        return Address(**parts)

    def _shared(self) -> dict[str, Any]:
        found: dict[str, tuple[Any, int]] = {}
        for row in self.rows:
            for key, value in row.shared.items():
                if key in _ADDRESS_KEYS:
                    continue
                held = found.setdefault(key, (value, row.number))
                if held[0] != value:
                    column = BY_KEY[key]
                    label = (
                        Label(column.field.zh, column.field.en) if column.field else column.header
                    )
                    self._differs(row.number, key, label, held[1])
        return {key: value for key, (value, _) in found.items()}

    def _differs(self, row: int, key: str, label: str, first: int) -> None:
        message = "同一户的“{label}”与第 {first} 行不一致。"
        remedy = "请改成一致，或只在一行里填。"
        self.add(row, key, "household_differs", message, remedy, label=label, first=first)

    def _members(self, household_kind: str) -> list[PlannedPerson]:
        members = [row.person for row in self.rows if row.person]
        heads = [m for m in members if m.head]
        if not heads:
            heads = self._head_by_name(members)
            members = [heads[0] if heads and m.row == heads[0].row else m for m in members]
        if not heads and members and household_kind not in _WITHOUT_HEAD:
            unclear = any(row.bad & {c.RELATION, c.HEAD_NAME} for row in self.rows)
            unclear = unclear or any(c.NAME in row.bad for row in self.rows)
            if not unclear:
                message = "这一户没有户主。"
                remedy = "请在“与户主关系”里给一个人填“户主”。"
                self.add(members[0].row, c.RELATION, "no_head", message, remedy)
        for other in heads[1:]:
            message = "这一户有两个户主，另一个在第 {first} 行。"
            remedy = "请核对与户主关系，或分成两户。"
            self.add(other.row, c.RELATION, "two_heads", message, remedy, first=heads[0].row)
        return members

    def _head_by_name(self, members: Sequence[PlannedPerson]) -> list[PlannedPerson]:
        """The head where no relation says so: named in a column, or the only member."""
        named = {row.head_name for row in self.rows if row.head_name}
        found = [m for m in members if m.name in named and not m.residence.get("relation")]
        if not found and len(members) == 1 and not members[0].residence.get("relation"):
            found = list(members) if not self.rows[0].bad & {c.RELATION} else []
        return [
            dataclasses.replace(m, head=True, residence={**m.residence, "relation": "02"})
            for m in found
        ]

    def _check_head_id(self, head: PlannedPerson | None) -> None:
        if head is None or not head.id_number:
            return
        for row in self.rows:
            if row.head_id and row.head_id != head.id_number:
                message = "户主身份证号与第 {first} 行户主的号码不一致。"
                self.add(
                    row.number,
                    c.HEAD_ID,
                    "head_differs",
                    message,
                    "请核对后改正其中一个。",
                    first=head.row,
                )


def _person(member: PlannedPerson, rows: Iterable[RosterRow], registered: str) -> PlannedPerson:
    own = next((r.registered for r in rows if r.number == member.row), "")
    if not own or own == registered:
        return member
    return dataclasses.replace(member, file={**member.file, "registered_place": own})


def _duplicates(header: Header, planned: Iterable[PlannedHousehold]) -> list[RowProblem]:
    """The same person in two rows: by number in the whole file, by name and birth year in a household."""
    problems: list[RowProblem] = []
    numbers: dict[str, int] = {}
    for household in planned:
        names: dict[tuple[str, int | None], PlannedPerson] = {}
        for member in household.members:
            first = numbers.setdefault(member.id_number or str(member.row), member.row)
            same = names.setdefault((member.name, member.birth_year), member)
            if first != member.row:
                message = "这个证件号码在第 {first} 行已经有了。"
                remedy = "请核对号码；同一个人只留一行。"
                problems.append(
                    header.problem(
                        member.row, c.ID_NUMBER, "person_twice", message, remedy, first=first
                    )
                )
            elif same is not member and not (same.id_number and member.id_number):
                message = "“{name}”在这一户的第 {first} 行已经有了。"
                remedy = "同一个人只留一行；同名的两个人请填出生日期或证件号码。"
                values = {"name": member.name, "first": same.row}
                problems.append(
                    header.problem(member.row, c.NAME, "person_twice", message, remedy, **values)
                )
    return problems


def _plain_part(name: str, text: str) -> str:
    if name == "building":
        return bare_building(text)
    if name == "entrance":
        return bare_entrance(text)
    if name == "room":
        return bare_room(text)
    return address_key("".join(text.split()))


__all__ = ["RosterRow", "address_words", "households", "same_part"]
