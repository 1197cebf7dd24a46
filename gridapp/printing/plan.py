"""What is going to be printed, what is left out and why: decided before anything is laid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from gridapp.clock import day_of
from gridapp.documents.household_file import Continuation
from gridapp.i18n import tr
from gridapp.store.printed import (
    OnPaper,
    Standing,
    last_sheets,
    on_paper,
    standing,
    visits_since,
)
from gridapp.store.reader import Reader
from gridapp.store.views.household_list import Within, household_ids

NOT_HERE, DELETED, MERGED = "not_here", "deleted", "merged"
NEVER_PRINTED, NOTHING_NEW, NOT_REACHED = "never_printed", "nothing_new", "not_reached"
NO_SHEET = "no_sheet"


@dataclass(frozen=True, slots=True)
class PrintOptions:
    """How to print. ``reveal``: whole numbers, with a ``reason``; ``new_visits``: continuation sheets.

    ``again``: the continuation sheets of the last print once more, as they were.
    """

    duplex: bool = False
    new_visits: bool = False
    again: bool = False
    reveal: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    """One household to be printed; with ``further`` only those ``visits``; ``again``: they are on paper."""

    id: UUID
    name: str
    address: str
    further: Continuation | None = None
    visits: frozenset[UUID] = frozenset()
    again: bool = False


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One household that is not printed. Name and address are "" where this computer does not know it."""

    id: UUID
    name: str
    address: str
    why: str  # one of the words above

    def reason(self) -> str:
        """Why, in words."""
        return tr(_REASONS[self.why])


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be printed, in order, and what is left out.

    ``sheets``: of how many the continuation sheet of the last print could be printed once more.
    """

    todo: tuple[Planned, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    sheets: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    """What came of it: how many files are done, what was left out, whether somebody stopped it.

    ``photos``: how many pictures are missing on the paper because they are not on this computer.
    """

    done: int = 0
    left_out: tuple[LeftOut, ...] = ()
    stopped: bool = False
    photos: int = 0


_REASONS = {
    NOT_HERE: "不在这台电脑上",
    DELETED: "档案已删除",
    MERGED: "已并入另一户",
    NEVER_PRINTED: "还没打过整份档案",
    NOTHING_NEW: "上次打印后没有新走访",
    NOT_REACHED: "停下时还没打到",
    NO_SHEET: "上次打的续页里没有这户",
}


def plan(
    reader: Reader, ids: Sequence[UUID], *, new_visits: bool = False, again: bool = False
) -> Plan:
    """Each of ``ids`` once, in their order, either to be printed or left out.

    ``again``: the continuation sheets of the last print instead of new ones.
    """
    ids = tuple(dict.fromkeys(ids))
    found = {each.id: each for each in standing(reader, ids)}
    paper = on_paper(reader, ids) if new_visits or again else {}
    sheets = last_sheets(reader, paper)
    fresh = sheets if again else visits_since(reader, paper)
    sorted_out = _Sorting(found, paper, fresh, new_visits, again)
    for household_id in ids:
        sorted_out.take(household_id)
    count = sum(1 for id_ in sheets if not _why_not(found.get(id_)))
    return Plan(tuple(sorted_out.todo), tuple(sorted_out.left_out), count)


def plan_within(
    reader: Reader, within: Within, *, new_visits: bool = False, again: bool = False
) -> Plan:
    """The plan of a grid, a building or a micro grid, in the order of doors."""
    return plan(reader, household_ids(reader, within), new_visits=new_visits, again=again)


@dataclass(slots=True)
class _Sorting:
    found: Mapping[UUID, Standing]
    paper: Mapping[UUID, OnPaper]
    fresh: Mapping[UUID, frozenset[UUID]]
    new_visits: bool
    again: bool
    todo: list[Planned] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    def take(self, id_: UUID) -> None:
        there = self.found.get(id_)
        name, address = (there.name, there.address) if there else ("", "")
        why = _why_not(there)
        held, visits = self.paper.get(id_), self.fresh.get(id_, frozenset())
        if not why and self.again:
            why = "" if visits else NO_SHEET
        elif not why and self.new_visits:
            why = NEVER_PRINTED if held is None else "" if visits else NOTHING_NEW
        if why:
            self.left_out.append(LeftOut(id_, name, address, why))
            return
        further = self._further(held) if held else None
        self.todo.append(Planned(id_, name, address, further, visits, self.again))

    def _further(self, held: OnPaper) -> Continuation:
        if self.again and held.follows is not None:
            return Continuation(held.sheet, day_of(held.follows))
        return Continuation(held.sheet + 1, day_of(held.at))


def _why_not(there: Standing | None) -> str:
    if there is None:
        return NOT_HERE
    return DELETED if there.deleted else MERGED if there.merged else ""
