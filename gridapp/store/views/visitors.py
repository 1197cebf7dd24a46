"""Who may have made a visit that somebody else writes down: colleagues, those who cover, volunteers."""

from __future__ import annotations

from uuid import UUID

from gridapp.store.reader import Reader

# Those who serve at the grid or its micro grids, at its community, and at the grids beside it.
_NEAR = (
    "SELECT DISTINCT s.id, s.name, s.user_name FROM assignment a "
    "JOIN staff s ON s.id=a.staff_id AND s.deleted=0 AND ifnull(s.active, 1)!=0 "
    "JOIN (SELECT id, parent_id FROM unit WHERE id=:grid) g "
    "WHERE a.deleted=0 AND (a.to_date IS NULL OR a.to_date>=:today) AND a.unit_id IN ("
    "SELECT g.id UNION ALL SELECT g.parent_id "
    "UNION ALL SELECT u.id FROM unit u WHERE u.parent_id=g.parent_id AND u.deleted=0 "
    "UNION ALL SELECT m.id FROM micro_grid m WHERE m.grid_id=g.id AND m.deleted=0) "
    "ORDER BY s.name, s.id"
)


def visitors(reader: Reader, grid_id: UUID) -> tuple[tuple[UUID, str], ...]:
    """(staff, name) by name, the user left out. Same names stand with the user name."""
    params = {"grid": grid_id.bytes, "today": reader.today.isoformat()}
    found = [row for row in reader.connection.execute(_NEAR, params) if row[1]]
    names = [name for _, name, _ in found]
    return tuple(
        (UUID(bytes=key), f"{name} ({user})" if names.count(name) > 1 and user else name)
        for key, name, user in found
        if key != reader.who.staff_id.bytes
    )
