"""Revision 0002: what the store keeps for itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

SEARCH_DDL = (
    "CREATE VIRTUAL TABLE search USING fts5("
    "tokens, content='', contentless_delete=1, tokenize='unicode61', detail='none', prefix='1 2')"
)


def upgrade() -> None:
    _access_log()
    _base()
    _blob()
    _channel()
    _draft()
    _leaving()
    _membership()
    _meta()
    _outbox()
    _search_doc()
    _search_stale()
    _wanted()

    op.execute(SEARCH_DDL)


def _access_log() -> None:
    op.create_table(
        "access_log",
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("record_id", sa.LargeBinary()),
        sa.Column("reason", sa.Text()),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("n"),
    )


def _base() -> None:
    op.create_table(
        "base",
        sa.Column("record_id", sa.LargeBinary(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("row", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("record_id"),
    )


def _blob() -> None:
    op.create_table(
        "blob",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("code", sa.Text()),
        sa.Column("thumbnail", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_index("ix_blob_state", "blob", ["state"])


def _channel() -> None:
    op.create_table(
        "channel",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("cursor", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )


def _draft() -> None:
    op.create_table(
        "draft",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )


def _leaving() -> None:
    op.create_table(
        "leaving",
        sa.Column("record_id", sa.LargeBinary(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("record_id"),
    )


def _membership() -> None:
    op.create_table(
        "membership",
        sa.Column("record_id", sa.LargeBinary(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", "channel_id"),
        sqlite_with_rowid=False,
    )


def _meta() -> None:
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text()),
        sa.PrimaryKeyConstraint("key"),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("counter", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("op_id", sa.LargeBinary(), nullable=False),
        sa.Column("save_id", sa.LargeBinary(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("record_id", sa.LargeBinary(), nullable=False),
        sa.Column("base_version", sa.BigInteger(), nullable=False),
        sa.Column("fields", sa.LargeBinary(), nullable=False),
        sa.Column("beneath", sa.LargeBinary()),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("clock_offset", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("live", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text()),
        sa.Column("verdicts", sa.LargeBinary()),
        sa.Column("previous", sa.BigInteger()),
        sa.Column("version", sa.BigInteger()),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("answered_at", sa.BigInteger()),
        sa.Column("dismissed", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("counter"),
        sa.UniqueConstraint("op_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_live", "outbox", ["record_id"], sqlite_where=sa.text("live = 1"))
    op.create_index("ix_outbox_record", "outbox", ["record_id"])
    op.create_index(
        "ix_outbox_waiting", "outbox", ["counter"], sqlite_where=sa.text("state = 'waiting'")
    )


def _search_doc() -> None:
    op.create_table(
        "search_doc",
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.LargeBinary(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("n"),
        sa.UniqueConstraint("record_id"),
    )


def _search_stale() -> None:
    op.create_table(
        "search_stale",
        sa.Column("record_id", sa.LargeBinary(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("record_id"),
    )


def _wanted() -> None:
    op.create_table(
        "wanted",
        sa.Column("record_id", sa.LargeBinary(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("record_id"),
    )
