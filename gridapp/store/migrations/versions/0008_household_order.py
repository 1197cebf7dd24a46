"""Revision 0008: households in the order of their addresses, so that a list of any length opens at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gridapp.store.derived import order_key

revision = "0008"
down_revision = "0007"

_LIVING = (
    "SELECT h.address, h.name, h.id, h.grid_id, d.building_id, b.micro_grid_id FROM household h "
    "LEFT JOIN dwelling d ON d.id=h.dwelling_id LEFT JOIN building b ON b.id=d.building_id "
    "WHERE h.deleted=0 AND h.merged_into IS NULL"
)


def upgrade() -> None:
    op.create_table(
        "household_order",
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("household_id", sa.LargeBinary(), nullable=False),
        sa.Column("grid_id", sa.LargeBinary()),
        sa.Column("building_id", sa.LargeBinary()),
        sa.Column("micro_grid_id", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("address_key", "household_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_household_order_household", "household_order", ["household_id"])
    _fill()


def _fill() -> None:
    connection = op.get_bind()
    rows = [
        {"k": order_key(address or "", name), "h": key, "g": grid, "b": building, "m": micro}
        for address, name, key, grid, building, micro in connection.exec_driver_sql(_LIVING)
    ]
    if rows:
        sql = "INSERT INTO household_order VALUES (:k,:h,:g,:b,:m)"
        connection.execute(sa.text(sql), rows)
