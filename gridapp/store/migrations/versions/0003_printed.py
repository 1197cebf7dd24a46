"""Revision 0003: what of a household is on paper."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "printed",
        sa.Column("household_id", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("sheet", sa.Integer(), nullable=False),
        sa.Column("visits", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("household_id"),
    )
