"""Revision 0004: trusted sync."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_MASK = (1 << 63) - 1
_POSTGRES_HASH = (
    "('x' || encode(substring(mac from 1 for 8), 'hex'))::bit(64)::bigint & 9223372036854775807"
)


def upgrade() -> None:
    _unit()
    _review()
    _backup()
    _backup_cover()
    _channel()
    _device()
    _feed()
    _fork()
    _operation()
    _purged()
    _quarantine()
    _regrouping()
    _thumbnail()
    _bundle()
    op.create_index("ix_attachment_sha256", "attachment", ["sha256"])


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
        sa.Column("last_device", sa.LargeBinary()),
        sa.Column("run_from", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_review_grid_id", "review", ["grid_id"])
    op.create_index("ix_review_target_id", "review", ["target_id"])


def _backup() -> None:
    op.create_table(
        "backup",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("verified_at", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def _backup_cover() -> None:
    op.create_table(
        "backup_cover",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("device_id", sa.LargeBinary(), nullable=False),
        sa.Column("incarnation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", "device_id", "incarnation"),
    )


def _channel() -> None:
    op.add_column(
        "channel", sa.Column("total", sa.BigInteger(), server_default="0", nullable=False)
    )
    for name in ("horizon", "mark", "marked_at"):
        op.add_column(
            "channel", sa.Column(name, sa.BigInteger(), server_default="0", nullable=False)
        )


def _device() -> None:
    op.add_column(
        "device", sa.Column("counter", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column("device", sa.Column("erased_at", sa.BigInteger()))


def _feed() -> None:
    op.add_column("feed", sa.Column("hash", sa.BigInteger(), server_default="0", nullable=False))
    _hashes()


def _hashes() -> None:
    """What stands in the feed already gets its hash, and every channel its total."""
    bind = op.get_bind()
    hashed = _POSTGRES_HASH
    if bind.dialect.name != "postgresql":
        functions = bind.connection.driver_connection
        assert functions is not None
        functions.create_function("row_hash", 1, _row_hash)
        hashed = "row_hash(mac)"
    there = set(sa.inspect(bind).get_table_names())
    for (entity,) in bind.exec_driver_sql("SELECT DISTINCT entity FROM feed").all():
        if entity in there:
            op.execute(
                sa.text(
                    f"UPDATE feed SET hash=COALESCE((SELECT {hashed} FROM {entity} "
                    "WHERE id=record_id),0) WHERE entity=:entity AND removed=0"
                ).bindparams(entity=entity)
            )
    for channel, high, low in bind.exec_driver_sql(
        "SELECT channel_id, sum(hash>>32), sum(hash&4294967295) FROM feed GROUP BY 1"
    ).all():
        total = ((int(high) << 32) + int(low)) & _MASK
        op.execute(
            sa.text("UPDATE channel SET total=:total WHERE id=:id").bindparams(
                total=total, id=channel
            )
        )


def _row_hash(mac: bytes | None) -> int:
    return int.from_bytes(mac[:8], "big") & _MASK if mac else 0


def _fork() -> None:
    op.create_table(
        "fork",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("device_id", sa.LargeBinary(), nullable=False),
        sa.Column("incarnation", sa.Integer(), nullable=False),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        sa.Column("noticed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _operation() -> None:
    op.add_column("operation", sa.Column("epoch", sa.Integer(), server_default="1", nullable=False))
    op.add_column("operation", sa.Column("waits_for", sa.LargeBinary()))
    op.add_column("operation", sa.Column("revised", sa.BigInteger()))
    op.add_column("operation", sa.Column("beneath", sa.LargeBinary()))
    op.create_index("ix_operation_revised", "operation", ["device_id", "revised"])
    op.create_index("ix_operation_waits_for", "operation", ["waits_for"])


def _purged() -> None:
    op.create_table(
        "purged",
        sa.Column("record_id", sa.LargeBinary(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("purged_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("record_id"),
    )


def _quarantine() -> None:
    op.create_table(
        "quarantine",
        sa.Column("op_id", sa.LargeBinary(), nullable=False),
        sa.Column("device_id", sa.LargeBinary(), nullable=False),
        sa.Column("staff_id", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("op_id"),
    )


def _regrouping() -> None:
    op.create_table(
        "regrouping",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("grid_id", sa.LargeBinary(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("begun_by", sa.LargeBinary(), nullable=False),
        sa.Column("done_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id"),
    )


def _thumbnail() -> None:
    op.create_table(
        "thumbnail",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.LargeBinary(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "staff_id"),
    )


def _bundle() -> None:
    op.create_table(
        "bundle",
        sa.Column("device_id", sa.LargeBinary(), nullable=False),
        sa.Column("bundle_id", sa.LargeBinary(), nullable=False),
        sa.Column("box_key", sa.LargeBinary(), nullable=False),
        sa.Column("asked", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device_id"),
    )
