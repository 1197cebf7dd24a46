"""Revision 0005: choosing between two values."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    _conflict()
    _outbox()


def _conflict() -> None:
    op.add_column("conflict", sa.Column("standing_by", sa.LargeBinary()))
    op.add_column("conflict", sa.Column("standing_at", sa.BigInteger()))
    op.add_column("conflict", sa.Column("other_at", sa.BigInteger()))
    op.add_column("conflict", sa.Column("choice", sa.Text()))
    op.add_column("conflict", sa.Column("decided_by", sa.LargeBinary()))
    op.add_column("conflict", sa.Column("decided_at", sa.BigInteger()))


def _outbox() -> None:
    op.add_column("outbox", sa.Column("conflict_id", sa.LargeBinary()))
    op.add_column("outbox", sa.Column("other", sa.LargeBinary()))
    op.create_index(
        "ix_outbox_conflict",
        "outbox",
        ["conflict_id"],
        sqlite_where=sa.text("conflict_id IS NOT NULL"),
    )
