"""Revision 0006: what answers at once whom to visit, which visits were last, which events wait."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_index(
        "ix_visit_last",
        "visit",
        ["household_id", "happened_at", "id", "how", "next_date", "deleted"],
    )
    op.create_index(
        "ix_visit_newest",
        "visit",
        ["happened_at", "id", "deleted", "visited_by", "how", "household_id"],
    )
    op.create_index("ix_event_state", "event", ["state", "grid_id", "deleted"])
