"""Revision 0002: what the server keeps for itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _blob()
    _blob_part()
    _blob_sender()
    _challenge()
    _channel()
    _counter()
    _device()
    _enrolment_code()
    _feed()
    _operation()
    _session()
    _setting()


def _blob() -> None:
    op.create_table(
        "blob",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )


def _blob_part() -> None:
    op.create_table(
        "blob_part",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.LargeBinary(), nullable=False),
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "staff_id", "start"),
    )


def _blob_sender() -> None:
    op.create_table(
        "blob_sender",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "staff_id"),
    )


def _challenge() -> None:
    op.create_table(
        "challenge",
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("device_id", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("nonce"),
    )


def _channel() -> None:
    op.create_table(
        "channel",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )


def _counter() -> None:
    op.create_table(
        "counter",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def _device() -> None:
    op.create_table(
        "device",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("staff_id", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("incarnation", sa.Integer(), nullable=False),
        sa.Column("enrolled_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.Column("last_seen", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_device_staff_id"), "device", ["staff_id"])


def _enrolment_code() -> None:
    op.create_table(
        "enrolment_code",
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger()),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("handle"),
    )


def _feed() -> None:
    op.create_table(
        "feed",
        sa.Column("channel_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("record_id", sa.LargeBinary(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("removed", sa.Integer(), nullable=False),
        sa.Column("cause", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("channel_id", "record_id"),
    )
    op.create_index("ix_feed_record", "feed", ["record_id"])
    op.create_index("ix_feed_seq", "feed", ["channel_id", "seq"], unique=True)


def _operation() -> None:
    op.create_table(
        "operation",
        sa.Column("op_id", sa.LargeBinary(), nullable=False),
        sa.Column("device_id", sa.LargeBinary(), nullable=False),
        sa.Column("incarnation", sa.Integer(), nullable=False),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.LargeBinary(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("record_id", sa.LargeBinary(), nullable=False),
        sa.Column("base_version", sa.BigInteger(), nullable=False),
        sa.Column("fields", sa.LargeBinary()),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("clock_offset", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("previous", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("verdicts", sa.LargeBinary()),
        sa.Column("starts", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("op_id"),
    )
    op.create_index("ix_operation_device", "operation", ["device_id", "incarnation", "counter"])
    op.create_index("ix_operation_record", "operation", ["record_id"])


def _session() -> None:
    op.create_table(
        "session",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("device_id", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash"),
    )


def _setting() -> None:
    op.create_table(
        "setting",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
