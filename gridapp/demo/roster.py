"""Members of staff with user names in pinyin, and their roles: one row a role."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date

from pypinyin import lazy_pinyin

from gridapp.demo.contacts import Numbers
from gridapp.demo.naming import Naming
from gridapp.domain.roles import Role
from gridapp.domain.surnames import COMPOUND, SINGLE

_LANE = 99  # no grid has this number, so staff share no telephone with residents


@dataclass(frozen=True, slots=True)
class StaffRow:
    """One line of the sheet 人员: somebody in one role at one unit."""

    name: str
    user_name: str
    phone: str
    role: str
    unit: str  # division code, grid code or department code
    full_time: bool | None = True
    since: date | None = None
    until: date | None = None
    covers: str = ""  # user name of who is stood in for


class Roster:
    """Collects rows; user names are unique."""

    def __init__(self, rng: random.Random, since: date) -> None:
        self.rows: list[StaffRow] = []
        self._rng = rng
        self._since = since
        self._naming = Naming(rng)
        self._numbers = Numbers(rng, _LANE)
        self._taken: dict[str, int] = {}

    def member(self, name: str = "") -> StaffRow:
        """Somebody new, without a role so far."""
        rng = self._rng
        if not name:
            sex = rng.choice("12")
            name = self._naming.plain(self._naming.surname(), sex, rng.randint(26, 57))
        return StaffRow(name, self._user_name(name), self._numbers.mobile(), "", "")

    def add(
        self, role: Role, unit: str, *, name: str = "", full_time: bool = True, covers: str = ""
    ) -> StaffRow:
        """Somebody new in a role."""
        return self.again(self.member(name), role, unit, full_time=full_time, covers=covers)

    def again(
        self,
        member: StaffRow,
        role: Role,
        unit: str,
        *,
        full_time: bool = True,
        covers: str = "",
    ) -> StaffRow:
        """A role, perhaps one more, of somebody who is there."""
        row = replace(
            member,
            role=role.value,
            unit=unit,
            full_time=full_time,
            since=self._since,
            until=None,
            covers=covers,
        )
        self.rows.append(row)
        return row

    def _user_name(self, name: str) -> str:
        plain = "".join(_syllables(name))
        self._taken[plain] = self._taken.get(plain, 0) + 1
        return f"{plain}{self._taken[plain]:02}"


def _syllables(name: str) -> list[str]:
    if name[:2] in COMPOUND:
        return [*COMPOUND[name[:2]], *lazy_pinyin(name[2:])]
    if name[0] in SINGLE:
        return [SINGLE[name[0]][0], *lazy_pinyin(name[1:])]
    return lazy_pinyin(name)
