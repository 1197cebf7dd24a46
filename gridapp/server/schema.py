"""The server's tables: declared records, and what the server keeps for itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text

from gridapp.tables import record_tables


def _server_columns() -> Iterable[Column[Any]]:
    # Who wrote last, and the version before that device's unbroken run: what an echo needs.
    return (Column("last_device", LargeBinary), Column("run_from", BigInteger))


metadata = MetaData()
tables = record_tables(metadata, _server_columns)

setting = Table(
    "setting",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

device = Table(
    "device",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("staff_id", LargeBinary, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("incarnation", Integer, nullable=False),
    Column("enrolled_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("last_seen", BigInteger),
)

# One-time codes: the first part finds the row, the rest is checked against the Argon2id hash.
enrolment_code = Table(
    "enrolment_code",
    metadata,
    Column("handle", Text, primary_key=True),
    Column("staff_id", LargeBinary, nullable=False),
    Column("hash", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Column("tries", Integer, nullable=False, server_default="0"),
)

challenge = Table(
    "challenge",
    metadata,
    Column("nonce", LargeBinary, primary_key=True),
    Column("device_id", LargeBinary, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("device_id", LargeBinary, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

# Every operation with its outcome. ``fields``, ``decides``: msgpack as sent; ``verdicts``, ``starts``: by field.
operation = Table(
    "operation",
    metadata,
    Column("op_id", LargeBinary, primary_key=True),
    Column("device_id", LargeBinary, nullable=False),
    Column("incarnation", Integer, nullable=False),
    Column("counter", BigInteger, nullable=False),
    Column("staff_id", LargeBinary, nullable=False),
    Column("entity", Text, nullable=False),
    Column("record_id", LargeBinary, nullable=False),
    Column("base_version", BigInteger, nullable=False),
    Column("fields", LargeBinary),
    Column("recorded_at", BigInteger, nullable=False),
    Column("clock_offset", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("previous", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("verdicts", LargeBinary),
    Column("starts", LargeBinary),
    Column("decides", LargeBinary),
)
Index("ix_operation_record", operation.c.record_id)
Index("ix_operation_device", operation.c.device_id, operation.c.incarnation, operation.c.counter)

channel = Table(
    "channel",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False, unique=True),
    Column("seq", BigInteger, nullable=False, server_default="0"),
)

# One row per record and channel; a change moves it to the channel's next ``seq``.
feed = Table(
    "feed",
    metadata,
    Column("channel_id", Integer, primary_key=True, autoincrement=False),
    Column("record_id", LargeBinary, primary_key=True),
    Column("entity", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("removed", Integer, nullable=False),
    Column("cause", Text, nullable=False, server_default=""),
)
Index("ix_feed_seq", feed.c.channel_id, feed.c.seq, unique=True)
Index("ix_feed_record", feed.c.record_id)

counter = Table(
    "counter",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

# Bytes that are whole. ``holder``: whose parts they are; the same photo sent by others is not kept twice.
blob = Table(
    "blob",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("holder", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
)

# Who has sent the whole bytes. To name a digest is not to have the photo.
blob_sender = Table(
    "blob_sender",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("staff_id", LargeBinary, primary_key=True),
)

blob_part = Table(
    "blob_part",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("staff_id", LargeBinary, primary_key=True),
    Column("start", BigInteger, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)
