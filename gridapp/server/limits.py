"""The deadline that the server gives a step: the catalogue's limit on the working calendar.

The clock of the handling starts when the server takes up the event, runs anew for the unit to which
it is dispatched, and anew when it is sent back to be done again.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from gridapp.clock import Instant
from gridapp.domain.calendar import Limit, chinese_calendar, deadline, limit_of
from gridapp.domain.workflow import Action, State
from gridapp.server.schema import tables

# action -> the state from which on somebody has that long
_STARTS = {
    (Action.ACCEPT, State.ACCEPTED),
    (Action.DISPATCH, State.DISPATCHED),
    (Action.SEND_BACK, State.SIGNED),
}


class Limits:
    """Limits of catalogue items, each asked once per batch."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[str, Limit | None] = {}

    def deadline(self, item_code: str, action: str, after: State, now: Instant) -> Instant | None:
        """By when the work must be done that this step begins; None where it begins none."""
        if (action, after) not in _STARTS:
            return None
        limit = self._limit(item_code)
        return None if limit is None else deadline(now, limit, chinese_calendar())

    def _limit(self, item_code: str) -> Limit | None:
        if item_code not in self._known:
            item = tables["catalogue_item"].c
            row = self._connection.execute(
                select(item.limit_value, item.limit_unit).where(
                    item.item_code == item_code, item.deleted == 0
                )
            ).first()
            found = None if row is None else limit_of(row.limit_value, row.limit_unit or "")
            self._known[item_code] = found
        return self._known[item_code]
