"""Revision 0011: trusted sync."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from msgspec import msgpack

revision = "0011"
down_revision = "0010"

_MASK = (1 << 63) - 1


def upgrade() -> None:
    _unit()
    _review()
    _blob()
    _records_of("braked")
    _records_of("comparing", sa.Column("ended", sa.Integer(), server_default="0", nullable=False))
    _channel()
    _membership()
    _hashes()
    _outbox()
    op.create_index("ix_attachment_sha256", "attachment", ["sha256"])
    _search()


def _search() -> None:
    """Words are kept otherwise: the index is made anew when the program has started."""
    op.execute("DROP TABLE search")
    op.execute("DELETE FROM search_doc")
    op.execute(
        "CREATE VIRTUAL TABLE search USING fts5("
        "tokens, content='', contentless_delete=1, tokenize='ascii', detail='none', prefix='1')"
    )
    for entity in ("person", "household", "event"):
        op.execute(
            "INSERT OR IGNORE INTO search_stale (record_id, entity) "
            f"SELECT id, '{entity}' FROM {entity}"
        )


def _unit() -> None:
    op.add_column("unit", sa.Column("changing_on", sa.Text()))
    op.add_column("unit", sa.Column("successor_id", sa.LargeBinary()))


def _review() -> None:
    op.create_table(
        "review",
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("epoch", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("mac", sa.LargeBinary()),
        sa.Column("deleted", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("merged_into", sa.LargeBinary()),
        sa.Column("recorded_at", sa.BigInteger()),
        sa.Column("received_at", sa.BigInteger()),
        sa.Column("extra", sa.Text()),
        sa.Column("grid_id", sa.LargeBinary()),
        sa.Column("op_id", sa.LargeBinary()),
        sa.Column("device_id", sa.LargeBinary()),
        sa.Column("author_id", sa.LargeBinary()),
        sa.Column("target_kind", sa.Text()),
        sa.Column("target_id", sa.LargeBinary()),
        sa.Column("about_kind", sa.Text()),
        sa.Column("about_id", sa.LargeBinary()),
        sa.Column("hangs_on", sa.LargeBinary()),
        sa.Column("reason", sa.Text()),
        sa.Column("sent", sa.Text()),
        sa.Column("stated_at", sa.BigInteger()),
        sa.Column("state", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("changed", sa.Text()),
        sa.Column("seen", sa.Text()),
        sa.Column("decided_by", sa.LargeBinary()),
        sa.Column("decided_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_review_grid_id", "review", ["grid_id"])
    op.create_index("ix_review_target_id", "review", ["target_id"])


def _blob() -> None:
    op.add_column("blob", sa.Column("small_done", sa.Integer(), server_default="0", nullable=False))
    op.add_column("blob", sa.Column("tries", sa.Integer(), server_default="0", nullable=False))


def _records_of(table: str, *more: sa.Column[Any]) -> None:
    op.create_table(
        table,
        sa.Column("record_id", sa.LargeBinary(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        *more,
        sa.PrimaryKeyConstraint("record_id", "channel_id"),
        sqlite_with_rowid=False,
    )


def _channel() -> None:
    op.add_column(
        "channel", sa.Column("total", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column("channel", sa.Column("begun", sa.Integer(), server_default="0", nullable=False))


def _membership() -> None:
    op.add_column(
        "membership", sa.Column("hash", sa.BigInteger(), server_default="0", nullable=False)
    )


def _hashes() -> None:
    """What is held already gets its hashes: of the server's rows, which edits may cover."""
    bind = op.get_bind()
    functions = bind.connection.driver_connection
    assert functions is not None
    functions.create_function("row_hash", 1, _row_hash)
    functions.create_function("base_hash", 1, lambda row: _row_hash(msgpack.decode(row)["mac"]))
    there = {name for (name,) in bind.exec_driver_sql("SELECT name FROM sqlite_master")}
    for (entity,) in bind.exec_driver_sql("SELECT DISTINCT entity FROM membership").all():
        if entity in there:
            bind.exec_driver_sql(
                f"UPDATE membership SET hash=COALESCE((SELECT row_hash(mac) FROM {entity} "
                "WHERE id=record_id),0) WHERE entity=?",
                (entity,),
            )
    bind.exec_driver_sql(
        "UPDATE membership SET hash=(SELECT base_hash(row) FROM base "
        "WHERE base.record_id=membership.record_id) "
        "WHERE record_id IN (SELECT record_id FROM base)"
    )
    for channel, high, low in bind.exec_driver_sql(
        "SELECT channel_id, sum(hash>>32), sum(hash&4294967295) FROM membership GROUP BY 1"
    ).all():
        total = ((high << 32) + low) & _MASK
        bind.exec_driver_sql("UPDATE channel SET total=? WHERE id=?", (total, channel))


def _row_hash(mac: bytes | None) -> int:
    return int.from_bytes(mac[:8], "big") & _MASK if mac else 0


def _outbox() -> None:
    op.add_column(
        "outbox", sa.Column("incarnation", sa.Integer(), server_default="1", nullable=False)
    )
    # What the head of the grid wrote beside a decision, and who it was.
    op.add_column("outbox", sa.Column("note", sa.Text()))
    op.add_column("outbox", sa.Column("decided_by", sa.LargeBinary()))
    op.create_index(
        "ix_outbox_decided",
        "outbox",
        ["save_id"],
        sqlite_where=sa.text("decided_by IS NOT NULL"),
    )
    op.add_column("outbox", sa.Column("former", sa.LargeBinary()))
    op.add_column("outbox", sa.Column("told", sa.Integer(), server_default="0", nullable=False))
