"""Which command room takes up an event: items that a township or a department handles go there at once."""

from __future__ import annotations

from sqlalchemy import Connection, select

from gridapp.server.schema import tables

_GOES_UP = frozenset({"township", "department"})
_COMMANDS = ("township", "district")


class Escalation:
    """Answers from the catalogue and the unit tree, each asked once per batch."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._levels: dict[str, str] | None = None
        self._commands: dict[bytes, bytes | None] = {}

    def units(self, grid_id: bytes | None, item_code: str | None) -> frozenset[bytes]:
        """The unit that hears of such an event from the beginning; none for what the community settles."""
        if grid_id is None or self._level(item_code or "") not in _GOES_UP:
            return frozenset()
        command = self._command(grid_id)
        return frozenset() if command is None else frozenset({command})

    def _level(self, item_code: str) -> str:
        if self._levels is None:
            table = tables["catalogue_item"]
            rows = self._connection.execute(select(table.c.item_code, table.c.level))
            self._levels = {code: level or "" for code, level in rows}
        return self._levels.get(item_code, "")

    def _command(self, grid_id: bytes) -> bytes | None:
        """The nearest township above a grid, else the district."""
        if grid_id not in self._commands:
            self._commands[grid_id] = self._climb(grid_id)
        return self._commands[grid_id]

    def _climb(self, unit_id: bytes) -> bytes | None:
        table, above = tables["unit"], unit_id
        while above:
            row = self._connection.execute(
                select(table.c.kind, table.c.parent_id).where(table.c.id == above)
            ).first()
            if row is None:
                return None
            if row.kind in _COMMANDS:
                return above
            above = row.parent_id
        return None
