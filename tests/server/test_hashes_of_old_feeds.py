"""A server of before gets the hashes of its feed and the totals of its channels, on SQLite and PostgreSQL."""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy import text

from gridapp import migrating
from gridapp.domain.digest import row_hash, total_of
from gridapp.server import migrate
from gridapp.server.database import Database

_BEFORE = 3


def test_hashes_and_totals_of_what_stands_there(database: Database, tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(migrate.MIGRATIONS / "versions", old / "versions")
    for version in (old / "versions").glob("[0-9]*.py"):
        if int(version.name[:4]) > _BEFORE:
            version.unlink()
    macs = {bytes([n]) * 16: bytes([255 - 20 * n]) * 16 for n in range(1, 6)}
    gone, without = bytes([1]) * 16, bytes([7]) * 16
    with database.write() as connection:
        migrating.run(connection, old)
        connection.execute(
            text("INSERT INTO channel (id,name,seq) VALUES (1,'a',9), (2,'b',1), (3,'empty',0)")
        )
        for number, (key, mac) in enumerate((*macs.items(), (without, None)), 1):
            connection.execute(
                text("INSERT INTO person (id,version,mac) VALUES (:id,1,:mac)"),
                {"id": key, "mac": mac},
            )
            connection.execute(
                text("INSERT INTO feed VALUES (1,:id,'person',:seq,:removed,'')"),
                {"id": key, "seq": number, "removed": int(key == gone)},
            )
        connection.execute(text("INSERT INTO feed VALUES (2,:id,'person',1,0,'')"), {"id": gone})
    with database.write() as connection:
        migrating.run(connection, migrate.MIGRATIONS)
    with database.snapshot() as connection:
        held = connection.execute(text("SELECT channel_id, record_id, hash FROM feed")).all()
        totals = connection.execute(text("SELECT name, total FROM channel")).all()
    expected = {(1, key): row_hash(mac) for key, mac in macs.items()}
    expected |= {(1, gone): 0, (1, without): 0, (2, gone): row_hash(macs[gone])}
    assert {(channel, bytes(key)): hashed for channel, key, hashed in held} == expected
    assert dict(tuple(row) for row in totals) == {
        "a": total_of(row_hash(mac) for key, mac in macs.items() if key != gone),
        "b": row_hash(macs[gone]),
        "empty": 0,
    }
