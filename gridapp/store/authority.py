"""What the user may write, as far as this computer knows: asked before a write, so that it is not lost later.

The server judges again, by what is in force there. Here is only refused what it would surely refuse.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from gridapp.clock import Instant, day_of
from gridapp.domain.kinds import KINDS
from gridapp.domain.roles import RIGHTS, Reach, Role
from gridapp.domain.unit import Assignment, Unit
from gridapp.errors import Problem
from gridapp.i18n import Label
from gridapp.store.best_time import judging_days
from gridapp.store.reader import Reader

_ROLES = frozenset(role.value for role in Role)

_AT_OR_ABOVE = (
    "WITH RECURSIVE above(id, parent_id) AS ("
    "SELECT id, parent_id FROM unit WHERE id=? UNION "
    "SELECT u.id, u.parent_id FROM unit u JOIN above ON u.id=above.parent_id) SELECT id FROM above"
)


def may_write(reader: Reader, kind: str, today: str) -> bool:
    """Whether a role of the user writes this kind anywhere. True before the first sync."""
    if not posts_known(reader):
        return True
    return any(kind in RIGHTS[Role(a.role)].writes for a in own_assignments(reader, today))


def may_write_in(reader: Reader, kind: str, grid_id: UUID, today: str) -> bool:
    """Whether a role of the user writes this kind in this grid. True before the first sync."""
    if not posts_known(reader):
        return True
    writing = [a for a in own_assignments(reader, today) if kind in RIGHTS[Role(a.role)].writes]
    above = {UUID(bytes=key) for (key,) in reader.rows(_AT_OR_ABOVE, (grid_id.bytes,))}
    return any(_reaches(reader, a, grid_id, above) for a in writing)


def check_kind(reader: Reader, kind: str, now: Instant) -> None:
    """Raises ``Problem`` ``not_allowed`` where the user writes no records of this kind at all."""
    if not may_write(reader, kind, day_of(now).isoformat()):
        raise Problem(
            "not_allowed",
            "您的岗位不能修改“{kind}”。",
            remedy="需要改时请告诉区管理员。",
            kind=Label(KINDS[kind].zh, KINDS[kind].en),
        )


def check_grid(reader: Reader, kind: str, grid_id: UUID | None, now: Instant) -> None:
    """Raises ``Problem`` ``not_allowed`` where the user does not write this kind in this grid."""
    check_kind(reader, kind, now)
    if grid_id is None or may_write_in(reader, kind, grid_id, day_of(now).isoformat()):
        return
    grid = reader.record(Unit, grid_id)
    raise Problem(
        "not_allowed",
        "网格“{grid}”不归您管，没有保存。",
        remedy="请选自己的网格；需要改时请告诉网格长或社区。",
        grid=grid.name if grid else str(grid_id),
    )


def posts_known(reader: Reader) -> bool:
    """Whether this computer knows yet who serves where."""
    return bool(reader.value("SELECT EXISTS (SELECT 1 FROM assignment)"))


def own_assignments(reader: Reader, today: str) -> list[Assignment]:
    """The user's assignments in force. The day on which one ends is its last.

    ``today`` as the clock has it; a clock that is wrong puts nobody out of office.
    """
    days = judging_days(date.fromisoformat(today), reader.last_known)
    own = reader.where(Assignment, "staff_id=?", (reader.who.staff_id.bytes,))
    return [a for a in own if a.role in _ROLES and _in_force(a, days)]


def _in_force(own: Assignment, days: tuple[date, ...]) -> bool:
    first, last = own.from_date or date.min, own.to_date or date.max
    return not days or any(first <= day <= last for day in days)


def _reaches(reader: Reader, own: Assignment, grid_id: UUID, above: set[UUID]) -> bool:
    reach = RIGHTS[Role(own.role)].reach
    if reach is Reach.GRIDS:
        return own.unit_id in above
    if reach is Reach.MICRO:
        leads = "SELECT 1 FROM micro_grid WHERE grid_id=? AND leader_id=? AND deleted=0"
        key = (grid_id.bytes, reader.who.staff_id.bytes)
        return own.unit_id == grid_id or reader.value(leads, key) is not None
    # What was sent to a unit, and what belongs to the district, has nothing to do with one grid.
    return True
