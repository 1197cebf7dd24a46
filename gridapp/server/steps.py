"""The steps of an event as the server judges them: whether one fits, who may take it, its number and deadline."""

from __future__ import annotations

from gridapp.clock import Instant
from gridapp.domain import workflow
from gridapp.domain.exchange import Verdict
from gridapp.server import photos_due
from gridapp.server.author import Author
from gridapp.server.limits import step_deadline
from gridapp.server.sent import Refused
from gridapp.server.workspace import Row, Workspace


def take_step(workspace: Workspace, author: Author, row: Row, now: Instant) -> None:
    """Number a new step, and say by when what it begins must be done.

    Raises ``Refused``: ``step_not_allowed``, ``step_no_longer_fits``, ``required``, ``waits_for_photo``.
    """
    event = row["event_id"]
    steps = [s for s in workspace.steps[event].values() if s["number"] is not None]
    steps.sort(key=lambda s: s["number"])
    state = workflow.state_after([s["action"] for s in steps])
    code = workflow.judge(state, row["action"], author.roles_at(workspace.place("event", event)))
    if code is None and row["action"] in workflow.BY_TARGET_UNIT:
        target = next((s["target_unit_id"] for s in reversed(steps) if s["target_unit_id"]), None)
        if target not in {h.unit for h in author.holdings if not h.ended}:
            code = workflow.NOT_ALLOWED
    if code is None and workflow.missing(row["action"], row):
        code = "required"
    if code is not None:
        raise Refused(Verdict.REJECTED, code)
    reported = workspace.rows[("event", event)]
    item = (reported["item_code"] if reported else None) or ""
    if row["action"] == workflow.Action.VERIFY:
        _wait_for_photos(workspace, event, [s["id"] for s in steps], item)
    row["number"] = steps[-1]["number"] + 1 if steps else 1
    after = workflow.next_state(state, row["action"])
    row["deadline"] = step_deadline(workspace.reference, item, row["action"], after, now)


def _wait_for_photos(workspace: Workspace, event: bytes, steps: list[bytes], item: str) -> None:
    photo = photos_due.missing(workspace.connection, event, steps, item)
    if photo is not None:
        raise Refused(Verdict.PARKED, photos_due.WAITS_FOR_PHOTO, photo)
