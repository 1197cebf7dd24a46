"""Merging two households that are one: said here, carried out by the server."""

from __future__ import annotations

from uuid import UUID

from gridapp.domain.household import Household
from gridapp.domain.place import Building, Dwelling
from gridapp.errors import Problem
from gridapp.store.authority import check_grid
from gridapp.store.reader import Reader
from gridapp.store.unit_of_work import UnitOfWork

_MOST = 20  # mergers one after the other


def merge_households(uow: UnitOfWork, away: UUID, into: UUID) -> None:
    """Let household ``away`` go into ``into``; its dwelling too, where both are records of one room.

    Raises ``Problem`` ``gone`` where one of them is not here (any more), ``not_allowed`` by role.
    """
    source, target = _living(uow, away), _living(uow, into)
    for household in (source, target):
        check_grid(uow, "household", household.grid_id, uow.now)
    if source.id == target.id or source.grid_id != target.grid_id:
        raise _gone()
    dwellings = [uow.record(Dwelling, h.dwelling_id) for h in (source, target)]
    uow.merge(source, target.id)
    first, second = dwellings
    if first is not None and second is not None and _one_room(uow, first, second):
        uow.merge(first, second.id)


def stands_for(reader: Reader, household_id: UUID) -> UUID:
    """The household that stands for this one today: itself, or what it went into."""
    for _ in range(_MOST):
        key = reader.value("SELECT merged_into FROM household WHERE id=?", (household_id.bytes,))
        if not key:
            break
        household_id = UUID(bytes=key)
    return household_id


def merged_here(reader: Reader, household_id: UUID) -> list[UUID]:
    """Households that this computer merged into this one, while the server does not know of it."""
    sql = (
        "SELECT DISTINCT h.id FROM outbox o JOIN household h ON h.id=o.record_id "
        "WHERE o.live=1 AND o.entity='household' AND h.merged_into=? ORDER BY h.id"
    )
    return [UUID(bytes=key) for (key,) in reader.rows(sql, (household_id.bytes,))]


def _living(uow: UnitOfWork, household_id: UUID) -> Household:
    found = uow.record(Household, household_id)
    if found is None or found.deleted or found.merged_into:
        raise _gone()
    return found


def _one_room(reader: Reader, first: Dwelling, second: Dwelling) -> bool:
    if first.id == second.id or first.grid_id != second.grid_id or second.deleted:
        return False
    same = (first.entrance, first.room, first.landmark) == (
        second.entrance,
        second.room,
        second.landmark,
    )
    return same and _building(reader, first) == _building(reader, second)


def _building(reader: Reader, dwelling: Dwelling) -> tuple[str, UUID | None]:
    found = reader.record(Building, dwelling.building_id)
    return (found.name, found.compound_id) if found else ("", None)


def _gone() -> Problem:
    return Problem(
        "gone",
        "这两户不能合并：其中一户已不在，或不在同一个网格。",
        remedy="请刷新后再看。",
    )
