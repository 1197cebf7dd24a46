"""The tables of the local database: declared records, and what the store keeps for itself."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text

from gridapp.tables import record_tables

metadata = MetaData()
tables = record_tables(metadata)

# Whom to visit, which visits were last and which events wait is answered from indexes alone: the rows,
# with all that was written into them, are many times as much to decrypt.
_SEEKING = {
    "ix_visit_last": (
        "visit",
        "household_id",
        "happened_at",
        "id",
        "how",
        "next_date",
        "deleted",
    ),
    "ix_visit_newest": (
        "visit",
        "happened_at",
        "id",
        "deleted",
        "visited_by",
        "how",
        "household_id",
    ),
    "ix_event_state": ("event", "state", "grid_id", "deleted"),
    "ix_event_newest": ("event", "happened_at", "id", "deleted", "state"),
    "ix_attachment_sha256": ("attachment", "sha256"),
}
for _name, (_table, *_columns) in _SEEKING.items():
    Index(_name, *(tables[_table].c[_column] for _column in _columns))

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text),
)

# What waits for the server and what it said. ``fields`` is msgpack {name: [before, after, follows]};
# ``live`` is 1 while the operation stands on top of the server's row. Rows stay after the answer, until
# the server names a verified backup that covers them. A choice between two values names its ``conflict_id``
# and in ``other`` (msgpack {name: value}) the other values as they were seen.
outbox = Table(
    "outbox",
    metadata,
    Column("counter", Integer, primary_key=True, autoincrement=True),
    Column("op_id", LargeBinary, nullable=False, unique=True),
    Column("save_id", LargeBinary, nullable=False),
    Column("entity", Text, nullable=False),
    Column("record_id", LargeBinary, nullable=False),
    Column("base_version", BigInteger, nullable=False),
    Column("fields", LargeBinary, nullable=False),
    Column("beneath", LargeBinary),
    Column("recorded_at", BigInteger, nullable=False),
    Column("clock_offset", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("live", Integer, nullable=False),
    Column("code", Text),
    Column("verdicts", LargeBinary),
    Column("previous", BigInteger),
    Column("version", BigInteger),
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("answered_at", BigInteger),
    Column("dismissed", Integer, nullable=False, server_default="0"),
    Column("conflict_id", LargeBinary),
    Column("other", LargeBinary),
    Column("incarnation", Integer, nullable=False, server_default="1"),
    # What the head of the grid wrote beside a decision, and who it was.
    Column("note", Text),
    Column("decided_by", LargeBinary),
    # What a server said of it before it was restored, msgpack of the outcome.
    Column("former", LargeBinary),
    # Of a choice that was taken: whether the news of it came back, so that what is open again may be chosen again.
    Column("told", Integer, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)
Index("ix_outbox_record", outbox.c.record_id)
Index("ix_outbox_waiting", outbox.c.counter, sqlite_where=outbox.c.state == "waiting")
Index("ix_outbox_live", outbox.c.record_id, sqlite_where=outbox.c.live == 1)
Index("ix_outbox_decided", outbox.c.save_id, sqlite_where=outbox.c.decided_by.is_not(None))
Index("ix_outbox_conflict", outbox.c.conflict_id, sqlite_where=outbox.c.conflict_id.is_not(None))

# The server's row of every record that has live operations on top of it, msgpack {column: value}.
base = Table(
    "base",
    metadata,
    Column("record_id", LargeBinary, primary_key=True),
    Column("entity", Text, nullable=False),
    Column("row", LargeBinary, nullable=False),
)

channel = Table(
    "channel",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("cursor", BigInteger, nullable=False, server_default="0"),
    # Sum of the hashes of the server's rows held here. ``begun``: it was begun at 0 and has not ended yet.
    Column("total", BigInteger, nullable=False, server_default="0"),
    Column("begun", Integer, nullable=False, server_default="0"),
)

membership = Table(
    "membership",
    metadata,
    Column("record_id", LargeBinary, primary_key=True),
    Column("channel_id", Integer, primary_key=True),
    Column("entity", Text, nullable=False),
    Column("hash", BigInteger, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)

# Living households in the order of their addresses, with what lists are narrowed by: a list of any length
# is one walk along it. Kept by ``derived``.
household_order = Table(
    "household_order",
    metadata,
    Column("address_key", Text, primary_key=True),
    Column("household_id", LargeBinary, primary_key=True),
    Column("grid_id", LargeBinary),
    Column("building_id", LargeBinary),
    Column("micro_grid_id", LargeBinary),
    sqlite_with_rowid=False,
)
Index("ix_household_order_household", household_order.c.household_id)

# Records whose membership ended: erased at the end of the round if none is left and nothing waits.
leaving = Table(
    "leaving",
    metadata,
    Column("record_id", LargeBinary, primary_key=True),
    Column("entity", Text, nullable=False),
    Column("cause", Text, nullable=False),
)

# Removals found by comparing, too many to follow without asking the user.
braked = Table(
    "braked",
    metadata,
    Column("record_id", LargeBinary, primary_key=True),
    Column("channel_id", Integer, primary_key=True),
    Column("entity", Text, nullable=False),
    sqlite_with_rowid=False,
)

# Memberships that a comparison from the beginning of their channel has not met again. ``ended``: the channel
# came to its end without them, and the server is asked what became of each.
comparing = Table(
    "comparing",
    metadata,
    Column("record_id", LargeBinary, primary_key=True),
    Column("channel_id", Integer, primary_key=True),
    Column("entity", Text, nullable=False),
    Column("ended", Integer, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)

# Bodies to ask for: an echo that did not fit what is held here.
wanted = Table(
    "wanted",
    metadata,
    Column("record_id", LargeBinary, primary_key=True),
    Column("entity", Text, nullable=False),
)

search_doc = Table(
    "search_doc",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("record_id", LargeBinary, nullable=False, unique=True),
    Column("entity", Text, nullable=False),
)

search_stale = Table(
    "search_stale",
    metadata,
    Column("record_id", LargeBinary, primary_key=True),
    Column("entity", Text, nullable=False),
)

blob = Table(
    "blob",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # waiting: to upload; done; wanted: to download
    Column("code", Text),
    Column("thumbnail", LargeBinary),
    # The server has the small picture: sent or come. Failed tries of the photo itself.
    Column("small_done", Integer, nullable=False, server_default="0"),
    Column("tries", Integer, nullable=False, server_default="0"),
)
Index("ix_blob_state", blob.c.state)

# What the server answered about changes in a household. ``fields``: msgpack {name: [before, after]}.
history = Table(
    "history",
    metadata,
    Column("household_id", LargeBinary, primary_key=True),
    Column("op_id", LargeBinary, primary_key=True),
    Column("entity", Text, nullable=False),
    Column("record_id", LargeBinary, nullable=False),
    Column("staff_id", LargeBinary, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("what", Text, nullable=False),
    Column("fields", LargeBinary, nullable=False),
)
Index("ix_history_record", history.c.record_id)

# When it was answered, and how far back what is held goes; ``more``: the server has older entries.
history_state = Table(
    "history_state",
    metadata,
    Column("household_id", LargeBinary, primary_key=True),
    Column("asked_at", BigInteger, nullable=False),
    Column("until_at", BigInteger, nullable=False),
    Column("until_op", LargeBinary, nullable=False),
    Column("more", Integer, nullable=False),
)

draft = Table(
    "draft",
    metadata,
    Column("key", Text, primary_key=True),
    Column("data", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

# Hash chain of looks behind the mask, prints and exports.
access_log = Table(
    "access_log",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("what", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("record_id", LargeBinary),
    Column("reason", Text),
    Column("hash", LargeBinary, nullable=False),
)

# What of a household is on paper, printed from this computer: when last, the number of the last continuation
# sheet (0: the whole file came after it), and the visits printed, 16-byte keys one after the other. Of that
# sheet: when the print before it was, which print it came out of, and the visits on it.
printed = Table(
    "printed",
    metadata,
    Column("household_id", LargeBinary, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("sheet", Integer, nullable=False),
    Column("visits", LargeBinary, nullable=False),
    Column("follows", BigInteger),
    Column("print_id", LargeBinary),
    Column("sheet_visits", LargeBinary),
)

SEARCH_DDL = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS search USING fts5("
    "tokens, content='', contentless_delete=1, tokenize='ascii', detail='none', prefix='1')"
)
