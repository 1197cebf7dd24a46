"""Revision 0003: choosing between two values."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _conflict()
    _operation()


def _conflict() -> None:
    op.add_column("conflict", sa.Column("standing_by", sa.LargeBinary()))
    op.add_column("conflict", sa.Column("standing_at", sa.BigInteger()))
    op.add_column("conflict", sa.Column("other_at", sa.BigInteger()))
    op.add_column("conflict", sa.Column("choice", sa.Text()))
    op.add_column("conflict", sa.Column("decided_by", sa.LargeBinary()))
    op.add_column("conflict", sa.Column("decided_at", sa.BigInteger()))


def _operation() -> None:
    op.add_column("operation", sa.Column("decides", sa.LargeBinary()))
