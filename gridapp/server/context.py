"""What one running server is: its database, clock, district, epoch and keys."""

from __future__ import annotations

import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import Connection, insert, select

from gridapp.clock import Clock, system_clock
from gridapp.domain.kinds import KINDS
from gridapp.errors import Problem
from gridapp.server import migrate
from gridapp.server.database import Database
from gridapp.server.reference import References
from gridapp.server.schema import setting
from gridapp.tables import wire_columns

READY = "ready"
_MAC_BYTES = 16


@dataclass(frozen=True, slots=True)
class Server:
    """Handed to everything that serves a request."""

    database: Database
    clock: Clock
    district_id: bytes
    district_name: str
    epoch: int
    mac_key: bytes
    recovery_key: bytes
    references: References = field(default_factory=References, compare=False)

    def mac(self, entity: str, row: Mapping[str, object]) -> bytes:
        """The server's word for (id, epoch, version, content) of one row."""
        content = [entity, *(row.get(n) for n in wire_columns(KINDS[entity]) if n != "mac")]
        return hmac.digest(self.mac_key, msgspec.msgpack.encode(content), "sha256")[:_MAC_BYTES]


def establish(connection: Connection, district_id: UUID, district_name: str) -> None:
    """Write the settings of a new server: district, first epoch, keys."""
    private = X25519PrivateKey.generate()
    values = {
        "district": json.dumps({"id": district_id.hex, "name": district_name}, ensure_ascii=False),
        "epoch": "1",
        "mac_key": os.urandom(32).hex(),
        "recovery_private": private.private_bytes_raw().hex(),
        "recovery_public": private.public_key().public_bytes_raw().hex(),
    }
    connection.execute(insert(setting), [{"key": k, "value": v} for k, v in values.items()])


def finish(connection: Connection) -> None:
    """Note that a new server has all it begins with: only now it may be opened."""
    connection.execute(insert(setting).values(key=READY, value="1"))


def open_server(
    database: Database, clock: Clock = system_clock, *, unfinished: bool = False
) -> Server:
    """The server that this database belongs to, or the one in the making (``unfinished``).

    Raises ``Problem``: ``not_initialised``, ``newer_data``, ``old_data``.
    """
    if not migrate.check(database):
        raise Problem(
            "old_data",
            "这份数据是旧版本的程序建立的。",
            place=database.place,
            remedy="请先用新程序运行一次 gridapp server run，它会备份并升级。",
        )
    with database.snapshot() as connection:
        found = connection.execute(select(setting.c.key, setting.c.value))
        values: dict[str, str] = {row.key: row.value for row in found}
    if READY not in values and not unfinished:
        raise Problem(
            "not_initialised",
            "服务器还没有初始化。",
            remedy="请先运行 gridapp server init。",
        )
    district = json.loads(values["district"])
    return Server(
        database=database,
        clock=clock,
        district_id=bytes.fromhex(district["id"]),
        district_name=district["name"],
        epoch=int(values["epoch"]),
        mac_key=bytes.fromhex(values["mac_key"]),
        recovery_key=bytes.fromhex(values["recovery_public"]),
    )
