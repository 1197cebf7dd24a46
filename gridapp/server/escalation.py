"""Which command room takes up an event: items that a township or a department handles go there at once."""

from __future__ import annotations

from gridapp.server.reference import Reference

_GOES_UP = frozenset({"township", "department"})


def command_units(
    reference: Reference, grid_id: bytes | None, item_code: str | None
) -> frozenset[bytes]:
    """The unit that hears of such an event from the beginning; none for what the community settles."""
    if grid_id is None or reference.levels.get(item_code or "", "") not in _GOES_UP:
        return frozenset()
    command = reference.command_of(grid_id)
    return frozenset() if command is None else frozenset({command})
