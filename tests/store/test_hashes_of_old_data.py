"""A database of before gets the hashes of what it holds, so that the first sync afterwards finds nothing wrong."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import msgspec

from gridapp.domain.digest import row_hash, total_of
from gridapp.store import migrate
from gridapp.store.database import connect

KEY = bytes(range(32))
_BEFORE = 10


def test_hashes_and_totals_of_what_is_held(tmp_path: Path) -> None:
    path, old = tmp_path / "store.db", tmp_path / "old"
    shutil.copytree(migrate.MIGRATIONS / "versions", old / "versions")
    for version in (old / "versions").glob("[0-9]*.py"):
        if int(version.name[:4]) > _BEFORE:
            version.unlink()
    macs = {bytes([n]) * 16: bytes([255 - n]) * 16 for n in range(1, 6)}
    covered = bytes([1]) * 16
    unknown = bytes([9]) * 16
    with closing(connect(path, KEY)) as connection:
        migrate.create(connection, folder=old)
        connection.execute("INSERT INTO channel (id,name,cursor) VALUES (1,'a',7),(2,'b',9)")
        for key, mac in macs.items():
            connection.execute("INSERT INTO person (id,version,mac) VALUES (?,1,?)", (key, mac))
            connection.execute("INSERT INTO membership VALUES (?,1,'person')", (key,))
        connection.execute("INSERT INTO membership VALUES (?,2,'person')", (covered,))
        connection.execute("INSERT INTO membership VALUES (?,2,'of_a_newer_program')", (unknown,))
        # What the server said of a row that is being edited stands aside.
        macs[covered] = b"\xab" * 16
        row = msgspec.msgpack.encode({"mac": macs[covered]})
        connection.execute("INSERT INTO base VALUES (?,'person',?)", (covered, row))
        migrate.upgrade(connection, path)
        held = connection.execute("SELECT record_id, channel_id, hash FROM membership").fetchall()
        totals = dict(connection.execute("SELECT name, total FROM channel").fetchall())
    expected = {(key, 1): row_hash(mac) for key, mac in macs.items()}
    expected |= {(covered, 2): row_hash(macs[covered]), (unknown, 2): 0}
    assert {(key, channel): hashed for key, channel, hashed in held} == expected
    assert totals == {
        "a": total_of(row_hash(mac) for mac in macs.values()),
        "b": row_hash(macs[covered]),
    }
