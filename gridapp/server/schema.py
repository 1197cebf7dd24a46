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

Index("ix_attachment_sha256", tables["attachment"].c.sha256)

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
    # The highest counter of its present incarnation that came by the network or a bundle.
    Column("counter", BigInteger, nullable=False, server_default="0"),
    Column("erased_at", BigInteger),
)

# Two databases that spoke as one device: a copied folder, or one restored from a backup.
fork = Table(
    "fork",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("device_id", LargeBinary, nullable=False),
    Column("incarnation", Integer, nullable=False),
    Column("counter", BigInteger, nullable=False),
    Column("noticed_at", BigInteger, nullable=False),
)

# Backups that were read back whole, and up to which operation of each device they hold everything.
backup = Table(
    "backup",
    metadata,
    Column("name", Text, primary_key=True),
    Column("made_at", BigInteger, nullable=False),
    Column("verified_at", BigInteger, nullable=False),
    Column("epoch", Integer, nullable=False),
)

backup_cover = Table(
    "backup_cover",
    metadata,
    Column("name", Text, primary_key=True),
    Column("device_id", LargeBinary, primary_key=True),
    Column("incarnation", Integer, primary_key=True, autoincrement=False),
    Column("counter", BigInteger, nullable=False),
)

# Records that were purged: they never come back, from whatever copy.
purged = Table(
    "purged",
    metadata,
    Column("record_id", LargeBinary, primary_key=True),
    Column("entity", Text, nullable=False),
    Column("purged_at", BigInteger, nullable=False),
)

# What a revoked device still sent: kept for the district, read by nobody else.
quarantine = Table(
    "quarantine",
    metadata,
    Column("op_id", LargeBinary, primary_key=True),
    Column("device_id", LargeBinary, nullable=False),
    Column("staff_id", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

# Grids that are split, merged or handed over: announced, drained, then done. ``plan``: canonical JSON.
regrouping = Table(
    "regrouping",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("what", Text, nullable=False),
    Column("grid_id", LargeBinary, nullable=False),
    Column("plan", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("begun_at", BigInteger, nullable=False),
    Column("begun_by", LargeBinary, nullable=False),
    Column("done_at", BigInteger),
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
    Column("epoch", Integer, nullable=False, server_default="1"),
    # The missing record on which it hangs, while it is parked for that; the number of its last revision.
    Column("waits_for", LargeBinary),
    Column("revised", BigInteger),
    Column("beneath", LargeBinary),
)
Index("ix_operation_record", operation.c.record_id)
Index("ix_operation_device", operation.c.device_id, operation.c.incarnation, operation.c.counter)
Index("ix_operation_waits_for", operation.c.waits_for)
Index("ix_operation_revised", operation.c.device_id, operation.c.revised)

channel = Table(
    "channel",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False, unique=True),
    Column("seq", BigInteger, nullable=False, server_default="0"),
    # Sum of the hashes of the rows that stand here; numbers below ``horizon`` know no tombstones any more.
    # ``mark``: the last number at ``marked_at``, which becomes the next horizon when that is long ago.
    Column("total", BigInteger, nullable=False, server_default="0"),
    Column("horizon", BigInteger, nullable=False, server_default="0"),
    Column("mark", BigInteger, nullable=False, server_default="0"),
    Column("marked_at", BigInteger, nullable=False, server_default="0"),
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
    Column("hash", BigInteger, nullable=False, server_default="0"),
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

# Small pictures, sent before the photos themselves. Nobody can check them against the name of the photo: each
# is shown only with the records of who sent it.
thumbnail = Table(
    "thumbnail",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("staff_id", LargeBinary, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

# The last bundle of each device: to whose key an answer is sealed, and from where it goes on. ``asked``: the
# msgpack of what the bundle said of cursors.
bundle = Table(
    "bundle",
    metadata,
    Column("device_id", LargeBinary, primary_key=True),
    Column("bundle_id", LargeBinary, nullable=False),
    Column("box_key", LargeBinary, nullable=False),
    Column("asked", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
)

blob_part = Table(
    "blob_part",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("staff_id", LargeBinary, primary_key=True),
    Column("start", BigInteger, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)
