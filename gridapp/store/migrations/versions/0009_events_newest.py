"""Revision 0009: events in the order in which they happened, so that a list of any length opens at once."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_index("ix_event_newest", "event", ["happened_at", "id", "deleted", "state"])
