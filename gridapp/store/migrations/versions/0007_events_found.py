"""Revision 0007: events are found by the search box: those that are there are indexed after the next round."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute(
        "INSERT OR IGNORE INTO search_stale (record_id, entity) "
        "SELECT id, 'event' FROM event WHERE deleted=0"
    )
