"""Revision 0010: what was on the last continuation sheet of a household, so that it can be printed again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    for column in (
        sa.Column("follows", sa.BigInteger()),
        sa.Column("print_id", sa.LargeBinary()),
        sa.Column("sheet_visits", sa.LargeBinary()),
    ):
        op.add_column("printed", column)
