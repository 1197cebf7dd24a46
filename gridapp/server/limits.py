"""The deadline that the server gives a step: the catalogue's limit on the working calendar.

The clock of the handling starts when the server takes up the event, runs anew for the unit to which
it is dispatched, and anew when it is sent back to be done again.
"""

from __future__ import annotations

from gridapp.clock import Instant
from gridapp.domain.calendar import chinese_calendar, deadline
from gridapp.domain.workflow import Action, State
from gridapp.server.reference import Reference

# action -> the state from which on somebody has that long
_STARTS = {
    (Action.ACCEPT, State.ACCEPTED),
    (Action.DISPATCH, State.DISPATCHED),
    (Action.SEND_BACK, State.SIGNED),
}


def step_deadline(
    reference: Reference, item_code: str, action: str, after: State, now: Instant
) -> Instant | None:
    """By when the work must be done that this step begins; None where it begins none."""
    if (action, after) not in _STARTS:
        return None
    limit = reference.limits.get(item_code)
    return None if limit is None else deadline(now, limit, chinese_calendar())
